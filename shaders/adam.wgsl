// Adam (Kingma & Ba 2015, algorithm 1) over the flat parameters: gradients, first and second moments lie behind them.
let t = f32(ctl[{{now}}] + 1u);
let lr = bitcast<f32>(ctl[{{lr}}]);
let g = a[{{gradients}}u + i];
let m = {{beta1}}f * a[{{m}}u + i] + (1.0f - {{beta1}}f) * g;
let v = {{beta2}}f * a[{{v}}u + i] + (1.0f - {{beta2}}f) * g * g;
a[{{m}}u + i] = m;
a[{{v}}u + i] = v;
let m_hat = m / (1.0f - pow({{beta1}}f, t));
let v_hat = v / (1.0f - pow({{beta2}}f, t));
a[i] -= lr * m_hat / (sqrt(v_hat) + {{epsilon}}f);
if (i == 0u) { ctl[{{step}}] = ctl[{{now}}] + 1u; }
