//! The deep contractive autoencoder: codes may not follow small changes of an image, by the slope of the whole encoder or of each layer.
//!
//! The squared norm of the whole slope is estimated by its products with random directions (Hutchinson 1989); of one layer it is exact.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, HIDDEN, LATENT, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::DeepCae;

/// Choices of `slope`.
const SLOPES: &[&str] = &["whole", "layers"];

pub const CARD: Card = Card {
    id: "deep-cae",
    family: Family::Ae,
    label: "Contractive autoencoder",
    summary: "Pays for every direction in which a small change of the image would move the code, so that only changes that matter are told.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("slope", "λ·‖∂z/∂x‖²").weighed(&["lambda"]).under("slope", &["whole"]),
        Term::plus("slope", "λ·Σ_l ‖∂h_l/∂h_{l−1}‖²").weighed(&["lambda"]).under("slope", &["layers"]),
    ],
    symbols: &[Symbols::new("h_l: the layers of the encoder,  z the last of them")],
    papers: &[Paper::of("Autoencoder-based General Purpose Representation Learning for Customer Embedding", "Bertrand et al. 2024")
        .only("the penalty on the slope of a deep encoder")],
    params: &[
        ParamSpec::log("lambda", "λ", 1e-3, 100.0, 1.0, "Price of the slope. Higher: codes shake less with the image, copies are poorer.").live(),
        ParamSpec::choice("slope", "Slope", SLOPES, 0,
            "whole: of the encoder from image to code. layers: that of each layer by itself, added up, as in a stack of contractive autoencoders."),
        ParamSpec::int("directions", "Random directions", 1, 16, 2,
            "How many directions of the code each step asks for their slope.").under("slope", &["whole"]),
        LATENT,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Raise λ to 30 while it trains: what do the copies still tell apart?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::activation::tanh;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, SLOPES};
    use latent_nn::cloud::Cloud;
    use latent_nn::gaussian::repeat_rows;
    use latent_nn::layers::linear;
    use latent_nn::likelihood::Likelihood;
    use latent_nn::mlp::Decoder;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// An encoder of two smooth hidden layers, of which the second is half as wide, and a decoder.
    #[derive(Module, Debug)]
    pub struct DeepCae {
        first: Linear,
        second: Linear,
        out: Linear,
        decoder: Decoder,
        likelihood: Likelihood,
        cloud: Cloud,
        #[module(skip)]
        latent: usize,
        #[module(skip)]
        whole: bool,
        #[module(skip)]
        directions: usize,
    }

    /// The hidden layers of a batch, shapes `[batch, width]`.
    struct Layers {
        first: Tensor<2>,
        second: Tensor<2>,
    }

    /// Derivative of the hyperbolic tangent, from its value.
    fn slope(h: Tensor<2>) -> Tensor<2> {
        h.square().neg() + 1.0
    }

    /// Squared norm of the slope of `tanh(x W)`, or of `x W` without `h`, mean over the batch, shape `[1]`: Σ_j tanh′_j² ‖W_j‖² (Rifai et al.
    /// 2011, "Contractive Auto-Encoders", equation 8).
    fn of_layer(layer: &Linear, h_bj: Option<Tensor<2>>) -> Tensor<1> {
        let length_1j = layer.weight.val().square().sum_dim(0);
        match h_bj {
            Some(h_bj) => (slope(h_bj).square() * length_1j).sum_dim(1).mean(),
            None => length_1j.sum(),
        }
    }

    impl DeepCae {
        fn layers(&self, x_bp: Tensor<2>) -> Layers {
            let first = tanh(self.first.forward(x_bp));
            Layers { second: tanh(self.second.forward(first.clone())), first }
        }

        /// ‖∂z/∂x‖² of each image, estimated as the mean of ‖vᵀ ∂z/∂x‖² over random `v`, mean over the batch, shape `[1]`.
        fn of_all(&self, layers: &Layers, ctx: &mut Ctx) -> Tensor<1> {
            let (batch, n) = (layers.first.dims()[0], self.directions);
            let v_nd = ctx.normal([batch * n, self.latent]);
            let back = |v: Tensor<2>, layer: &Linear| v.matmul(layer.weight.val().transpose());
            let through = |v: Tensor<2>, h: &Tensor<2>| v * repeat_rows(slope(h.clone()), n);
            let v_nh = through(back(v_nd, &self.out), &layers.second);
            let v_nh = through(back(v_nh, &self.second), &layers.first);
            back(v_nh, &self.first).square().sum_dim(1).mean()
        }

        fn point(&self, x_bp: Tensor<2>) -> Tensor<2> {
            self.out.forward(self.layers(x_bp).second)
        }
    }

    impl Method for DeepCae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (latent, hidden, pixels) = (params.usize("latent"), params.usize("hidden"), data.image.len());
            Self {
                first: linear(pixels, hidden, device),
                second: linear(hidden, hidden / 2, device),
                out: linear(hidden / 2, latent, device),
                decoder: Decoder::new(latent, hidden, pixels, device),
                likelihood: Likelihood::new(params, data.image, device),
                cloud: Cloud::new(latent, device),
                latent,
                whole: SLOPES[params.usize("slope")] == "whole",
                directions: params.usize("directions"),
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Point, count: self.latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let layers = self.layers(batch.x_bp.clone());
            let z_bd = self.out.forward(layers.second.clone());
            let reconstruction = self.likelihood.nll_b(batch.x_bp, self.decoder.forward(z_bd.clone()), ctx).mean();
            let slope = if self.whole {
                self.of_all(&layers, ctx)
            } else {
                let hidden = of_layer(&self.first, Some(layers.first)) + of_layer(&self.second, Some(layers.second));
                hidden + of_layer(&self.out, None)
            };
            let terms = Terms::new(reconstruction.clone() + ctx.live("lambda") * slope.clone())
                .show("reconstruction", reconstruction)
                .show("slope", slope);
            self.cloud.observe(terms, z_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.point(batch.x_bp), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.likelihood.mean(self.decoder.forward(z_bd)))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
