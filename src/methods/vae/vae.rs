//! The variational autoencoder with a Gaussian posterior, with KL warm-up and free bits.

use latent_vocabulary::objective::Term;
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Vae;

pub const CARD: Card = Card {
    id: "vae",
    family: Family::Vae,
    hosts: true,
    label: "VAE",
    summary: "Learns a small code for each image: an encoder guesses a cloud of codes, a decoder draws the image back from any code in the cloud.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · Σ_d max(λ, KL(q(z_d|x) ‖ N(0, 1)))").weighed(&["beta", "warmup", "free-bits"]),
    ],
    papers: &[
        Paper::of("Auto-Encoding Variational Bayes", "Kingma & Welling 2013"),
        Paper::of("Improving Variational Inference with Inverse Autoregressive Flow", "Kingma et al. 2016").only("its free bits, no flow"),
    ],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0,
            "Weight of the KL term. At 1 the loss is the negative ELBO. Higher: fewer latents stay in use and digits blur; lower: sharper copies, but samples from the prior fall apart.").live(),
        ParamSpec::int("warmup", "KL warm-up", 0, 100_000, 0,
            "Steps over which the weight of the KL term grows from almost nothing to β. Latents that would be switched off at once get time to become useful.").live(),
        ParamSpec::float("free-bits", "Free nats λ", 0.0, 5.0, 0.0,
            "Each latent may carry this many nats, on average over the batch, without paying for them. Above 0 no latent goes silent for the KL's sake.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "[Raise β to 8](beta=8) while it trains and watch the KL bars: which latents go silent first, and what do the digits lose?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::schedule::ramp;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A network with a Gaussian posterior, and no more.
    #[derive(Module, Debug)]
    pub struct Vae {
        base: Autoencoder,
    }

    impl Method for Vae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::gaussian(params, data.image, device) }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp, ctx);
            let free = ctx.live("free-bits");
            // max(λ, KL) as λ + relu(KL − λ)
            let paid = (relu(pass.kl_d.clone() - free.clone()) + free).sum();
            Terms::new(pass.reconstruction.clone() + ctx.live("beta") * ramp(ctx, "warmup") * paid)
                .show("reconstruction", pass.reconstruction)
                .show("kl", pass.kl_d.clone().sum())
                .kl(pass.kl_d)
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
