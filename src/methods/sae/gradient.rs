//! The sparse autoencoder that keeps features by what they do to the rest of the network, and not by their strength alone.
//!
//! The slope of the network's own loss is taken at the layer as it is, and divided by the root of its mean square over the layer's numbers, so that β means the
//! same for every network and image. It is the decoder's hidden layer: eager
//! Burn takes slopes by differences, which are exact where no kink lies behind.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::Gradient;

pub const CARD: Card = Card {
    id: "gradient-sae",
    family: Family::Sae,
    hosted: true,
    label: "Gradient sparse autoencoder (g-SAE)",
    summary: "Takes the last hidden layer of a trained network apart and keeps the features that matter to what the network draws, rather than the strongest.",
    terms: &[
        Term::plus("reconstruction", "‖a − â‖²").weighed(&["k", "beta"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("z = ReLU((a − b)W + b′),  â = Σ z·d + b over the k features with the largest z·(1 + β·|g·d|),  rows d of D of length 1;  g: slope of the network's loss at a, in units of its mean square;  e = a − â,  ê from dead features only")],
    counts: FIRING,
    papers: &[Paper::of("Features that Make a Difference: Leveraging Gradients for Improved Dictionary Learning", "Olmo et al. 2024")],
    params: &[
        ParamSpec::float("beta", "Weight of the effect β", 0.0, 10.0, 1.0,
            "How much a feature's effect on the network's loss counts beside its strength. 0: a TopK autoencoder.").live(),
        K,
        FEATURES,
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Train it with β = 0, then with 3, at the same k, and compare the share of the host's quality that is kept.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, answers_of_base};
    use latent_nn::gradient::gradient;
    use latent_nn::kth::kth_largest;
    use latent_nn::sparse::Tie;
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::shape::DataShape;
    use latent_vocabulary::{Card, Params};

    /// The layer that is taken apart: the last hidden one, behind which nothing has a kink. Of a network that is not a plain one it is the code.
    const LAYER: &str = "decoder";

    /// Keeps a slope of zero a number.
    const TINY: f64 = 1e-20;

    #[derive(Module, Debug)]
    pub struct Gradient {
        sae: Base,
        /// The k and β of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
        beta: Param<Tensor<1>>,
    }

    impl Gradient {
        /// One for the features that are kept, else zero, shape `[n, features]`.
        fn kept_nf(&self, x_bp: Tensor<2>, x_na: Tensor<2>, act_nf: Tensor<2>, k: Tensor<1>, beta: Tensor<1>) -> Tensor<2> {
            let host = self.sae.host().expect("a setup of this card has a host");
            let slope_na = gradient(x_na, |a_na| host.loss_bp(a_na, x_bp.clone()));
            let unit_n1 = (slope_na.clone().square().mean_dim(1) + TINY).sqrt();
            let effect_nf = (slope_na / unit_n1).matmul(self.sae.dictionary.atoms_fa().transpose()).abs();
            let beta = beta.unsqueeze::<2>().expand(effect_nf.dims());
            let score_nf = stop_gradient(act_nf * (effect_nf * beta + 1.0));
            let least_n1 = kth_largest(score_nf.clone(), k);
            let shape = score_nf.dims();
            score_nf.greater_equal(least_n1.expand(shape)).float()
        }
    }

    impl Method for Gradient {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let number = |key: &str| Param::from_tensor(Tensor::full([1], params.get(key), device));
            let sae = Base::on(LAYER, params, data, Tie::Free, device);
            Self { sae, k: number("k"), beta: number("beta") }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_bp = batch.x_bp.clone();
            let x_na = self.sae.inputs_na(batch);
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let act_nf = relu(pre_nf.clone());
            let f_nf = act_nf.clone() * self.kept_nf(x_bp, x_na.clone(), act_nf, ctx.live("k"), ctx.live("beta"));
            self.sae.copied(x_na, pre_nf, f_nf, self.sae.dead_f(ctx), ctx).set("k", ctx.live("k")).set("beta", ctx.live("beta"))
        }

        fn encode(&self, batch: Batch) -> Code {
            let x_bp = batch.x_bp.clone();
            let x_na = self.sae.inputs_na(batch);
            let act_nf = relu(self.sae.dictionary.encode(x_na.clone()));
            self.sae.to_code(act_nf.clone() * self.kept_nf(x_bp, x_na, act_nf, self.k.val(), self.beta.val()))
        }
    }
}
