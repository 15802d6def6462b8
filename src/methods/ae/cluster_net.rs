//! ClusterNet: an autoencoder that knows of a few images which belong together, and arranges all codes by that.
//!
//! The paper also moves the centres of the groups as it trains; here groups are found afterwards, by k-means on the codes.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::ClusterNet;

pub const CARD: Card = Card {
    id: "cluster-net",
    family: Family::Ae,
    hosts: true,
    label: "ClusterNet",
    summary: "Is told the labels of one image in twenty: pairs of a kind must lie together, others apart, and all the images that nobody named follow.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("together", "λ·mean ‖z − z′‖²").weighed(&["lambda"]),
        Term::plus("apart", "λ·mean max(0, m − ‖z − z″‖)²").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("z, z′: named images of one label,  z, z″: of two,  m: the margin")],
    counts: &[Count::new("named", "share of the images whose label is told")],
    papers: &[Paper::of("Semi-Supervised Clustering with Neural Networks", "Shukla, Cheema & Anand 2018").only("its pairs; no centres that are learnt")],
    params: &[
        ParamSpec::float("named", "Share that is named", 0.0, 1.0, 0.05,
            "Share of the images whose label is told: always the same images. At 0 this is a plain autoencoder."),
        ParamSpec::log("lambda", "λ", 0.1, 10_000.0, 100.0, "Price of pairs that lie wrong.").live(),
        ParamSpec::float("margin", "Margin m", 0.1, 20.0, 4.0, "How far apart images of two labels must be."),
        LATENT.with(10.0, "Numbers of a code."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train with [no name](named=0), with [one in a hundred](named=0.01) and with one in twenty: how many labels do groups of codes get right?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::codebook::distances;
    use latent_nn::digits::row;
    use latent_nn::moments::identity;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Below this a squared distance has no root with a gradient.
    const TINY: f64 = 1e-6;
    /// What neighbouring pixels differ by in the sum that decides whether an image is named: irrational, so that sums of different images
    /// spread evenly, and small, so that rounding moves none.
    const APART: f32 = 0.618_034;
    const SIZE: f32 = 0.25;

    /// Networks, and where codes lie.
    #[derive(Module, Debug)]
    pub struct ClusterNet {
        base: Autoencoder,
        cloud: Cloud,
        #[module(skip)]
        share: f64,
        #[module(skip)]
        margin: f64,
    }

    impl ClusterNet {
        /// Ones for images whose label is told. A batch does not say which images it has, and in each epoch they must be the same: so the
        /// image itself decides, by what is behind the point of a sum of its pixels. Shapes `[batch, pixels]` to `[batch, 1]`.
        fn named(&self, x_bp: Tensor<2>) -> Tensor<2> {
            let pixels = x_bp.dims()[1];
            let weight_1p = row((0..pixels).map(|p| SIZE * (APART * (p + 1) as f32).fract()), &x_bp.device());
            let sum_b1 = (stop_gradient(x_bp) * weight_1p).sum_dim(1);
            (sum_b1.clone() - sum_b1.floor()).lower_elem(self.share).float()
        }
    }

    impl Method for ClusterNet {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            Self { cloud: Cloud::new(base.latent, device), base, share: params.get("named"), margin: params.get("margin") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let n = batch.len();
            let named_b1 = self.named(batch.x_bp.clone());
            let label_b1 = batch.label_b.clone().reshape([n, 1]);
            let alike_bb = label_b1.clone().expand([n, n]).equal(label_b1.transpose().expand([n, n])).float();
            let others_bb = identity(n, &ctx.device()).neg() + 1.0;
            let pair_bb = named_b1.clone().matmul(named_b1.clone().transpose()) * others_bb;
            let z_bd = self.base.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            let d_bb = distances(z_bd.clone(), z_bd.clone());
            let mean = |t_bb: Tensor<2>, of_bb: Tensor<2>| (t_bb * of_bb.clone()).sum() / of_bb.sum().clamp_min(1.0);
            let together = mean(d_bb.clone(), pair_bb.clone() * alike_bb.clone());
            // Rounding can leave a squared distance below zero.
            let near_bb = relu((relu(d_bb) + TINY).sqrt().neg() + self.margin);
            let apart = mean(near_bb.square(), pair_bb * (alike_bb.neg() + 1.0));
            let terms = Terms::new(reconstruction.clone() + ctx.live("lambda") * (together.clone() + apart.clone()))
                .show("reconstruction", reconstruction)
                .show("together", together)
                .show("apart", apart)
                .show("named", named_b1.mean());
            self.cloud.observe(terms, z_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
