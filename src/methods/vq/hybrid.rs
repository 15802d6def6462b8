//! Hybrid tokens: one decoder for codes of a codebook and for the vectors themselves, so that what rounding leaves out can be added or left away.
//!
//! The paper also learns to generate what is left out, by diffusion; here is the tokeniser alone.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{
    CODES, COMMITMENT, DECAY, DIM, GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, REVIVE, USE, WIDTH,
};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Hybrid;

pub const CARD: Card = Card {
    id: "hybrid-vq",
    family: Family::Vq,
    label: "Hybrid tokens",
    summary: "Teaches one decoder to draw from rounded codes and from the exact ones: tokens give the picture, what they leave out gives the detail.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|q)").weighed(&["sigma", "exact"]),
        Term::plus("commitment", "β Σ‖z − sg[e]‖²").weighed(&["commitment"]),
        PRIOR_TERM,
    ],
    symbols: &[Symbols::new("Σ over places, e = nearest code to z, which follows the mean of the z that choose it;  q = z in some steps, e in the others")],
    counts: USE,
    papers: &[
        Paper::of("HART: Efficient Visual Generation with Hybrid Autoregressive Transformer", "Tang et al. 2024").only("its tokeniser; nothing is generated"),
        PIXELCNN,
    ],
    params: &[
        CODES,
        DIM,
        COMMITMENT,
        ParamSpec::float("exact", "Share of exact steps", 0.0, 1.0, 0.5,
            "In so many of the steps the decoder is given the vectors themselves, in the others the nearest codes. At 0 this is a VQ-VAE.").live(),
        DECAY,
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
    try_this: "Compare the error of copies with that of copies from tokens alone, in Measure; then with [no exact step](exact=0).",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::vq::base::answers_of_codebook;
    use latent_nn::codebook::{Choice, Codebook, Update};
    use latent_nn::straight_through::straight_through;
    use latent_nn::token_autoencoder::{Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_nn::{Ctx, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;

    pub type Hybrid = TokenAutoencoder<Both>;

    /// One codebook, one token a place, which the decoder does not always need.
    #[derive(Module, Debug)]
    pub struct Both {
        codebook: Codebook,
        usage: Usage,
    }

    impl Quantiser for Both {
        const CARD: &'static Card = &CARD;

        answers_of_codebook!();

        fn init(params: &Params, device: &Device) -> Self {
            let codes = params.usize("codes");
            Self {
                codebook: Codebook::new(codes, params.usize("dim"), Update::Average, device),
                usage: Usage::new(codes, 1.0, device),
            }
        }

        /// The vectors themselves: tokens leave their rest out.
        fn quantised(&self, z_nd: Tensor<2>) -> Tensor<2> {
            z_nd
        }

        fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised {
            let Choice { token_n1, fixed_nd, penalty, shown } = self.codebook.choose(z_nd.clone(), ctx);
            let e_nd = straight_through(z_nd.clone(), fixed_nd);
            // One draw for all of a batch, as the decoder is to see whole pictures of a kind; beside training what is decoded is exact.
            let exact_1 =
                if ctx.training { ctx.uniform([1]).lower(ctx.live("exact")).float() } else { Tensor::ones([1], &ctx.device()) };
            let exact_nd = exact_1.reshape([1, 1]).expand(z_nd.dims());
            Quantised { q_nd: e_nd.clone() + (z_nd - e_nd) * exact_nd, token_nl: token_n1, penalty, shown }
        }

        fn learn(&self, terms: Terms, z_nd: Tensor<2>, token_nl: Tensor<2>, ctx: &mut Ctx) -> Terms {
            self.codebook.update(terms, &self.usage, token_nl, z_nd, ctx)
        }

        fn start(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Vec<Named> {
            self.codebook.k_means(z_nd, ctx)
        }
    }
}
