//! The sparse autoencoder whose features are kept few by a penalty on their sum.

use super::params::{DEAD_AFTER, FEATURES, FIRING};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Relu;

const ENCODERS: &[&str] = &["free", "tied"];

pub const CARD: Card = Card {
    id: "relu-sae",
    family: Family::Sae,
    label: "ReLU sparse autoencoder (L1)",
    summary: "Explains each image as a sum of features from a large dictionary, where every bit of every feature costs: most stay silent, and those that speak speak too softly.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²"),
        Term::plus("sparsity", "λ·Σᵢ fᵢ").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("f = ReLU((x − b)W + b′),  x̂ = f·D + b,  rows of D of length 1")],
    counts: FIRING,
    papers: &[Paper::of("Sparse Autoencoders Find Highly Interpretable Features in Language Models", "Cunningham et al. 2023")],
    params: &[
        ParamSpec::log("lambda", "Sparsity λ", 1e-3, 10.0, 1.0,
            "Price of a feature's strength. Higher: fewer features fire, and all of them are pulled down, so pictures pale. It is in units of the inputs, whose mean square is 1.").live().unnamed(0.3),
        FEATURES,
        SOURCE,
        ParamSpec::choice("encoder", "Encoder", ENCODERS, 0,
            "free: the encoder has weights of its own. tied: a feature looks for exactly what it draws, W = Dᵀ, as in the paper."),
        DEAD_AFTER.of_no_term(),
    ],
    try_this: "Raise λ until about 32 features fire (the curve l0), then train a TopK autoencoder with k = 32: which one copies better, and whose blacks are black?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, ENCODERS};
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::sparse::{Tie, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Relu {
        sae: Base,
    }

    impl Method for Relu {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let tie = if ENCODERS[params.usize("encoder")] == "tied" { Tie::Tied } else { Tie::Free };
            Self { sae: Base::new(params, data, tie, device) }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let f_nf = relu(self.sae.dictionary.encode(x_na.clone()));
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            // Features are never negative: their sum is their L1 norm.
            let sparsity = ctx.live("lambda") * f_nf.clone().sum_dim(1).mean();
            let terms = Terms::new(reconstruction.clone() + sparsity.clone())
                .show("reconstruction", reconstruction)
                .show("sparsity", sparsity);
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.sae.to_code(relu(self.sae.dictionary.encode(self.sae.inputs_na(batch))))
        }
    }
}
