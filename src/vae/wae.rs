//! The Wasserstein autoencoder with an MMD penalty on its codes.

use crate::spec::card::Figure;
use crate::spec::objective::{Symbols, Term};
use crate::spec::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, PRIOR, Paper, ParamSpec, SIGMA};

#[cfg(feature = "engine")]
pub use engine::Wae;

pub const CARD: Card = Card {
    id: "wae-mmd",
    family: Family::Vae,
    hosts: true,
    figure: Figure::Codes,
    label: "WAE-MMD",
    summary: "An autoencoder without noise whose codes, all together, must look like samples of a prior of your choice.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("mmd", "λ·MMD²(q(z), p(z))").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("z = E(x), k(a, b) = C / (C + ‖a − b‖²), C = 2·E‖z̃‖², z̃ from the prior")],
    counts: &[],
    papers: &[Paper::of("Wasserstein Auto-Encoders", "Tolstikhin et al. 2018")],
    params: &[
        ParamSpec::log("lambda", "λ", 1.0, 100_000.0, 1000.0,
            "How strictly the codes must look like the prior. Too low and samples are no digits; too high and copies blur.").live(),
        PRIOR,
        ParamSpec { default: 8.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Two latents and the ring: watch the map while it trains. Which digits become neighbours?",
}
.shown();

#[cfg(feature = "engine")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::nn::autoencoder::Autoencoder;
    use crate::nn::mmd::Kernel;
    use crate::nn::{Batch, Code, Ctx, DataShape, Method, Terms, prior};
    use crate::spec::protocol::CodeGroup;
    use crate::spec::{Card, Setup};

    /// A deterministic autoencoder and the shape of its codes.
    #[derive(Module, Debug)]
    pub struct Wae {
        base: Autoencoder,
        #[module(skip)]
        prior: usize,
    }

    impl Method for Wae {
        const CARD: &'static Card = &CARD;

        fn init(setup: &Setup, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::deterministic(setup, data.image, device), prior: setup.usize("prior") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.base.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            let prior_bd = prior::draw(self.prior, z_bd.dims()[0], self.base.latent, ctx);
            let kernel = Kernel::InverseMultiquadratic(2.0 * prior::squared_length(self.prior, self.base.latent));
            let mmd = kernel.unbiased(z_bd, prior_bd);
            Terms::new(reconstruction.clone() + ctx.live("lambda") * mmd.clone()).show("reconstruction", reconstruction).show("mmd", mmd)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Tensor<2> {
            self.base.decode(z_bd)
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            prior::draw(self.prior, n, self.base.latent, ctx)
        }
    }
}
