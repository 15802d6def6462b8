//! JointVAE: a code of numbers and a choice, each with a capacity of its own.
//!
//! The code of an image has the probabilities of its kinds; the authors' takes the likeliest kind alone outside training.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::JointVae;

pub const CARD: Card = Card {
    id: "joint-vae",
    family: Family::Vae,
    label: "JointVAE",
    summary: "Part of the code is a choice among a few kinds, the rest is how; with luck it finds the ten digits without being told.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z, c)]").weighed(&["temperature", "sigma"]),
        Term::plus("kl", "γ·|KL(q(z|x) ‖ N(0, I)) − C_z(t)|").weighed(&["gamma", "capacity", "ramp"]),
        Term::plus("choice kl", "γ·|KL(q(c|x) ‖ uniform) − C_c(t)|").weighed(&["gamma", "choice-capacity", "ramp"]),
    ],
    symbols: &[Symbols::new("c = softmax((log q(c|x) + Gumbel) / τ)")],
    papers: &[Paper::of("Learning Disentangled Joint Continuous and Discrete Representations", "Dupont 2018")],
    params: &[
        ParamSpec::int("choices", "Choices", 2, 50, 10, "How many kinds there are to choose from."),
        ParamSpec::log("temperature", "Temperature τ", 0.05, 5.0, 0.67,
            "Softness of a choice while training. Low: nearly one kind alone, with noisy gradients; high: mixtures, which the decoder learns to read.").live(),
        ParamSpec::log("gamma", "γ", 1.0, 1000.0, 30.0, "How strictly both KLs are held at their targets.").live(),
        ParamSpec::float("capacity", "Capacity C_z", 0.0, 50.0, 5.0, "Nats that the numbers carry in the end.").live(),
        ParamSpec::float("choice-capacity", "Capacity C_c", 0.0, 4.0, 2.3,
            "Nats that the choice carries in the end; more than the logarithm of the number of choices is impossible, and cut off.").live(),
        ParamSpec::int("ramp", "Capacity ramp", 0, 200_000, 3000, "Steps over which both targets grow from 0.").live(),
        ParamSpec { default: 10.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Step through the choices with the numbers at zero: does each draw a digit of its own?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::{log_softmax, softmax};
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::{Autoencoder, CERTAIN};
    use latent_nn::gaussian::{kl_bd, mean_rows, sample_each};
    use latent_nn::gumbel::{gumbel_softmax, uniform_choice};
    use latent_nn::net::{Ends, beside};
    use latent_nn::schedule::ramp;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// A VAE whose encoder also gives the logits of a choice.
    #[derive(Module, Debug)]
    pub struct JointVae {
        base: Autoencoder,
        #[module(skip)]
        choices: usize,
    }

    /// What the encoder says: shapes `[batch, latent]` twice, `[batch, choices]`.
    struct Posterior {
        mean_bd: Tensor<2>,
        logvar_bd: Tensor<2>,
        logit_bc: Tensor<2>,
    }

    impl JointVae {
        fn posterior(&self, x_bp: Tensor<2>) -> Posterior {
            let (batch, latent) = (x_bp.dims()[0], self.base.latent);
            let (both_bw, logvar_bd) = self.base.posterior(x_bp, None);
            let mean_bd = both_bw.clone().slice([0..batch, 0..latent]);
            let logit_bc = both_bw.slice([0..batch, latent..latent + self.choices]);
            Posterior { mean_bd, logvar_bd, logit_bc }
        }
    }

    impl Method for JointVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (latent, choices) = (params.usize("latent"), params.usize("choices"));
            let ends = Ends { side: 0, mean: latent + choices, logvar: Some(latent) };
            Self { base: Autoencoder::with_ends(params, data.image, ends, latent + choices, device), choices }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let mut code = self.base.gaussian_code();
            code.push(CodeGroup { kind: CodeKind::Choice { given: false }, count: self.choices as u32 });
            code
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let Posterior { mean_bd, logvar_bd, logit_bc } = self.posterior(batch.x_bp.clone());
            let z_bd = sample_each(mean_bd.clone(), logvar_bd.clone(), 1, ctx);
            let temperature = ctx.live("temperature");
            let c_bc = gumbel_softmax(logit_bc.clone(), temperature, ctx);
            let reconstruction = self.base.reconstruction(batch.x_bp, beside(z_bd, Some(c_bc)), ctx);
            let kl_d = mean_rows(kl_bd(mean_bd, logvar_bd));
            let kl = kl_d.clone().sum();
            // KL(q(c|x) ‖ uniform) = ln K + Σ q ln q
            let log_c_bc = log_softmax(logit_bc, 1);
            let most = (self.choices as f64).ln();
            let choice_kl = (log_c_bc.clone().exp() * log_c_bc).sum_dim(1).mean() + most;
            let part = ramp(ctx, "ramp");
            let capacity = ctx.live("capacity") * part.clone();
            let choice_capacity = ctx.live("choice-capacity").clamp_max(most) * part;
            let off = (kl.clone() - capacity).abs() + (choice_kl.clone() - choice_capacity).abs();
            // All choices share what the choice carries.
            let each_c = (choice_kl.clone() / self.choices as f64).expand([self.choices]);
            Terms::new(reconstruction.clone() + ctx.live("gamma") * off)
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .show("choice kl", choice_kl)
                .kl(Tensor::cat(vec![kl_d, each_c], 0))
        }

        fn encode(&self, batch: Batch) -> Code {
            let Posterior { mean_bd, logvar_bd, logit_bc } = self.posterior(batch.x_bp);
            let known_bc = logit_bc.zeros_like() + CERTAIN;
            Code { mean_bd: beside(mean_bd, Some(softmax(logit_bc, 1))), logvar_bd: Some(beside(logvar_bd, Some(known_bc))) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            let z_nd = ctx.normal([n, self.base.latent]);
            beside(z_nd, Some(uniform_choice(n, self.choices, ctx)))
        }
    }
}
