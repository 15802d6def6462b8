//! The β-VAE: a fixed weight of the KL, a capacity that the KL is held at, or copies of a perfect reconstruction.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::BetaVae;

/// Choices of `objective`.
const OBJECTIVES: &[&str] = &["capacity", "fixed", "autogen"];

pub const CARD: Card = Card {
    id: "beta-vae",
    family: Family::Vae,
    hosts: true,
    label: "β-VAE",
    summary: "A VAE with a budget: you say how many nats a code may carry, and it opens one latent after another, the most useful first.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]).under("objective", &["capacity", "fixed"]),
        Term::plus("reconstruction", "−(1 + m)·E[log p(x|z)]").weighed(&["copies", "sigma"]).under("objective", &["autogen"]),
        Term::plus("kl", "γ·|KL − C(t)|").weighed(&["gamma", "capacity", "ramp"]).under("objective", &["capacity"]),
        Term::plus("kl", "β·KL").weighed(&["beta"]).under("objective", &["fixed"]),
        Term::plus("kl", "KL").under("objective", &["autogen"]),
    ],
    symbols: &[
        Symbols::new("C(t) = C·min(1, (t + 1)/(T + 1))").under("objective", &["capacity"]),
    ],
    papers: &[
        Paper::of("beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework", "Higgins et al. 2017"),
        Paper::of("Understanding disentangling in β-VAE", "Burgess et al. 2018"),
        Paper::of("Improving latent variable descriptiveness with AutoGen", "Mansbridge et al. 2018"),
    ],
    params: &[
        ParamSpec::choice("objective", "Objective", OBJECTIVES, 0,
            "capacity: hold the KL at a target that grows. fixed: weigh the KL by β. autogen: m more copies of the reconstruction, which is β = 1/(1 + m)."),
        ParamSpec::float("capacity", "Capacity C", 0.0, 60.0, 20.0,
            "Under capacity: nats that the code carries in the end. Digits need about 25 for sharp copies.").live().under("objective", &["capacity"]),
        ParamSpec::int("ramp", "Capacity ramp", 0, 200_000, 2000,
            "Under capacity: steps over which the target grows from 0 to C. Slower: the latents open one by one.").live().under("objective", &["capacity"]),
        ParamSpec::log("gamma", "γ", 1.0, 1000.0, 100.0,
            "Under capacity: how strictly the KL is held at its target. Too large and the target drowns the picture.").live().under("objective", &["capacity"]),
        ParamSpec::log("beta", "β", 0.01, 100.0, 4.0,
            "Under fixed: weight of the KL. 1 is the VAE; above, fewer latents stay in use, and they tend to mean one thing each.").live().under("objective", &["fixed"]),
        ParamSpec::float("copies", "Copies m", 0.0, 20.0, 1.0,
            "Under autogen: how many perfect reconstructions are asked for besides the image itself. 0 is the VAE; more makes codes more descriptive.").live().under("objective", &["autogen"]),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Start with a capacity of 0.5 and raise it slowly: which property of a digit does the first latent learn, which the second?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, OBJECTIVES};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::schedule::ramp;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A VAE and which of the three objectives it has.
    #[derive(Module, Debug)]
    pub struct BetaVae {
        base: Autoencoder,
        #[module(skip)]
        objective: usize,
    }

    impl Method for BetaVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::gaussian(params, data.image, device), objective: params.usize("objective") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp, ctx);
            let (reconstruction, kl) = (pass.reconstruction, pass.kl_d.clone().sum());
            let capacity = ctx.live("capacity") * ramp(ctx, "ramp");
            let loss = match OBJECTIVES[self.objective] {
                "capacity" => reconstruction.clone() + ctx.live("gamma") * (kl.clone() - capacity.clone()).abs(),
                "fixed" => reconstruction.clone() + ctx.live("beta") * kl.clone(),
                _ => reconstruction.clone() * (ctx.live("copies") + 1.0) + kl.clone(),
            };
            let terms = Terms::new(loss).show("reconstruction", reconstruction).show("kl", kl).kl(pass.kl_d);
            if OBJECTIVES[self.objective] == "capacity" { terms.show("capacity", capacity) } else { terms }
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
