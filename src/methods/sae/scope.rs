//! The TopK autoencoder of Llama Scope: k falls to its value while it trains, and afterwards one threshold takes the place of k.
//!
//! He et al. rank features by strength times the length of their direction; directions have length one here, so it is the strength. Their threshold is sought
//! after training, such that as many features fire on average; here it is the running mean of what would do that for each batch.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Scope;

const CHOICES: &[&str] = &["threshold", "topk"];

pub const CARD: Card = Card {
    id: "scope-sae",
    family: Family::Sae,
    label: "TopK sparse autoencoder with a threshold (Llama Scope)",
    summary: "Begins with many features and ends with k; once trained, a feature fires where it is strong enough, whatever the others do.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["k", "k_start", "anneal"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[
        Symbols::new("x̂ = TopKₖ(ReLU((x − b)W + b′))·D + b,  rows of D of length 1,  k falls evenly to its value;  e = x − x̂,  ê from dead features only"),
        Symbols::new("used alone: features above the running mean of the (n·k)-th largest of a batch of n").under("at_use", &["threshold"]),
    ],
    counts: FIRING,
    papers: &[Paper::of("Llama Scope: Extracting Millions of Features from Llama-3.1-8B with Sparse Autoencoders", "He et al. 2024")],
    params: &[
        K,
        ParamSpec::int("k_start", "k at the start", 1, 512, 256,
            "How many features fire in the first step. The paper begins with as many as an input has numbers.").at_most(FEATURES.key).live(),
        ParamSpec::log("anneal", "Steps to reach k", 1.0, 1e5, 300.0, "k falls evenly from its start to its end value during these steps.").live(),
        FEATURES,
        SOURCE,
        ParamSpec::choice("at_use", "When it is used", CHOICES, 0,
            "threshold: a feature fires where it is above one threshold, which is the same for all (a JumpReLU). topk: the k strongest fire, as in training."),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Train it, and look at how many features fire on a 1 and on an 8. Then choose topk when it is used.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, CHOICES};
    use crate::sae::base::{Base, answers_of_base, following};
    use latent_nn::kth::kth_largest;
    use latent_nn::sparse::{Tie, keep_from, keep_largest};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Scope {
        sae: Base,
        /// The k of the latest step, shape `[1]`.
        k: Param<Tensor<1>>,
        /// What a feature must reach outside training, shape `[1]`.
        threshold: Param<Tensor<1>>,
        #[module(skip)]
        by_threshold: bool,
    }

    impl Scope {
        /// The features that fire outside training, shape `[n, features]`.
        fn used_nf(&self, act_nf: Tensor<2>) -> Tensor<2> {
            if self.by_threshold {
                return keep_from(act_nf, stop_gradient(self.threshold.val()).unsqueeze());
            }
            keep_largest(act_nf, stop_gradient(self.k.val()))
        }
    }

    impl Method for Scope {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let number = |value: f64| Param::from_tensor(Tensor::full([1], value, device));
            let by_threshold = CHOICES[params.usize("at_use")] == "threshold";
            Self {
                sae: Base::new(params, data, Tie::Free, device),
                k: number(params.get("k")),
                threshold: number(0.0),
                by_threshold,
            }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let act_nf = relu(pre_nf.clone());
            let [n, features] = act_nf.dims();
            let done = (ctx.step.clone() / ctx.live("anneal")).clamp_max(1.0);
            let k = ctx.live("k_start") + done * (ctx.live("k") - ctx.live("k_start"));
            let f_nf = if ctx.training { keep_largest(act_nf.clone(), k.clone()) } else { self.used_nf(act_nf.clone()) };
            let least = kth_largest(stop_gradient(act_nf).reshape([1, n * features]), k.clone() * n as f64).reshape([1]);
            let threshold = following(stop_gradient(self.threshold.val()), least, ctx);
            self.sae.copied(x_na, pre_nf, f_nf, self.sae.dead_f(ctx), ctx).set("k", k).set("threshold", threshold)
        }

        fn encode(&self, batch: Batch) -> Code {
            let act_nf = relu(self.sae.dictionary.encode(self.sae.inputs_na(batch)));
            self.sae.to_code(self.used_nf(act_nf))
        }
    }
}
