//! The identifiable double VAE: a second VAE, of what is told of an image, says where its code is to be expected.
//!
//! In the paper the encoder may be told the factors too; here it sees the image alone, so that codes of other images can be read.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Idvae;

pub const CARD: Card = Card {
    id: "idvae",
    family: Family::Vae,
    factors: true,
    label: "Identifiable double VAE",
    summary: "Learns a code of what is known of images, size, place, shape, and expects each image's code near that: so numbers come to mean what was told.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x) ‖ p(z|u))").weighed(&["beta"]),
        Term::plus("told again", "τ · −E[log p(u|z̃)]").weighed(&["told"]),
        Term::plus("kl of told", "β · KL(p(z|u) ‖ N(0, I))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("u what is known of x, as numbers from 0 to 1;  z̃ ~ p(z|u), which is the encoder of a VAE of u")],
    papers: &[Paper::of("An Identifiable Double VAE For Disentangled Representations", "Mita, Filippone & Michiardi 2021")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of both KL terms.").live(),
        ParamSpec::log("told", "τ", 0.01, 1000.0, 10.0, "How much it matters that the code of what is told can be read. Near 0 codes may lie anywhere.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train it on sprites beside a VAE, and compare how each factor goes with one number of the code, in Measure.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::conditional::uniform;
    use latent_nn::gaussian::{kl_bd, kl_between, mean_rows, sample};
    use latent_nn::likelihood::softplus;
    use latent_nn::mlp;
    use latent_nn::net::Ends;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::factors::FactorList;
    use latent_vocabulary::shape::DataShape;

    /// Units of the VAE of what is told.
    const WIDTH: usize = 64;

    /// A VAE of images, and one of what is told of them, with codes of the same numbers.
    #[derive(Module, Debug)]
    pub struct Idvae {
        base: Autoencoder,
        told_encoder: mlp::Encoder,
        told_decoder: mlp::Decoder,
        #[module(skip)]
        factors: FactorList,
    }

    impl Idvae {
        /// Mean and log-variance of p(z | u), shapes `[n, numbers told]` to `[n, latent]`.
        fn expected(&self, told_nt: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
            let (mean_nd, logvar_nd) = self.told_encoder.heads_of(self.told_encoder.hidden(told_nt, None));
            (mean_nd, logvar_nd.expect("the encoder of what is told was made with variances"))
        }
    }

    impl Method for Idvae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::gaussian(params, data.image, device);
            let (told, latent) = (data.factors.numbers(), base.latent);
            Self {
                told_encoder: mlp::Encoder::new(told, WIDTH, Ends { side: 0, mean: latent, logvar: Some(latent) }, device),
                told_decoder: mlp::Decoder::new(latent, WIDTH, told, device),
                base,
                factors: data.factors,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let u_bt = batch.told_bt(&self.factors);
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp.clone(), None);
            let (to_mean_bd, to_logvar_bd) = self.expected(u_bt.clone());
            let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let told_bd = sample(to_mean_bd.clone(), to_logvar_bd.clone(), ctx);
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd, ctx);
            let logits_bt = self.told_decoder.forward(told_bd);
            let again = (softplus(logits_bt.clone()) - u_bt * logits_bt).sum_dim(1).mean();
            let of_told = mean_rows(kl_bd(to_mean_bd.clone(), to_logvar_bd.clone())).sum();
            let kl_d = mean_rows(kl_between((mean_bd, logvar_bd), (to_mean_bd, to_logvar_bd)));
            let kl = kl_d.clone().sum();
            let loss =
                reconstruction.clone() + ctx.live("beta") * (kl.clone() + of_told.clone()) + ctx.live("told") * again.clone();
            Terms::new(loss)
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .show("told again", again)
                .show("kl of told", of_told)
                .kl(kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        /// Of something told, each value of each factor as likely as any other.
        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            let told_nt = uniform(n, &self.factors, ctx);
            let (mean_nd, logvar_nd) = self.expected(told_nt);
            sample(mean_nd, logvar_nd, ctx)
        }
    }
}
