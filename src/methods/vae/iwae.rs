//! The importance-weighted autoencoder and its relatives.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Iwae;

/// Choices of `bound`.
const BOUNDS: &[&str] = &["iwae", "miwae", "ciwae", "piwae"];

pub const CARD: Card = Card {
    id: "iwae",
    family: Family::Vae,
    hosts: true,
    label: "IWAE",
    summary: "Guesses several codes for each image and lets the good guesses count for more: a tighter bound on how likely the image is.",
    prior: true,
    terms: &[
        Term::plus("loss", "−L_k").weighed(&["sigma"]).under("bound", &["iwae"]),
        Term::plus("loss", "−(1/m)·Σ_m L_k").weighed(&["sigma"]).under("bound", &["miwae"]),
        Term::plus("loss", "−(β·L_1 + (1 − β)·L_k)").weighed(&["beta", "sigma"]).under("bound", &["ciwae"]),
        Term::plus("loss", "−L_mk for the decoder, −(1/m)·Σ_m L_k for the encoder").weighed(&["sigma"]).under("bound", &["piwae"]),
    ],
    symbols: &[Symbols::new("L_k = E[log (1/k)·Σ_k w_k], w = p(x, z)/q(z|x), z ~ q(z|x)")],
    papers: &[
        Paper::of("Importance Weighted Autoencoders", "Burda, Grosse & Salakhutdinov 2016"),
        Paper::of("Tighter Variational Bounds are Not Necessarily Better", "Rainforth et al. 2018")
            .only("its three bounds; how noisy their gradients are is not measured"),
    ],
    params: &[
        ParamSpec::choice("bound", "Bound", BOUNDS, 0,
            "iwae: one bound of k samples. miwae: the mean of m such bounds. ciwae: a mixture with the ELBO. piwae: the decoder follows the tight bound of all m·k samples, the encoder the mean of m bounds, whose gradient is less noisy."),
        ParamSpec::int("k", "Samples k", 1, 64, 5, "Samples inside the logarithm. 1 is the VAE; a step takes about k times as long."),
        ParamSpec::int("m", "Bounds m", 1, 16, 2, "Under miwae and piwae: how many bounds of k samples each image gets.").under("bound", &["miwae", "piwae"]),
        ParamSpec::float("beta", "Share of the ELBO β", 0.0, 1.0, 0.5, "Under ciwae: 1 is the VAE, 0 the IWAE.").live().under("bound", &["ciwae"]),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Compare k = 1 and k = 50 after the same steps: how many latents are in use, and which one estimates the test digits as likelier?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{BOUNDS, CARD};
    use latent_nn::autoencoder::{Autoencoder, Importance};
    use latent_nn::gaussian::{kl_bd, mean_rows, sample_each};
    use latent_nn::log_sum_exp::log_sum_exp;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A VAE and its bound.
    #[derive(Module, Debug)]
    pub struct Iwae {
        base: Autoencoder,
        #[module(skip)]
        bound: usize,
        #[module(skip)]
        samples: usize,
        #[module(skip)]
        bounds: usize,
    }

    /// Mean over the rows of ln (1/k) Σ_k exp x, shape `[rows, k]` to `[1]`.
    fn bound(log_w_rk: Tensor<2>) -> Tensor<1> {
        let [_, k] = log_w_rk.dims();
        log_sum_exp(log_w_rk).mean() - (k as f64).ln()
    }

    impl Method for Iwae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let bound = params.usize("bound");
            let bounds = if matches!(BOUNDS[bound], "miwae" | "piwae") { params.usize("m") } else { 1 };
            Self { base: Autoencoder::gaussian(params, data.image, device), bound, samples: params.usize("k"), bounds }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (n, k, m) = (batch.len(), self.samples, self.bounds);
            let x_bp = batch.x_bp;
            let (mean_bd, logvar_bd) = self.base.posterior(x_bp.clone(), None);
            let z_sd = sample_each(mean_bd.clone(), logvar_bd.clone(), m * k, ctx);
            let posterior = (mean_bd.clone(), logvar_bd.clone());
            let Importance { relative_bk, base_b } = self.base.importance(x_bp.clone(), posterior, z_sd.clone(), None, ctx);
            let apart = |relative_bk: &Tensor<2>| bound(relative_bk.clone().reshape([n * m, k]));
            let elbo = relative_bk.clone().mean();
            // Bounds below leave out the base, which all samples of an image share.
            let value = match BOUNDS[self.bound] {
                "ciwae" => {
                    let share = ctx.live("beta");
                    share.clone() * elbo.clone() + (share.neg() + 1.0) * bound(relative_bk)
                }
                // With the codes constant only the decoder has a gradient: its part of the mean of bounds is taken back, and
                // that of the tight bound put in its place.
                "piwae" => {
                    let held = (stop_gradient(mean_bd.clone()), stop_gradient(logvar_bd.clone()));
                    let held_bk = self.base.importance(x_bp, held, stop_gradient(z_sd), None, ctx).relative_bk;
                    bound(held_bk.clone()) + apart(&relative_bk) - apart(&held_bk)
                }
                _ => apart(&relative_bk),
            };
            let kl_d = mean_rows(kl_bd(mean_bd, logvar_bd));
            let reconstruction = base_b.mean().neg();
            Terms::new(reconstruction.clone() - value.clone())
                .show("reconstruction", reconstruction)
                .show("kl", kl_d.clone().sum())
                .show("gain over elbo", value - elbo)
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
