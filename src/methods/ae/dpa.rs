//! The distributional principal autoencoder: a code's first numbers tell the most, and the decoder draws all images that a code leaves open.
//!
//! The paper adds up the loss of every number of components; here each image of a batch keeps a number of them that is drawn. As in the paper
//! noise takes the place of those that are not kept.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, NET, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::Dpa;

pub const CARD: Card = Card {
    id: "dpa",
    family: Family::Ae,
    label: "Distributional principal autoencoder",
    summary: "Puts what matters most into the first numbers of a code, as principal components do, and draws at random what the code does not say.",
    unit: "lengths of pictures",
    terms: &[
        Term::plus("near", "E‖x − x̂‖"),
        Term::minus("apart", "½·E‖x̂ − x̂′‖"),
    ],
    symbols: &[Symbols::new("x̂ = D(z₁ … z_k, ε) and x̂′ = D(z₁ … z_k, ε′): two pictures of the first k numbers of z = E(x), with other noise; k is drawn")],
    papers: &[Paper::of("Distributional Autoencoders Know the Score", "Leban 2025").only("the energy score over nested codes, with a drawn number of components")],
    params: &[
        ParamSpec::int("noise", "Numbers of noise", 0, 64, 16,
            "Numbers of noise that the decoder is given besides the code, so that one code can have many pictures."),
        LATENT.with(16.0, "Numbers of a code, the most telling ones first."),
        NET,
        CHANNELS,
        HIDDEN,
    ],
    try_this: "Move the first slider, then the last: which changes more? Then look at the error of copies from the first numbers alone, in Measure.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::cloud::Cloud;
    use latent_nn::constant::places;
    use latent_nn::likelihood::Likelihood;
    use latent_nn::net::{self, Decoder, Encoder, Ends};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// Below this a difference has no direction.
    const TINY: f64 = 1e-12;

    /// Networks, and where the codes lie.
    #[derive(Module, Debug)]
    pub struct Dpa {
        encoder: Encoder,
        decoder: Decoder,
        likelihood: Likelihood,
        cloud: Cloud,
        #[module(skip)]
        latent: usize,
        #[module(skip)]
        noise: usize,
    }

    /// Length of each row, shape `[batch, pixels]`, mean over the batch, `[1]`.
    fn length(x_bp: Tensor<2>) -> Tensor<1> {
        (x_bp.square().sum_dim(1) + TINY).sqrt().mean()
    }

    impl Dpa {
        /// Pictures of codes with the decoder's noise behind them, `[batch, latent + noise]` to `[batch, pixels]`.
        fn pictures(&self, z_be: Tensor<2>) -> Tensor<2> {
            self.likelihood.mean(self.decoder.forward(z_be))
        }
    }

    impl Method for Dpa {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (latent, noise) = (params.usize("latent"), params.usize("noise"));
            let ends = Ends { side: 0, mean: latent, logvar: None };
            let (encoder, decoder) = net::pair(params, data.image, ends, latent + noise, device);
            let likelihood = Likelihood::of_means(data.image);
            Self { encoder, decoder, likelihood, cloud: Cloud::new(latent, device), latent, noise }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Point, count: self.latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (n, d) = (batch.len(), self.latent);
            let z_bd = self.encoder.heads(batch.x_bp.clone(), None).0;
            let kept_b1 = (ctx.uniform([n, 1]) * d as f64).floor() + 1.0;
            let place_bd = places(d, &ctx.device()).unsqueeze::<2>().expand([n, d]);
            let kept_bd = place_bd.lower(kept_b1.expand([n, d])).float();
            let mut picture = || {
                let eps_be = ctx.normal([n, d + self.noise]);
                let in_place_bd = eps_be.clone().slice([0..n, 0..d]) * (kept_bd.clone().neg() + 1.0);
                let known_bd = z_bd.clone() * kept_bd.clone() + in_place_bd;
                let z_be = if self.noise == 0 {
                    known_bd
                } else {
                    Tensor::cat(vec![known_bd, eps_be.slice([0..n, d..d + self.noise])], 1)
                };
                self.pictures(z_be)
            };
            let (first_bp, second_bp) = (picture(), picture());
            let near = (length(batch.x_bp.clone() - first_bp.clone()) + length(batch.x_bp - second_bp.clone())) * 0.5;
            let apart = length(first_bp - second_bp) * 0.5;
            let terms = Terms::new(near.clone() - apart.clone()).show("near", near).show("apart", apart);
            self.cloud.observe(terms, z_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.encoder.heads(batch.x_bp, None).0, logvar_bd: None }
        }

        /// The picture of a code without noise.
        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let n = z_bd.dims()[0];
            if self.noise == 0 {
                return Some(self.pictures(z_bd));
            }
            let still_be = Tensor::zeros([n, self.noise], &z_bd.device());
            Some(self.pictures(Tensor::cat(vec![z_bd, still_be], 1)))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
