//! The β-TCVAE: the KL taken apart, and only the dependence between latents weighed.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::BetaTc;

pub const CARD: Card = Card {
    id: "beta-tc",
    family: Family::Vae,
    hosts: true,
    label: "β-TCVAE",
    summary: "Takes the price of a code apart into three, and raises only the one for latents that repeat or depend on each other.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("information", "α·I(x; z)").weighed(&["alpha"]),
        Term::plus("total correlation", "β·KL(q(z) ‖ Π_d q(z_d))").weighed(&["beta"]),
        Term::plus("latent-wise kl", "γ·Σ_d KL(q(z_d) ‖ p(z_d))").weighed(&["gamma"]),
    ],
    symbols: &[Symbols::new("q(z) the mixture of the batch's posteriors")],
    papers: &[Paper::of("Isolating Sources of Disentanglement in Variational Autoencoders", "Chen et al. 2018")],
    params: &[
        ParamSpec::log("beta", "β", 0.1, 100.0, 6.0,
            "Weight of the total correlation: how much the latents say about each other. At α = β = γ = 1 this is the VAE.").live(),
        ParamSpec::float("alpha", "α", 0.0, 10.0, 1.0,
            "Weight of the information that a code carries about its image. At 0 it is free.").live(),
        ParamSpec::float("gamma", "γ", 0.0, 10.0, 1.0,
            "Weight of each latent's distance from its standard normal prior.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Set α to 0 and β to 10: the code may carry as much as it likes, if its latents keep out of each other's way. What does each one do?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::{Autoencoder, Pass};
    use latent_nn::gaussian::{log_density, log_standard_bd};
    use latent_nn::log_sum_exp::log_sum_exp;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A VAE whose KL is estimated in three parts.
    #[derive(Module, Debug)]
    pub struct BetaTc {
        base: Autoencoder,
    }

    /// ln q(z), and ln Π q(z_d), of the mixture of the batch's posteriors, shapes `[batch]`.
    ///
    /// This is minibatch-weighted sampling (Chen et al. 2018, appendix C.1) up to the logarithm of the number of images in the data
    /// set, a constant that moves nats between the parts and has no gradient.
    fn log_aggregate_b(pass: &Pass) -> (Tensor<1>, Tensor<1>) {
        let [batch, latent] = pass.z_bd.dims();
        let pair = [batch, batch, latent];
        let z_bbd = pass.z_bd.clone().reshape([batch, 1, latent]).expand(pair);
        let [mean_bbd, logvar_bbd] =
            [&pass.mean_bd, &pass.logvar_bd].map(|t_bd| t_bd.clone().reshape([1, batch, latent]).expand(pair));
        let log_q_bbd = log_density(z_bbd, mean_bbd, logvar_bbd);
        let log_batch = (batch as f64).ln();
        let joint_b = log_sum_exp(log_q_bbd.clone().sum_dim(2).reshape([batch, batch])) - log_batch;
        let each_r = log_sum_exp(log_q_bbd.swap_dims(1, 2).reshape([batch * latent, batch])) - log_batch;
        (joint_b, each_r.reshape([batch, latent]).sum_dim(1).reshape([batch]))
    }

    impl Method for BetaTc {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::gaussian(params, data.image, device) }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp, ctx);
            let rows = |t_bd: Tensor<2>| t_bd.sum_dim(1).mean();
            let log_posterior = rows(log_density(pass.z_bd.clone(), pass.mean_bd.clone(), pass.logvar_bd.clone()));
            let log_prior = rows(log_standard_bd(pass.z_bd.clone()));
            let (joint_b, each_b) = log_aggregate_b(&pass);
            let (joint, each) = (joint_b.mean(), each_b.mean());
            let information = log_posterior - joint.clone();
            let correlation = joint - each.clone();
            let distance = each - log_prior;
            let price = ctx.live("alpha") * information.clone()
                + ctx.live("beta") * correlation.clone()
                + ctx.live("gamma") * distance.clone();
            Terms::new(pass.reconstruction.clone() + price)
                .show("reconstruction", pass.reconstruction)
                .show("information", information)
                .show("total correlation", correlation)
                .show("latent-wise kl", distance)
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
