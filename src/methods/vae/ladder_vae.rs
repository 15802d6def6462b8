//! The ladder VAE with two levels: the upper says where the lower is to be expected.
//!
//! The paper has up to five levels and batch normalisation; here are two, and none. A code is the upper level, and behind it by how much the
//! lower departs from what that leads to expect: see [`latent_nn::ladder`].

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::LadderVae;

pub const CARD: Card = Card {
    id: "ladder-vae",
    family: Family::Vae,
    hosts_code: true,
    label: "Ladder VAE",
    summary: "A VAE with two levels: a few numbers for what an image is about, and from them an expectation of the many that say how it is drawn.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z₁)]").weighed(&["sigma"]),
        Term::plus("kl upper", "β · KL(q(z₂|x) ‖ N(0, I))").weighed(&["beta", "warmup"]),
        Term::plus("kl lower", "β · E[KL(q(z₁|x, z₂) ‖ p(z₁|z₂))]").weighed(&["beta", "warmup"]),
    ],
    symbols: &[Symbols::new("q(z₁|x, z₂) ∝ q̂(z₁|x)·p(z₁|z₂): what the image says, and what the upper level leads to expect")],
    papers: &[Paper::of("Ladder Variational Autoencoders", "Sønderby et al. 2016").only("two levels, its inference by precision and its warm-up; no batch normalisation")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0,
            "Weight of both KL terms. At 1 the loss is the negative ELBO.").live(),
        ParamSpec::int("warmup", "KL warm-up", 0, 100_000, 2000,
            "Steps over which the weight of the KL terms grows from almost nothing to β. Without it the upper level is often switched off before it has become useful, and stays so.").live(),
        ParamSpec::int("upper", "Upper level", 1, 32, 4,
            "How many numbers the upper level has."),
        ParamSpec { default: 16.0, ..LATENT }.with(16.0, "How many numbers the lower level has: those that the picture is drawn from."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Look at the samples: images of a row share the upper level. What do they have in common, and what did the lower level change?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::gaussian::{kl_bd, log_density, log_standard_bd, mean_rows, sample};
    use latent_nn::ladder::{Ladder, Told};
    use latent_nn::method::IMPORTANCE_SAMPLES;
    use latent_nn::schedule::ramp;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// The hidden layers between the levels are this part of the encoder's.
    const PART: usize = 4;

    /// Networks from images to the lower level and back, and those between the levels.
    #[derive(Module, Debug)]
    pub struct LadderVae {
        base: Autoencoder,
        ladder: Ladder,
        #[module(skip)]
        upper: usize,
    }

    impl LadderVae {
        fn told(&self, x_bp: Tensor<2>) -> Told {
            let h_bh = self.base.encoder.hidden(x_bp, None);
            let (mean_bd, logvar_bd) = self.base.encoder.heads_of(h_bh.clone());
            self.ladder.told(h_bh, (mean_bd, logvar_bd.expect("the encoder was made with variances")))
        }

        /// ln p(x, z) − ln q(z | x) in nats, shape `[batch, IMPORTANCE_SAMPLES]`. The lower level is drawn from its posterior where it is `seen`,
        /// else from its prior: then what the lower level costs and knows cancels (Havtorn et al. 2021, equation 10).
        fn weights(&self, batch: Batch, seen: bool, ctx: &mut Ctx) -> Tensor<2> {
            let (n, samples) = (batch.len(), IMPORTANCE_SAMPLES);
            let told = self.told(batch.x_bp.clone()).each(samples);
            let upper_su = sample(told.upper_mean_bu.clone(), told.upper_logvar_bu.clone(), ctx);
            let mut ratio_s1 = (log_standard_bd(upper_su.clone())
                - log_density(upper_su.clone(), told.upper_mean_bu.clone(), told.upper_logvar_bu.clone()))
            .sum_dim(1);
            let departure_sd = if seen {
                let (mean_sd, logvar_sd) = self.ladder.departure(&told, upper_su.clone());
                let departure_sd = sample(mean_sd.clone(), logvar_sd.clone(), ctx);
                let own_sd = log_standard_bd(departure_sd.clone()) - log_density(departure_sd.clone(), mean_sd, logvar_sd);
                ratio_s1 = ratio_s1 + own_sd.sum_dim(1);
                departure_sd
            } else {
                ctx.normal([n * samples, self.base.latent])
            };
            let z_sd = self.ladder.lower(upper_su, departure_sd);
            self.base.weighed(batch.x_bp, z_sd, ratio_s1.reshape([n, samples]), ctx).log_weight_bk()
        }
    }

    impl Method for LadderVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::gaussian(params, data.image, device);
            let (upper, hidden) = (params.usize("upper"), base.encoder.hidden_width());
            let width = (hidden / PART).max(1);
            Self { ladder: Ladder::new(hidden, width, upper, base.latent, device), base, upper }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let level = |count: usize| CodeGroup { kind: CodeKind::Gaussian, count: count as u32 };
            vec![level(self.upper), level(self.base.latent)]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let told = self.told(batch.x_bp.clone());
            let upper_bu = sample(told.upper_mean_bu.clone(), told.upper_logvar_bu.clone(), ctx);
            let (mean_bd, logvar_bd) = self.ladder.departure(&told, upper_bu.clone());
            let departure_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let z_bd = self.ladder.lower(upper_bu, departure_bd);
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd, ctx);
            let upper_u = mean_rows(kl_bd(told.upper_mean_bu, told.upper_logvar_bu));
            let lower_d = mean_rows(kl_bd(mean_bd, logvar_bd));
            let (upper, lower) = (upper_u.clone().sum(), lower_d.clone().sum());
            Terms::new(reconstruction.clone() + ctx.live("beta") * ramp(ctx, "warmup") * (upper.clone() + lower.clone()))
                .show("reconstruction", reconstruction)
                .show("kl upper", upper)
                .show("kl lower", lower)
                .kl(Tensor::cat(vec![upper_u, lower_d], 0))
        }

        /// The lower level as it is where the upper is at its mean.
        fn encode(&self, batch: Batch) -> Code {
            let told = self.told(batch.x_bp);
            let (mean_bd, logvar_bd) = self.ladder.departure(&told, told.upper_mean_bu.clone());
            Code {
                mean_bd: Tensor::cat(vec![told.upper_mean_bu, mean_bd], 1),
                logvar_bd: Some(Tensor::cat(vec![told.upper_logvar_bu, logvar_bd], 1)),
            }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let [batch, all] = z_bd.dims();
            let upper_bu = z_bd.clone().slice([0..batch, 0..self.upper]);
            let departure_bd = z_bd.slice([0..batch, self.upper..all]);
            Some(self.base.decode(self.ladder.lower(upper_bu, departure_bd)))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.weights(batch, true, ctx))
        }

        fn log_weights_above(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.weights(batch, false, ctx))
        }
    }
}
