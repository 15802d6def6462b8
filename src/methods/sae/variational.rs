//! The sparse autoencoder whose features are drawn from a posterior.
//!
//! Means are rectified, and the posterior's spread is one number for all features, which is the paper's fixed variance where it is 1. Outside training a
//! feature is its mean.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Variational;

pub const CARD: Card = Card {
    id: "variational-sae",
    family: Family::Sae,
    label: "Variational sparse autoencoder",
    summary: "A TopK autoencoder whose features are drawn at random around their means, and are pulled towards zero as a VAE's latents are.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["k", "sigma"]),
        Term::plus("kl", "β·½‖μ‖²").weighed(&["beta"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("μ = ReLU((x − b)W + b′),  x̂ = TopKₖ(ReLU(μ + σ·ε))·D + b,  ε from N(0, I) while it trains;  e = x − x̂,  ê from dead features only")],
    counts: FIRING,
    papers: &[Paper::of("Analysis of Variational Sparse Autoencoders", "Baker & Li 2025").only("a fixed variance, not one that is learnt")],
    params: &[
        K,
        FEATURES,
        SOURCE,
        ParamSpec::log("beta", "KL weight β", 1e-4, 10.0, 0.1, "How strongly the means are pulled to zero, where features fall silent.").live(),
        ParamSpec::float("sigma", "Noise σ", 0.0, 1.0, 1.0, "Spread of a feature around its mean, in units of the inputs. With 0 nothing is drawn.").live().unnamed(0.3),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Raise β and watch how few features still say anything.",
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
    use latent_nn::sparse::{Tie, keep_largest, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Variational {
        sae: Base,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
    }

    impl Method for Variational {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let k = Param::from_tensor(Tensor::full([1], params.get("k"), device));
            Self { sae: Base::new(params, data, Tie::Free, device), k }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let mean_nf = relu(pre_nf.clone());
            let drawn_nf = if ctx.training {
                let noise_nf = ctx.normal(mean_nf.dims());
                relu(mean_nf.clone() + noise_nf * ctx.live("sigma").reshape([1, 1]))
            } else {
                mean_nf.clone()
            };
            let f_nf = keep_largest(drawn_nf, ctx.live("k"));
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            let kl = ctx.live("beta") * mean_nf.square().sum_dim(1).mean() * 0.5;
            let aux = self.sae.dictionary.aux_k(pre_nf, x_na.clone() - y_na.clone(), self.sae.dead_f(ctx));
            let terms = Terms::new(reconstruction.clone() + kl.clone() + ctx.live("aux") * aux.clone())
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .show("revival", aux)
                .set("k", ctx.live("k"));
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let pre_nf = self.sae.dictionary.encode(self.sae.inputs_na(batch));
            self.sae.to_code(keep_largest(relu(pre_nf), self.k.val()))
        }
    }
}
