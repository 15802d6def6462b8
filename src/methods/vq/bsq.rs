//! Binary codes: every number at a place becomes a sign.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{COMMITMENT, GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, USE, WIDTH};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Bsq;

/// Choices of `surface`.
const SURFACES: &[&str] = &["sphere", "cube"];

pub const CARD: Card = Card {
    id: "bsq",
    family: Family::Vq,
    hosts_code: true,
    label: "Binary codes (BSQ, LFQ)",
    summary: "Writes every place as a few bits: each number is replaced by its sign, so the codebook is all corners of a cube and nothing need be stored.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|û)").weighed(&["sigma"]),
        Term::plus("commitment", "β Σ‖u − sg[û]‖²").weighed(&["commitment"]),
        Term::plus("unsure", "ζ ΣH(c|u)").weighed(&["entropy", "sharpness"]),
        Term::minus("diverse", "ζγ ΣH(E[c|u])").weighed(&["entropy", "diversity", "sharpness"]),
        PRIOR_TERM,
    ],
    symbols: &[Symbols::new("Σ over places, E over all places of a batch, u = v/‖v‖,  û = sign(u)/√L")],
    counts: USE,
    papers: &[
        Paper::of("Image and Video Tokenization with Binary Spherical Quantization", "Zhao, Xiong & Krähenbühl 2024"),
        PIXELCNN,
    ],
    params: &[
        ParamSpec::int("bits", "Bits L", 2, 12, 8, "Signs a place: 2 to this power is the number of codes."),
        ParamSpec::choice("surface", "Codes lie on", SURFACES, 0,
            "sphere: vectors have length one before they are rounded (binary spherical quantisation), so that no vector is far from its code. cube: they are rounded as they are (lookup-free quantisation)."),
        ParamSpec { default: 0.05, ..COMMITMENT },
        ParamSpec::log("entropy", "Weight of the entropies ζ", 0.001, 10.0, 0.1, "Weight of both entropies below.").live(),
        ParamSpec::float("diversity", "Diversity γ", 0.0, 4.0, 1.0,
            "The first entropy asks each vector to be sure of its bits. The second, of this weight, asks that over a batch each bit is as often on as off.").live(),
        ParamSpec::log("sharpness", "Sharpness τ", 0.1, 100.0, 10.0, "How sure a vector is of a bit, given its distance from zero.").live(),
        GRID_NET,
        WIDTH,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
        PRIOR,
        PRIOR_WIDTH,
        PRIOR_WEIGHT,
    ],
    try_this: "Set the diversity to 0 and watch the codes in use shrink; then back to 1.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::sigmoid;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, SURFACES};
    use latent_nn::codebook::squared_distance;
    use latent_nn::digits::{digits, token};
    use latent_nn::straight_through::{norm, straight_through};
    use latent_nn::token_autoencoder::{Alphabet, Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_nn::{Ctx, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;

    pub type Bsq = TokenAutoencoder<Signs>;

    /// Keeps logarithms of probabilities finite.
    const TINY: f64 = 1e-7;

    #[derive(Module, Debug)]
    pub struct Signs {
        usage: Usage,
        /// Two for each bit.
        #[module(skip)]
        bases: Vec<usize>,
        #[module(skip)]
        sphere: bool,
    }

    impl Signs {
        /// The vector that is rounded, shape `[n, bits]`.
        fn on_surface(&self, z_nd: Tensor<2>) -> Tensor<2> {
            if self.sphere { z_nd.clone() / norm(z_nd) } else { z_nd }
        }

        /// Length of every number of a code.
        fn radius(&self) -> f64 {
            if self.sphere { (self.bases.len() as f64).powf(-0.5) } else { 1.0 }
        }

        /// A one where a number is positive, shape `[n, bits]`.
        fn on(&self, z_nd: Tensor<2>) -> Tensor<2> {
            stop_gradient(z_nd).greater_elem(0.0).float()
        }

        fn code(&self, on_nd: Tensor<2>) -> Tensor<2> {
            (on_nd * 2.0 - 1.0) * self.radius()
        }
    }

    /// Entropy of bits that are on with probability `p`, in nats, of all bits of a row together, shape `[n, 1]`.
    fn entropy(p_nd: Tensor<2>) -> Tensor<2> {
        let q_nd = -p_nd.clone() + 1.0;
        -(p_nd.clone() * (p_nd + TINY).log() + q_nd.clone() * (q_nd + TINY).log()).sum_dim(1)
    }

    impl Quantiser for Signs {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, device: &Device) -> Self {
            let bits = params.usize("bits");
            Self {
                usage: Usage::new(1 << bits, 0.0, device),
                bases: vec![2; bits],
                sphere: SURFACES[params.usize("surface")] == "sphere",
            }
        }

        fn alphabet(&self) -> Alphabet {
            Alphabet { dim: self.bases.len(), levels: 1, codes: 1 << self.bases.len() }
        }

        fn bits(&self) -> bool {
            true
        }

        fn usage(&self) -> &Usage {
            &self.usage
        }

        fn tokens(&self, z_nd: Tensor<2>) -> Tensor<2> {
            token(self.on(z_nd), &self.bases)
        }

        fn vectors(&self, token_n1: Tensor<2>) -> Tensor<2> {
            self.code(digits(token_n1, &self.bases))
        }

        /// The entropies are those of independent bits with `p(on) = σ(2 τ u r)`, `r` the code's length in every direction
        /// (Zhao et al. 2024, section 3.2): exact for a vector, an upper bound for the batch.
        fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised {
            let on_nd = self.on(z_nd.clone());
            let u_nd = self.on_surface(z_nd);
            let code_nd = self.code(on_nd.clone());
            let commitment = squared_distance(u_nd.clone(), code_nd.clone());
            let tau = ctx.live("sharpness") * (2.0 * self.radius());
            let p_nd = sigmoid(u_nd.clone() * tau.reshape([1, 1]));
            let unsure = entropy(p_nd.clone()).mean();
            let diverse = entropy(p_nd.mean_dim(0)).reshape([1]);
            let entropies = unsure.clone() - ctx.live("diversity") * diverse.clone();
            Quantised {
                q_nd: straight_through(u_nd, code_nd),
                token_nl: token(on_nd, &self.bases),
                penalty: ctx.live("commitment") * commitment.clone() + ctx.live("entropy") * entropies,
                shown: vec![("commitment", commitment), ("unsure", unsure), ("diverse", diverse)],
            }
        }
    }
}
