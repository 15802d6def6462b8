//! The parts that every sparse autoencoder with a dictionary has, and what all of them report.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::source::Source;
use crate::host::{Host, Onward};
use latent_nn::schedule::averaging;
use latent_nn::sparse::{Dictionary, Tie, squared_error};
use latent_nn::{Batch, Code, Ctx, Named, Terms, stop_gradient};
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::shape::DataShape;
use latent_vocabulary::{Params, SOURCE, SOURCES};

/// Share of the latest step in the running mean of the density.
const DENSITY_RATE: f64 = 0.01;
/// Steps that a number looks back that [`following`] moves.
const FOLLOWING: f64 = 100.0;

/// Where the inputs come from, the dictionary, and the record of which features fire. A method keeps it as its field `sae`.
#[derive(Module, Debug)]
pub struct Base {
    source: Source,
    pub dictionary: Dictionary,
    /// Inputs seen since each feature fired last, shape `[features]`.
    since_f: Param<Tensor<1>>,
    /// Share of inputs on which each feature fires, a running mean over about a hundred steps, shape `[features]`.
    density_f: Param<Tensor<1>>,
    /// The mean input: what the variance is measured from, shape `[inputs]`.
    mean_a: Param<Tensor<1>>,
}

/// Inputs, the features that they were given, and what these stand for.
pub struct Pass {
    /// Shape `[n, inputs]`.
    pub x_na: Tensor<2>,
    /// Shape `[n, features]`.
    pub f_nf: Tensor<2>,
    /// Shape `[n, inputs]`.
    pub y_na: Tensor<2>,
}

/// What a method with a [`Base`] as its field `sae` answers by it: the code, images, directions, and what the host draws.
macro_rules! answers_of_base {
    () => {
        fn code(&self) -> Vec<latent_vocabulary::code::CodeGroup> {
            self.sae.code()
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.sae.images(z_bd))
        }

        fn atoms(&self) -> Option<Tensor<2>> {
            Some(self.sae.dictionary.atoms_fa())
        }

        fn host_images(&self, batch: Batch) -> Option<Tensor<2>> {
            self.sae.host_images(batch)
        }
    };
}
pub(super) use answers_of_base;

impl Base {
    /// Takes apart what the setup's `source` names.
    pub fn new(params: &Params, data: DataShape, tie: Tie, device: &Device) -> Self {
        Self::on(SOURCES[params.usize(SOURCE.key)], params, data, tie, device)
    }

    /// Takes apart `source`, one of [`SOURCES`].
    pub fn on(source: &str, params: &Params, data: DataShape, tie: Tie, device: &Device) -> Self {
        Self::of(Source::new(source, params, data, device), params.usize("features"), tie, device)
    }

    /// Takes that source apart, with so many features.
    pub fn of(source: Source, features: usize, tie: Tie, device: &Device) -> Self {
        let inputs = source.inputs();
        let zeros = |n| Param::from_tensor(Tensor::zeros([n], device));
        Self {
            dictionary: Dictionary::new(inputs, features, tie, device),
            source,
            since_f: zeros(features),
            density_f: zeros(features),
            mean_a: zeros(inputs),
        }
    }

    /// [`latent_nn::Method::code`].
    pub fn code(&self) -> Vec<CodeGroup> {
        self.source.code(self.dictionary.features())
    }

    /// [`latent_nn::Method::start`]: the dictionary begins at the mean input.
    pub fn start(&self, batch: Batch) -> Vec<Named> {
        self.start_with_inputs(batch).0
    }

    /// [`Self::start`]; the mean input, shape `[inputs]`; and the inputs of the batch up to a factor, shape `[n, inputs]`.
    pub fn start_with_inputs(&self, batch: Batch) -> (Vec<Named>, Tensor<1>, Tensor<2>) {
        let (mut named, x_na, unit) = self.source.start(batch);
        let [_, inputs] = x_na.dims();
        let mut mean_a = x_na.clone().mean_dim(0).reshape([inputs]);
        if let Some(unit) = unit {
            mean_a = mean_a / unit.expand([inputs]);
        }
        named.extend([("sae.dictionary.b_dec", mean_a.clone()), ("sae.mean_a", mean_a.clone())]);
        (named, mean_a, x_na)
    }

    /// Inputs of a batch, shape `[n, inputs]`.
    pub fn inputs_na(&self, batch: Batch) -> Tensor<2> {
        self.source.inputs_na(batch)
    }

    /// The code whose features are `f_nf`.
    pub fn to_code(&self, f_nf: Tensor<2>) -> Code {
        self.source.to_code(f_nf)
    }

    /// [`latent_nn::Method::decode`].
    pub fn images(&self, z_bd: Tensor<2>) -> Tensor<2> {
        let f_nf = self.source.features_nf(z_bd, self.dictionary.features());
        self.source.to_images(self.dictionary.decode(f_nf))
    }

    /// The inputs and what is taken apart.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The network that is taken apart, where it is not images.
    pub fn host(&self) -> Option<&Host> {
        self.source.host()
    }

    /// What the network that is taken apart makes of inputs, layer by layer; `None` where images are taken apart.
    pub fn onward(&self, x_na: Tensor<2>) -> Option<Onward> {
        self.source.onward(x_na)
    }

    /// [`latent_nn::Method::host_images`].
    pub fn host_images(&self, batch: Batch) -> Option<Tensor<2>> {
        self.source.host_images(batch, self.mean_a.val())
    }

    /// One for features that have not fired for more than the live `dead_after` inputs, else zero, shape `[features]`.
    pub fn dead_f(&self, ctx: &Ctx) -> Tensor<1> {
        dead(&self.since_f, ctx)
    }

    /// One for features that fire more rarely than the rarest would if `k` features an input were shared out by Zipf's law, `k / (F · Σᵢ 1/i)`, else zero, shape
    /// `[features]`.
    pub fn underused_f(&self, k: Tensor<1>, ctx: &Ctx) -> Tensor<1> {
        let density_f = stop_gradient(self.density_f.val());
        let [features] = density_f.dims();
        // The running mean began at zero: what is missing of it by now.
        let seen = (-(ctx.step.clone() * (1.0 - DENSITY_RATE).ln()).exp() + 1.0).clamp_min(1e-6);
        let all: f64 = (1..=features).map(|rank| 1.0 / rank as f64).sum();
        let least_f = (k * seen / (features as f64 * all)).expand([features]);
        density_f.lower(least_f).float()
    }

    /// The objective that asks for good copies and, by the live `aux`, for the revival of some features, with all that [`Self::report`] shows.
    ///
    /// # Shapes
    /// - `x_na`: `[n, inputs]`, what is copied
    /// - `pre_nf`: `[n, features]`, what the encoder makes of it before any is left out
    /// - `f_nf`: `[n, features]`, the features that are kept
    /// - `revived_f`: `[features]`, one for those that are revived, else zero
    pub fn copied(&self, x_na: Tensor<2>, pre_nf: Tensor<2>, f_nf: Tensor<2>, revived_f: Tensor<1>, ctx: &Ctx) -> Terms {
        let y_na = self.dictionary.decode(f_nf.clone());
        let reconstruction = squared_error(x_na.clone(), y_na.clone());
        let aux = self.dictionary.aux_k(pre_nf, x_na.clone() - y_na.clone(), revived_f);
        let terms = Terms::new(reconstruction.clone() + ctx.live("aux") * aux.clone())
            .show("reconstruction", reconstruction)
            .show("revival", aux);
        self.report(terms, Pass { x_na, f_nf, y_na }, ctx)
    }

    /// Shows how well and how sparsely the inputs are explained, and keeps the record of which features fired.
    ///
    /// Shown: `fvu`, the squared error as a share of the variance; `l0`, features that fire on an input; `dead`, the share of
    /// features that are dead.
    pub fn report(&self, terms: Terms, pass: Pass, ctx: &Ctx) -> Terms {
        let Pass { x_na, f_nf, y_na } = pass;
        let [n, _] = f_nf.dims();
        let share_f = firing(f_nf);
        self.noted(terms, (x_na, y_na), (n, share_f.clone(), share_f.sum()), ctx)
    }

    /// [`Self::report`] of inputs and what features stand for, shapes `[m, inputs]`, of which each feature has seen `n` and fired on a share, shape `[features]`; and
    /// how many fire on one, shape `[1]`.
    pub fn noted(
        &self,
        terms: Terms,
        (x_na, y_na): (Tensor<2>, Tensor<2>),
        (n, share_f, l0): (usize, Tensor<1>, Tensor<1>),
        ctx: &Ctx,
    ) -> Terms {
        let mean = stop_gradient(self.mean_a.val()).unsqueeze::<2>().expand(x_na.dims());
        let variance = squared_error(x_na.clone(), mean).clamp_min(f64::from(f32::MIN_POSITIVE));
        let since_f = since(&self.since_f, share_f.clone(), n);
        let density_f = stop_gradient(self.density_f.val()) * (1.0 - DENSITY_RATE) + share_f * DENSITY_RATE;
        terms
            .show("fvu", squared_error(x_na, y_na) / variance)
            .show("l0", l0)
            .show("dead", self.dead_f(ctx).mean())
            .set("sae.since_f", since_f)
            .set("sae.density_f", density_f)
    }
}

/// A number that follows another: the mean of it over all steps so far, and later a running one. Shapes alike.
pub fn following(old_f: Tensor<1>, now_f: Tensor<1>, ctx: &Ctx) -> Tensor<1> {
    let rate_f = averaging(ctx, FOLLOWING).expand(old_f.dims());
    let moved_f = now_f - old_f.clone();
    old_f + rate_f * moved_f
}

/// One for features that have not fired for more than the live `dead_after` inputs, else zero, shape `[features]`.
pub fn dead(since_f: &Param<Tensor<1>>, ctx: &Ctx) -> Tensor<1> {
    let since_f = stop_gradient(since_f.val());
    let after_f = ctx.live("dead_after").expand(since_f.dims());
    since_f.greater(after_f).float()
}

/// Share of the inputs on which each feature fires, `[n, features]` to `[features]`.
pub fn firing(f_nf: Tensor<2>) -> Tensor<1> {
    let [_, features] = f_nf.dims();
    stop_gradient(f_nf).not_equal_elem(0.0).float().mean_dim(0).reshape([features])
}

/// Inputs since each feature fired last, after `n` more of which it fired on `share_f`, shape `[features]`.
pub fn since(since_f: &Param<Tensor<1>>, share_f: Tensor<1>, n: usize) -> Tensor<1> {
    (stop_gradient(since_f.val()) + n as f64) * share_f.equal_elem(0.0).float()
}
