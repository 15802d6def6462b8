//! The autoencoder whose encoder is a residual stream: every block reads it and adds to it, so that its layers are all of one width.
//!
//! Blocks read the stream divided by the root of its mean square (Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", without a gain), as those of
//! language models do: what one adds then counts the same however long the stream has become.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, HIDDEN, LATENT, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Residual;

pub const CARD: Card = Card {
    id: "residual-ae",
    family: Family::Ae,
    hosts_code: true,
    stream: true,
    label: "Residual autoencoder",
    summary: "An autoencoder with a deep encoder of equal layers, each of which adds to the one before.",
    terms: &[Term::plus("loss", "−log p(x|z)").weighed(&["sigma"])],
    symbols: &[Symbols::new("hₗ = hₗ₋₁ + Bₗ(hₗ₋₁ / rms(hₗ₋₁)),  z = V·h_L / rms(h_L) + c")],
    papers: &[Paper::of("Deep Residual Learning for Image Recognition", "He et al. 2016")
        .only("sums from layer to layer, in a dense encoder")],
    params: &[
        ParamSpec::int("blocks", "Blocks", 2, 8, 4, "Layers of the stream: what one block reads and adds to."),
        ParamSpec::int("width", "Width of the stream", 8, 256, 64, "Numbers in each layer of the stream."),
        LATENT,
        HIDDEN.with(200.0, "Width of the decoder's hidden layer."),
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train it, then choose Sparse autoencoders of a residual stream: which features stay from layer to layer?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::cloud::Cloud;
    use latent_nn::layers::linear;
    use latent_nn::likelihood::Likelihood;
    use latent_nn::mlp::Decoder;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// Keeps the division by a stream of zeros finite.
    const TINY: f64 = 1e-6;
    /// Width of a block's hidden layer, in widths of the stream.
    const WIDER: usize = 2;

    /// What is added to the stream.
    #[derive(Module, Debug)]
    struct Block {
        up: Linear,
        down: Linear,
    }

    /// Encoder with a stream, decoder, and where the codes lie.
    #[derive(Module, Debug)]
    pub struct Residual {
        embed: Linear,
        blocks: Vec<Block>,
        mean: Linear,
        decoder: Decoder,
        likelihood: Likelihood,
        cloud: Cloud,
        #[module(skip)]
        latent: usize,
    }

    /// Rows divided by the root of their mean square.
    fn normal(h_bw: Tensor<2>) -> Tensor<2> {
        let length_b1 = (h_bw.clone().square().mean_dim(1) + TINY).sqrt();
        h_bw / length_b1
    }

    impl Residual {
        /// Layers of the stream.
        pub fn layers(&self) -> usize {
            self.blocks.len()
        }

        /// Numbers in a layer.
        pub fn width(&self) -> usize {
            self.mean.weight.dims()[0]
        }

        /// The stream behind each block, each of shape `[batch, width]`.
        pub fn stream(&self, x_bp: Tensor<2>) -> Vec<Tensor<2>> {
            let mut h_bw = self.embed.forward(x_bp);
            let behind = |layer: usize| {
                h_bw = self.behind(layer, h_bw.clone());
                h_bw.clone()
            };
            (0..self.layers()).map(behind).collect()
        }

        /// The stream behind block `layer`, of what it is before it, shape `[batch, width]`.
        pub fn behind(&self, layer: usize, h_bw: Tensor<2>) -> Tensor<2> {
            let block = &self.blocks[layer];
            h_bw.clone() + block.down.forward(relu(block.up.forward(normal(h_bw))))
        }

        /// The code of the last layer of the stream, shape `[batch, latent]`.
        pub fn code_of(&self, h_bw: Tensor<2>) -> Tensor<2> {
            self.mean.forward(normal(h_bw))
        }

        /// Logits of the image of a code, shape `[batch, pixels]`.
        pub fn logits(&self, z_bd: Tensor<2>) -> Tensor<2> {
            self.decoder.forward(z_bd)
        }

        /// The image of logits, shape `[batch, pixels]`.
        pub fn image(&self, logits_bp: Tensor<2>) -> Tensor<2> {
            self.likelihood.mean(logits_bp)
        }

        fn point(&self, x_bp: Tensor<2>) -> Tensor<2> {
            let mut stream = self.stream(x_bp);
            self.code_of(stream.pop().expect("there are two blocks at least"))
        }
    }

    impl Method for Residual {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let [blocks, width, latent, hidden] = ["blocks", "width", "latent", "hidden"].map(|key| params.usize(key));
            let pixels = data.image.len();
            let block = |_| Block { up: linear(width, WIDER * width, device), down: linear(WIDER * width, width, device) };
            Self {
                embed: linear(pixels, width, device),
                blocks: (0..blocks).map(block).collect(),
                mean: linear(width, latent, device),
                decoder: Decoder::new(latent, hidden, pixels, device),
                likelihood: Likelihood::new(params, data.image, device),
                cloud: Cloud::new(latent, device),
                latent,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Point, count: self.latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.point(batch.x_bp.clone());
            let reconstruction = self.likelihood.nll_b(batch.x_bp, self.logits(z_bd.clone()), ctx).mean();
            self.cloud.observe(Terms::new(reconstruction), z_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.point(batch.x_bp), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.image(self.logits(z_bd)))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
