//! A VAE of pairs: one code for two pictures of one thing, guessed from both or from either.
//!
//! Each picture has networks of its own. What either says of the code is a Gaussian expert; which experts join is the method's choice, and each
//! sum of experts is joined with the prior. A picture that is black all over is missing and says nothing. The mixtures have the bound that takes one
//! sample from each of their parts and the mean of the parts' KL, which is at least the mixture's own (Sutter, Daunhawer & Vogt 2021, lemma 1).

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Mvae;

/// Choices of `joint`.
const JOINTS: &[&str] = &["product", "mixture", "mixture-of-products"];

pub const CARD: Card = Card {
    id: "mvae",
    family: Family::Vae,
    hosts_code: true,
    pairs: true,
    label: "Multimodal VAE",
    summary: "Learns one code for two pictures of one thing, so that either can be drawn from the other.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E_S[log p(x₁|z_S) + log p(x₂|z_S)]").weighed(&["sigma"]),
        Term::plus("kl", "β · E_S[KL(q_S(z|x) ‖ N(0, I))]").weighed(&["beta"]),
    ],
    symbols: &[
        Symbols::new("q_S ∝ N(0, I)·∏_{i∈S} N(μᵢ(xᵢ), σᵢ(xᵢ)), z_S a sample of it"),
        Symbols::new("S = {1, 2}").under("joint", &["product"]),
        Symbols::new("S = {1} or {2}").under("joint", &["mixture"]),
        Symbols::new("S = {1}, {2} or {1, 2}").under("joint", &["mixture-of-products"]),
    ],
    papers: &[Paper::of("On the Limitations of Multimodal VAEs", "Daunhawer et al. 2022").only("two pictures; MVAE, MMVAE and MoPoE")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of the KL term. At 1 the loss is a bound on −log p(x₁, x₂).").live(),
        ParamSpec::choice("joint", "Experts", JOINTS, 0,
            "product: both pictures together say what the code is (MVAE). mixture: one of them, by turns (MMVAE). mixture-of-products: one, the other, or both (MoPoE)."),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Below each pair it sees one picture alone: does the other fit? Then [mix the experts](joint=mixture).",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, JOINTS};
    use latent_nn::autoencoder::{Autoencoder, Importance};
    use latent_nn::gaussian::{kl_bd, log_density, log_standard_bd, mean_rows, repeat_rows, sample, sample_each};
    use latent_nn::method::IMPORTANCE_SAMPLES;
    use latent_nn::strip::Strip;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::frames::Frames;
    use latent_vocabulary::shape::DataShape;

    /// Networks of either picture.
    #[derive(Module, Debug)]
    pub struct Mvae {
        left: Autoencoder,
        right: Autoencoder,
        #[module(skip)]
        strip: Strip,
        #[module(skip)]
        joint: usize,
    }

    /// What a picture says: mean and precision, `[batch, latent]`; nothing where the picture is missing.
    struct Expert {
        mean_bd: Tensor<2>,
        precision_bd: Tensor<2>,
        there_bd: Tensor<2>,
    }

    /// Mean and log-variance of the product of N(0, I) and experts, each to a share of 0 or 1, `[batch, latent]`.
    fn product<'a>(experts: impl Iterator<Item = (&'a Expert, Tensor<2>)>) -> (Tensor<2>, Tensor<2>) {
        let (mut sum_bd, mut weighed_bd): (Option<Tensor<2>>, Option<Tensor<2>>) = (None, None);
        for (expert, share_bd) in experts {
            let own_bd = expert.precision_bd.clone() * share_bd;
            let moved_bd = expert.mean_bd.clone() * own_bd.clone();
            sum_bd = Some(sum_bd.map_or_else(|| own_bd.clone() + 1.0, |sum| sum + own_bd.clone()));
            weighed_bd = Some(weighed_bd.map_or_else(|| moved_bd.clone(), |sum| sum + moved_bd.clone()));
        }
        let (sum_bd, weighed_bd) = (sum_bd.expect("some expert"), weighed_bd.expect("some expert"));
        (weighed_bd / sum_bd.clone(), sum_bd.log().neg())
    }

    impl Mvae {
        fn sides(&self) -> [&Autoencoder; 2] {
            [&self.left, &self.right]
        }

        fn experts(&self, x_bp: &Tensor<2>) -> [Expert; 2] {
            let ([batch, _], there_bf) = (x_bp.dims(), self.strip.there(x_bp.clone()));
            let sides = self.sides();
            [0, 1].map(|i| {
                let (mean_bd, logvar_bd) = sides[i].posterior(self.strip.one(x_bp.clone(), i), None);
                let there_bd = there_bf.clone().slice([0..batch, i..i + 1]).expand(mean_bd.dims());
                Expert { mean_bd, precision_bd: logvar_bd.neg().exp(), there_bd }
            })
        }

        /// Which experts the parts of the posterior have.
        fn parts(&self) -> &'static [&'static [usize]] {
            match JOINTS[self.joint] {
                "product" => &[&[0, 1]],
                "mixture" => &[&[0], &[1]],
                _ => &[&[0], &[1], &[0, 1]],
            }
        }

        /// The part of the posterior that is a code's: that of all experts whose pictures are there, or of a mixture the first of them.
        fn posterior(&self, x_bp: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
            let experts = self.experts(x_bp);
            let [first, second] = &experts;
            let second_bd = match JOINTS[self.joint] {
                "mixture" => second.there_bd.clone() * (first.there_bd.clone().neg() + 1.0),
                _ => second.there_bd.clone(),
            };
            product([(first, first.there_bd.clone()), (second, second_bd)].into_iter())
        }
    }

    impl Method for Mvae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let strip = Strip::new(data.image, Frames::Pair);
            Self {
                left: Autoencoder::gaussian(params, strip.frame, device),
                right: Autoencoder::gaussian(params, strip.frame, device),
                strip,
                joint: params.usize("joint"),
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.left.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (experts, parts) = (self.experts(&batch.x_bp), self.parts());
            let each = parts.iter().map(|part| {
                let (mean_bd, logvar_bd) = product(part.iter().map(|i| (&experts[*i], experts[*i].there_bd.clone())));
                let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
                let side = |i: usize| self.sides()[i].reconstruction(self.strip.one(batch.x_bp.clone(), i), z_bd.clone(), ctx);
                (side(0) + side(1), mean_rows(kl_bd(mean_bd, logvar_bd)))
            });
            let sum = each.reduce(|(r, kl), (more_r, more_kl)| (r + more_r, kl + more_kl)).expect("some part");
            let (reconstruction, kl_d) = (sum.0 / parts.len() as f64, sum.1 / parts.len() as f64);
            let kl = kl_d.clone().sum();
            Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone())
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .kl(kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            let (mean_bd, logvar_bd) = self.posterior(&batch.x_bp);
            Code { mean_bd, logvar_bd: Some(logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let [batch, _] = z_bd.dims();
            let sides = self.sides().map(|side| side.decode(z_bd.clone()).reshape([batch, 1, self.strip.frame.len()]));
            let frames: Tensor<3> = Tensor::cat(sides.into(), 1);
            Some(self.strip.together(frames.reshape([2 * batch, self.strip.frame.len()])))
        }

        /// One picture of each pair alone, either as often as the other.
        fn damaged(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let left_b1 = ctx.uniform([batch.len(), 1]).lower_elem(0.5).float();
            let kept_bf = Tensor::cat(vec![left_b1.clone(), left_b1.neg() + 1.0], 1);
            Some(self.strip.without(batch.x_bp, kept_bf))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let (n, samples) = (batch.len(), IMPORTANCE_SAMPLES);
            let (mean_bd, logvar_bd) = self.posterior(&batch.x_bp);
            let z_sd = sample_each(mean_bd.clone(), logvar_bd.clone(), samples, ctx);
            let log_q_sd = log_density(z_sd.clone(), repeat_rows(mean_bd, samples), repeat_rows(logvar_bd, samples));
            let ratio_bk = (log_standard_bd(z_sd.clone()) - log_q_sd).sum_dim(1).reshape([n, samples]);
            let none_bk = Tensor::zeros([n, samples], &ctx.device());
            let x = |i: usize| self.strip.one(batch.x_bp.clone(), i);
            let left = self.left.weighed(x(0), z_sd.clone(), ratio_bk, ctx);
            let right = self.right.weighed(x(1), z_sd, none_bk, ctx);
            let all = Importance { relative_bk: left.relative_bk + right.relative_bk, base_b: left.base_b + right.base_b };
            Some(all.log_weight_bk())
        }
    }
}
