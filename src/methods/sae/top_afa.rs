//! The sparse autoencoder that lets as many features fire as make the code as long as the input.
//!
//! Where directions are nearly at right angles, ‖f‖ is ‖x − b‖ (Lee et al. 2025). Atoms have length one, so a feature's part of the length is its
//! strength. The input's length is a constant to the loss that asks for it, and of numbers of features that come as near to it but for a thousandth the
//! smallest is taken.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::TopAfa;

pub const CARD: Card = Card {
    id: "top-afa",
    family: Family::Sae,
    label: "top-AFA sparse autoencoder",
    summary: "Nobody sets how many features fire: on each image as many as make the code as long as the image.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²"),
        Term::plus("length", "λ·(‖f‖ − ‖x − b‖)²").weighed(&["lambda"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("f: the strongest of ReLU((x − b)W + b′), as many as bring ‖f‖ nearest to ‖x − b‖;  x̂ = f·D + b,  rows of D of length 1;  e = x − x̂")],
    counts: FIRING,
    papers: &[Paper::of("Evaluating and Designing Sparse Autoencoders by Approximating Quasi-Orthogonality", "Lee et al. 2025")],
    params: &[
        FEATURES,
        SOURCE,
        ParamSpec::log("lambda", "Length λ", 1e-4, 10.0, 1.0, "Price of a code that is shorter or longer than its input.").live(),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Train it, note l0, and train a TopK autoencoder with that k: what does the choice for each image gain?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::sort::sort;
    use latent_nn::sparse::{Tie, keep_from, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// Lengths that differ by this share of the input's are equally near: else rounding would decide whether features without strength fire.
    const NEAR: f64 = 1e-3;

    /// Keeps a root's slope finite.
    const TINY: f64 = 1e-12;

    #[derive(Module, Debug)]
    pub struct TopAfa {
        sae: Base,
    }

    /// Length of each row, shape `[n, 1]`.
    fn lengths(x_na: Tensor<2>) -> Tensor<2> {
        (x_na.square().sum_dim(1) + TINY).sqrt()
    }

    impl TopAfa {
        /// ‖x − b‖ as a constant, shape `[n, 1]`.
        fn length_n1(&self, x_na: Tensor<2>) -> Tensor<2> {
            stop_gradient(lengths(x_na - self.sae.dictionary.origin()))
        }

        /// The strongest of `act_nf`, as many of each row as bring its length nearest to `length_n1`, up to [`NEAR`], shape `[n, features]`.
        fn chosen(act_nf: Tensor<2>, length_n1: Tensor<2>) -> Tensor<2> {
            let [n, features] = act_nf.dims();
            let falling_fn = -sort(-stop_gradient(act_nf.clone()).transpose());
            let upto_fn = falling_fn.clone().square().cumsum(0).sqrt();
            let length_1n = length_n1.transpose();
            let gap_fn = (upto_fn - length_1n.clone().expand([features, n])).abs();
            let most_1n = gap_fn.clone().min_dim(0) + length_1n * NEAR;
            let near_fn = gap_fn.lower_equal(most_1n.expand([features, n])).float();
            let least_1n = (falling_fn * near_fn).max_dim(0);
            keep_from(act_nf, least_1n.transpose())
        }
    }

    impl Method for TopAfa {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { sae: Base::new(params, data, Tie::Free, device) }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let length_n1 = self.length_n1(x_na.clone());
            let f_nf = Self::chosen(relu(pre_nf.clone()), length_n1.clone());
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            let length = ctx.live("lambda") * squared_error(lengths(f_nf.clone()), length_n1);
            let aux = self.sae.dictionary.aux_k(pre_nf, x_na.clone() - y_na.clone(), self.sae.dead_f(ctx));
            let terms = Terms::new(reconstruction.clone() + length.clone() + ctx.live("aux") * aux.clone())
                .show("reconstruction", reconstruction)
                .show("length", length)
                .show("revival", aux);
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let x_na = self.sae.inputs_na(batch);
            let act_nf = relu(self.sae.dictionary.encode(x_na.clone()));
            self.sae.to_code(Self::chosen(act_nf, self.length_n1(x_na)))
        }
    }
}
