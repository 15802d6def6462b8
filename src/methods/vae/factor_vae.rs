//! FactorVAE: a critic learns to tell codes from codes with their latents shuffled, and the encoder evades it.
//!
//! Smaller than in the paper: codes and shuffled codes are of the same batch, where the paper draws a second one; both players take
//! the optimiser's step at once, each at its own rate but with one pair of betas (0.9, 0.999), where the paper's critic has an Adam of
//! its own (0.5, 0.9); `clip` bounds the norm of both players' gradients together; and the critic has two hidden layers
//! of 256, not six of 1000.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA, Second};

#[cfg(feature = "networks")]
pub use engine::FactorVae;

pub const CARD: Card = Card {
    id: "factor-vae",
    family: Family::Vae,
    hosts: true,
    label: "FactorVAE",
    summary: "A second network looks for latents that depend on each other; the encoder learns to leave it nothing to find.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "KL"),
        Term::plus("total correlation", "γ·E[D(z)]").weighed(&["gamma"]),
        Term::plus("critic", "L_D"),
    ],
    symbols: &[Symbols::new("L_D = −E[log σ(D(z))] − E[log σ(−D(z′))], from which the critic D alone learns, and from nothing else; z′ = each latent of z shuffled over the batch")],
    papers: &[Paper::of("Disentangling by Factorising", "Kim & Mnih 2018")],
    second: Some(&Second { part: "critic.", rate: "critic_rate" }),
    params: &[
        ParamSpec::log("gamma", "γ", 0.1, 100.0, 6.0,
            "Weight of the total correlation as the critic estimates it. Near 0 this is the VAE.").live(),
        ParamSpec::int("critic", "Critic units", 16, 512, 256, "Width of the critic's two hidden layers. The paper's has six of 1000 units and an Adam of its own, with betas 0.5 and 0.9; here one moves and clips both networks."),
        ParamSpec::log("critic_rate", "Critic's rate", 0.01, 100.0, 1.0,
            "How many times the learning rate the critic moves at: 1 gives both players one rate. A faster critic sees more; one that is too slow lets the encoder get away with anything.").live().of_no_term(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Watch the critic's loss: at 1.39 nats it can only guess, and the latents are as good as independent. What does γ do to it?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::activation::{leaky_relu, log_sigmoid};
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::layers::{linear, linear_map};
    use latent_nn::sort::argsort;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Slope of the critic's units below zero.
    const LEAK: f64 = 0.2;

    /// Code to the logit that its latents belong together.
    #[derive(Module, Debug)]
    pub struct Critic {
        first: Linear,
        second: Linear,
        out: Linear,
    }

    impl Critic {
        fn new(latent: usize, width: usize, device: &Device) -> Self {
            Self {
                first: linear(latent, width, device),
                second: linear(width, width, device),
                // Without a bias, which those of the hidden layers can make up for.
                out: linear_map(width, 1, device),
            }
        }

        /// Shapes `[batch, latent]` to `[batch, 1]`; `held`: as if the weights were constants.
        fn forward(&self, z_bd: Tensor<2>, held: bool) -> Tensor<2> {
            let h_bh = leaky_relu(dense(&self.first, z_bd, held), LEAK);
            dense(&self.out, leaky_relu(dense(&self.second, h_bh, held), LEAK), held)
        }
    }

    /// A dense layer, or one without gradients of its weights. Shapes `[batch, inputs]` to `[batch, outputs]`.
    fn dense(layer: &Linear, x_bi: Tensor<2>, held: bool) -> Tensor<2> {
        if !held {
            return layer.forward(x_bi);
        }
        let y_bo = x_bi.matmul(stop_gradient(layer.weight.val()));
        match &layer.bias {
            Some(bias) => y_bo + stop_gradient(bias.val()).unsqueeze(),
            None => y_bo,
        }
    }

    /// Every latent shuffled over the batch by itself, shape `[batch, latent]`: samples of the product of the marginals.
    fn shuffled(z_bd: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
        let order_bd = argsort(ctx.uniform(z_bd.dims()));
        z_bd.gather(0, order_bd)
    }

    /// A VAE and its critic.
    #[derive(Module, Debug)]
    pub struct FactorVae {
        base: Autoencoder,
        critic: Critic,
    }

    impl Method for FactorVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::gaussian(params, data.image, device);
            Self { critic: Critic::new(base.latent, params.usize("critic"), device), base }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        /// One loss for both players: to the critic codes are constants, and to the VAE the critic is one.
        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp, ctx);
            let held_bd = stop_gradient(pass.z_bd.clone());
            let together_b1 = self.critic.forward(held_bd.clone(), false);
            let apart_b1 = self.critic.forward(shuffled(held_bd, ctx), false);
            let critic = (log_sigmoid(together_b1) + log_sigmoid(apart_b1.neg())).mean().neg();
            let correlation = self.critic.forward(pass.z_bd, true).mean();
            let kl = pass.kl_d.clone().sum();
            Terms::new(pass.reconstruction.clone() + kl.clone() + ctx.live("gamma") * correlation.clone() + critic.clone())
                .show("reconstruction", pass.reconstruction)
                .show("kl", kl)
                .show("total correlation", correlation)
                .show("critic", critic)
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
