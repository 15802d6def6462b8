//! The diffusion VAE: codes lie on a circle, a sphere or a torus, and posteriors spread over it as heat does.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::DiffusionVae;

/// Choices of the space of codes.
const SPACES: &[&str] = &["circle", "torus", "sphere"];

pub const CARD: Card = Card {
    id: "diffusion-vae",
    family: Family::Vae,
    label: "Diffusion VAE",
    summary: "A VAE whose codes lie on a circle, a sphere or a torus: what goes round in the data may go round in the code, without a seam.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q_t(z|μ(x)) ‖ uniform)").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("q_t(z|μ): where a random walk on the space is after the time t that began at μ")],
    papers: &[Paper::of("Diffusion Variational Autoencoders", "Rey, Menkovski & Portegies 2020")],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of the KL term. At 1 the loss is the negative ELBO.").live(),
        ParamSpec::choice(
            "space",
            "Space of codes",
            SPACES,
            2,
            "circle: all that goes round once. torus: two circles. sphere: two numbers without an edge. A code has the numbers of a point in the space around it.",
        ),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Draw a ring of your own, train a VAE with one latent and this with a circle, and look for the place where the copies tear.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::activation::sigmoid;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::net::Ends;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// Steps of a walk.
    const WALK: usize = 10;
    /// Times for which a posterior spreads: the expansion of its entropy holds while it knows of no other side.
    const TIMES: [f64; 2] = [1e-4, 0.3];

    /// Spheres side by side: circles are spheres of one dimension.
    #[derive(Clone, Copy, Debug)]
    struct Space {
        spheres: usize,
        /// Dimensions of each.
        dims: usize,
    }

    impl Space {
        fn numbers(self) -> usize {
            self.spheres * (self.dims + 1)
        }

        /// ln of the volume of all of it.
        fn ln_volume(self) -> f64 {
            use std::f64::consts::{PI, TAU};
            self.spheres as f64 * if self.dims == 1 { TAU.ln() } else { (4.0 * PI).ln() }
        }

        /// Its scalar curvature: s(s − 1) of each unit sphere of s dimensions.
        fn curvature(self) -> f64 {
            (self.spheres * self.dims * (self.dims - 1)) as f64
        }

        /// The nearest points of it, shape `[n, numbers]`.
        fn onto(self, z_nd: Tensor<2>) -> Tensor<2> {
            let n = z_nd.dims()[0];
            let z: Tensor<3> = z_nd.reshape([n, self.spheres, self.dims + 1]);
            let length = z.clone().square().sum_dim(2).clamp_min(1e-12).sqrt();
            (z / length).reshape([n, self.numbers()])
        }
    }

    /// Networks, and the space of the codes.
    #[derive(Module, Debug)]
    pub struct DiffusionVae {
        base: Autoencoder,
        #[module(skip)]
        space: Space,
    }

    impl DiffusionVae {
        /// Where the walks begin, shape `[batch, numbers]`, and how long they last, `[batch, 1]`.
        fn posterior(&self, x_bp: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
            let head_bh = self.base.point(x_bp);
            let ([batch, all], numbers) = (head_bh.dims(), self.space.numbers());
            let time_b1 = sigmoid(head_bh.clone().slice([0..batch, numbers..all])) * (TIMES[1] - TIMES[0]) + TIMES[0];
            (self.space.onto(head_bh.slice([0..batch, 0..numbers])), time_b1)
        }

        /// KL of where such walks end to the uniform law, in nats, mean over the batch, shape `[1]`: its expansion for short times,
        /// −d/2 ln(2πt) − d/2 + ln volume + t/4 · curvature (equation 13).
        fn kl(&self, time_b1: Tensor<2>) -> Tensor<1> {
            let d = (self.space.spheres * self.space.dims) as f64;
            let ln = time_b1.clone().log() * (-0.5 * d) + time_b1 * (0.25 * self.space.curvature());
            (ln - 0.5 * d * (std::f64::consts::TAU.ln() + 1.0) + self.space.ln_volume()).mean()
        }
    }

    impl Method for DiffusionVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (spheres, dims) = [(1, 1), (2, 1), (1, 2)][params.usize("space")];
            let space = Space { spheres, dims };
            let ends = Ends { side: 0, mean: space.numbers() + 1, logvar: None };
            Self { base: Autoencoder::with_ends(params, data.image, ends, space.numbers(), device), space }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Point, count: self.space.numbers() as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mut z_bd, time_b1) = self.posterior(batch.x_bp.clone());
            let stride_b1 = (time_b1.clone() / WALK as f64).sqrt();
            for _ in 0..WALK {
                let eps_bd = ctx.normal(z_bd.dims());
                z_bd = self.space.onto(z_bd + eps_bd * stride_b1.clone());
            }
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd, ctx);
            let kl = self.kl(time_b1);
            Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone()).show("reconstruction", reconstruction).show("kl", kl)
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.posterior(batch.x_bp).0, logvar_bd: None }
        }

        /// A code beside the space means the nearest point of it.
        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(self.space.onto(z_bd)))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.space.onto(ctx.normal([n, self.space.numbers()]))
        }
    }
}
