//! The topological autoencoder: images and codes are asked for the same shortest tree that joins them all.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Topo;

pub const CARD: Card = Card {
    id: "topo-ae",
    family: Family::Ae,
    hosts: true,
    label: "Topological autoencoder",
    summary: "Lays the codes out as the images lie: what differs little stays close together, and groups that are apart stay as far apart.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("topology", "λ·(pixels/B)·[½·Σ_{ij∈π_X} (A_X − A_Z)² + ½·Σ_{ij∈π_Z} (A_Z − A_X)²]").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("A_X = ‖xᵢ − xⱼ‖/√pixels, A_Z = ‖zᵢ − zⱼ‖/η, π = the shortest tree that joins the first 64 images of a batch, or their codes; B: how many they are")],
    papers: &[Paper::of("Topological Autoencoders", "Moor et al. 2020")],
    params: &[
        ParamSpec::log("lambda", "λ", 0.001, 100.0, 1.0,
            "Weight of the topology: how strictly both sides must agree on the lengths of the edges of both trees. Near 0 this is the plain autoencoder; higher, and copies pay for the map.").live(),
        ParamSpec { default: 2.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Look at the map: ones differ little from each other and keep close, zeros spread. Then [take the topology away](lambda=0.001), start anew and compare: who has the room now, and which copies are sharper?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::moments::identity;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Images of a batch whose trees are compared: the work grows with the cube of their number.
    const IMAGES: usize = 64;
    /// Lengths that differ by a smaller share are equal: rounding must not choose the edges.
    const ROUNDING: f64 = 1e-4;
    /// Keeps the gradient of a distance of zero finite.
    const TINY: f64 = 1e-12;

    /// Distances of every row to every other, shape `[n, pixels]` to `[n, n]`; a constant.
    fn image_distances(x_np: Tensor<2>) -> Tensor<2> {
        let [n, _] = x_np.dims();
        let square_n1 = x_np.clone().square().sum_dim(1);
        let product_nn = x_np.clone().matmul(x_np.transpose());
        let square_nn = square_n1.clone().expand([n, n]) + square_n1.transpose().expand([n, n]) - product_nn * 2.0;
        // Rounding may leave less than nothing of the distance of an image to itself.
        relu(square_nn).sqrt()
    }

    /// The same of codes, difference by difference, which a scalar product would round away: shape `[n, latent]` to `[n, n]`.
    fn code_distances(z_nd: Tensor<2>) -> Tensor<2> {
        let [n, d] = z_nd.dims();
        let from_nnd = z_nd.clone().reshape([n, 1, d]).expand([n, n, d]);
        let to_nnd = z_nd.reshape([1, n, d]).expand([n, n, d]);
        ((from_nnd - to_nnd).square().sum_dim(2).reshape([n, n]) + TINY).sqrt()
    }

    /// Ones for the edges of the minimum spanning tree of a symmetric matrix of lengths, which are the pairs of its
    /// 0-dimensional persistent homology. Both `[n, n]`; every edge stands there twice. Of edges of equal length, all that are
    /// in some minimum tree count.
    ///
    /// An edge is in the tree if no way round it has shorter edges only. The longest edge of the best way between every two
    /// points is a matrix that squares itself, with minimum and maximum for sum and product, to ways of twice as many edges.
    fn tree(length_nn: Tensor<2>) -> Tensor<2> {
        let [n, _] = length_nn.dims();
        let length_nn = stop_gradient(length_nn);
        let mut way_nn = length_nn.clone();
        for _ in 0..(n - 1).next_power_of_two().trailing_zeros() {
            let first_nnn = way_nn.clone().reshape([n, 1, n]).expand([n, n, n]);
            let second_nnn = way_nn.clone().reshape([1, n, n]).expand([n, n, n]);
            // The place of the minimum, not the minimum itself: nothing of n³ numbers is stored.
            let over_nn = first_nnn.max_pair(second_nnn).argmin(2).reshape([n, n]);
            way_nn = way_nn.clone().gather(1, over_nn.clone()).max_pair(way_nn.gather(0, over_nn));
        }
        let edge_nn = length_nn.lower_equal(way_nn * (1.0 + ROUNDING)).float();
        let others_nn = identity(n, &edge_nn.device()).neg() + 1.0;
        edge_nn * others_nn
    }

    /// Networks, the scale of the codes, and where they lie.
    #[derive(Module, Debug)]
    pub struct Topo {
        base: Autoencoder,
        /// ln η, shape `[1]`; the authors learn η itself, which may become zero.
        log_scale: Param<Tensor<1>>,
        cloud: Cloud,
    }

    impl Topo {
        /// How far the edges of both trees are from the lengths that the other side gives them: as squared distances between
        /// images, for each image. Shape `[1]`.
        fn topology(&self, x_np: Tensor<2>, z_nd: Tensor<2>) -> Tensor<1> {
            let [n, pixels] = x_np.dims();
            let image_nn = image_distances(x_np) / (pixels as f64).sqrt();
            let code_nn = code_distances(z_nd) / self.log_scale.val().exp().reshape([1, 1]);
            let edges_nn = tree(image_nn.clone()) + tree(code_nn.clone());
            // A quarter: half of each tree, and every edge stands there twice.
            ((image_nn - code_nn).square() * edges_nn).sum() * (pixels as f64 / (4 * n) as f64)
        }
    }

    impl Method for Topo {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            let log_scale = Param::from_tensor(Tensor::zeros([1], device));
            Self { cloud: Cloud::new(base.latent, device), base, log_scale }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let n = batch.len().min(IMAGES);
            let z_bd = self.base.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp.clone(), z_bd.clone(), ctx);
            let topology = self.topology(batch.x_bp.slice([0..n]), z_bd.clone().slice([0..n]));
            let terms = Terms::new(reconstruction.clone() + ctx.live("lambda") * topology.clone())
                .show("reconstruction", reconstruction)
                .show("topology", topology);
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

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_card_says_how_many_images_are_joined() {
            let said = CARD.symbols[0].text;
            assert!(said.contains(&format!("the first {IMAGES} images of a batch")), "{said}");
        }
    }
}
