//! The variational autoencoder with a Gaussian posterior and a Bernoulli likelihood.

use crate::spec::{Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "engine")]
pub use engine::Vae;

pub const CARD: Card = Card {
    id: "vae",
    family: Family::Vae,
    label: "VAE",
    summary: "Learns a small code for each image: an encoder guesses a cloud of codes, a decoder draws the image back from any code in the cloud.",
    formula: "−E[log p(x|z)] + β · KL(q(z|x) ‖ N(0, I))",
    papers: &[
        Paper { title: "Auto-Encoding Variational Bayes", who: "Kingma & Welling 2013" },
        Paper { title: "Understanding disentangling in β-VAE", who: "Burgess et al. 2018" },
    ],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0,
            "Weight of the KL term. At 1 the loss is the negative ELBO. Higher: fewer latents stay in use and digits blur; lower: sharper copies, but samples from the prior fall apart.").live(),
        LATENT,
        NET,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "[Raise β to 8](beta=8) while it trains and watch the KL bars: which latents go silent first, and what do the digits lose?",
};

#[cfg(feature = "engine")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::nn::gaussian::{self, kl_bd, log_density_bd, log_standard_bd, mean_rows, repeat_rows};
    use crate::nn::likelihood::Likelihood;
    use crate::nn::method::IMPORTANCE_SAMPLES;
    use crate::nn::net::{self, Decoder, Encoder};
    use crate::nn::{Batch, Code, Ctx, DataShape, Method, Terms};
    use crate::spec::protocol::{CodeGroup, CodeKind};
    use crate::spec::{Card, Setup};

    /// The networks and the likelihood that the whole line shares.
    #[derive(Module, Debug)]
    pub struct Vae {
        encoder: Encoder,
        decoder: Decoder,
        likelihood: Likelihood,
        #[module(skip)]
        latent: usize,
    }

    impl Method for Vae {
        const CARD: &'static Card = &CARD;

        fn init(setup: &Setup, data: DataShape, device: &Device) -> Self {
            let (encoder, decoder) = net::pair(setup, data.image, device);
            Self { encoder, decoder, likelihood: Likelihood::new(setup, device), latent: setup.usize("latent") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Gaussian, count: self.latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.encoder.forward(batch.x_bp.clone());
            let z_bd = gaussian::sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let reconstruction = self.likelihood.nll_b(batch.x_bp, self.decoder.forward(z_bd), ctx).mean();
            let kl_d = mean_rows(kl_bd(mean_bd, logvar_bd));
            let kl = kl_d.clone().sum();
            Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone())
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .kl(kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            let (mean_bd, logvar_bd) = self.encoder.forward(batch.x_bp);
            Code { mean_bd, logvar_bd: Some(logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Tensor<2> {
            self.likelihood.mean(self.decoder.forward(z_bd))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let n = batch.len();
            let (mean_bd, logvar_bd) = self.encoder.forward(batch.x_bp.clone());
            let [mean_sd, logvar_sd] = [mean_bd, logvar_bd].map(|t_bd| repeat_rows(t_bd, IMPORTANCE_SAMPLES));
            let z_sd = gaussian::sample(mean_sd.clone(), logvar_sd.clone(), ctx);
            let log_q_sd = log_density_bd(z_sd.clone(), mean_sd, logvar_sd);
            let x_sp = repeat_rows(batch.x_bp, IMPORTANCE_SAMPLES);
            let nll_s = self.likelihood.nll_b(x_sp, self.decoder.forward(z_sd.clone()), ctx);
            let ratio_s = (log_standard_bd(z_sd) - log_q_sd).sum_dim(1).reshape([n * IMPORTANCE_SAMPLES]);
            Some((ratio_s - nll_s).reshape([n, IMPORTANCE_SAMPLES]))
        }
    }
}
