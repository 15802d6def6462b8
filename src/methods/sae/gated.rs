//! The sparse autoencoder that decides whether a feature fires apart from how strongly.

use super::params::{DEAD_AFTER, FEATURES, FIRING};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Gated;

pub const CARD: Card = Card {
    id: "gated-sae",
    family: Family::Sae,
    label: "Gated sparse autoencoder",
    summary: "A gate decides whether a feature fires, a second path how strongly: the penalty falls on the gate alone and no longer pales the picture.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂(f)‖²"),
        Term::plus("sparsity", "λ·Σᵢ ReLU(πᵢ)").weighed(&["lambda"]),
        Term::plus("gate", "‖x − x̂′(ReLU(π))‖²"),
    ],
    symbols: &[Symbols::new("π = (x − b)W + b′,  f = [π > 0]·ReLU(eʳ·(x − b)W + b″);  x̂′ is x̂ with its weights held still")],
    counts: FIRING,
    papers: &[Paper::of("Improving Dictionary Learning with Gated Sparse Autoencoders", "Rajamanoharan et al. 2024")],
    params: &[
        ParamSpec::log("lambda", "Sparsity λ", 1e-3, 10.0, 2.0,
            "Price of an open gate. Higher: fewer features fire; the strength of those that do is free. It is in units of the inputs, whose mean square is 1.").live().unnamed(0.6),
        FEATURES,
        SOURCE,
        DEAD_AFTER.of_no_term(),
    ],
    try_this: "Train it beside the ReLU autoencoder at the same l0: which one keeps the blacks black?",
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
    use latent_nn::sparse::{Tie, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Gated {
        sae: Base,
        /// r: the strength's weights are e^r times the gate's, shape `[features]`.
        r_mag: Param<Tensor<1>>,
        /// Shape `[features]`.
        b_mag: Param<Tensor<1>>,
    }

    impl Gated {
        /// The gates before the step function, and the features; both of shape `[n, features]`.
        fn features(&self, x_na: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
            let row = |p: &Param<Tensor<1>>| p.val().unsqueeze::<2>();
            let projected_nf = self.sae.dictionary.project(x_na);
            let gate_nf = projected_nf.clone() + self.sae.dictionary.bias();
            let strength_nf = relu(projected_nf * row(&self.r_mag).exp() + row(&self.b_mag));
            let open_nf = gate_nf.clone().greater_elem(0.0).float();
            (gate_nf, strength_nf * open_nf)
        }
    }

    impl Method for Gated {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let zeros = || Param::from_tensor(Tensor::zeros([params.usize("features")], device));
            Self { sae: Base::new(params, data, Tie::Free, device), r_mag: zeros(), b_mag: zeros() }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            self.sae.start(batch)
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let (gate_nf, f_nf) = self.features(x_na.clone());
            let open_nf = relu(gate_nf);
            let dictionary = &self.sae.dictionary;
            let y_na = dictionary.decode(f_nf.clone());
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            let sparsity = ctx.live("lambda") * open_nf.clone().sum_dim(1).mean();
            let by_gate_na = open_nf.matmul(stop_gradient(dictionary.atoms_fa())) + stop_gradient(dictionary.origin());
            let gate = squared_error(x_na.clone(), by_gate_na);
            let terms = Terms::new(reconstruction.clone() + sparsity.clone() + gate.clone())
                .show("reconstruction", reconstruction)
                .show("sparsity", sparsity)
                .show("gate", gate);
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let (_, f_nf) = self.features(self.sae.inputs_na(batch));
            self.sae.to_code(f_nf)
        }
    }
}
