//! The sparse autoencoder that reads one layer of a trained network and writes another: what the layers between do, as features.
//!
//! Transcoders of language models replace one MLP; here any layer is told from one before it, or from itself.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, LAYER, LAYERS, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::Transcoder;

pub const CARD: Card = Card {
    id: "transcoder",
    family: Family::Sae,
    hosted: true,
    label: "Transcoder",
    summary: "Reads one layer of a trained network and writes a later one with a few features: an account of what the network does in between.",
    terms: &[
        Term::plus("reconstruction", "‖a′ − â′‖²").weighed(&["k"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("a: the layer that is read,  a′: the one that is written,  both with a mean square of 1;  â′ = TopKₖ(ReLU((a − c)W + b′))·D + b,  rows of D of length 1;  e = a′ − â′,  ê from dead features only")],
    counts: FIRING,
    papers: &[
        Paper::of("Transcoders Find Interpretable LLM Feature Circuits", "Dunefsky, Chlenski & Nanda 2024").only("TopK in place of a penalty"),
    ],
    params: &[
        LAYER.with(2.0, "What is written: the hidden layer of the encoder, the code, or the hidden layer of the decoder."),
        ParamSpec::choice("from", "Layer that is read", LAYERS, 0,
            "What the features are told from. The same layer as is written makes this a sparse autoencoder."),
        K,
        FEATURES,
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Take the decoder's hidden layer apart by itself, then write it from the encoder's: how much less of it can be told?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Distribution, Tensor};

    use super::CARD;
    use crate::host::{Host, root_mean_square};
    use crate::sae::base::{Base, answers_of_base};
    use latent_nn::sparse::{Tie, keep_largest, unit_rows};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::shape::DataShape;
    use latent_vocabulary::{Card, LAYER, LAYERS, Params};

    #[derive(Module, Debug)]
    pub struct Transcoder {
        /// Of the layer that is written.
        sae: Base,
        /// W, shape `[numbers that are read, features]`.
        w_in: Param<Tensor<2>>,
        /// c, shape `[numbers that are read]`.
        b_in: Param<Tensor<1>>,
        /// Root of the mean square of the layer that is read, shape `[1]`.
        read_scale: Param<Tensor<1>>,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
        #[module(skip)]
        from: usize,
    }

    impl Transcoder {
        fn host(&self) -> &Host {
            self.sae.host().expect("a setup of this card has a host")
        }

        /// What is read of images, before it is scaled, shape `[batch, numbers that are read]`.
        fn raw_nr(&self, x_bp: Tensor<2>) -> Tensor<2> {
            self.host().raw(LAYERS[self.from], x_bp)
        }

        /// What the features' nonlinearity is applied to, shape `[batch, features]`.
        fn read_nf(&self, x_bp: Tensor<2>) -> Tensor<2> {
            let a_nr = self.raw_nr(x_bp);
            let scale_nr = stop_gradient(self.read_scale.val()).unsqueeze::<2>().expand(a_nr.dims());
            (a_nr / scale_nr - self.b_in.val().unsqueeze()).matmul(self.w_in.val()) + self.sae.dictionary.bias()
        }
    }

    impl Method for Transcoder {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            // Tied: the dictionary has no encoder of its own.
            let sae = Base::on(LAYERS[params.usize(LAYER.key)], params, data, Tie::Tied, device);
            let from = params.usize("from");
            let (features, read) = (sae.dictionary.features(), sae.host().map_or(1, |host| host.width_of(LAYERS[from])));
            let w_fr = unit_rows(Tensor::random([features, read], Distribution::Normal(0.0, 1.0), device));
            Self {
                sae,
                w_in: Param::from_tensor(w_fr.transpose()),
                b_in: Param::from_tensor(Tensor::zeros([read], device)),
                read_scale: Param::from_tensor(Tensor::ones([1], device)),
                k: Param::from_tensor(Tensor::full([1], params.get("k"), device)),
                from,
            }
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            let a_nr = self.raw_nr(batch.x_bp.clone());
            let [_, read] = a_nr.dims();
            let scale = root_mean_square(a_nr.clone());
            let mean_r = (a_nr.clone() / scale.clone().unsqueeze::<2>().expand(a_nr.dims())).mean_dim(0).reshape([read]);
            let mut named = self.sae.start(batch);
            named.extend([("read_scale", scale), ("b_in", mean_r)]);
            named
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pre_nf = self.read_nf(batch.x_bp.clone());
            let x_na = self.sae.inputs_na(batch);
            let f_nf = keep_largest(relu(pre_nf.clone()), ctx.live("k"));
            self.sae.copied(x_na, pre_nf, f_nf, self.sae.dead_f(ctx), ctx).set("k", ctx.live("k"))
        }

        fn encode(&self, batch: Batch) -> Code {
            self.sae.to_code(keep_largest(relu(self.read_nf(batch.x_bp)), self.k.val()))
        }
    }
}
