//! The optimisers, as kernels and as nodes. Their eager twins are Burn's own, but for AdamW's decay, see `eager`.

use std::ops::Range;

use latent_compile::emit::ctl;
use latent_compile::graph::{Binary, Graph, Id, Unary};
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

/// How many times the learning rate the parameter at `p` moves at, as a factor in a kernel: nothing where all move alike.
fn pace(params: &Params, control: impl Fn(&str) -> String, own: Option<Range<usize>>) -> String {
    match (params.card.second, own) {
        (Some(second), Some(Range { start, end })) => {
            format!("select(1.0f, bitcast<f32>(ctl[{}]), p >= {start}u && p < {end}u) * ", control(second.rate))
        }
        _ => String::new(),
    }
}

/// The kernels of a setup's optimiser: the step of one parameter, and what is computed once a step.
///
/// The arena begins with `floats` floats of parameters; the [`moments`] and the gradients (where `keep` asks for them) follow,
/// each in the same layout. `live` are the keys of the live controls; `own` is where a second player's parameters lie.
pub fn kernels(params: &Params, live: &[&str], floats: usize, keep: bool, own: Option<Range<usize>>) -> (Updates, Option<Special>) {
    let word = |w: usize| w.to_string();
    let control = |key: &str| word(ctl::LIVE + live.iter().position(|k| *k == key).expect("the optimiser's controls are live"));
    let store = if keep { format!("a[p + {}u] = g;", (1 + moments(params)) * floats) } else { String::new() };
    let optimizer = Optimizer::of(params);
    let pace = pace(params, control, own);
    if optimizer == Optimizer::Sgd {
        let function = fill(
            latent_small::shader!("../../shaders/optimizer/sgd.wgsl"),
            &[
                ("momentum", format!("{:?}", params.get("momentum"))),
                ("m", word(floats)),
                ("lr", control("lr")),
                ("pace", pace),
                ("store", store),
            ],
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
            ("pace", pace),
            ("scale", word(ctl::SCALE)),
            ("kept", if decays { format!("bitcast<f32>(ctl[{}]) * ", ctl::KEPT) } else { String::new() }),
            ("store", store),
        ],
    );
    let schedule = Special { name: "schedule", body: schedule, len: 1, when: When::First };
    (Updates { function, bytes: 6 * 4, of: vec![] }, Some(schedule))
}

/// What is added to moments and taken away again: less than its last bit is lost.
const FADED: f32 = 1e-30;

/// Numbers that a step as nodes is given, one a leaf: see [`rates`].
pub const RATES: usize = 4;

/// What is the same for all parameters in the step after `step` others: the rate, what the second moments' root is multiplied with,
/// what is kept of a parameter beside the step, and how many times that rate a second player moves at. `value` knows the live controls.
pub fn rates(params: &Params, step: u64, value: impl Fn(&str) -> f32) -> [f32; RATES] {
    let rate = value("lr");
    let t = (step + 1) as f32;
    let pace = params.card.second.map_or(1.0, |second| value(second.rate));
    match Optimizer::of(params) {
        Optimizer::Sgd => [rate, 1.0, 1.0, pace],
        optimizer => {
            let kept = if optimizer == Optimizer::AdamW { 1.0 - rate * value("weight_decay") } else { 1.0 };
            [rate / (1.0 - BETA_1.powf(t)), 1.0 / (1.0 - BETA_2.powf(t)).sqrt(), kept, pace]
        }
    }
}

/// One parameter's step as nodes: the same formulas as the kernels'.
pub struct Moved {
    /// The parameter's new value.
    pub value: Id,
    /// The new moments.
    pub moments: Vec<Id>,
}

/// The step of the parameter `p`, called `name`, with gradient `g`; `rates` are the leaves of [`rates`].
pub fn nodes(graph: &mut Graph, params: &Params, name: &str, [p, g]: [Id; 2], moments: &[Id], rates: [Id; RATES]) -> Moved {
    let shape = graph.shape(p).to_vec();
    let [mut rate, scale, kept, pace] = rates;
    if params.card.second.is_some_and(|second| name.starts_with(second.part)) {
        rate = graph.mul(rate, pace);
    }
    let [rate, scale, kept] = [rate, scale, kept].map(|r| {
        let r = graph.reshape(r, &vec![1; shape.len()]);
        graph.broadcast(r, &shape)
    });
    let average = |graph: &mut Graph, old: Id, new: Id, decay: f32| {
        let (old, new) = (graph.scale(old, decay), graph.scale(new, 1.0 - decay));
        let sum = graph.add(old, new);
        // A moment that fades away ends in zero: numbers below 1e-38 take a processor a hundred times as long as others.
        let sum = graph.with_scalar(Binary::Add, sum, FADED);
        graph.with_scalar(Binary::Sub, sum, FADED)
    };
    if Optimizer::of(params) == Optimizer::Sgd {
        let old = graph.scale(moments[0], params.get("momentum") as f32);
        let velocity = graph.add(old, g);
        let step = graph.mul(rate, velocity);
        return Moved { value: graph.sub(p, step), moments: vec![velocity] };
    }
    let m = average(graph, moments[0], g, BETA_1);
    let square = graph.mul(g, g);
    let v = average(graph, moments[1], square, BETA_2);
    let root = graph.unary(Unary::Sqrt, v);
    let root = graph.mul(root, scale);
    let epsilon = graph.fill(EPSILON, &[]);
    let root = graph.add(root, epsilon);
    let step = graph.mul(rate, m);
    let step = graph.div(step, root);
    let p = if Optimizer::of(params) == Optimizer::AdamW { graph.mul(kept, p) } else { p };
    Moved { value: graph.sub(p, step), moments: vec![m, v] }
}
