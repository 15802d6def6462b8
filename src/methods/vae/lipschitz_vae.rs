//! The VAE whose decoder keeps codes apart: what it makes of two codes is at least so many times as far apart as these are.
//!
//! The decoder is made of gradients of convex functions, as in the paper. There these are deep networks; here each has one hidden layer, whose
//! gradient is written out: `Wᵀσ(Wx + b)`. Between the two, a code becomes a picture of smooth waves at right angles.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::LipschitzVae;

pub const CARD: Card = Card {
    id: "lipschitz-vae",
    family: Family::Vae,
    pictures: true,
    label: "Inverse Lipschitz VAE",
    summary: "Has a decoder that cannot ignore its code: two codes lead to pictures at least L times as far apart, so no number of the code falls silent.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x) ‖ N(0, I))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("‖f(z) − f(z′)‖ ≥ L·‖z − z′‖,  f(z): the logits,  f = g(W·h(z)) with W orthonormal, h and g gradients of convex functions plus √L times their input")],
    counts: &[Count::new("stretch", "the least that the decoder moves logits, beside how far codes are apart; never below L")],
    papers: &[Paper::of(
        "Controlling Posterior Collapse by an Inverse Lipschitz Constraint on the Decoder Network",
        "Kinoshita et al. 2023",
    )
    .only("with convex functions of one hidden layer each")],
    params: &[
        ParamSpec::log("stretch", "Stretch L", 0.01, 100.0, 3.0,
            "The decoder moves logits at least so many times as far as the code moves. Near 0 it may ignore what it likes, as in a VAE; high: every number of the code stays in use."),
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of the KL term.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Raise [β to 10](beta=10), then L to [20](stretch=20): how many bars of the KL stay above nothing?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::nn::Linear;
    use burn::tensor::activation::sigmoid;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::{elbo, log_weights};
    use latent_nn::constant::{floats, places};
    use latent_nn::gaussian::{kl_bd, sample};
    use latent_nn::layers::linear;
    use latent_nn::likelihood::Likelihood;
    use latent_nn::net::{self, Encoder, Ends};
    use latent_nn::sort::sort;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::{DataShape, SampleShape};

    const PI: f32 = std::f32::consts::PI;
    /// Added to squared distances, so that a code and itself are as far apart as their pictures.
    const TINY: f64 = 1e-12;

    /// Networks. The decoder is `outer(waves · inner(z)) + bias`.
    #[derive(Module, Debug)]
    pub struct LipschitzVae {
        encoder: Encoder,
        inner: Linear,
        outer: Linear,
        bias_p: Param<Tensor<1>>,
        likelihood: Likelihood,
        #[module(skip)]
        latent: usize,
        #[module(skip)]
        shape: SampleShape,
        /// √L.
        #[module(skip)]
        steep: f64,
    }

    /// `Wᵀσ(Wx + b) + steep·x`, the gradient of the convex function `Σ softplus(Wx + b) + ½·steep·‖x‖²`: it takes no two points nearer together
    /// than `steep` times their distance. Shapes `[n, numbers]`.
    fn monotone(layer: &Linear, x_nd: Tensor<2>, steep: f64) -> Tensor<2> {
        sigmoid(layer.forward(x_nd.clone())).matmul(layer.weight.val().transpose()) + x_nd * steep
    }

    /// Pictures of waves of length 1 at right angles to each other, the slowest first, the same in every channel: `[waves, pixels]`.
    fn waves(n: usize, shape: SampleShape, device: &Device) -> Tensor<2> {
        let SampleShape { channels, height, width } = shape;
        let mut all: Vec<(usize, usize)> = (0..height).flat_map(|v| (0..width).map(move |u| (v, u))).collect();
        // By how many half waves they have both ways together; no two of the same.
        all.sort_by_key(|(v, u)| (v * v * width * width + u * u * height * height, *v));
        all.truncate(n);
        // Made here rather than kept: a file of the network would have to carry all of their pixels.
        let lines = |half_waves: Vec<usize>, size: usize| {
            let scale = |k: &usize| (if *k == 0 { 1.0 } else { 2.0 } / size as f32).sqrt();
            let scale_n1 = floats(half_waves.iter().map(scale).collect(), [half_waves.len(), 1], device);
            let step_n1 = floats(half_waves.iter().map(|k| *k as f32 * PI / size as f32).collect(), [half_waves.len(), 1], device);
            let at_1s = places(size, device).reshape([1, size]) + 0.5;
            step_n1.matmul(at_1s).cos() * scale_n1
        };
        let down_nh = lines(all.iter().map(|(v, _)| *v).collect(), height);
        let across_nw = lines(all.iter().map(|(_, u)| *u).collect(), width);
        let n = all.len();
        let picture: Tensor<3> = down_nh.reshape([n, height, 1]).matmul(across_nw.reshape([n, 1, width]));
        let each: Tensor<3> = picture.reshape([n, 1, height * width]).expand([n, channels, height * width]);
        each.reshape([n, shape.len()]) / (channels as f64).sqrt()
    }

    impl LipschitzVae {
        /// Shapes `[n, latent]` to `[n, pixels]`.
        fn logits(&self, z_nd: Tensor<2>) -> Tensor<2> {
            let pixels = self.shape.len();
            let waves_dp = waves(self.latent, self.shape, &z_nd.device());
            let spread_np = monotone(&self.inner, z_nd, self.steep).matmul(waves_dp);
            monotone(&self.outer, spread_np, self.steep) + self.bias_p.val().reshape([1, pixels])
        }

        fn posterior(&self, x_bp: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
            let (mean_bd, logvar_bd) = self.encoder.heads(x_bp, None);
            (mean_bd, logvar_bd.expect("the encoder was made with variances"))
        }
    }

    /// The least distance of what two neighbours of a batch become, beside their own, shape `[1]`.
    fn least_stretch(z_bd: Tensor<2>, l_bp: Tensor<2>) -> Tensor<1> {
        let apart = |t_bd: Tensor<2>| {
            let n = t_bd.dims()[0];
            let next_bd = Tensor::cat(vec![t_bd.clone().slice([1..n]), t_bd.clone().slice([0..1])], 0);
            ((t_bd - next_bd).square().sum_dim(1) + TINY).sqrt()
        };
        match z_bd.dims()[0] {
            // It has no neighbour.
            1 => Tensor::ones([1], &z_bd.device()),
            _ => sort(stop_gradient(apart(l_bp) / apart(z_bd))).slice([0..1]).reshape([1]),
        }
    }

    impl Method for LipschitzVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let pixels = data.image.len();
            let latent = params.usize("latent").min(data.image.height * data.image.width);
            let hidden = params.usize("hidden");
            Self {
                encoder: net::encoder(params, data.image, Ends { side: 0, mean: latent, logvar: Some(latent) }, device),
                inner: linear(latent, hidden, device),
                outer: linear(pixels, hidden, device),
                bias_p: Param::from_tensor(Tensor::zeros([pixels], device)),
                likelihood: Likelihood::new(params, data.image, device),
                latent,
                shape: data.image,
                steep: params.get("stretch").sqrt(),
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Gaussian, count: self.latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.posterior(batch.x_bp.clone());
            let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let logits_bp = self.logits(z_bd.clone());
            let reconstruction = self.likelihood.nll_b(batch.x_bp, logits_bp.clone(), ctx).mean();
            elbo(reconstruction, kl_bd(mean_bd, logvar_bd), ctx).show("stretch", least_stretch(z_bd, logits_bp))
        }

        fn encode(&self, batch: Batch) -> Code {
            let (mean_bd, logvar_bd) = self.posterior(batch.x_bp);
            Code { mean_bd, logvar_bd: Some(logvar_bd) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.likelihood.mean(self.logits(z_bd)))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let posterior = self.posterior(batch.x_bp.clone());
            Some(log_weights(&self.likelihood, batch.x_bp, posterior, |z_sd| self.logits(z_sd), ctx))
        }
    }

    #[cfg(test)]
    mod tests {
        use burn::tensor::Distribution;

        use super::*;

        #[test]
        fn waves_stand_at_right_angles() {
            for shape in [SampleShape::MNIST, SampleShape { channels: 3, height: 6, width: 9 }] {
                let (n, all) = (20, waves(20, shape, &Device::flex()).into_data().try_into_vec::<f32>().unwrap());
                let rows: Vec<&[f32]> = all.chunks_exact(shape.len()).collect();
                assert_eq!(rows.len(), n);
                for (i, a) in rows.iter().enumerate() {
                    for (j, b) in rows.iter().enumerate() {
                        let product: f32 = a.iter().zip(*b).map(|(a, b)| a * b).sum();
                        assert!((product - f32::from(u8::from(i == j))).abs() < 1e-4, "{i} {j}: {product}");
                    }
                }
            }
        }

        /// The guarantee, at weights of any size.
        #[test]
        fn no_two_codes_come_nearer_together() {
            let device = Device::flex();
            device.seed(3);
            let params =
                Params::new(&CARD).with("stretch", "2.5").unwrap().with("latent", "6").unwrap().with("hidden", "32").unwrap();
            let mut method = LipschitzVae::init(&params, DataShape::MNIST, &device);
            for size in [0.0, 1.0, 30.0] {
                let larger = |layer: &Linear| layer.weight.val() * size;
                method.inner.weight = Param::from_tensor(larger(&method.inner));
                method.outer.weight = Param::from_tensor(larger(&method.outer));
                let z = Tensor::<2>::random([2000, 6], Distribution::Normal(0.0, 2.0), &device);
                let least: f32 = least_stretch(z.clone(), method.logits(z)).into_scalar();
                assert!(least > 2.5 * 0.999, "{least} at size {size}");
            }
        }
    }
}
