//! Two sparse autoencoders that are trained side by side and asked to find the same features.
//!
//! Marks et al. restart inactive features; here the loss of Gao et al. 2024 revives them, in both. The alikeness is taken in both directions.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Aligned;

pub const CARD: Card = Card {
    id: "aligned-sae",
    family: Family::Sae,
    label: "Feature-aligned sparse autoencoder",
    summary: "Two TopK autoencoders learn at once, and a feature that only one of them has costs: what both find is less likely to be chance.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["k"]),
        Term::plus("twin", "‖x − x̂′‖²").weighed(&["k"]),
        Term::plus("mismatch", "μ·(1 − E maxⱼ cos(dᵢ, d′ⱼ))").weighed(&["align"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("x̂ = TopKₖ(ReLU((x − b)W + b′))·D + b,  x̂′ by the twin's own weights;  the cosine from D to D′ and from D′ to D, mean of both;  revival of both")],
    counts: FIRING,
    papers: &[Paper::of("Enhancing Neural Network Interpretability with Feature-Aligned Sparse Autoencoders", "Marks et al. 2024")],
    params: &[
        K,
        FEATURES,
        SOURCE,
        ParamSpec::log("align", "Alignment μ", 1e-3, 100.0, 30.0,
            "Price of features that have no likeness in the twin. It is in squared units of the inputs, as the error is.").live().unnamed(3.0),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Learn planted patterns with μ = 0.001, then with 30: how many are found?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, Pass, answers_of_base, dead, firing, since};
    use latent_nn::sparse::{Dictionary, Tie, keep_largest, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Aligned {
        /// The one that is used.
        sae: Base,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
        /// The other one.
        twin: Dictionary,
        /// Inputs seen since each of the twin's features fired last, shape `[features]`.
        twin_since_f: Param<Tensor<1>>,
    }

    /// Features, reconstruction, and the loss that revives dead features, of one of the two.
    fn pass(dictionary: &Dictionary, x_na: &Tensor<2>, dead_f: Tensor<1>, ctx: &Ctx) -> (Tensor<2>, Tensor<2>, Tensor<1>) {
        let pre_nf = dictionary.encode(x_na.clone());
        let f_nf = keep_largest(relu(pre_nf.clone()), ctx.live("k"));
        let y_na = dictionary.decode(f_nf.clone());
        let aux = dictionary.aux_k(pre_nf, x_na.clone() - y_na.clone(), dead_f);
        (f_nf, y_na, aux)
    }

    impl Method for Aligned {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let sae = Base::new(params, data, Tie::Free, device);
            let [features, inputs] = sae.dictionary.atoms_fa().dims();
            Self {
                sae,
                k: Param::from_tensor(Tensor::full([1], params.get("k"), device)),
                twin: Dictionary::new(inputs, features, Tie::Free, device),
                twin_since_f: Param::from_tensor(Tensor::zeros([features], device)),
            }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            let (mut named, mean_a, _) = self.sae.start_with_inputs(batch);
            named.push(("twin.b_dec", mean_a));
            named
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let [n, _] = x_na.dims();
            let (f_nf, y_na, aux) = pass(&self.sae.dictionary, &x_na, self.sae.dead_f(ctx), ctx);
            let (twin_nf, twin_na, twin_aux) = pass(&self.twin, &x_na, dead(&self.twin_since_f, ctx), ctx);
            let (reconstruction, twin) = (squared_error(x_na.clone(), y_na.clone()), squared_error(x_na.clone(), twin_na));
            let cosine_fg = self.sae.dictionary.atoms_fa().matmul(self.twin.atoms_fa().transpose());
            let alike = (cosine_fg.clone().max_dim(1).mean() + cosine_fg.max_dim(0).mean()) * 0.5;
            let mismatch = ctx.live("align") * (-alike + 1.0);
            let aux = aux + twin_aux;
            let terms = Terms::new(reconstruction.clone() + twin.clone() + mismatch.clone() + ctx.live("aux") * aux.clone())
                .show("reconstruction", reconstruction)
                .show("twin", twin)
                .show("mismatch", mismatch)
                .show("revival", aux)
                .set("twin_since_f", since(&self.twin_since_f, firing(twin_nf), n))
                .set("k", ctx.live("k"));
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let pre_nf = self.sae.dictionary.encode(self.sae.inputs_na(batch));
            self.sae.to_code(keep_largest(relu(pre_nf), self.k.val()))
        }
    }
}
