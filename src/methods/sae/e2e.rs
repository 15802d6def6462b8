//! The sparse autoencoder that is judged by what the rest of a trained network makes of its copy.
//!
//! Braun et al. compare a language model's outputs by their KL divergence; images are compared by their squared distance. A layer behind counts in units of
//! its own mean square.

use super::params::{DEAD_AFTER, FEATURES, FIRING};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, LAYER, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::EndToEnd;

pub const CARD: Card = Card {
    id: "e2e-sae",
    family: Family::Sae,
    hosted: true,
    label: "End-to-end sparse autoencoder",
    summary: "Takes a layer of a trained network apart and does not care for the layer itself: only for what the network draws when the layer is replaced.",
    terms: &[
        Term::plus("output", "‖h(a) − h(â)‖²"),
        Term::plus("downstream", "β·Σₗ ‖hₗ(a) − hₗ(â)‖²").weighed(&["downstream"]),
        Term::plus("sparsity", "λ·Σᵢ fᵢ").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("a: the layer,  f = ReLU((a − b)W + b′),  â = f·D + b,  rows of D of length 1;  h: the image that the network makes of a layer,  hₗ: its layers behind")],
    counts: FIRING,
    papers: &[Paper::of("Identifying Functionally Important Features with End-to-End Sparse Dictionary Learning", "Braun et al. 2024")],
    params: &[
        LAYER,
        ParamSpec::log("lambda", "Sparsity λ", 1e-3, 10.0, 0.1,
            "Price of a feature's strength. Higher: fewer features fire. The layer has a mean square of 1; images are in units of pixels.").live(),
        ParamSpec::float("downstream", "Layers behind β", 0.0, 1.0, 0.0, "How much the layers between count besides the image. 0: the image alone.").live(),
        FEATURES,
        DEAD_AFTER.of_no_term(),
    ],
    try_this: "Take the same layer apart with the ReLU autoencoder at an equal l0, and compare the share of the host's quality that is kept.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::host::relative_error;
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::sparse::{Tie, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::shape::DataShape;
    use latent_vocabulary::{Card, LAYER, LAYERS, Params};

    #[derive(Module, Debug)]
    pub struct EndToEnd {
        sae: Base,
    }

    impl Method for EndToEnd {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { sae: Base::on(LAYERS[params.usize(LAYER.key)], params, data, Tie::Free, device) }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let f_nf = relu(self.sae.dictionary.encode(x_na.clone()));
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let behind = |a_na: &Tensor<2>| self.sae.onward(a_na.clone()).expect("a setup of this card has a host");
            let (whole, spliced) = (behind(&x_na), behind(&y_na));
            let output = squared_error(whole.image_bp, spliced.image_bp);
            let layers = whole.layers.into_iter().zip(spliced.layers);
            let between = layers.map(|(a_nw, b_nw)| relative_error(a_nw, b_nw)).reduce(|sum, error| sum + error);
            let between = between.unwrap_or_else(|| Tensor::zeros([1], &ctx.device()));
            let downstream = ctx.live("downstream") * between;
            // Features are never negative: their sum is their L1 norm.
            let sparsity = ctx.live("lambda") * f_nf.clone().sum_dim(1).mean();
            let terms = Terms::new(output.clone() + downstream.clone() + sparsity.clone())
                .show("output", output)
                .show("downstream", downstream)
                .show("sparsity", sparsity);
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.sae.to_code(relu(self.sae.dictionary.encode(self.sae.inputs_na(batch))))
        }
    }
}
