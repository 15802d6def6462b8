//! The sparse autoencoder that minds the inputs it explains worst.
//!
//! Muhamed et al. train on a domain that is retrieved from a larger set, or finetune on it, and minimise the tilted risk; here is the tilted risk. Errors are
//! tilted in units of their mean over the batch, so that t means the same for every source.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Specialised;

pub const CARD: Card = Card {
    id: "specialised-sae",
    family: Family::Sae,
    label: "Specialised sparse autoencoder (tilted risk)",
    summary: "A TopK autoencoder that counts what it explains badly more than what it explains well, so that rare things get features of their own.",
    terms: &[
        Term::plus("tilted error", "(m/t)·ln E exp(t·‖x − x̂‖²/m)").weighed(&["k", "tilt"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("x̂ = TopKₖ(ReLU((x − b)W + b′))·D + b;  m: the batch's mean of ‖x − x̂‖², a constant to differentiation;  e = x − x̂,  ê from dead features only")],
    counts: FIRING,
    papers: &[Paper::of(
        "Decoding Dark Matter: Specialized Sparse Autoencoders for Interpreting Rare Concepts in Foundation Models",
        "Muhamed et al. 2024",
    )
    .only("its tilted risk, on all data")],
    params: &[
        K,
        FEATURES,
        SOURCE,
        ParamSpec::log("tilt", "Tilt t", 1e-3, 10.0, 1.0,
            "How much more an input counts that is explained badly. Near 0: all count alike, as in the TopK autoencoder. Large: only the worst one.").live(),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Learn planted patterns under Zipf's law with t = 0.001, then with 3: how many of the rare ones are found?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::log_sum_exp::log_sum_exp;
    use latent_nn::sparse::{Tie, keep_largest};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Specialised {
        sae: Base,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
    }

    impl Method for Specialised {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let k = Param::from_tensor(Tensor::full([1], params.get("k"), device));
            Self { sae: Base::new(params, data, Tie::Free, device), k }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let [n, _] = x_na.dims();
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let f_nf = keep_largest(relu(pre_nf.clone()), ctx.live("k"));
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let error_1n = (x_na.clone() - y_na.clone()).square().sum_dim(1).reshape([1, n]);
            let unit = stop_gradient(error_1n.clone().mean()).clamp_min(f64::from(f32::MIN_POSITIVE));
            let tilt = ctx.live("tilt");
            let by_11: Tensor<2> = (tilt.clone() / unit.clone()).unsqueeze();
            let tilted = (log_sum_exp(error_1n * by_11.expand([1, n])) - (n as f64).ln()) * unit / tilt;
            let aux = self.sae.dictionary.aux_k(pre_nf, x_na.clone() - y_na.clone(), self.sae.dead_f(ctx));
            let terms = Terms::new(tilted.clone() + ctx.live("aux") * aux.clone())
                .show("tilted error", tilted)
                .show("revival", aux)
                .set("k", ctx.live("k"));
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let pre_nf = self.sae.dictionary.encode(self.sae.inputs_na(batch));
            self.sae.to_code(keep_largest(relu(pre_nf), self.k.val()))
        }
    }
}
