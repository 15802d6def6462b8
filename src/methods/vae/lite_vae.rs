//! LiteVAE: the encoder sees wavelet coefficients in place of pixels, and so does with few weights.
//!
//! Two levels of Haar's transform in place of the paper's three, and a convolution for each of its small networks.

use latent_vocabulary::objective::Term;
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::LiteVae;

pub const CARD: Card = Card {
    id: "lite-vae",
    family: Family::Vae,
    pictures: true,
    label: "LiteVAE",
    summary: "Splits each picture into coarse and fine by a fixed transform first, so that an encoder of a few thousand weights is enough.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x) ‖ N(0, I))").weighed(&["beta"]),
    ],
    papers: &[Paper::of("LiteVAE: Lightweight and Efficient Variational Autoencoders for Latent Diffusion Models", "Sadat et al. 2024")
        .only("the wavelet encoder; a code that is one vector, and two levels")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of the KL term. At 1 the loss is the negative ELBO.").live(),
        ParamSpec::int("features", "Features of the encoder", 2, 64, 12, "Maps that each small network of the encoder makes of its coefficients."),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Compare it with a VAE of the same decoder in the bench: the error of copies, and how many weights the encoder has.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::nn::conv::Conv2d;
    use burn::tensor::activation::silu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::{elbo, log_weights};
    use latent_nn::gaussian::{kl_bd, sample};
    use latent_nn::haar::bands;
    use latent_nn::layers::{conv, linear};
    use latent_nn::likelihood::Likelihood;
    use latent_nn::net::{self, Decoder, Ends};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::{DataShape, SampleShape};

    /// Sides become multiples of it: what two levels of the transform halve.
    const WHOLE: usize = 4;

    /// From wavelet coefficients to a posterior.
    #[derive(Module, Debug)]
    pub struct Encoder {
        /// Of what the first level leaves out, at half the image's size, to a quarter of it.
        fine: Conv2d,
        /// Of all of the second level.
        coarse: Conv2d,
        both: Conv2d,
        mean: Linear,
        logvar: Linear,
        #[module(skip)]
        shape: SampleShape,
    }

    /// `side` and as much as makes it a multiple of [`WHOLE`].
    fn filled(side: usize) -> usize {
        side.next_multiple_of(WHOLE)
    }

    impl Encoder {
        fn new(shape: SampleShape, features: usize, latent: usize, device: &Device) -> Self {
            let (channels, same) = (shape.channels, [1; 4]);
            let places = filled(shape.height) / WHOLE * (filled(shape.width) / WHOLE);
            Self {
                fine: conv([3 * channels, features], [4, 4], [2, 2], same, device),
                coarse: conv([4 * channels, features], [3, 3], [1, 1], same, device),
                both: conv([2 * features, features], [3, 3], [1, 1], same, device),
                mean: linear(features * places, latent, device),
                logvar: linear(features * places, latent, device),
                shape,
            }
        }

        /// Mean and log-variance, shapes `[batch, pixels]` to `[batch, latent]`.
        fn posterior(&self, x_bp: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
            let (n, SampleShape { channels, height, width }) = (x_bp.dims()[0], self.shape);
            let (to_height, to_width, device) = (filled(height), filled(width), x_bp.device());
            let mut x_bchw: Tensor<4> = x_bp.reshape([n, channels, height, width]);
            if to_height > height {
                x_bchw = Tensor::cat(vec![x_bchw, Tensor::zeros([n, channels, to_height - height, width], &device)], 2);
            }
            if to_width > width {
                x_bchw = Tensor::cat(vec![x_bchw, Tensor::zeros([n, channels, to_height, to_width - width], &device)], 3);
            }
            let [low, across, down, slanted] = bands(x_bchw);
            let fine_bfhw = silu(self.fine.forward(Tensor::cat(vec![across, down, slanted], 1)));
            let coarse_bfhw = silu(self.coarse.forward(Tensor::cat(bands(low).to_vec(), 1)));
            let both_bfhw = silu(self.both.forward(Tensor::cat(vec![fine_bfhw, coarse_bfhw], 1)));
            let [_, features, rows, columns] = both_bfhw.dims();
            let h_bh = both_bfhw.reshape([n, features * rows * columns]);
            (self.mean.forward(h_bh.clone()), self.logvar.forward(h_bh))
        }
    }

    /// The small encoder, and a decoder as others have it.
    #[derive(Module, Debug)]
    pub struct LiteVae {
        encoder: Encoder,
        decoder: Decoder,
        likelihood: Likelihood,
        #[module(skip)]
        latent: usize,
    }

    impl Method for LiteVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let latent = params.usize("latent");
            let (_, decoder) = net::pair(params, data.image, Ends { side: 0, mean: latent, logvar: None }, latent, device);
            Self {
                encoder: Encoder::new(data.image, params.usize("features"), latent, device),
                decoder,
                likelihood: Likelihood::new(params, data.image, device),
                latent,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Gaussian, count: self.latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.encoder.posterior(batch.x_bp.clone());
            let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let reconstruction = self.likelihood.nll_b(batch.x_bp, self.decoder.forward(z_bd), ctx).mean();
            elbo(reconstruction, kl_bd(mean_bd, logvar_bd), ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let (mean_bd, logvar_bd) = self.encoder.posterior(batch.x_bp);
            Code { mean_bd, logvar_bd: Some(logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.likelihood.mean(self.decoder.forward(z_bd)))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let posterior = self.encoder.posterior(batch.x_bp.clone());
            Some(log_weights(&self.likelihood, batch.x_bp, posterior, |z_sd| self.decoder.forward(z_sd), ctx))
        }
    }
}
