//! The gradient origin network: an autoencoder that has no encoder.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, HIDDEN, LATENT, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Gon;

pub const CARD: Card = Card {
    id: "gon",
    family: Family::Ae,
    label: "Gradient origin network",
    summary: "Has no encoder: the code of an image is the way in which the decoder, asked at the origin, would like to be moved to draw it.",
    terms: &[Term::plus("loss", "−log p(x|z)").weighed(&["sigma"])],
    symbols: &[Symbols::new("z = −∂L/∂z₀ at z₀ = 0, L = −log p(x|z₀) with σ = 1")],
    papers: &[Paper::of("Gradient Origin Networks", "Bond-Taylor & Willcocks 2021").only("not its variational or implicit form")],
    params: &[ParamSpec { default: 16.0, ..LATENT }, HIDDEN, LIKELIHOOD, SIGMA],
    try_this: "Train it beside the autoencoder: it has half the weights, since it needs no encoder. Which copies better after a thousand steps?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::activation::silu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::cloud::Cloud;
    use latent_nn::layers::linear;
    use latent_nn::likelihood::Likelihood;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// A decoder of one hidden layer, and where the codes lie.
    ///
    /// The layer is smooth, as the paper asks: its own derivative is a part of the step. The gradient is of one image's loss; the
    /// paper's is of the mean over a batch, and so smaller by the size of the batch.
    #[derive(Module, Debug)]
    pub struct Gon {
        hidden: Linear,
        out: Linear,
        likelihood: Likelihood,
        cloud: Cloud,
        #[module(skip)]
        latent: usize,
    }

    impl Gon {
        /// Logits of codes, shapes `[batch, latent]` to `[batch, pixels]`.
        fn logits(&self, z_bd: Tensor<2>) -> Tensor<2> {
            self.out.forward(silu(self.hidden.forward(z_bd)))
        }

        /// Codes of images, shapes `[batch, pixels]` to `[batch, latent]`.
        fn code_of(&self, x_bp: Tensor<2>) -> Tensor<2> {
            let origin_bd = Tensor::zeros([x_bp.dims()[0], self.latent], &x_bp.device());
            gradient(origin_bd, |z_bd| self.likelihood.plain_bp(x_bp.clone(), self.logits(z_bd))).neg()
        }
    }

    impl Method for Gon {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (latent, hidden) = (params.usize("latent"), params.usize("hidden"));
            Self {
                hidden: linear(latent, hidden, device),
                out: linear(hidden, data.image.len(), device),
                likelihood: Likelihood::new(params, data.image, device),
                cloud: Cloud::new(latent, device),
                latent,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Point, count: self.latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.code_of(batch.x_bp.clone());
            let loss = self.likelihood.nll_b(batch.x_bp, self.logits(z_bd.clone()), ctx).mean();
            self.cloud.observe(Terms::new(loss), z_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.code_of(batch.x_bp), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.likelihood.mean(self.logits(z_bd)))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
