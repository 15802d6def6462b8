//! The low-rank autoencoder: a matrix between encoder and decoder, with a price on its nuclear norm.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::LowRank;

pub const CARD: Card = Card {
    id: "lowrank",
    family: Family::Ae,
    hosts_code: true,
    label: "Low-rank autoencoder",
    summary: "An autoencoder that finds out by itself how many numbers it needs: directions of the code that do not pay for themselves vanish.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("nuclear norm", "λ·‖M‖_*").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("z = M·E(x)")],
    counts: &[Count::new("rank", "dimensions of the code that are used, on average")],
    papers: &[Paper::of("Learning Low-Rank Latent Spaces with Simple Deterministic Autoencoder: Theoretical and Empirical Insights", "Mazumder et al. 2023")],
    params: &[
        ParamSpec::log("lambda", "λ", 0.01, 100.0, 1.0,
            "Price of the nuclear norm (the sum of the singular values) of the matrix M. Higher: fewer directions survive.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Watch the rank while you raise λ from 0.1 to 10: how far does it fall before the copies get worse?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::layers::linear_map;
    use latent_nn::moments::{covariance, effective_rank};
    use latent_nn::newton_schulz::polar;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Networks, the matrix between them, and where the codes lie.
    #[derive(Module, Debug)]
    pub struct LowRank {
        base: Autoencoder,
        map: Linear,
        cloud: Cloud,
    }

    impl LowRank {
        fn point(&self, x_bp: Tensor<2>) -> Tensor<2> {
            self.map.forward(self.base.point(x_bp))
        }
    }

    impl Method for LowRank {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            let map = linear_map(base.latent, base.latent, device);
            Self { cloud: Cloud::new(base.latent, device), base, map }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            // ‖M‖_* = ⟨UVᵀ, M⟩, and UVᵀ is its gradient: the factor may be held constant.
            let map_dd = self.map.weight.val();
            let nuclear = (stop_gradient(polar(map_dd.clone())) * map_dd).sum();
            let rank = effective_rank(covariance(z_bd.clone()));
            let terms = Terms::new(reconstruction.clone() + ctx.live("lambda") * nuclear.clone())
                .show("reconstruction", reconstruction)
                .show("nuclear norm", nuclear)
                .show("rank", rank);
            self.cloud.observe(terms, z_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.point(batch.x_bp), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
