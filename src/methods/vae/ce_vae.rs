//! The context-encoding VAE: besides copying whole images, it must restore what was cut out of them.
//!
//! Smaller than the paper's: plain networks in place of its compact convolutional ones, and squares in one size.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::CeVae;

pub const CARD: Card = Card {
    id: "ce-vae",
    family: Family::Vae,
    hosts: true,
    pictures: true,
    label: "Context-encoding VAE",
    summary: "Learns what sound images look like by copying them and by filling in squares that were cut out; what it then cannot copy is a defect.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x) ‖ N(0, I))").weighed(&["beta"]),
        Term::plus("context", "λ · −log p(x|μ(x̃))").weighed(&["context", "cut", "sigma"]),
    ],
    symbols: &[Symbols::new("x̃: x with squares cut out,  μ(x̃) the mean code of it")],
    papers: &[Paper::of(
        "StRegA: Unsupervised Anomaly Detection in Brain MRIs using a Compact Context-encoding Variational Autoencoder",
        "Chatterjee et al. 2022",
    )
    .only("its objective, with small networks")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of the KL term. At 1, and λ = 0, the loss is the VAE's.").live(),
        ParamSpec::float("context", "λ", 0.0, 10.0, 1.0, "Weight of filling in what was cut out. At 0 this is the VAE.").live(),
        ParamSpec::float("cut", "Share cut out", 0.05, 0.95, 0.25, "The share of the squares that are cut out of each image.").live(),
        ParamSpec::int("square", "Square", 2, 16, 7, "Side of a square in pixels."),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train it, then draw a scratch on a digit in the tab Draw: where does its copy differ?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::corrupt::{Pattern, hidden_patches};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::{DataShape, SampleShape};

    /// A VAE, and the squares that are cut out.
    #[derive(Module, Debug)]
    pub struct CeVae {
        base: Autoencoder,
        #[module(skip)]
        square: usize,
        #[module(skip)]
        shape: SampleShape,
    }

    impl CeVae {
        /// Images with squares cut out, black, shapes `[batch, pixels]`.
        fn cut(&self, x_bp: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
            let hidden_bp = hidden_patches(x_bp.dims()[0], self.shape, self.square, Pattern::Random, ctx.live("cut"), ctx);
            x_bp * (hidden_bp.neg() + 1.0)
        }
    }

    impl Method for CeVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::gaussian(params, data.image, device), square: params.usize("square"), shape: data.image }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp.clone(), ctx);
            let mean_bd = self.base.point(self.cut(batch.x_bp.clone(), ctx));
            let context = self.base.reconstruction(batch.x_bp, mean_bd, ctx);
            let kl = pass.kl_d.clone().sum();
            let loss = pass.reconstruction.clone() + ctx.live("beta") * kl.clone() + ctx.live("context") * context.clone();
            Terms::new(loss).show("reconstruction", pass.reconstruction).show("kl", kl).show("context", context).kl(pass.kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn damaged(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.cut(batch.x_bp, ctx))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.base.log_weights(batch, ctx))
        }
    }
}
