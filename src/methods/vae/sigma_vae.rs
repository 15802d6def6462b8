//! The σ-VAE: the noise in its code has a scale that is given, so that no image can make its own small.
//!
//! In the paper a transformer foretells such codes, one part of a text or picture after the other; here is the autoencoder alone.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::SigmaVae;

pub const CARD: Card = Card {
    id: "sigma-vae",
    family: Family::Vae,
    hosts: true,
    label: "σ-VAE",
    summary: "Shakes every code by noise whose strength is given, not learnt: however little order costs, no code can shrink to a point that bears no error.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("length", "β · ½‖μ‖²").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("z = μ + s·ε,  s ~ N(0, C²) drawn for each image,  ε ~ N(0, I)")],
    papers: &[Paper::of("Multimodal Latent Language Modeling with Next-Token Diffusion", "Sun et al. 2024").only("its σ-VAE; no language model")],
    params: &[
        ParamSpec::log("beta", "β", 1e-4, 100.0, 0.1,
            "Price of the length of a code, which holds codes near the prior. Near 0 codes move apart until the noise no longer matters.").live(),
        ParamSpec::log("scale", "Scale of the noise C", 0.01, 10.0, 0.5,
            "How far codes are shaken, on average over the images; the prior's own spread is 1. Higher: codes bear more, copies blur."),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Compare it with a VAE whose β is 0.01: look at the error from shaken codes in Measure.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::gaussian::mean_rows;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Networks, and how far codes are shaken.
    #[derive(Module, Debug)]
    pub struct SigmaVae {
        base: Autoencoder,
        #[module(skip)]
        scale: f64,
    }

    impl SigmaVae {
        /// Logarithm of the noise's variance.
        fn logvar(&self) -> f64 {
            2.0 * self.scale.ln()
        }
    }

    impl Method for SigmaVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::deterministic(params, data.image, device), scale: params.get("scale") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let mean_bd = self.base.point(batch.x_bp.clone());
            let [n, d] = mean_bd.dims();
            let scale_b1 = ctx.normal([n, 1]) * self.scale;
            let z_bd = mean_bd.clone() + scale_b1.expand([n, d]) * ctx.normal([n, d]);
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd, ctx);
            let length_d = mean_rows(mean_bd.square()) * 0.5;
            let length = length_d.clone().sum();
            // What the noise costs is the same for all codes.
            let noise = 0.5 * (self.scale.powi(2) - self.logvar() - 1.0);
            Terms::new(reconstruction.clone() + ctx.live("beta") * length.clone())
                .show("reconstruction", reconstruction)
                .show("length", length)
                .kl(length_d + noise)
        }

        fn encode(&self, batch: Batch) -> Code {
            let mean_bd = self.base.point(batch.x_bp);
            let logvar_bd = mean_bd.zeros_like() + self.logvar();
            Code { mean_bd, logvar_bd: Some(logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }
    }
}
