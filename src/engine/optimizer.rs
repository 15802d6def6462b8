//! The optimisers as kernels. Their eager twins are Burn's own, but for AdamW's decay, see `eager`.

use latent_compile::emit::ctl;
use latent_compile::plan::{Special, Updates, When};
use latent_compile::template::fill;
use latent_vocabulary::Optimizer;
use latent_vocabulary::Params;

/// Of Adam: decay rates of the moments, and what keeps the division finite (Kingma & Ba 2015, section 2).
pub const BETA_1: f32 = 0.9;
pub const BETA_2: f32 = 0.999;
pub const EPSILON: f32 = 1e-8;

/// Moments that a setup's optimiser keeps of each parameter: velocities, or first and second moments.
pub fn moments(params: &Params) -> usize {
    match Optimizer::of(params) {
        Optimizer::Sgd => 1,
        Optimizer::Adam | Optimizer::AdamW => 2,
    }
}

/// The kernels of a setup's optimiser: the step of one parameter, and what is computed once a step.
///
/// The arena begins with `floats` floats of parameters; the [`moments`] and the gradients (where `keep` asks for them) follow,
/// each in the same layout. `live` are the keys of the live controls.
pub fn kernels(params: &Params, live: &[&str], floats: usize, keep: bool) -> (Updates, Option<Special>) {
    let word = |w: usize| w.to_string();
    let control = |key: &str| word(ctl::LIVE + live.iter().position(|k| *k == key).expect("the optimiser's controls are live"));
    let store = if keep { format!("a[p + {}u] = g;", (1 + moments(params)) * floats) } else { String::new() };
    let optimizer = Optimizer::of(params);
    if optimizer == Optimizer::Sgd {
        let function = fill(
            latent_small::shader!("../../shaders/optimizer/sgd.wgsl"),
            &[("momentum", format!("{:?}", params.get("momentum"))), ("m", word(floats)), ("lr", control("lr")), ("store", store)],
        );
        return (Updates { function, bytes: 4 * 4, of: vec![] }, None);
    }
    let decays = optimizer == Optimizer::AdamW;
    let schedule = fill(
        latent_small::shader!("../../shaders/optimizer/schedule.wgsl"),
        &[
            ("beta1", format!("{BETA_1:?}")),
            ("beta2", format!("{BETA_2:?}")),
            ("step", word(ctl::STEP)),
            ("lr", control("lr")),
            ("decay", if decays { format!("bitcast<f32>(ctl[{}])", control("weight_decay")) } else { "0.0f".into() }),
            ("rate", word(ctl::RATE)),
            ("scale", word(ctl::SCALE)),
            ("kept", word(ctl::KEPT)),
        ],
    );
    let function = fill(
        latent_small::shader!("../../shaders/optimizer/adam.wgsl"),
        &[
            ("beta1", format!("{BETA_1:?}")),
            ("beta2", format!("{BETA_2:?}")),
            ("epsilon", format!("{EPSILON:?}")),
            ("m", word(floats)),
            ("v", word(2 * floats)),
            ("rate", word(ctl::RATE)),
            ("scale", word(ctl::SCALE)),
            ("kept", if decays { format!("bitcast<f32>(ctl[{}]) * ", ctl::KEPT) } else { String::new() }),
            ("store", store),
        ],
    );
    let schedule = Special { name: "schedule", body: schedule, len: 1, when: When::First };
    (Updates { function, bytes: 6 * 4, of: vec![] }, Some(schedule))
}
