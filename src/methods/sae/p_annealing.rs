//! The sparse autoencoder whose penalty comes ever closer to counting the features that fire.
//!
//! p falls at every step, and the weight that keeps the penalty's size follows from the batch at hand; Karvonen et al. lower p a few
//! times in a training and average over the latest batches (section 3.2). fᵖ is taken as (f + ε)ᵖ − εᵖ, whose slope at zero is finite.

use super::params::{DEAD_AFTER, FEATURES, FIRING};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::PAnnealing;

pub const CARD: Card = Card {
    id: "p-annealing",
    family: Family::Sae,
    label: "p-annealing sparse autoencoder",
    summary: "Begins with a price on every feature's strength and ends with one that hardly depends on it: few features fire, and those speak up.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²"),
        Term::plus("sparsity", "λ·c·Σᵢ fᵢᵖ").weighed(&["lambda", "p", "anneal"]),
    ],
    symbols: &[Symbols::new("f = ReLU((x − b)W + b′),  x̂ = f·D + b,  rows of D of length 1;  p falls from 1, and c keeps the term as large as it is")],
    counts: FIRING,
    papers: &[Paper::of(
        "Measuring Progress in Dictionary Learning for Language Model Interpretability with Board Game Models",
        "Karvonen et al. 2024",
    )],
    params: &[
        ParamSpec::log("lambda", "Sparsity λ", 1e-3, 10.0, 1.0,
            "Price of firing. Higher: fewer features fire. It is in units of the inputs, as that of the L1 penalty, with which it begins.").live().unnamed(0.3),
        ParamSpec::float("p", "p at the end", 0.1, 1.0, 0.2, "1 is the L1 penalty. Near 0 a strong feature costs little more than a weak one.").live(),
        ParamSpec::log("anneal", "Steps to reach p", 1.0, 1e5, 500.0, "p falls evenly from 1 during these steps.").live(),
        FEATURES,
        SOURCE,
        DEAD_AFTER.of_no_term(),
    ],
    try_this: "Train it beside the ReLU autoencoder with the same λ, and watch l0 once p has begun to fall.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::sparse::{Tie, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// ε: a feature below it costs in proportion to its strength.
    const NEAR_ZERO: f64 = 1e-3;

    #[derive(Module, Debug)]
    pub struct PAnnealing {
        sae: Base,
        /// c, shape `[1]`.
        scale: Param<Tensor<1>>,
    }

    /// Σᵢ (fᵢ + ε)ᵖ − εᵖ, mean over the inputs, shape `[1]`; `p` has shape `[1]`.
    fn power_sum(f_nf: Tensor<2>, p: Tensor<1>) -> Tensor<1> {
        let p_nf = p.reshape([1, 1]).expand(f_nf.dims());
        let power_nf = ((f_nf + NEAR_ZERO).log() * p_nf.clone()).exp();
        (power_nf - (p_nf * NEAR_ZERO.ln()).exp()).sum_dim(1).mean()
    }

    impl Method for PAnnealing {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { sae: Base::new(params, data, Tie::Free, device), scale: Param::from_tensor(Tensor::ones([1], device)) }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let f_nf = relu(self.sae.dictionary.encode(x_na.clone()));
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            let p_at = |step: Tensor<1>| (ctx.live("p") - 1.0) * (step / ctx.live("anneal")).clamp_max(1.0) + 1.0;
            let now = power_sum(f_nf.clone(), p_at(ctx.step.clone()));
            let next = power_sum(stop_gradient(f_nf.clone()), p_at(ctx.step.clone() + 1.0));
            let scale = stop_gradient(self.scale.val());
            let kept = scale.clone() * (stop_gradient(now.clone()) + NEAR_ZERO) / (next + NEAR_ZERO);
            let sparsity = ctx.live("lambda") * scale * now;
            let terms = Terms::new(reconstruction.clone() + sparsity.clone())
                .show("reconstruction", reconstruction)
                .show("sparsity", sparsity)
                .set("scale", kept);
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.sae.to_code(relu(self.sae.dictionary.encode(self.sae.inputs_na(batch))))
        }
    }
}
