//! The sparse autoencoder that keeps the k largest features, with the loss that revives dead ones.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, SOURCE};

#[cfg(feature = "networks")]
pub use engine::TopK;

pub const CARD: Card = Card {
    id: "topk-sae",
    family: Family::Sae,
    label: "TopK sparse autoencoder",
    summary: "Explains each image as a sum of at most k features from a large dictionary: how many fire is set, not hoped for.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["k"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("x̂ = TopKₖ(ReLU((x − b)W + b′))·D + b,  e = x − x̂,  ê from dead features only;  errors are squared distances, mean over the inputs")],
    counts: FIRING,
    papers: &[Paper::of("Scaling and evaluating sparse autoencoders", "Gao et al. 2024")],
    params: &[K, FEATURES, SOURCE, AUX, DEAD_AFTER],
    try_this: "Move k to 4 while it trains: strokes grow into whole digits. Then back to 64: what do the features fall apart into?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, answers_of_base};
    use latent_nn::sparse::{Tie, keep_largest};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct TopK {
        sae: Base,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
    }

    impl Method for TopK {
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
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let f_nf = keep_largest(relu(pre_nf.clone()), ctx.live("k"));
            self.sae.copied(x_na, pre_nf, f_nf, self.sae.dead_f(ctx), ctx).set("k", ctx.live("k"))
        }

        fn encode(&self, batch: Batch) -> Code {
            let pre_nf = self.sae.dictionary.encode(self.sae.inputs_na(batch));
            self.sae.to_code(keep_largest(relu(pre_nf), self.k.val()))
        }
    }
}
