//! The vector-quantised Wasserstein autoencoder: all vectors of a batch are carried to all codes, each code taking its fair share.
//!
//! In the paper the codes' shares are learnt and held to even ones; here they are even. Transport is found for some of a batch's vectors.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::{CODES, DIM, GRID_NET, PIXELCNN, PRIOR, PRIOR_TERM, PRIOR_WEIGHT, PRIOR_WIDTH, USE, WIDTH};
use latent_vocabulary::{Card, Family, HIDDEN, LIKELIHOOD, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::VqWae;

pub const CARD: Card = Card {
    id: "vq-wae",
    family: Family::Vq,
    hosts_code: true,
    label: "VQ-WAE",
    summary: "Asks the cloud of all vectors to lie evenly over all codes, so that none stays unused; no revival, no moving average.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|e)").weighed(&["sigma"]),
        Term::plus("transport", "λ Σ W(z, e)").weighed(&["lambda"]),
        PRIOR_TERM,
    ],
    symbols: &[Symbols::new("Σ over places, e = nearest code to z,  W: the least mean of ‖z − e‖² at which every code gets an even share of the vectors")],
    counts: USE,
    papers: &[
        Paper::of("Vector Quantized Wasserstein Auto-Encoder", "Vuong et al. 2023").only("with even shares of the codes"),
        PIXELCNN,
    ],
    params: &[
        CODES,
        DIM,
        ParamSpec::log("lambda", "Transport λ", 0.001, 10.0, 0.25,
            "How strongly vectors and codes are drawn to each other. It takes the place of commitment and codebook terms.").live(),
        ParamSpec::log("blur", "Blur", 0.005, 1.0, 0.05,
            "Weight of the plan's entropy, in mean distances. Small: each vector goes to one code; large: to many."),
        GRID_NET,
        WIDTH,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
        PRIOR,
        PRIOR_WIDTH,
        PRIOR_WEIGHT,
    ],
    try_this: "Watch the perplexity beside that of a VQ-VAE without revival.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::vq::base::answers_of_codebook;
    use latent_nn::codebook::{Codebook, Update, each};
    use latent_nn::sinkhorn::plan;
    use latent_nn::straight_through::straight_through;
    use latent_nn::token_autoencoder::{Quantised, Quantiser, TokenAutoencoder};
    use latent_nn::usage::Usage;
    use latent_nn::{Ctx, Named, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;

    pub type VqWae = TokenAutoencoder<Transport>;

    /// Vectors of a batch, at most, for which transport is found.
    const SAMPLE: usize = 1024;

    /// One codebook, one token a place.
    #[derive(Module, Debug)]
    pub struct Transport {
        codebook: Codebook,
        usage: Usage,
        #[module(skip)]
        blur: f64,
    }

    impl Quantiser for Transport {
        const CARD: &'static Card = &CARD;

        answers_of_codebook!();

        fn init(params: &Params, device: &Device) -> Self {
            let codes = params.usize("codes");
            Self {
                codebook: Codebook::new(codes, params.usize("dim"), Update::Gradient, device),
                usage: Usage::new(codes, 0.0, device),
                blur: params.get("blur"),
            }
        }

        fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised {
            let token_n1 = self.codebook.nearest(z_nd.clone());
            let fixed_nd = stop_gradient(self.codebook.lookup(token_n1.clone()));
            let step = z_nd.dims()[0].div_ceil(SAMPLE);
            let cost_sk = self.codebook.distances(each(z_nd.clone(), step));
            let transport = (plan(cost_sk.clone(), self.blur) * cost_sk).sum();
            Quantised {
                q_nd: straight_through(z_nd, fixed_nd),
                token_nl: token_n1,
                penalty: ctx.live("lambda") * transport.clone(),
                shown: vec![("transport", transport)],
            }
        }

        fn start(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Vec<Named> {
            self.codebook.k_means(z_nd, ctx)
        }
    }
}
