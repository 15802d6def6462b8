//! InfoVAE: the cloud of all codes is held to the prior, each single posterior only as far as wanted.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::InfoVae;

pub const CARD: Card = Card {
    id: "info-vae",
    family: Family::Vae,
    hosts: true,
    label: "InfoVAE (MMD)",
    summary: "Lets a single code say as much as it likes about its image, and only asks that all codes together look like the prior.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "(1 − α)·KL(q(z|x) ‖ p(z))").weighed(&["alpha"]),
        Term::plus("mmd", "(α + λ − 1)·MMD²(q(z), p(z))").weighed(&["alpha", "lambda"]),
    ],
    symbols: &[Symbols::new("k(a, b) = exp(−‖a − b‖² / 2d)")],
    papers: &[Paper::of("InfoVAE: Information Maximizing Variational Autoencoders", "Zhao, Song & Ermon 2017")],
    params: &[
        ParamSpec::float("alpha", "α", -1.0, 1.0, 1.0,
            "How much information about the image is favoured. At 1 the KL of single codes is free (the MMD-VAE); at 0, with λ = 1, this is the VAE.").live(),
        ParamSpec::log("lambda", "λ", 1.0, 10_000.0, 500.0,
            "How strictly all codes together must look like the prior.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "At α = 1 watch the KL bars: how many nats does a code carry when nobody asks it to be brief?",
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
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A VAE.
    #[derive(Module, Debug)]
    pub struct InfoVae {
        base: Autoencoder,
    }

    impl Method for InfoVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::gaussian(params, data.image, device) }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp, ctx);
            let prior_bd = ctx.normal(pass.z_bd.dims());
            let mmd = Kernel::Gaussian(2.0 * self.base.latent as f64).unbiased(pass.z_bd, prior_bd);
            let kl = pass.kl_d.clone().sum();
            let alpha = ctx.live("alpha");
            let price = (alpha.clone().neg() + 1.0) * kl.clone() + (alpha + ctx.live("lambda") - 1.0) * mmd.clone();
            Terms::new(pass.reconstruction.clone() + price)
                .show("reconstruction", pass.reconstruction)
                .show("kl", kl)
                .show("mmd", mmd)
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
