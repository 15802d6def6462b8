//! The denoising autoencoder.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, NOISE_LEVEL, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Dae;

/// Choices of `noise`.
const NOISES: &[&str] = &["masking", "gaussian"];

pub const CARD: Card = Card {
    id: "dae",
    family: Family::Ae,
    hosts: true,
    label: "Denoising autoencoder",
    summary: "Sees a damaged image and must draw the whole one, so it learns what images look like rather than how to copy.",
    terms: &[Term::plus("loss", "−log p(x|z)").weighed(&["level", "sigma"])],
    symbols: &[Symbols::new("z = E(x̃), x̃ = x damaged")],
    papers: &[Paper::of("Extracting and Composing Robust Features with Denoising Autoencoders", "Vincent et al. 2008")],
    params: &[
        ParamSpec::choice(
            "noise",
            "Noise",
            NOISES,
            0,
            "masking: each pixel is set to zero with a probability. gaussian: noise is added to each pixel.",
        ),
        NOISE_LEVEL,
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Raise the noise to 0.7 while it trains: what does the network fall back on where it cannot see?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, NOISES};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, corrupt};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Networks, the kind of noise, and where the codes lie.
    #[derive(Module, Debug)]
    pub struct Dae {
        base: Autoencoder,
        cloud: Cloud,
        #[module(skip)]
        noise: usize,
    }

    impl Dae {
        fn damage(&self, x_bp: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
            let level = ctx.live("level");
            match NOISES[self.noise] {
                "masking" => corrupt::erase(x_bp, level, ctx),
                _ => corrupt::add_noise(x_bp, level, ctx),
            }
        }
    }

    impl Method for Dae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            Self { cloud: Cloud::new(base.latent, device), base, noise: params.usize("noise") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.base.point(self.damage(batch.x_bp.clone(), ctx));
            let terms = Terms::new(self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx));
            self.cloud.observe(terms, z_bd, ctx)
        }

        fn damaged(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.damage(batch.x_bp, ctx))
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
