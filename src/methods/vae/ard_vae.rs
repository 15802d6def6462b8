//! The ARD-VAE: the prior's width is found from the codes, so that a VAE with too many latents says how many it needs.
//!
//! In the paper each latent's precision has a gamma prior and is found from codes of a part of the data; what is left is a Student's t
//! distribution, that of many codes nearly a normal one. Here codes of the last hundred batches are taken, and the normal one. A code is told in
//! units of the prior, so that the prior of what is shown is standard normal as elsewhere.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::ArdVae;

pub const CARD: Card = Card {
    id: "ard-vae",
    family: Family::Vae,
    hosts: true,
    label: "ARD-VAE",
    summary: "Lets every latent be as wide as its codes are, and charges only for what it tells: latents that are not needed go silent, and those left are counted.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · Σ_d KL(q(z_d|x) ‖ N(0, v_d))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("v_d: the mean of z_d² over the codes of late, by a gamma prior on 1/v_d")],
    counts: &[Count::new("relevant", "latents whose means make up more than a tenth of their width")],
    papers: &[Paper::of(
        "ARD-VAE: A Statistical Formulation to Find the Relevant Latent Dimensions of Variational Autoencoders",
        "Saha, Joshi & Whitaker 2025",
    )
    .only("a normal in place of the Student's t distribution; relevance from the codes alone, without the decoder's slope")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0,
            "Weight of the KL term. Higher: fewer latents are worth their price.").live(),
        LATENT.with(32.0, "How many numbers a code has: more than are needed, so that it can be found out how many are."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train with 32 latents, then with 64: is the number of relevant ones the same?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::gaussian::{kl_bd, mean_rows, sample, sample_each};
    use latent_nn::method::IMPORTANCE_SAMPLES;
    use latent_nn::schedule::averaging;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Steps that the widths look back.
    const MEMORY: f64 = 100.0;
    /// Shape `a` and rate `b` of the gamma prior on a precision, each for one code of the data: the paper's are small too.
    const SHAPE: f64 = 1e-4;
    const RATE: f64 = 1e-4;
    /// Share of a latent's width from where on its means count as telling something.
    const TELLING: f64 = 0.1;

    /// A VAE, and how wide its latents are.
    #[derive(Module, Debug)]
    pub struct ArdVae {
        base: Autoencoder,
        /// Mean of z² over the codes of late, shape `[latent]`.
        square_d: Param<Tensor<1>>,
        /// The same of the posteriors' means.
        told_d: Param<Tensor<1>>,
    }

    impl ArdVae {
        /// ln v, the logarithm of the prior's variance, a constant to differentiation, shape `[1, latent]`.
        fn ln_width(&self) -> Tensor<2> {
            let square_d = stop_gradient(self.square_d.val());
            ((square_d + 2.0 * RATE) / (1.0 + 2.0 * SHAPE)).log().unsqueeze()
        }

        /// Means and log-variances in units of the prior, shapes `[batch, latent]`.
        fn posterior(&self, x_bp: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
            let (mean_bd, logvar_bd) = self.base.posterior(x_bp, None);
            let ln_1d = self.ln_width();
            (mean_bd * (ln_1d.clone() * -0.5).exp(), logvar_bd - ln_1d)
        }

        /// Codes as the decoder takes them, shapes `[batch, latent]`.
        fn widened(&self, z_bd: Tensor<2>) -> Tensor<2> {
            z_bd * (self.ln_width() * 0.5).exp()
        }
    }

    impl Method for ArdVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::gaussian(params, data.image, device);
            let of = |value: f64| Param::from_tensor(Tensor::full([base.latent], value, device));
            Self { square_d: of(1.0), told_d: of(0.0), base }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.posterior(batch.x_bp.clone());
            let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let reconstruction = self.base.reconstruction(batch.x_bp, self.widened(z_bd), ctx);
            let kl_d = mean_rows(kl_bd(mean_bd.clone(), logvar_bd.clone()));
            let kl = kl_d.clone().sum();
            let rate = averaging(ctx, MEMORY);
            let width_d = self.ln_width().exp().reshape([self.base.latent]);
            let told_d = stop_gradient(mean_rows(mean_bd.square())) * width_d.clone();
            let square_d = told_d.clone() + stop_gradient(mean_rows(logvar_bd.exp())) * width_d;
            let towards = |old: &Param<Tensor<1>>, new: Tensor<1>| {
                let old = stop_gradient(old.val());
                old.clone() + (new - old) * rate.clone()
            };
            let telling_d = self.told_d.val().greater(self.square_d.val() * TELLING).float();
            Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone())
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .show("relevant", telling_d.sum())
                .kl(kl_d)
                .set("square_d", towards(&self.square_d, square_d))
                .set("told_d", towards(&self.told_d, told_d))
        }

        fn encode(&self, batch: Batch) -> Code {
            let (mean_bd, logvar_bd) = self.posterior(batch.x_bp);
            Code { mean_bd, logvar_bd: Some(logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(self.widened(z_bd)))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let posterior = self.posterior(batch.x_bp.clone());
            let z_sd = sample_each(posterior.0.clone(), posterior.1.clone(), IMPORTANCE_SAMPLES, ctx);
            let ratio_bk = Autoencoder::ratio_bk(&z_sd, posterior);
            Some(self.base.weighed(batch.x_bp, self.widened(z_sd), ratio_bk, ctx).log_weight_bk())
        }
    }
}
