//! Deep linear self-distillation: foretelling the code of the other half, or the other half itself, with nothing but linear layers.
//!
//! So small that theory says what is learnt first: who foretells the sample goes by what varies together, who foretells its code by how well one
//! half tells the other.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{Card, Family, LATENT, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::LinearJepa;

/// Choices of `target`.
const TARGETS: &[&str] = &["code", "sample"];

pub const CARD: Card = Card {
    id: "linear-jepa",
    family: Family::Siamese,
    pairs: true,
    label: "Linear self-distillation",
    summary: "Foretells one half of a pair from the other by linear layers: either the half itself, or only its code, which leaves out what is loud and noisy.",
    unit: "squared error",
    terms: &[
        Term::plus("loss", "½‖V·W x − W̄ y‖²").under("target", &["code"]),
        Term::plus("loss", "½‖V·W x − y‖²").under("target", &["sample"]),
    ],
    symbols: &[
        Symbols::new("W = W_L … W₁,  x and y: the halves, in units of their spread"),
        Symbols::new("W̄: a constant to the gradient").under("target", &["code"]),
    ],
    counts: &[
        Count::new("loud", "length of what a value makes in the code, mean over values that vary more than most"),
        Count::new("quiet", "the same of the other values"),
    ],
    papers: &[Paper::of(
        "How JEPA Avoids Noisy Features: The Implicit Bias of Deep Linear Self Distillation Networks",
        "Littwin et al. 2024",
    )],
    params: &[
        ParamSpec::choice("target", "Foretells", TARGETS, 0, "code: that of the other half, as a constant. sample: the other half itself."),
        ParamSpec::int("layers", "Layers L", 1, 4, 3, "Linear layers of the encoder. With one there is hardly a preference; each further one makes it stronger."),
        ParamSpec::log("start", "Size at the start", 0.01, 3.0, 0.5, "How large the first weights are, 1 being such that each layer keeps lengths."),
        LATENT.with(16.0, "Numbers of a code, and of every layer."),
    ],
    try_this: "Train it on Loud and quiet, with SGD and no momentum. Which values does the code listen to? Then let it foretell the [sample](target=sample).",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::{Device, Distribution, Tensor};

    use super::{CARD, TARGETS};
    use latent_nn::gaussian::mean_rows;
    use latent_nn::strip::Strip;
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// Weights, and what is known of the data.
    #[derive(Module, Debug)]
    pub struct LinearJepa {
        /// Shape `[values of a half, latent]`, then `[latent, latent]`.
        encoder: Vec<Param<Tensor<2>>>,
        /// Shape `[latent, latent]`, or `[latent, values of a half]`.
        predictor: Param<Tensor<2>>,
        /// The mean of each value of a half, and the root mean square of their departures from it, `[values of a half]` and `[1]`.
        centre_p: Param<Tensor<1>>,
        spread: Param<Tensor<1>>,
        #[module(skip)]
        strip: Strip,
        #[module(skip)]
        of_code: bool,
    }

    impl LinearJepa {
        /// W, shape `[values of a half, latent]`.
        fn map(&self) -> Tensor<2> {
            let all = self.encoder.iter().map(Param::val);
            all.reduce(|product, layer| product.matmul(layer)).expect("there is a layer")
        }

        /// A half in units of its spread, `[batch, pixels]` to `[batch, values of a half]`.
        fn half(&self, x_bp: Tensor<2>, which: usize) -> Tensor<2> {
            let half_bq = self.strip.one(x_bp, which);
            let centre_1q = stop_gradient(self.centre_p.val()).reshape([1, self.strip.frame.len()]);
            (half_bq - centre_1q) / stop_gradient(self.spread.val()).reshape([1, 1])
        }

        /// The mean length of the code's answer to values that vary more than most, and to the others, shape `[1]` each.
        fn heard(&self, x_bq: Tensor<2>) -> [Tensor<1>; 2] {
            let variance_q = mean_rows(x_bq.square());
            let loud_q = variance_q.clone().greater(variance_q.clone().mean().expand(variance_q.dims())).float();
            let n = variance_q.dims()[0];
            let gain_q = self.map().square().sum_dim(1).sqrt().reshape([n]);
            let mean = |at_q: Tensor<1>| (gain_q.clone() * at_q.clone()).sum() / at_q.sum().clamp_min(1.0);
            [mean(loud_q.clone()), mean(loud_q.neg() + 1.0)]
        }
    }

    impl Method for LinearJepa {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let strip = Strip::new(data.image, data.frames);
            let (values, latent, start) = (strip.frame.len(), params.usize("latent"), params.get("start"));
            let of_code = TARGETS[params.usize("target")] == "code";
            let layer = |inputs: usize, outputs: usize| {
                let deviation = start / (outputs as f64).sqrt();
                Param::from_tensor(Tensor::random([inputs, outputs], Distribution::Normal(0.0, deviation), device))
            };
            Self {
                encoder: (0..params.usize("layers")).map(|i| layer(if i == 0 { values } else { latent }, latent)).collect(),
                predictor: layer(latent, if of_code { latent } else { values }),
                centre_p: Param::from_tensor(Tensor::zeros([values], device)),
                spread: Param::from_tensor(Tensor::ones([1], device)),
                strip,
                of_code,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let [latent, _] = self.predictor.dims();
            vec![CodeGroup { kind: CodeKind::Embedding, count: latent as u32 }]
        }

        fn terms(&self, batch: Batch, _ctx: &mut Ctx) -> Terms {
            let (x_bq, y_bq) = (self.half(batch.x_bp.clone(), 0), self.half(batch.x_bp, 1));
            let map_qd = self.map();
            let told_bt = x_bq.clone().matmul(map_qd.clone()).matmul(self.predictor.val());
            let to_bt = if self.of_code { y_bq.matmul(stop_gradient(map_qd)) } else { y_bq };
            let loss = (told_bt - to_bt).square().sum_dim(1).mean() * 0.5;
            let [loud, quiet] = self.heard(x_bq).map(stop_gradient);
            Terms::new(loss).show("loud", loud).show("quiet", quiet)
        }

        /// The code of the first half.
        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.half(batch.x_bp, 0).matmul(self.map()), logvar_bd: None }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            let all_nq = self.strip.apart(batch.x_bp);
            let [n, values] = all_nq.dims();
            let centre_q = mean_rows(all_nq.clone());
            let apart_nq = all_nq - centre_q.clone().reshape([1, values]).expand([n, values]);
            vec![("centre_p", centre_q), ("spread", (apart_nq.square().mean() + 1e-12).sqrt())]
        }
    }
}
