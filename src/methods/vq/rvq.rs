//! Residual quantisation: what one code leaves of a vector, the next describes.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{
    CODES, COMMITMENT, DECAY, DIM, GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, REVIVE, USE, WIDTH,
};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Rvq;

pub const CARD: Card = Card {
    id: "rvq",
    family: Family::Vq,
    hosts_code: true,
    label: "RQ-VAE",
    summary: "Describes every place in several rounds: the first token roughly, each further one what the tokens before it left over.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|ẑ⁽ᴰ⁾)").weighed(&["sigma"]),
        Term::plus("commitment", "β Σ Σ_d ‖z − sg[ẑ⁽ᵈ⁾]‖²").weighed(&["commitment"]),
        PRIOR_TERM,
    ],
    symbols: &[Symbols::new("Σ over places, ẑ⁽ᵈ⁾ = Σ_{i≤d} e(kᵢ),  k_d = nearest code to z − ẑ⁽ᵈ⁻¹⁾")],
    counts: USE,
    papers: &[
        Paper::of("Autoregressive Image Generation using Residual Quantization", "Lee et al. 2022")
            .only("its RQ-VAE, with a PixelCNN in place of its RQ-Transformer"),
        Paper::of("Neural Discrete Representation Learning", "van den Oord, Vinyals & Kavukcuoglu 2017"),
        PIXELCNN,
    ],
    params: &[
        CODES,
        ParamSpec::int("levels", "Levels", 1, 8, 3, "Tokens a place. All take their codes from one codebook."),
        DIM,
        COMMITMENT,
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
    try_this: "Compare three levels of 16 codes with a VQ-VAE of 16 and of 1024: which comes closer to the picture, and at how many bits?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::codebook::{Codebook, Update, squared_distance};
    use latent_nn::straight_through::straight_through;
    use latent_nn::token_autoencoder::{Alphabet, Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_nn::{Ctx, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;

    pub type Rvq = TokenAutoencoder<Residual>;

    /// One codebook for all levels; its codes are moving averages of the residuals that chose them.
    #[derive(Module, Debug)]
    pub struct Residual {
        codebook: Codebook,
        usage: Usage,
        #[module(skip)]
        levels: usize,
    }

    impl Residual {
        /// What is left of `z` before each level, as rows of their own, `[n * levels, dim]`, the levels of a place side by side.
        fn residuals(&self, z_nd: Tensor<2>, token_nl: Tensor<2>) -> Tensor<2> {
            let [n, dim] = z_nd.dims();
            let e_nld = self.each(token_nl);
            let before_nld = e_nld.clone().cumsum(1) - e_nld;
            let z_nld = z_nd.reshape([n, 1, dim]).expand([n, self.levels, dim]);
            (z_nld - before_nld).reshape([n * self.levels, dim])
        }

        /// The code of each level, `[n, levels]` to `[n, levels, dim]`.
        fn each(&self, token_nl: Tensor<2>) -> Tensor<3> {
            let [n, levels] = token_nl.dims();
            let e_rd = self.codebook.lookup(token_nl.reshape([n * levels, 1]));
            let dim = e_rd.dims()[1];
            e_rd.reshape([n, levels, dim])
        }
    }

    impl Quantiser for Residual {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, device: &Device) -> Self {
            let (codes, dim) = (params.usize("codes"), params.usize("dim"));
            Self {
                codebook: Codebook::new(codes, dim, Update::Average, device),
                usage: Usage::new(codes, 1.0, device),
                levels: params.usize("levels"),
            }
        }

        fn alphabet(&self) -> Alphabet {
            self.codebook.alphabet(self.levels)
        }

        fn usage(&self) -> &Usage {
            &self.usage
        }

        fn tokens(&self, z_nd: Tensor<2>) -> Tensor<2> {
            let mut left_nd = z_nd;
            let mut tokens = vec![];
            for _ in 0..self.levels {
                let token_n1 = self.codebook.nearest(left_nd.clone());
                left_nd = left_nd - self.codebook.lookup(token_n1.clone());
                tokens.push(token_n1);
            }
            Tensor::cat(tokens, 1)
        }

        fn vectors(&self, token_nl: Tensor<2>) -> Tensor<2> {
            let ([n, _], e_nld) = (token_nl.dims(), self.each(token_nl));
            let dim = e_nld.dims()[2];
            e_nld.sum_dim(1).reshape([n, dim])
        }

        fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised {
            let [n, dim] = z_nd.dims();
            let token_nl = self.tokens(stop_gradient(z_nd.clone()));
            let partial_nld = stop_gradient(self.each(token_nl.clone()).cumsum(1));
            let z_nld = z_nd.clone().reshape([n, 1, dim]).expand([n, self.levels, dim]);
            let commitment = (z_nld - partial_nld.clone()).square().sum() / n as f64;
            let last_nd = partial_nld.narrow(1, self.levels - 1, 1).reshape([n, dim]);
            let shown = vec![("commitment", commitment.clone()), ("left over", squared_distance(z_nd.clone(), last_nd.clone()))];
            Quantised { q_nd: straight_through(z_nd, last_nd), token_nl, penalty: ctx.live("commitment") * commitment, shown }
        }

        fn learn(&self, terms: Terms, z_nd: Tensor<2>, token_nl: Tensor<2>, ctx: &mut Ctx) -> Terms {
            let left_rd = self.residuals(z_nd, token_nl.clone());
            self.codebook.update(terms, &self.usage, token_nl, left_rd, ctx)
        }

        fn start(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Vec<Named> {
            self.codebook.k_means(z_nd, ctx)
        }
    }
}
