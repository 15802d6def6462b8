//! The sliced-Wasserstein autoencoder.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, PRIOR, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Swae;

pub const CARD: Card = Card {
    id: "swae",
    family: Family::Vae,
    hosts: true,
    label: "Sliced-Wasserstein AE",
    summary: "Looks at the cloud of codes from many sides, as shadows on a line, and asks each shadow to match the prior's.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("sliced wasserstein", "λ·(1/L)·Σ_l (1/B)·Σ_b (sort(θ_l·z)_b − sort(θ_l·z̃)_b)²").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("z̃ from the prior, |θ_l| = 1")],
    papers: &[Paper::of("Sliced-Wasserstein Autoencoder: An Embarrassingly Simple Generative Model", "Kolouri et al. 2018")],
    params: &[
        ParamSpec::log("lambda", "λ", 1.0, 100_000.0, 100.0, "How strictly the codes must look like the prior.").live(),
        ParamSpec::int("slices", "Slices L", 1, 500, 50, "Random directions that each step looks from."),
        PRIOR,
        ParamSpec { default: 2.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Choose ten blobs: does each digit get one of its own?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::sort::sort;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, prior};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A deterministic autoencoder and the shape of its codes.
    #[derive(Module, Debug)]
    pub struct Swae {
        base: Autoencoder,
        #[module(skip)]
        prior: usize,
        #[module(skip)]
        slices: usize,
    }

    impl Swae {
        /// Squared 2-Wasserstein distance of the two clouds' shadows, mean over random directions, shapes `[batch, latent]` to `[1]`.
        fn sliced_wasserstein(&self, a_bd: Tensor<2>, b_bd: Tensor<2>, ctx: &mut Ctx) -> Tensor<1> {
            let theta_dl = ctx.normal([self.base.latent, self.slices]);
            let theta_dl = theta_dl.clone() / theta_dl.square().sum_dim(0).clamp_min(1e-12).sqrt();
            let shadow_bl = |x_bd: Tensor<2>| sort(x_bd.matmul(theta_dl.clone()));
            (shadow_bl(a_bd) - shadow_bl(b_bd)).square().mean()
        }
    }

    impl Method for Swae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self {
                base: Autoencoder::deterministic(params, data.image, device),
                prior: params.usize("prior"),
                slices: params.usize("slices"),
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.base.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            let prior_bd = prior::draw(self.prior, z_bd.dims()[0], self.base.latent, ctx);
            let distance = self.sliced_wasserstein(z_bd, prior_bd, ctx);
            Terms::new(reconstruction.clone() + ctx.live("lambda") * distance.clone())
                .show("reconstruction", reconstruction)
                .show("sliced wasserstein", distance)
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
