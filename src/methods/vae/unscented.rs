//! The unscented autoencoder: a posterior is decoded at a few points that have its mean and covariance, in place of random ones.
//!
//! The posterior's covariance is diagonal, so its sigma points lie on the axes. Each image is decoded at a few opposite pairs of them, whose
//! axes are drawn; with as many pairs as latents nothing is left to chance.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Unscented;

/// Choices of `points`.
const POINTS: &[&str] = &["sigma-points", "random"];
/// Choices of `regulariser`.
const REGULARISERS: &[&str] = &["wasserstein", "kl"];

pub const CARD: Card = Card {
    id: "unscented",
    family: Family::Vae,
    hosts: true,
    label: "Unscented autoencoder",
    summary: "Decodes each image's cloud of codes at a few chosen points instead of random ones: the same mean and width, far less noise in training.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−mean_i log p(x|χ_i)").weighed(&["sigma"]),
        Term::plus("wasserstein", "β · (‖μ‖² + ‖σ − 1‖²)").weighed(&["beta"]).under("regulariser", &["wasserstein"]),
        Term::plus("kl", "β · KL(q(z|x) ‖ N(0, I))").weighed(&["beta"]).under("regulariser", &["kl"]),
    ],
    symbols: &[
        Symbols::new("χ_i = μ ± √d·σ_j e_j,  axes j drawn anew in each step").under("points", &["sigma-points"]),
        Symbols::new("χ_i drawn from N(μ, σ²)").under("points", &["random"]),
    ],
    papers: &[Paper::of("Unscented Autoencoder", "Janjoš, Rosenbaum, Dolgov & Zöllner 2023").only("with a diagonal covariance")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0,
            "Weight of the term that holds each cloud to the prior. Higher: tidier codes, less faithful copies.").live(),
        ParamSpec::choice("points", "Points", POINTS, 0,
            "sigma-points: opposite pairs on the axes of each cloud. random: as many draws from it, as a VAE takes them."),
        ParamSpec::int("pairs", "Pairs of points", 1, 16, 2,
            "Each image is decoded at twice as many points. With as many pairs as latents, sigma points leave nothing to chance."),
        ParamSpec::choice("regulariser", "Held to the prior by", REGULARISERS, 0,
            "wasserstein: the squared distance of both Gaussians, which lets a cloud become narrow. kl: the VAE's."),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train with sigma points, then with as many [random points](points=random): which curve of the loss shakes less?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, POINTS, REGULARISERS};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::gaussian::{kl_bd, mean_rows, repeat_rows, sample_each};
    use latent_nn::one_hot::one_hot;
    use latent_nn::sort::argsort;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A VAE, and where its posteriors are decoded.
    #[derive(Module, Debug)]
    pub struct Unscented {
        base: Autoencoder,
        #[module(skip)]
        chosen: bool,
        #[module(skip)]
        pairs: usize,
        #[module(skip)]
        kl: bool,
    }

    impl Unscented {
        /// Opposite pairs of sigma points of each image: `μ ± √d σ_j e_j`, the axes `j` of one image all different. Shapes `[batch, latent]` to
        /// `[batch * 2 * pairs, latent]`, those of one image side by side.
        fn sigma_points(&self, mean_bd: Tensor<2>, deviation_bd: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
            let ([batch, d], pairs) = (mean_bd.dims(), self.pairs);
            let order_db = argsort(ctx.uniform([d, batch])).float();
            let axis_nd = one_hot(order_db.slice([0..pairs, 0..batch]).transpose(), d);
            let step_nd = repeat_rows(deviation_bd, pairs) * axis_nd * (d as f64).sqrt();
            let step_n1d = step_nd.reshape([batch * pairs, 1, d]);
            let both_sd = Tensor::cat(vec![step_n1d.clone(), step_n1d.neg()], 1).reshape([batch * pairs * 2, d]);
            repeat_rows(mean_bd, 2 * pairs) + both_sd
        }
    }

    impl Method for Unscented {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::gaussian(params, data.image, device);
            Self {
                chosen: POINTS[params.usize("points")] == "sigma-points",
                pairs: params.usize("pairs").min(base.latent),
                kl: REGULARISERS[params.usize("regulariser")] == "kl",
                base,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp.clone(), None);
            let deviation_bd = (logvar_bd.clone() * 0.5).exp();
            let z_sd = if self.chosen {
                self.sigma_points(mean_bd.clone(), deviation_bd.clone(), ctx)
            } else {
                sample_each(mean_bd.clone(), logvar_bd.clone(), 2 * self.pairs, ctx)
            };
            let reconstruction = self.base.reconstruction(repeat_rows(batch.x_bp, 2 * self.pairs), z_sd, ctx);
            let kl_d = mean_rows(kl_bd(mean_bd.clone(), logvar_bd));
            let (name, price) = if self.kl {
                ("kl", kl_d.clone().sum())
            } else {
                ("wasserstein", mean_rows(mean_bd.square() + (deviation_bd - 1.0).square()).sum())
            };
            Terms::new(reconstruction.clone() + ctx.live("beta") * price.clone())
                .show("reconstruction", reconstruction)
                .show(name, price)
                .kl(kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.base.log_weights(batch, ctx))
        }
    }
}
