//! DIP-VAE: the codes are asked to have the covariance of the prior.
//!
//! The defaults are the paper's for samples (II), λ_d = λ_o. For means (I) it takes λ_d = 10·λ_o.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::DipVae;

/// Choices of `covariance`.
const COVARIANCES: &[&str] = &["means", "samples"];

pub const CARD: Card = Card {
    id: "dip-vae",
    family: Family::Vae,
    hosts: true,
    label: "DIP-VAE",
    summary: "Asks for codes whose latents do not vary together: whenever two of them rise and fall as one, it costs.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "KL"),
        Term::plus("off-diagonal", "λ_o·Σ_{i≠j} C_ij²").weighed(&["off-diagonal"]),
        Term::plus("diagonal", "λ_d·Σ_i (C_ii − 1)²").weighed(&["diagonal"]),
    ],
    symbols: &[
        Symbols::new("C = Cov[μ(x)] (DIP-VAE I)").under("covariance", &["means"]),
        Symbols::new("C = Cov[μ(x)] + E[diag σ²(x)] (DIP-VAE II)").under("covariance", &["samples"]),
    ],
    papers: &[Paper::of("Variational Inference of Disentangled Latent Concepts from Unlabeled Observations", "Kumar, Sattigeri & Balakrishnan 2018")],
    params: &[
        ParamSpec::choice("covariance", "Covariance of", COVARIANCES, 1,
            "means: of the encoder's means (DIP-VAE I). samples: of the codes drawn around them (DIP-VAE II)."),
        ParamSpec::log("off-diagonal", "λ_o", 0.1, 1000.0, 10.0, "Price of two latents varying together.").live(),
        ParamSpec::log("diagonal", "λ_d", 0.1, 1000.0, 10.0,
            "Price of a latent whose variance is not 1. The paper takes λ_o for samples, as here, and ten times that for means.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Compare with the first kind, [means at λ_d = 100](covariance=means&diagonal=100): it forces every latent into use, the second lets silent ones be.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, COVARIANCES};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::gaussian::mean_rows;
    use latent_nn::moments::{covariance, identity};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A VAE and whose covariance is held.
    #[derive(Module, Debug)]
    pub struct DipVae {
        base: Autoencoder,
        #[module(skip)]
        covariance: usize,
    }

    impl Method for DipVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Autoencoder::gaussian(params, data.image, device), covariance: params.usize("covariance") }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp, ctx);
            let d = self.base.latent;
            let one_dd = identity(d, &ctx.device());
            let mut c_dd = covariance(pass.mean_bd);
            if COVARIANCES[self.covariance] == "samples" {
                let variance_d = mean_rows(pass.logvar_bd.exp());
                c_dd = c_dd + one_dd.clone() * variance_d.reshape([1, d]);
            }
            let square_dd = (c_dd - one_dd.clone()).square();
            let diagonal = (square_dd.clone() * one_dd.clone()).sum();
            let off_diagonal = (square_dd * (one_dd.neg() + 1.0)).sum();
            let kl = pass.kl_d.clone().sum();
            let price = ctx.live("off-diagonal") * off_diagonal.clone() + ctx.live("diagonal") * diagonal.clone();
            Terms::new(pass.reconstruction.clone() + kl.clone() + price)
                .show("reconstruction", pass.reconstruction)
                .show("kl", kl)
                .show("off-diagonal", off_diagonal)
                .show("diagonal", diagonal)
                .kl(pass.kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.base.log_weights(batch, ctx))
        }
    }
}
