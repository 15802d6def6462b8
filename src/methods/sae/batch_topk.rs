//! The sparse autoencoder that spends one budget on a whole batch.
//!
//! The loss of Ayonrinde 2024 that keeps features in use, `aux_zipf_loss`, is AuxK for features that fire more rarely than the last would by Zipf's law, not
//! only for dead ones.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::BatchTopK;

const BUDGETS: &[&str] = &["batch", "feature"];
const REVIVED: &[&str] = &["dead", "underused"];

pub const CARD: Card = Card {
    id: "batch-topk",
    family: Family::Sae,
    label: "BatchTopK sparse autoencoder",
    summary: "Keeps k features an input on average, not for each: a rich picture may use many, a plain one few.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["k"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]).under("revive", &["dead"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux"]).under("revive", &["underused"]),
    ],
    symbols: &[
        Symbols::new("of all n·F features of a batch the n·k largest are kept").under("budget", &["batch"]),
        Symbols::new("of the n·F features of a batch each feature's n·k/F largest are kept").under("budget", &["feature"]),
        Symbols::new("used alone: those above the running mean of the least one kept;  e = x − x̂"),
        Symbols::new("ê from dead features only").under("revive", &["dead"]),
        Symbols::new("ê from features that fire on fewer than k/(F·Σᵢ 1/i) of the inputs").under("revive", &["underused"]),
    ],
    counts: FIRING,
    papers: &[
        Paper::of("BatchTopK Sparse Autoencoders", "Bussmann, Leask & Nanda 2024"),
        Paper::of("Adaptive Sparse Allocation with Mutual Choice & Feature Choice Sparse Autoencoders", "Ayonrinde 2024")
            .only("its aux_zipf_loss as one threshold for all features"),
    ],
    params: &[
        K,
        FEATURES,
        SOURCE,
        ParamSpec::choice("budget", "Who competes", BUDGETS, 0,
            "batch: all features of all inputs of a batch (BatchTopK, or mutual choice). feature: each feature chooses equally many inputs, so that none is crowded out; one that is above zero on no input still dies."),
        ParamSpec::choice("revive", "Who is revived", REVIVED, 0,
            "dead: features that have not fired for long. underused: all that fire more rarely than the rarest would by Zipf's law (aux_zipf_loss)."),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Compare the digits 1 and 8: which one is given more features? Then let each feature choose its images, and watch the dead ones.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::{BUDGETS, CARD, REVIVED};
    use crate::sae::base::{Base, answers_of_base, following};
    use latent_nn::kth::kth_largest;
    use latent_nn::sparse::{Tie, keep_from};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct BatchTopK {
        sae: Base,
        /// The least that each feature must reach outside training, shape `[features]`.
        threshold_f: Param<Tensor<1>>,
        #[module(skip)]
        by_feature: bool,
        #[module(skip)]
        of_underused: bool,
    }

    impl BatchTopK {
        /// The least value kept, a running mean of which is the threshold, shape `[1, features]`.
        fn least_1f(&self, act_nf: Tensor<2>, k: Tensor<1>) -> Tensor<2> {
            let [n, features] = act_nf.dims();
            if self.by_feature {
                return kth_largest(act_nf.transpose(), k * (n as f64 / features as f64)).transpose();
            }
            kth_largest(act_nf.reshape([1, n * features]), k * n as f64).expand([1, features])
        }
    }

    impl Method for BatchTopK {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let threshold_f = Param::from_tensor(Tensor::zeros([params.usize("features")], device));
            let by_feature = BUDGETS[params.usize("budget")] == "feature";
            let of_underused = REVIVED[params.usize("revive")] == "underused";
            Self { sae: Base::new(params, data, Tie::Free, device), threshold_f, by_feature, of_underused }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let act_nf = relu(pre_nf.clone());
            let threshold_f = stop_gradient(self.threshold_f.val());
            let least_1f =
                if ctx.training { self.least_1f(act_nf.clone(), ctx.live("k")) } else { threshold_f.clone().unsqueeze() };
            let f_nf = keep_from(act_nf, least_1f.clone());
            let revived_f = if self.of_underused { self.sae.underused_f(ctx.live("k"), ctx) } else { self.sae.dead_f(ctx) };
            let threshold_f = following(threshold_f.clone(), least_1f.reshape(threshold_f.dims()), ctx);
            self.sae.copied(x_na, pre_nf, f_nf, revived_f, ctx).set("threshold_f", threshold_f)
        }

        fn encode(&self, batch: Batch) -> Code {
            let act_nf = relu(self.sae.dictionary.encode(self.sae.inputs_na(batch)));
            self.sae.to_code(keep_from(act_nf, self.threshold_f.val().unsqueeze()))
        }
    }
}
