//! The vector-quantised autoencoder: every place of the code takes the nearest vector of a codebook.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{
    CODES, COMMITMENT, DECAY, DIM, ESTIMATOR, GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, REVIVE, USE, WIDTH,
};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::VqVae;

/// Choices of `update`.
const UPDATES: &[&str] = &["average", "gradient"];
/// Choices of `start`.
const STARTS: &[&str] = &["k-means", "random"];

pub const CARD: Card = Card {
    id: "vq-vae",
    family: Family::Vq,
    hosts_code: true,
    label: "VQ-VAE",
    summary: "Writes an image as a grid of tokens: at every place the encoder's vector is replaced by the nearest one of a learnt codebook.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|e)").weighed(&["sigma"]),
        Term::plus("codebook", "Σ‖sg[z] − e‖²").under("update", &["gradient"]),
        Term::plus("commitment", "β Σ‖z − sg[e]‖²").weighed(&["commitment"]),
        PRIOR_TERM,
    ],
    symbols: &[
        Symbols::new("Σ over places, e = nearest code to z"),
        Symbols::new("which follows the mean of the z that choose it").under("update", &["average"]),
    ],
    counts: USE,
    papers: &[
        Paper::of("Neural Discrete Representation Learning", "van den Oord, Vinyals & Kavukcuoglu 2017"),
        Paper::of("Restructuring Vector Quantization with the Rotation Trick", "Fifty et al. 2024"),
        PIXELCNN,
    ],
    params: &[
        CODES,
        DIM,
        COMMITMENT,
        ESTIMATOR,
        ParamSpec::choice("update", "Codebook learns by", UPDATES, 0,
            "average: each code is the moving average of the vectors that chose it. gradient: the codebook term of the loss moves it."),
        DECAY,
        ParamSpec::choice("start", "Codebook starts from", STARTS, 0,
            "k-means: from clusters of what the fresh encoder makes of the first images. random: small random vectors, as in the original, most of which are never chosen."),
        REVIVE,
        GRID_NET,
        WIDTH,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
        PRIOR,
        PRIOR_WIDTH,
        PRIOR_WEIGHT,
    ],
    try_this: "Start from random codes with revival at 0 and watch how few codes come into use; then raise revival while it trains and see the others join in.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, STARTS, UPDATES};
    use crate::vq::base::answers_of_codebook;
    use latent_nn::codebook::{Choice, Codebook, Update};
    use latent_nn::straight_through::{rotate, straight_through};
    use latent_nn::token_autoencoder::{Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_nn::{Ctx, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::tokens::ESTIMATORS;

    pub type VqVae = TokenAutoencoder<Nearest>;

    /// One codebook, one token a place.
    #[derive(Module, Debug)]
    pub struct Nearest {
        codebook: Codebook,
        usage: Usage,
        #[module(skip)]
        rotation: bool,
        #[module(skip)]
        k_means: bool,
    }

    impl Quantiser for Nearest {
        const CARD: &'static Card = &CARD;

        answers_of_codebook!();

        fn init(params: &Params, device: &Device) -> Self {
            let (codes, dim) = (params.usize("codes"), params.usize("dim"));
            let update = if UPDATES[params.usize("update")] == "average" { Update::Average } else { Update::Gradient };
            Self {
                codebook: Codebook::new(codes, dim, update, device),
                usage: Usage::new(codes, 1.0, device),
                rotation: ESTIMATORS[params.usize("estimator")] == "rotation",
                k_means: STARTS[params.usize("start")] == "k-means",
            }
        }

        fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised {
            let Choice { token_n1, fixed_nd, penalty, shown } = self.codebook.choose(z_nd.clone(), ctx);
            let q_nd = if self.rotation { rotate(z_nd, fixed_nd) } else { straight_through(z_nd, fixed_nd) };
            Quantised { q_nd, token_nl: token_n1, penalty, shown }
        }

        fn learn(&self, terms: Terms, z_nd: Tensor<2>, token_nl: Tensor<2>, ctx: &mut Ctx) -> Terms {
            self.codebook.update(terms, &self.usage, token_nl, z_nd, ctx)
        }

        fn start(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Vec<Named> {
            if self.k_means { self.codebook.k_means(z_nd, ctx) } else { vec![] }
        }
    }
}
