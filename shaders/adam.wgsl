// Adam (Kingma & Ba 2015, algorithm 1) over the flat parameters: gradients, first and second moments lie behind them. One
// invocation for four parameters, so that what they share is computed once.
let t = f32(ctl[{{now}}] + 1u);
let rate = bitcast<f32>(ctl[{{lr}}]) / (1.0f - pow({{beta1}}f, t));
let scale = 1.0f / sqrt(1.0f - pow({{beta2}}f, t));
let p = i * 4u;
let pg = {{gradients}}u + p;
let pm = {{m}}u + p;
let pv = {{v}}u + p;
let g = vec4<f32>(a[pg], a[pg + 1u], a[pg + 2u], a[pg + 3u]);
let m = {{beta1}}f * vec4<f32>(a[pm], a[pm + 1u], a[pm + 2u], a[pm + 3u]) + (1.0f - {{beta1}}f) * g;
let v = {{beta2}}f * vec4<f32>(a[pv], a[pv + 1u], a[pv + 2u], a[pv + 3u]) + (1.0f - {{beta2}}f) * g * g;
let step = rate * m / (sqrt(v) * scale + {{epsilon}}f);
a[pm] = m.x;
a[pm + 1u] = m.y;
a[pm + 2u] = m.z;
a[pm + 3u] = m.w;
a[pv] = v.x;
a[pv + 1u] = v.y;
a[pv + 2u] = v.z;
a[pv + 3u] = v.w;
a[p] -= step.x;
a[p + 1u] -= step.y;
a[p + 2u] -= step.z;
a[p + 3u] -= step.w;
if (i == 0u) { ctl[{{step}}] = ctl[{{now}}] + 1u; }
