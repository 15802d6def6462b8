//! The Wasserstein autoencoder with an MMD penalty on its codes.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, PRIOR, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Wae;

pub const CARD: Card = Card {
    id: "wae-mmd",
    family: Family::Vae,
    hosts: true,
    label: "WAE-MMD",
    summary: "An autoencoder without noise whose codes, all together, must look like samples of a prior of your choice.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("mmd", "λ·MMD²(q(z), p(z))").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("z = E(x), k(a, b) = C / (C + ‖a − b‖²), C = 2·E‖z̃‖², z̃ from the prior")],
    papers: &[
        Paper::of("Wasserstein Auto-Encoders", "Tolstikhin et al. 2018"),
        Paper::of("Concurrent Density Estimation with Wasserstein Autoencoders: Some Statistical Insights", "Chakrabarty, Basu & Das 2023")
            .only("its contaminated data"),
    ],
    params: &[
        ParamSpec::log(
            "lambda",
            "λ",
            1.0,
            100_000.0,
            1000.0,
            "How strictly the codes must look like the prior. Too low and samples are no digits; too high and copies blur.",
        )
        .live(),
        PRIOR,
        ParamSpec::float(
            "outliers",
            "Outliers",
            0.0,
            0.5,
            0.0,
            "Share of the images in each training batch that are replaced by noise: how much does the rest suffer? Nothing is replaced where it is tested.",
        ),
        ParamSpec { default: 8.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Two latents and the ring: watch the map while it trains. Which digits become neighbours?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::mmd::Kernel;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, corrupt, prior};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A deterministic autoencoder and the shape of its codes.
    #[derive(Module, Debug)]
    pub struct Wae {
        base: Autoencoder,
        #[module(skip)]
        prior: usize,
        #[module(skip)]
        outliers: f64,
    }

    impl Method for Wae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            Self { base, prior: params.usize("prior"), outliers: params.get("outliers") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let some = self.outliers > 0.0 && ctx.training;
            let x_bp = if some { corrupt::replace(batch.x_bp, self.outliers, ctx) } else { batch.x_bp };
            let z_bd = self.base.point(x_bp.clone());
            let reconstruction = self.base.reconstruction(x_bp, z_bd.clone(), ctx);
            let prior_bd = prior::draw(self.prior, z_bd.dims()[0], self.base.latent, ctx);
            let kernel = Kernel::InverseMultiquadratic(2.0 * prior::squared_length(self.prior, self.base.latent));
            let mmd = kernel.unbiased(z_bd, prior_bd);
            Terms::new(reconstruction.clone() + ctx.live("lambda") * mmd.clone())
                .show("reconstruction", reconstruction)
                .show("mmd", mmd)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            prior::draw(self.prior, n, self.base.latent, ctx)
        }
    }
}
