//! The self-supervised VAE: a small picture of each image is a level of its own code, so that an image is drawn coarse first, then fine.
//!
//! Of the paper's transforms it has scaling down by two, once; its priors are flows, here they are normal.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::SelfVae;

pub const CARD: Card = Card {
    id: "self-vae",
    family: Family::Vae,
    pictures: true,
    label: "Self-supervised VAE",
    summary: "Draws a small picture first and then the whole from it: keep the code of the small one alone, and the rest is made up anew.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|y, z)]").weighed(&["sigma"]),
        Term::plus("small", "−E[log p(y|u)]").weighed(&["sigma"]),
        Term::plus("kl upper", "β · KL(q(u|y) ‖ N(0, I))").weighed(&["beta"]),
        Term::plus("kl lower", "β · KL(q(z|x, y) ‖ N(0, I))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("y: the image at half its size, given and not guessed;  u: its code;  z: what is needed besides to draw x from y")],
    papers: &[Paper::of("Self-Supervised Variational Auto-Encoders", "Gatopoulos & Tomczak 2020").only("one step of scaling down, normal priors")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of both KL terms.").live(),
        ParamSpec::int("upper", "Code of the small picture", 1, 64, 10, "How many numbers the upper level has."),
        LATENT.with(10.0, "How many numbers the lower level has: what the whole picture adds to the small one."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Move the upper level, then the lower: which changes the digit, and which only its edges?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::gaussian::{kl_bd, mean_rows, sample};
    use latent_nn::mlp;
    use latent_nn::net::{Ends, beside};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::{DataShape, SampleShape};

    /// The small picture has this part of the units of the whole.
    const PART: usize = 4;

    /// Networks of the whole image, which is told the small one, and of the small one.
    #[derive(Module, Debug)]
    pub struct SelfVae {
        base: Autoencoder,
        small_encoder: mlp::Encoder,
        small_decoder: mlp::Decoder,
        #[module(skip)]
        upper: usize,
        #[module(skip)]
        shape: SampleShape,
    }

    /// The shape of the image at half its size; of an odd side the last row is left out.
    fn half(shape: SampleShape) -> SampleShape {
        SampleShape { height: shape.height / 2, width: shape.width / 2, ..shape }
    }

    /// The mean of each square of four pixels, `[batch, pixels]` to `[batch, values of the small picture]`.
    fn smaller(x_bp: Tensor<2>, shape: SampleShape) -> Tensor<2> {
        let (n, small) = (x_bp.dims()[0], half(shape));
        let rows = n * shape.channels;
        let whole: Tensor<3> = x_bp.reshape([rows, shape.height, shape.width]);
        let even = whole.slice([0..rows, 0..2 * small.height, 0..2 * small.width]);
        let pairs: Tensor<3> = even.reshape([rows * small.height, 2, 2 * small.width]);
        let across: Tensor<3> = pairs.mean_dim(1).reshape([rows * small.height, small.width, 2]);
        across.mean_dim(2).reshape([n, small.len()])
    }

    /// A posterior's mean and log-variance.
    type Posterior = (Tensor<2>, Tensor<2>);

    impl SelfVae {
        /// The small pictures, the posterior of their code, and that of what the images add; of shapes `[batch, …]`.
        fn told(&self, x_bp: Tensor<2>) -> (Tensor<2>, Posterior, Posterior) {
            let y_bs = smaller(x_bp.clone(), self.shape);
            let (mean_bu, logvar_bu) = self.small_encoder.heads_of(self.small_encoder.hidden(y_bs.clone(), None));
            let logvar_bu = logvar_bu.expect("the small encoder was made with variances");
            let lower = self.base.posterior(x_bp, Some(y_bs.clone()));
            (y_bs, (mean_bu, logvar_bu), lower)
        }
    }

    impl Method for SelfVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (latent, upper, small) = (params.usize("latent"), params.usize("upper"), half(data.image).len());
            let width = (params.usize("hidden") / PART).max(1);
            let ends = Ends { side: small, mean: latent, logvar: Some(latent) };
            Self {
                base: Autoencoder::with_ends(params, data.image, ends, latent + small, device),
                small_encoder: mlp::Encoder::new(small, width, Ends { side: 0, mean: upper, logvar: Some(upper) }, device),
                small_decoder: mlp::Decoder::new(upper, width, small, device),
                upper,
                shape: data.image,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let level = |count: usize| CodeGroup { kind: CodeKind::Gaussian, count: count as u32 };
            vec![level(self.upper), level(self.base.latent)]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (y_bs, (mean_bu, logvar_bu), (mean_bd, logvar_bd)) = self.told(batch.x_bp.clone());
            let u_bu = sample(mean_bu.clone(), logvar_bu.clone(), ctx);
            let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let reconstruction = self.base.reconstruction(batch.x_bp, beside(z_bd, Some(y_bs.clone())), ctx);
            let small = self.base.likelihood.nll_b(y_bs, self.small_decoder.forward(u_bu), ctx).mean();
            let (upper_u, lower_d) = (mean_rows(kl_bd(mean_bu, logvar_bu)), mean_rows(kl_bd(mean_bd, logvar_bd)));
            let (upper, lower) = (upper_u.clone().sum(), lower_d.clone().sum());
            let kl = upper.clone() + lower.clone();
            Terms::new(reconstruction.clone() + small.clone() + ctx.live("beta") * kl)
                .show("reconstruction", reconstruction)
                .show("small", small)
                .show("kl upper", upper)
                .show("kl lower", lower)
                .kl(Tensor::cat(vec![upper_u, lower_d], 0))
        }

        fn encode(&self, batch: Batch) -> Code {
            let (_, (mean_bu, logvar_bu), (mean_bd, logvar_bd)) = self.told(batch.x_bp);
            Code { mean_bd: beside(mean_bu, Some(mean_bd)), logvar_bd: Some(beside(logvar_bu, Some(logvar_bd))) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let [n, all] = z_bd.dims();
            let small_bs = self.base.likelihood.mean(self.small_decoder.forward(z_bd.clone().slice([0..n, 0..self.upper])));
            Some(self.base.decode(beside(z_bd.slice([0..n, self.upper..all]), Some(small_bs))))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn four_pixels_become_one() {
            let shape = SampleShape { channels: 2, height: 3, width: 4 };
            let all: Vec<f32> = (0..48).map(|v| v as f32).collect();
            let x = Tensor::<1>::from_floats(all.as_slice(), &Device::flex()).reshape([2, 24]);
            let small: Vec<f32> = smaller(x, shape).into_data().try_into_vec().unwrap();
            assert_eq!(small, [2.5, 4.5, 14.5, 16.5, 26.5, 28.5, 38.5, 40.5]);
        }
    }
}
