//! The online clustered codebook: codes that nobody uses are drawn to the data.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{
    CODES, COMMITMENT, DECAY, DIM, GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, USE, WIDTH,
};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Cvq;

/// Choices of `anchor`.
const ANCHORS: &[&str] = &["by-distance", "random"];

pub const CARD: Card = Card {
    id: "cvq",
    family: Family::Vq,
    hosts_code: true,
    label: "CVQ-VAE",
    summary: "A VQ-VAE that lets no code die: each step draws rarely chosen codes to vectors that the encoder really makes.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|e)").weighed(&["sigma"]),
        Term::plus("codebook", "Σ‖sg[z] − e‖²"),
        Term::plus("commitment", "β Σ‖z − sg[e]‖²").weighed(&["commitment"]),
        PRIOR_TERM,
    ],
    symbols: &[Symbols::new("Σ over places, e = nearest code to z;  eₖ ← (1−αₖ) eₖ + αₖ · anchor,  αₖ = exp(−10·K·Nₖ/(1−γ) − ε),  Nₖ: moving average of use")],
    counts: USE,
    papers: &[
        Paper::of("Online Clustered Codebook", "Zheng & Vedaldi 2023"),
        Paper::of("Neural Discrete Representation Learning", "van den Oord, Vinyals & Kavukcuoglu 2017"),
        PIXELCNN,
    ],
    params: &[
        ParamSpec { default: 512.0, ..CODES },
        DIM,
        COMMITMENT,
        ParamSpec::choice("anchor", "Unused codes go to", ANCHORS, 0,
            "by-distance: a vector of the batch, nearer ones more likely. random: any vector of the batch."),
        DECAY.with(0.9, "Memory of how often codes are chosen: it fades in about 1/(1−γ) steps, ten here. The paper's γ is 0.99, for many epochs: a hundred steps, and α = exp(−1000·s), not exp(−100·s), s a code's part of its fair share."),
        GRID_NET,
        WIDTH,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
        PRIOR,
        PRIOR_WIDTH,
        PRIOR_WEIGHT,
    ],
    try_this: "Compare the codes in use with a VQ-VAE of 512 codes that starts at random, learns by gradient and revives none.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::vq::base::answers_of_codebook;
    use latent_nn::codebook::{Anchor, Choice, Codebook, Update};
    use latent_nn::straight_through::straight_through;
    use latent_nn::token_autoencoder::{Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_nn::{Ctx, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;

    pub type Cvq = TokenAutoencoder<Clustered>;

    /// One codebook that the gradient moves where it is used, and the anchors where not.
    #[derive(Module, Debug)]
    pub struct Clustered {
        codebook: Codebook,
        usage: Usage,
        #[module(skip)]
        anchor: Anchor,
    }

    impl Quantiser for Clustered {
        const CARD: &'static Card = &CARD;

        answers_of_codebook!();

        fn init(params: &Params, device: &Device) -> Self {
            let (codes, dim) = (params.usize("codes"), params.usize("dim"));
            Self {
                codebook: Codebook::new(codes, dim, Update::Gradient, device),
                // Nobody has used a code yet: the first step puts all of them where the data are.
                usage: Usage::new(codes, 0.0, device),
                anchor: [Anchor::ByDistance, Anchor::Random][params.usize("anchor")],
            }
        }

        fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised {
            let Choice { token_n1, fixed_nd, penalty, shown } = self.codebook.choose(z_nd.clone(), ctx);
            Quantised { q_nd: straight_through(z_nd, fixed_nd), token_nl: token_n1, penalty, shown }
        }

        fn learn(&self, terms: Terms, z_nd: Tensor<2>, token_nl: Tensor<2>, ctx: &mut Ctx) -> Terms {
            self.codebook.pull(terms, &self.usage, token_nl, z_nd, self.anchor, ctx)
        }
    }
}
