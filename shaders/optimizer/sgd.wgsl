// Stochastic gradient descent with heavy-ball momentum (Sutskever et al. 2013, without Nesterov's correction) for the
// parameter at `p`; its velocity lies behind the parameters.
fn opt_step(p: u32, g: f32) {
    let velocity = {{momentum}}f * a[p + {{m}}u] + g;
    a[p + {{m}}u] = velocity;
    a[p] -= {{pace}}bitcast<f32>(ctl[{{lr}}]) * velocity;
    {{store}}
}
