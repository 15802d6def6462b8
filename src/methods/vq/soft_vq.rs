//! Soft vector quantisation: every place takes a mixture of all codes, so that nothing is rounded and every code learns.
//!
//! The paper's encoder is a transformer that writes an image as a few tokens without places; here it is the grid of the others of this line.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{CODES, DIM, GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, USE, WIDTH};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::SoftVq;

pub const CARD: Card = Card {
    id: "soft-vq",
    family: Family::Vq,
    hosts_code: true,
    label: "SoftVQ",
    summary: "Mixes all vectors of the codebook at every place, the nearer the more, in place of choosing one: the decoder gets what lies between codes.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|q)").weighed(&["sigma"]),
        Term::plus("unsure", "ζ ΣH(p)").weighed(&["entropy"]),
        Term::minus("diverse", "ζ ΣH(E[p])").weighed(&["entropy"]),
        PRIOR_TERM,
    ],
    symbols: &[Symbols::new("Σ over places, E over all places of a batch,  q = Σ_k p_k e_k,  p = softmax(−‖z − e_k‖² / τ),  e of length 1, z at most")],
    counts: USE,
    papers: &[
        Paper::of("SoftVQ-VAE: Efficient 1-Dimensional Continuous Tokenizer", "Chen et al. 2025").only("soft assignment and its entropies, on a grid of places"),
        PIXELCNN,
    ],
    params: &[
        CODES,
        DIM,
        ParamSpec::log("temperature", "Temperature τ", 0.001, 10.0, 0.3,
            "How soft the choice is. Near 0 the nearest code alone counts; high: all codes alike. The paper's is 0.07."),
        ParamSpec::log("entropy", "Weight of the entropies ζ", 1e-4, 10.0, 0.01,
            "Each place is asked to be sure of its code, and all together to use many.").live(),
        GRID_NET,
        WIDTH,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
        PRIOR,
        PRIOR_WIDTH,
        PRIOR_WEIGHT,
    ],
    try_this: "Compare its copies with a VQ-VAE's of as many codes. Then train at a [temperature of 0.005](temperature=0.005): what is left of the difference?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::softmax;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::codebook::{Codebook, Update};
    use latent_nn::straight_through::norm;
    use latent_nn::token_autoencoder::{Alphabet, Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_nn::{Ctx, Named, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;

    pub type SoftVq = TokenAutoencoder<Soft>;

    /// Keeps logarithms of probabilities finite.
    const TINY: f64 = 1e-10;

    /// One codebook, of which each place takes a mixture.
    #[derive(Module, Debug)]
    pub struct Soft {
        codebook: Codebook,
        usage: Usage,
        #[module(skip)]
        temperature: f64,
    }

    impl Soft {
        /// The codes, of length 1, shape `[codes, dim]`.
        fn codes(&self) -> Tensor<2> {
            let vectors_kd = self.codebook.vectors();
            vectors_kd.clone() / norm(vectors_kd)
        }

        /// How much of each code each vector takes, shapes `[n, dim]` to `[n, codes]`.
        /// Of a squared distance, what all codes share makes no difference.
        fn parts(&self, z_nd: Tensor<2>) -> Tensor<2> {
            softmax(shortened(z_nd).matmul(self.codes().transpose()) * (2.0 / self.temperature), 1)
        }
    }

    /// Below this length a vector stays short, so that rounding does not decide where it points.
    const SHORT: f64 = 0.1;

    /// Rows of length 1, or nearly so where they are longer than [`SHORT`], shape `[n, dim]`.
    fn shortened(x_nd: Tensor<2>) -> Tensor<2> {
        let length_n1 = (x_nd.clone().square().sum_dim(1) + SHORT * SHORT).sqrt();
        x_nd / length_n1
    }

    /// Entropy of each row in nats, shape `[n, 1]`.
    fn entropy(p_nk: Tensor<2>) -> Tensor<2> {
        -(p_nk.clone() * (p_nk + TINY).log()).sum_dim(1)
    }

    impl Quantiser for Soft {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, device: &Device) -> Self {
            let codes = params.usize("codes");
            Self {
                codebook: Codebook::new(codes, params.usize("dim"), Update::Gradient, device),
                usage: Usage::new(codes, 0.0, device),
                temperature: params.get("temperature"),
            }
        }

        fn alphabet(&self) -> Alphabet {
            self.codebook.alphabet(1)
        }

        fn usage(&self) -> &Usage {
            &self.usage
        }

        /// The code that a vector takes the most of.
        fn tokens(&self, z_nd: Tensor<2>) -> Tensor<2> {
            let n = z_nd.dims()[0];
            stop_gradient(self.parts(z_nd)).argmax(1).float().reshape([n, 1])
        }

        fn vectors(&self, token_n1: Tensor<2>) -> Tensor<2> {
            let [n, _] = token_n1.dims();
            self.codes().select(0, token_n1.int().reshape([n]))
        }

        fn quantised(&self, z_nd: Tensor<2>) -> Tensor<2> {
            self.parts(z_nd).matmul(self.codes())
        }

        fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised {
            let p_nk = self.parts(z_nd.clone());
            let unsure = entropy(p_nk.clone()).mean();
            let diverse = entropy(p_nk.clone().mean_dim(0)).reshape([1]);
            Quantised {
                q_nd: p_nk.matmul(self.codes()),
                token_nl: self.tokens(z_nd),
                penalty: ctx.live("entropy") * (unsure.clone() - diverse.clone()),
                shown: vec![("unsure", unsure), ("diverse", diverse)],
            }
        }

        fn start(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Vec<Named> {
            self.codebook.k_means(z_nd, ctx)
        }
    }
}
