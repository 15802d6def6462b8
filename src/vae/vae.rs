//! The variational autoencoder with a Gaussian posterior and a Bernoulli likelihood.

use crate::spec::{Card, Family, Paper, ParamSpec};

#[cfg(feature = "engine")]
pub use engine::Vae;

/// Choices of the parameter `net`.
pub const NETS: &[&str] = &["mlp", "conv"];

pub const CARD: Card = Card {
    id: "vae",
    family: Family::Vae,
    label: "VAE",
    summary: "Learns a small code for each image: an encoder guesses a cloud of codes, a decoder draws the image back from any code in the cloud.",
    formula: "−E[log p(x|z)] + β · KL(q(z|x) ‖ N(0, I))",
    papers: &[
        Paper { title: "Auto-Encoding Variational Bayes", who: "Kingma & Welling 2013" },
        Paper { title: "Understanding disentangling in β-VAE", who: "Burgess et al. 2018" },
    ],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0,
            "Weight of the KL term. At 1 the loss is the negative ELBO. Higher: fewer latents stay in use and digits blur; lower: sharper copies, but samples from the prior fall apart.").live(),
        ParamSpec::int("latent", "Latent size", 1, 64, 20, "How many numbers describe an image."),
        ParamSpec::choice("net", "Network", NETS, 0, "mlp: one hidden layer each way, as in the original paper. conv: strided convolutions, mirrored in the decoder."),
        ParamSpec::int("hidden", "Hidden units", 16, 1024, 400, "Width of the hidden layer of the MLP; the convolutional net uses it for its dense layers as well, at most 256."),
    ],
    try_this: "[Raise β to 8](beta=8) while it trains and watch the KL bars: which latents go silent first, and what do the digits lose?",
};

#[cfg(feature = "engine")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::{relu, sigmoid};
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::nn::net::{self, Decoder, Encoder};
    use crate::nn::{Code, Ctx, ImageShape, Method, Terms};
    use crate::spec::{Card, Setup};

    #[derive(Module, Debug)]
    pub struct Vae {
        encoder: Encoder,
        decoder: Decoder,
        #[module(skip)]
        latent: usize,
    }

    impl Method for Vae {
        const CARD: &'static Card = &CARD;

        fn init(setup: &Setup, shape: ImageShape, device: &Device) -> Self {
            let (encoder, decoder) = net::pair(setup, shape, device);
            Self { encoder, decoder, latent: setup.usize("latent") }
        }

        fn latent(&self) -> usize {
            self.latent
        }

        fn term_names() -> &'static [&'static str] {
            &["loss", "reconstruction", "kl"]
        }

        fn terms(&self, x_bp: Tensor<2>, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.encoder.forward(x_bp.clone());
            let eps_bd = ctx.normal(mean_bd.dims());
            let z_bd = mean_bd.clone() + (logvar_bd.clone() * 0.5).exp() * eps_bd;
            let reconstruction = bernoulli_nll(x_bp, self.decoder.forward(z_bd));
            let kl_d = gaussian_kl(mean_bd, logvar_bd);
            let kl = kl_d.clone().sum();
            let loss = reconstruction.clone() + ctx.live("beta") * kl.clone();
            Terms { scalars: vec![("loss", loss), ("reconstruction", reconstruction), ("kl", kl)], kl_d: Some(kl_d) }
        }

        fn encode(&self, x_bp: Tensor<2>) -> Code {
            let (mean_bd, logvar_bd) = self.encoder.forward(x_bp);
            Code { mean_bd, logvar_bd: Some(logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Tensor<2> {
            sigmoid(self.decoder.forward(z_bd))
        }
    }

    /// −log p(x|z) of grey values under a Bernoulli with logits `l`: `softplus(l) − x·l`, summed over pixels, mean over the
    /// batch, shape `[1]`. `softplus(l) = max(l, 0) + ln(1 + e^−|l|)` overflows for no `l`.
    fn bernoulli_nll(x_bp: Tensor<2>, l_bp: Tensor<2>) -> Tensor<1> {
        let [batch, _] = x_bp.dims();
        let softplus_bp = relu(l_bp.clone()) + l_bp.clone().abs().neg().exp().log1p();
        (softplus_bp - x_bp * l_bp).sum() / batch as f64
    }

    /// KL(N(mean, e^logvar) ‖ N(0, 1)) of each latent, mean over the batch, shape `[latent]`.
    fn gaussian_kl(mean_bd: Tensor<2>, logvar_bd: Tensor<2>) -> Tensor<1> {
        let [_, latent] = mean_bd.dims();
        let kl_bd = (mean_bd.square() + logvar_bd.clone().exp() - logvar_bd - 1.0) * 0.5;
        kl_bd.mean_dim(0).reshape([latent])
    }
}
