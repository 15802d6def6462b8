//! The k-sparse autoencoder: linear, tied, and only the k largest units speak.

use super::params::{DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::KSparse;

pub const CARD: Card = Card {
    id: "k-sparse",
    family: Family::Sae,
    label: "k-sparse autoencoder",
    summary: "The simplest sparse code: a linear layer of which only the k strongest units may draw, with the same weights that they look with.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["k", "k_start", "anneal"]),
    ],
    symbols: &[Symbols::new("x̂ = Topₖ((x − b)Wᵀ + b′)·W + b;  k falls from its start to its end value, and is α·k when the trained encoder is used")],
    counts: FIRING,
    papers: &[Paper::of("k-Sparse Autoencoders", "Makhzani & Frey 2013")],
    params: &[
        K,
        ParamSpec::int("k_start", "k at the start", 1, 512, 128,
            "How many units fire in the first step: so many that all units learn something before the competition gets hard.").live(),
        ParamSpec::log("anneal", "Steps to reach k", 1.0, 1e5, 500.0, "k falls evenly from its start to its end value during these steps.").live(),
        ParamSpec::float("alpha", "α", 1.0, 4.0, 1.0,
            "The trained encoder keeps α·k units: more than it learnt with often serve a classifier better.")
            .times_at_most(K.key, FEATURES.key).live().of_no_term(),
        FEATURES,
        SOURCE,
        DEAD_AFTER.of_no_term(),
    ],
    try_this: "Train with k = 100, then with k = 10, and look at the filters: local strokes become whole digits.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::sparse::{Tie, keep_largest, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct KSparse {
        sae: Base,
        /// α·k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
    }

    impl Method for KSparse {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let k = Param::from_tensor(Tensor::full([1], params.get("k") * params.get("alpha"), device));
            Self { sae: Base::new(params, data, Tie::TiedOfAnyLength, device), k }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let done = (ctx.step.clone() / ctx.live("anneal")).clamp_max(1.0);
            let k = ctx.live("k_start") + done * (ctx.live("k") - ctx.live("k_start"));
            let f_nf = keep_largest(self.sae.dictionary.encode(x_na.clone()), k.clone());
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            let terms = Terms::new(reconstruction.clone()).show("reconstruction", reconstruction).set("k", k * ctx.live("alpha"));
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let pre_nf = self.sae.dictionary.encode(self.sae.inputs_na(batch));
            self.sae.to_code(keep_largest(pre_nf, self.k.val()))
        }
    }
}
