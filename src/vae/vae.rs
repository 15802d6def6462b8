//! The variational autoencoder with a Gaussian posterior and a Bernoulli likelihood.

use crate::spec::{Card, Family, Paper, ParamSpec};

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
    try_this: "Raise β to 8 while it trains and watch the KL bars: which latents go silent first, and what do the digits lose?",
};
