//! Finite scalar quantisation: every number of a code is rounded to one of a few values, and that is all.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, USE, WIDTH};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Fsq;

/// Choices of `levels`.
const LEVELS: &[&str] = &["8-6-5", "8-5-5-5", "7-5-5-5-5"];

pub const CARD: Card = Card {
    id: "fsq",
    family: Family::Vq,
    hosts_code: true,
    label: "FSQ",
    summary: "Needs no codebook: each number at a place is squeezed into a range and rounded, and the combination of roundings is the token.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|q)").weighed(&["sigma"]),
        PRIOR_TERM,
    ],
    symbols: &[Symbols::new("qᵢ = round(hᵢ · tanh(zᵢ + sᵢ) − oᵢ) / ⌊Lᵢ/2⌋,  Πᵢ Lᵢ codes")],
    counts: USE,
    papers: &[
        Paper::of("Finite Scalar Quantization: VQ-VAE Made Simple", "Mentzer et al. 2023"),
        PIXELCNN,
    ],
    params: &[
        ParamSpec::choice("levels", "Levels", LEVELS, 0,
            "How many values each number of a place may take; the codes are all combinations: 240, 1000 or 4375."),
        GRID_NET,
        WIDTH,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
        PRIOR,
        PRIOR_WIDTH,
        PRIOR_WEIGHT,
    ],
    try_this: "Watch the codes in use: there is no commitment, no revival and no codebook to learn, and hardly one stays unused.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, LEVELS};
    use latent_nn::Ctx;
    use latent_nn::digits::{digits, row, token};
    use latent_nn::straight_through::round;
    use latent_nn::token_autoencoder::{Alphabet, Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;

    pub type Fsq = TokenAutoencoder<Rounding>;

    /// Keeps the outermost values from lying exactly on an edge between two roundings (the paper's listing).
    const MARGIN: f32 = 1e-3;

    /// A number of values for each number of a place.
    #[derive(Module, Debug)]
    pub struct Rounding {
        usage: Usage,
        #[module(skip)]
        levels: Vec<usize>,
    }

    impl Rounding {
        /// A row with one constant a level count, shape `[1, dim]`.
        fn row(&self, f: impl Fn(usize) -> f32, device: &Device) -> Tensor<2> {
            row(self.levels.iter().map(|l| f(*l)), device)
        }

        fn half_width(&self, device: &Device) -> Tensor<2> {
            self.row(|l| (l / 2) as f32, device)
        }

        /// `z` rounded to one of its values, in [−1, 1], with a gradient. Shapes `[n, dim]`.
        fn rounded(&self, z_nd: Tensor<2>) -> Tensor<2> {
            let device = z_nd.device();
            let half = |l: usize| (l - 1) as f32 * (1.0 - MARGIN) / 2.0;
            // An even number of values has none at its middle.
            let offset = |l: usize| if l.is_multiple_of(2) { 0.5 } else { 0.0 };
            // So that a zero stays zero. The paper's listing has tan in place of its inverse hyperbolic, which is near.
            let shift_1d = self.row(|l| (offset(l) / half(l)).atanh(), &device);
            let bounded_nd = (z_nd + shift_1d).tanh() * self.row(half, &device) - self.row(offset, &device);
            round(bounded_nd) / self.half_width(&device)
        }

        /// The token of rounded values, `[n, dim]` to `[n, 1]`.
        fn token(&self, q_nd: Tensor<2>) -> Tensor<2> {
            let half_1d = self.half_width(&q_nd.device());
            let digit_nd = (q_nd * half_1d.clone() + half_1d).round();
            token(digit_nd, &self.levels)
        }
    }

    impl Quantiser for Rounding {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, device: &Device) -> Self {
            let levels: Vec<usize> = LEVELS[params.usize("levels")].split('-').map(|l| l.parse().expect("a number")).collect();
            Self { usage: Usage::new(levels.iter().product(), 0.0, device), levels }
        }

        fn alphabet(&self) -> Alphabet {
            Alphabet { dim: self.levels.len(), levels: 1, codes: self.levels.iter().product() }
        }

        fn usage(&self) -> &Usage {
            &self.usage
        }

        fn tokens(&self, z_nd: Tensor<2>) -> Tensor<2> {
            self.token(self.rounded(z_nd))
        }

        fn vectors(&self, token_n1: Tensor<2>) -> Tensor<2> {
            let half_1d = self.half_width(&token_n1.device());
            (digits(token_n1, &self.levels) - half_1d.clone()) / half_1d
        }

        fn quantise(&self, z_nd: Tensor<2>, _ctx: &mut Ctx) -> Quantised {
            let q_nd = self.rounded(z_nd);
            let penalty = Tensor::zeros([1], &q_nd.device());
            Quantised { token_nl: self.token(q_nd.clone()), q_nd, penalty, shown: vec![] }
        }
    }
}
