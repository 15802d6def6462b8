//! The sparse autoencoder whose features are sorted from coarse to fine.
//!
//! Prefixes here keep the k largest features of each input, in training and after, and take the mean over five levels. Bussmann
//! et al. keep the n·k largest of a batch, use a running threshold afterwards, and count the origin alone, ‖x − b‖², as one level more.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Matryoshka;

const NESTINGS: &[&str] = &["prefixes", "budgets"];

pub const CARD: Card = Card {
    id: "matryoshka",
    family: Family::Sae,
    label: "Matryoshka sparse autoencoder",
    summary: "Several dictionaries in one, each inside the next: a few features must do well by themselves, further ones add detail.",
    terms: &[
        Term::plus("all levels", "E_m‖x − x̂ₘ‖²").weighed(&["k"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[
        Symbols::new("mean over levels m"),
        Symbols::new("x̂ₘ from the k largest features, of which only the first Fₘ draw: F/16, F/8, F/4, F/2, F").under("nesting", &["prefixes"]),
        Symbols::new("x̂ₘ from the kₘ largest features: k/8, k/4, k/2, k").under("nesting", &["budgets"]),
    ],
    counts: FIRING,
    papers: &[
        Paper::of("Learning Multi-Level Features with Matryoshka Sparse Autoencoders", "Bussmann et al. 2025"),
        Paper::of("Interpreting CLIP with Hierarchical Sparse Autoencoders", "Zaigrajew et al. 2025")
            .only("under nested budgets"),
    ],
    params: &[
        K,
        FEATURES,
        SOURCE,
        ParamSpec::choice("nesting", "What is nested", NESTINGS, 0,
            "prefixes: dictionaries, so the first features are the general ones. budgets: numbers of active features, so one model serves every k up to its own."),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Look at the first features and at the last: which ones draw whole digits, which ones correct a corner?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, NESTINGS};
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::sparse::{Tie, keep_largest, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// Dictionaries inside each other, each half as large as the next.
    const PREFIXES: usize = 5;
    /// Numbers of active features, each half of the next.
    const BUDGETS: usize = 4;

    #[derive(Module, Debug)]
    pub struct Matryoshka {
        sae: Base,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
        #[module(skip)]
        by_budget: bool,
    }

    impl Matryoshka {
        /// Reconstructions from the coarsest to the finest, each of shape `[n, inputs]`.
        ///
        /// # Shapes
        /// - `f_nf`: the k largest features, `[n, features]`; `k`: `[1]`
        fn levels(&self, f_nf: Tensor<2>, k: Tensor<1>) -> Vec<Tensor<2>> {
            let dictionary = &self.sae.dictionary;
            let [n, features] = f_nf.dims();
            if self.by_budget {
                let level =
                    |m: usize| dictionary.decode(keep_largest(f_nf.clone(), k.clone() / f64::from(1u32 << (BUDGETS - 1 - m))));
                return (0..BUDGETS).map(level).collect();
            }
            let atoms_fa = dictionary.atoms_fa();
            let (mut y_na, mut first) = (dictionary.origin(), 0);
            let level = |m: usize| {
                let end = features >> (PREFIXES - 1 - m);
                let (part_nf, part_fa) = (f_nf.clone().slice([0..n, first..end]), atoms_fa.clone().slice(first..end));
                first = end;
                y_na = y_na.clone() + part_nf.matmul(part_fa);
                y_na.clone()
            };
            (0..PREFIXES).map(level).collect()
        }
    }

    impl Method for Matryoshka {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let k = Param::from_tensor(Tensor::full([1], params.get("k"), device));
            let by_budget = NESTINGS[params.usize("nesting")] == "budgets";
            Self { sae: Base::new(params, data, Tie::Free, device), k, by_budget }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let f_nf = keep_largest(relu(pre_nf.clone()), ctx.live("k"));
            let levels = self.levels(f_nf.clone(), ctx.live("k"));
            let y_na = levels[levels.len() - 1].clone();
            let errors: Vec<Tensor<1>> = levels.into_iter().map(|y_na| squared_error(x_na.clone(), y_na)).collect();
            let (coarsest, reconstruction) = (errors[0].clone(), errors[errors.len() - 1].clone());
            let nested = Tensor::cat(errors, 0).mean();
            let aux = self.sae.dictionary.aux_k(pre_nf, x_na.clone() - y_na.clone(), self.sae.dead_f(ctx));
            let terms = Terms::new(nested.clone() + ctx.live("aux") * aux.clone())
                .show("all levels", nested)
                .show("reconstruction", reconstruction)
                .show("coarsest", coarsest)
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
