// Adam (Kingma & Ba 2015, algorithm 1) and AdamW (Loshchilov & Hutter 2019, algorithm 2) for the parameter at `p`; its
// moments lie behind the parameters. What is the same for all parameters comes from the control words, see schedule.wgsl.
fn opt_step(p: u32, g: f32) {
    let m = {{beta1}}f * a[p + {{m}}u] + (1.0f - {{beta1}}f) * g;
    let v = {{beta2}}f * a[p + {{v}}u] + (1.0f - {{beta2}}f) * g * g;
    a[p + {{m}}u] = m;
    a[p + {{v}}u] = v;
    let step = {{pace}}bitcast<f32>(ctl[{{rate}}]) * m / (sqrt(v) * bitcast<f32>(ctl[{{scale}}]) + {{epsilon}}f);
    a[p] = {{kept}}a[p] - step;
    {{store}}
}
