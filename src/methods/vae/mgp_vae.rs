//! A VAE of clips whose codes move as a Gaussian process that is Markovian: the frames that are there say what those that are missing must be.
//!
//! The process is a linear system that turns and shrinks in planes, see [`latent_nn::rotations`]: kernels r^τ cos θτ at equal times, where the paper
//! of the process has Matérn kernels at any, and a single layer each way. A code is the state at the first frame, and behind it by how much each
//! later one departs from what the one before leads to expect. The exact posterior is that of "Revisiting Structured Variational Autoencoders" for a
//! linear system, message by message rather than by a parallel scan.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::MgpVae;

/// Choices of `dynamics`.
const DYNAMICS: &[&str] = &["linear", "none"];

pub const CARD: Card = Card {
    id: "mgp-vae",
    family: Family::Vae,
    hosts_code: true,
    clips: true,
    label: "Markovian GP-VAE",
    summary: "Learns clips: a code for each frame, and how codes move on from one frame to the next, so that it can fill in frames that are missing.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[Σ_t log p(x_t|z_t)]").weighed(&["sigma", "drop"]),
        Term::plus("kl first", "β · KL(q(z₁|x̃) ‖ N(0, I))").weighed(&["beta", "drop"]),
        Term::plus("kl later", "β · Σ_t E[KL(q(z_t|z_{t−1}, x̃) ‖ p(z_t|z_{t−1}))]").weighed(&["beta", "drop"]),
    ],
    symbols: &[
        Symbols::new("x̃: the frames that are there"),
        Symbols::new("p(z_t|z_{t−1}) = N(r·R(θ)·z_{t−1}, 1 − r²) in each plane").under("dynamics", &["linear"]),
        Symbols::new("p(z_t|z_{t−1}) = N(0, I)").under("dynamics", &["none"]),
    ],
    papers: &[
        Paper::of("Markovian Gaussian Process Variational Autoencoders", "Zhu, Rodas & Li 2022").only("kernels r^τ cos θτ at equal times"),
        Paper::of("Revisiting Structured Variational Autoencoders", "Zhao & Linderman 2023").only("linear dynamics, messages one by one"),
    ],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of both KL terms. At 1 the loss is the negative ELBO.").live(),
        ParamSpec::float("drop", "Missing frames", 0.0, 0.9, 0.3,
            "How many of the frames the encoder does not see in training. It must draw them all.").live(),
        ParamSpec::choice("dynamics", "Dynamics", DYNAMICS, 0,
            "linear: in each plane a code turns by an angle from frame to frame and keeps a share of its length; both are learnt. none: the frames of a clip know nothing of each other."),
        ParamSpec::int("planes", "Planes", 1, 32, 8, "Each is two numbers of a frame's code, which turn together."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Look at the clips that miss frames: where does the digit bounce? Then [switch the dynamics off](dynamics=none).",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, DYNAMICS};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::gaussian::{kl_bd, log_density, log_standard_bd, mean_rows, repeat_rows};
    use latent_nn::likelihood::Likelihood;
    use latent_nn::method::IMPORTANCE_SAMPLES;
    use latent_nn::net::{self, Ends};
    use latent_nn::rotations::{Departure, Planes, Rotations, Said, first};
    use latent_nn::strip::Strip;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// Networks from frames to what they say of their codes and back, and how codes move.
    #[derive(Module, Debug)]
    pub struct MgpVae {
        base: Autoencoder,
        rotations: Option<Rotations>,
        #[module(skip)]
        strip: Strip,
    }

    /// The posterior of a code's numbers, and its states, all of shape `[batch, frames * planes * 2]`.
    struct Followed {
        mean_bd: Tensor<2>,
        logvar_bd: Tensor<2>,
        state_bd: Tensor<2>,
    }

    /// What all frames have, side by side.
    fn beside<'a>(planes: impl Iterator<Item = [&'a Tensor<2>; 2]>) -> Tensor<2> {
        Tensor::cat(planes.flatten().cloned().collect(), 1)
    }

    fn states_beside(states: &[Planes]) -> Tensor<2> {
        beside(states.iter().map(|[x, y]| [x, y]))
    }

    impl MgpVae {
        /// Numbers of a frame's code in each half of it.
        fn planes(&self) -> usize {
            self.base.latent / 2
        }

        /// What is at frame `t` in numbers of all frames, `[batch, frames * planes * 2]`.
        fn at(&self, z_bd: &Tensor<2>, t: usize) -> Planes {
            let ([batch, _], planes) = (z_bd.dims(), self.planes());
            [2 * t, 2 * t + 1].map(|i| z_bd.clone().slice([0..batch, i * planes..(i + 1) * planes]))
        }

        /// What the frames say, each row `times` times.
        fn said(&self, x_bp: Tensor<2>, times: usize) -> Vec<Said> {
            let ([batch, _], frames, planes) = (x_bp.dims(), self.strip.count, self.planes());
            let there_bf = repeat_rows(self.strip.there(x_bp.clone()), times);
            let (mean_fd, logvar_fk) = self.base.posterior(self.strip.apart(x_bp), None);
            let mean_bd = repeat_rows(mean_fd.reshape([batch, frames * 2 * planes]), times);
            let precision_bd = repeat_rows(logvar_fk.neg().exp().reshape([batch, frames * planes]), times);
            let rows = batch * times;
            let of = |t: usize| {
                let there_bk = there_bf.clone().slice([0..rows, t..t + 1]).expand([rows, planes]);
                let precision_bk = precision_bd.clone().slice([0..rows, t * planes..(t + 1) * planes]) * there_bk;
                Said { weighed: self.at(&mean_bd, t).map(|mean_bk| mean_bk * precision_bk.clone()), precision_bk }
            };
            (0..frames).map(of).collect()
        }

        fn followed(&self, said: Vec<Said>, mut choose: impl FnMut(usize, &Departure) -> Planes) -> Followed {
            let (departures, states) = match &self.rotations {
                Some(rotations) => rotations.follow(said, choose),
                None => {
                    let departures: Vec<Departure> = said.into_iter().map(first).collect();
                    let states = departures.iter().enumerate().map(|(t, departure)| choose(t, departure)).collect();
                    (departures, states)
                }
            };
            Followed {
                mean_bd: beside(departures.iter().map(|d| [&d.mean[0], &d.mean[1]])),
                logvar_bd: beside(departures.iter().map(|d| [&d.logvar_bk; 2])),
                state_bd: states_beside(&states),
            }
        }

        /// A path drawn from the posterior by the noise `eps_bd`, and its departures.
        fn drawn(&self, said: Vec<Said>, eps_bd: &Tensor<2>) -> (Followed, Tensor<2>) {
            let mut chosen = vec![];
            let followed = self.followed(said, |t, departure| {
                let scale_bk = (departure.logvar_bk.clone() * 0.5).exp();
                let [x, y] = self.at(eps_bd, t).map(|eps_bk| eps_bk * scale_bk.clone());
                let drawn = [departure.mean[0].clone() + x, departure.mean[1].clone() + y];
                chosen.push(drawn.clone());
                drawn
            });
            (followed, states_beside(&chosen))
        }

        /// Logits of the frames of states, `[batch * frames, pixels of a frame]`.
        fn logits(&self, state_bd: Tensor<2>) -> Tensor<2> {
            let rows = state_bd.dims()[0] * self.strip.count;
            self.base.decoder.forward(state_bd.reshape([rows, self.base.latent]))
        }

        fn numbers(&self) -> usize {
            self.strip.count * self.base.latent
        }
    }

    impl Method for MgpVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (strip, planes) = (Strip::new(data.image, data.frames), params.usize("planes"));
            let ends = Ends { side: 0, mean: 2 * planes, logvar: Some(planes) };
            let (encoder, decoder) = net::pair(params, strip.frame, ends, 2 * planes, device);
            let likelihood = Likelihood::new(params, strip.frame, device);
            let linear = DYNAMICS[params.usize("dynamics")] == "linear";
            Self {
                base: Autoencoder { encoder, decoder, likelihood, latent: 2 * planes },
                rotations: linear.then(|| Rotations::new(planes, device)),
                strip,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let first = self.base.latent;
            let of = |count: usize| CodeGroup { kind: CodeKind::Gaussian, count: count as u32 };
            vec![of(first), of(self.numbers() - first)]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let seen_bp = if ctx.training {
                let share = ctx.live("drop");
                self.strip.dropped(batch.x_bp.clone(), share, ctx)
            } else {
                batch.x_bp.clone()
            };
            let eps_bd = ctx.normal([batch.len(), self.numbers()]);
            let (path, _) = self.drawn(self.said(seen_bp, 1), &eps_bd);
            let nll_f = self.base.likelihood.nll_b(self.strip.apart(batch.x_bp), self.logits(path.state_bd), ctx);
            let reconstruction = nll_f.mean() * self.strip.count as f64;
            let kl_d = mean_rows(kl_bd(path.mean_bd, path.logvar_bd));
            let (own, all) = (self.base.latent, self.numbers());
            let (first, later) = (kl_d.clone().slice([0..own]).sum(), kl_d.clone().slice([own..all]).sum());
            Terms::new(reconstruction.clone() + ctx.live("beta") * (first.clone() + later.clone()))
                .show("reconstruction", reconstruction)
                .show("kl first", first)
                .show("kl later", later)
                .kl(kl_d)
        }

        /// Along the mean path, which is that of the posterior: all is linear.
        fn encode(&self, batch: Batch) -> Code {
            let path = self.followed(self.said(batch.x_bp, 1), |_, departure| departure.mean.clone());
            Code { mean_bd: path.mean_bd, logvar_bd: Some(path.logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let state_bd = match &self.rotations {
                Some(rotations) => states_beside(&rotations.states((0..self.strip.count).map(|t| self.at(&z_bd, t)).collect())),
                None => z_bd,
            };
            Some(self.strip.together(self.base.likelihood.mean(self.logits(state_bd))))
        }

        fn damaged(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let share = ctx.live("drop");
            Some(self.strip.dropped(batch.x_bp, share, ctx))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let (n, samples) = (batch.len(), IMPORTANCE_SAMPLES);
            let eps_sd = ctx.normal([n * samples, self.numbers()]);
            let (path, departure_sd) = self.drawn(self.said(batch.x_bp.clone(), samples), &eps_sd);
            let log_q_sd = log_density(departure_sd.clone(), path.mean_bd, path.logvar_bd);
            let ratio_bk = (log_standard_bd(departure_sd) - log_q_sd).sum_dim(1).reshape([n, samples]);
            let logits_sp = self.strip.together(self.logits(path.state_bd));
            Some(self.base.judged(batch.x_bp, logits_sp, ratio_bk, ctx).log_weight_bk())
        }
    }
}
