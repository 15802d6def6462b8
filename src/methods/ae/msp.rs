//! The autoencoder with a subspace for attributes: matrix subspace projection.
//!
//! The paper adds a discriminator of patches for sharper pictures; here is none. A code is what is left outside of the subspace, and behind
//! it the attributes that the encoder has found: moving one of these moves the code along its row of the matrix, as in the paper.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Msp;

pub const CARD: Card = Card {
    id: "msp",
    family: Family::Ae,
    factors: true,
    label: "Matrix subspace projection",
    summary: "Finds attributes in an image by itself, and keeps them in a corner of the code: turn one switch, and everything else stays.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("attributes", "λ·‖Mz − a‖²").weighed(&["lambda"]),
        Term::plus("rest", "λ·‖z − Mᵀa‖²").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("z = E(x),  a the attributes from −1 to 1,  M a matrix that is learnt: its rows become orthonormal")],
    counts: &[Count::new("departure", "root mean square by which M·Mᵀ departs from the identity")],
    papers: &[Paper::of(
        "Latent Space Factorisation and Manipulation via Matrix Subspace Projection",
        "Li et al. 2020",
    )
    .only("the projection; no discriminator of patches")],
    params: &[
        ParamSpec::log(
            "lambda",
            "λ",
            0.01,
            1000.0,
            10.0,
            "Price of attributes outside of their subspace. Higher: a switch decides more and moves less beside it; lower: better copies.",
        )
        .live(),
        LATENT.with(64.0, "Numbers of the code, attributes and all else: more than there are attributes."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Choose a face and switch its smile or its glasses. Is it still the same person? Lower λ to 0.1 and try again.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::{Device, Distribution, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::moments::identity;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::factors::FactorList;
    use latent_vocabulary::shape::DataShape;

    /// Networks, the matrix that reads attributes, and where codes lie.
    #[derive(Module, Debug)]
    pub struct Msp {
        base: Autoencoder,
        /// M, shape `[attributes, latent]`.
        map_td: Param<Tensor<2>>,
        cloud: Cloud,
        #[module(skip)]
        factors: FactorList,
    }

    impl Msp {
        /// What is left of `z` outside of the subspace, and behind it the attributes that it tells, from 0 to 1 where training has put
        /// them. Shapes `[n, latent]` to `[n, latent + attributes]`.
        fn apart(&self, z_bd: Tensor<2>) -> Tensor<2> {
            let map_td = self.map_td.val();
            let a_bt = z_bd.clone().matmul(map_td.clone().transpose());
            let rest_bd = z_bd - a_bt.clone().matmul(map_td);
            Tensor::cat(vec![rest_bd, (a_bt + 1.0) * 0.5], 1)
        }
    }

    impl Method for Msp {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            let (latent, told) = (base.latent, data.factors.numbers());
            // Rows have a length of about one from the beginning.
            let bound = (3.0 / latent as f64).sqrt();
            let map_td = Tensor::random([told, latent], Distribution::Uniform(-bound, bound), device);
            Self { cloud: Cloud::new(latent + told, device), base, map_td: Param::from_tensor(map_td), factors: data.factors }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let rest = CodeGroup { kind: CodeKind::Point, count: self.base.latent as u32 };
            [rest].into_iter().chain(self.factors.groups(false)).collect()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let a_bt = batch.told_bt(&self.factors) * 2.0 - 1.0;
            let z_bd = self.base.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            let map_td = self.map_td.val();
            let square = |x: Tensor<2>| x.square().sum_dim(1).mean();
            let attributes = square(z_bd.clone().matmul(map_td.clone().transpose()) - a_bt.clone());
            let rest = square(z_bd.clone() - a_bt.matmul(map_td.clone()));
            let [told, _] = map_td.dims();
            let gram_tt = map_td.clone().matmul(map_td.transpose()) - identity(told, &ctx.device());
            let code_bd = self.apart(z_bd);
            let terms = Terms::new(reconstruction.clone() + ctx.live("lambda") * (attributes.clone() + rest.clone()))
                .show("reconstruction", reconstruction)
                .show("attributes", attributes)
                .show("rest", rest)
                .show("departure", gram_tt.square().mean().sqrt());
            self.cloud.observe(terms, code_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.apart(self.base.point(batch.x_bp)), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let ([batch, all], latent) = (z_bd.dims(), self.base.latent);
            let rest_bd = z_bd.clone().slice([0..batch, 0..latent]);
            let a_bt = z_bd.slice([0..batch, latent..all]) * 2.0 - 1.0;
            Some(self.base.decode(rest_bd + a_bt.matmul(self.map_td.val())))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
