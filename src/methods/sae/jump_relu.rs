//! The sparse autoencoder whose features learn how strong they must be to fire.

use super::params::{DEAD_AFTER, FEATURES, FIRING};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::JumpRelu;

pub const CARD: Card = Card {
    id: "jump-relu",
    family: Family::Sae,
    label: "JumpReLU sparse autoencoder",
    summary: "Each feature learns its own threshold: below it is silent, above it speaks at full strength, and only the number of speakers costs.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["bandwidth"]),
        Term::plus("sparsity", "λ·‖f‖₀").weighed(&["lambda", "warmup", "bandwidth"]),
    ],
    symbols: &[Symbols::new("f = z·H(z − θ),  z = (x − b)W + b′;  ∂f/∂θ ≈ −(θ/ε)·K((z − θ)/ε),  ∂H/∂θ ≈ −(1/ε)·K((z − θ)/ε),  K(u) = 1 for |u| < ½")],
    counts: FIRING,
    papers: &[Paper::of("Jumping Ahead: Improving Reconstruction Fidelity with JumpReLU Sparse Autoencoders", "Rajamanoharan et al. 2024")],
    params: &[
        ParamSpec::log("lambda", "Sparsity λ", 1e-3, 10.0, 2.0,
            "Price of each feature that fires, however strongly. Higher: fewer fire; those that do are not pulled down. It is in squared units of the inputs, whose mean square is 1.").live().unnamed(0.2),
        ParamSpec::log("bandwidth", "Bandwidth ε", 1e-3, 1.0, 0.3,
            "How near to its threshold a feature must be for the threshold to learn from it. Wide: smoother and less exact. Like the thresholds, which start at 0.1, it is in units of the inputs, whose mean square is 1. The paper's 0.001 is for inputs of length 1: here it would be 0.001·√inputs.").live().unnamed(0.1),
        ParamSpec::log("warmup", "Steps to reach λ", 1.0, 1e5, 300.0, "λ rises evenly from zero during these steps, so that features are learnt before they are weighed.").live(),
        FEATURES,
        SOURCE,
        DEAD_AFTER.of_no_term(),
    ],
    try_this: "Raise λ step by step and watch l0 fall. Unlike with an L1 penalty, the copies lose detail but not contrast.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::sparse::{Tie, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// Where thresholds start: low, but not so low that no feature is near it.
    const START: f64 = 0.1;

    /// How many times faster thresholds learn than weights, relative to their size: Adam moves every parameter by about the
    /// learning rate, and a threshold may have to grow tenfold.
    const SPEED: f64 = 10.0;

    #[derive(Module, Debug)]
    pub struct JumpRelu {
        sae: Base,
        /// ln θ divided by [`SPEED`], shape `[features]`.
        log_threshold: Param<Tensor<1>>,
    }

    impl JumpRelu {
        /// θ, shape `[1, features]`.
        fn threshold(&self) -> Tensor<2> {
            (self.log_threshold.val() * SPEED).exp().unsqueeze()
        }
    }

    impl Method for JumpRelu {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let log_threshold = Param::from_tensor(Tensor::full([params.usize("features")], START.ln() / SPEED, device));
            Self { sae: Base::new(params, data, Tie::Free, device), log_threshold }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let z_nf = self.sae.dictionary.encode(x_na.clone());
            let theta_nf = self.threshold().expand(z_nf.dims());
            let still_nf = stop_gradient(theta_nf.clone());
            let width_11 = ctx.live("bandwidth").reshape([1, 1]);
            let above_nf = stop_gradient(z_nf.clone()) - still_nf.clone();
            let fires_nf = above_nf.clone().greater_elem(0.0).float();
            // K((z − θ)/ε)/ε: of a width that makes its area one.
            let near_nf = above_nf.abs().lower((width_11.clone() * 0.5).expand(z_nf.dims())).float() / width_11;
            // Zero, with the gradient of θ: what multiplies it is the gradient's stand-in (sections 3 and 4).
            let nudge_nf = theta_nf - still_nf.clone();
            let f_nf = z_nf * fires_nf.clone() - still_nf * near_nf.clone() * nudge_nf.clone();
            let count_n1 = (fires_nf - near_nf * nudge_nf).sum_dim(1);
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            let risen = (ctx.step.clone() / ctx.live("warmup")).clamp_max(1.0);
            let sparsity = ctx.live("lambda") * risen * count_n1.mean();
            let terms = Terms::new(reconstruction.clone() + sparsity.clone())
                .show("reconstruction", reconstruction)
                .show("sparsity", sparsity);
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let z_nf = self.sae.dictionary.encode(self.sae.inputs_na(batch));
            let fires_nf = z_nf.clone().greater(self.threshold().expand(z_nf.dims())).float();
            self.sae.to_code(z_nf * fires_nf)
        }
    }
}
