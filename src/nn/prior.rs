//! Shapes that a cloud of codes may be asked to take.

use burn::tensor::Tensor;

use super::Ctx;
use latent_vocabulary::PRIORS;
use latent_vocabulary::card::{BLOB, BLOBS, RING, SQUARE};

/// E‖z‖² of the prior `PRIORS[shape]`.
pub fn squared_length(shape: usize, latent: usize) -> f64 {
    let d = latent as f64;
    match PRIORS[shape] {
        "gaussian" => d,
        "ring" => {
            // Of a radius whose d-th power is uniform.
            let between = |power: f64| RING[1].powf(power) - RING[0].powf(power);
            d / (d + 2.0) * between(d + 2.0) / between(d)
        }
        "square" => d * SQUARE.powi(2) / 3.0,
        _ => BLOB[0].powi(2) * if latent == 1 { 0.5 } else { 1.0 } + d * BLOB[1].powi(2),
    }
}

/// Codes drawn from the prior `PRIORS[shape]`, shape `[n, latent]`.
///
/// With more than two latents the ring becomes a hollow ball and the square a cube; the blobs' centres stay in the first two.
pub fn draw(shape: usize, n: usize, latent: usize, ctx: &mut Ctx) -> Tensor<2> {
    match PRIORS[shape] {
        "gaussian" => ctx.normal([n, latent]),
        "ring" => {
            let eps_nd = ctx.normal([n, latent]);
            let length_n1 = eps_nd.clone().square().sum_dim(1).clamp_min(1e-12).sqrt();
            // The power spreads the codes evenly over the volume between the two radii.
            let d = latent as f64;
            let [inner, outer] = RING.map(|r| r.powf(d));
            let radius_n1 = (ctx.uniform([n, 1]) * (outer - inner) + inner).powf_scalar(1.0 / d);
            eps_nd * (radius_n1 / length_n1)
        }
        "square" => (ctx.uniform([n, latent]) - 0.5) * (2.0 * SQUARE),
        _ => {
            let angle_n1 = (ctx.uniform([n, 1]) * BLOBS).floor() * (std::f64::consts::TAU / BLOBS);
            let centre_n2 = Tensor::cat(vec![angle_n1.clone().cos(), angle_n1.sin()], 1) * BLOB[0];
            let centre_nd = match latent {
                1 => centre_n2.slice([0..n, 0..1]),
                2 => centre_n2,
                _ => Tensor::cat(vec![centre_n2.clone(), Tensor::zeros([n, latent - 2], &centre_n2.device())], 1),
            };
            centre_nd + ctx.normal([n, latent]) * BLOB[1]
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::Noise;
    use latent_compile::rng;

    /// The plan's generator; the number is that of the next stream.
    struct Drawn(u32);

    impl Drawn {
        fn draw(&mut self, of: fn(u32, u32, u32, u32) -> f32, shape: &[usize], device: &Device) -> Tensor<1> {
            self.0 += 1;
            let values: Vec<f32> = (0..shape.iter().product::<usize>() as u32).map(|i| of(i, self.0, 0, 1)).collect();
            Tensor::from_floats(values.as_slice(), device)
        }
    }

    impl Noise for Drawn {
        fn normal(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
            self.draw(rng::normal, shape, device)
        }

        fn uniform(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
            self.draw(rng::uniform, shape, device)
        }
    }

    #[test]
    fn samples_have_the_squared_length_of_their_prior() {
        const N: usize = 20_000;
        let device = Device::flex();
        let (zero, mut noise) = (Tensor::<1>::zeros([1], &device), Drawn(0));
        let mut ctx = Ctx { controls: zero.clone(), keys: &[], step: zero, training: true, noise: &mut noise };
        for (shape, name) in PRIORS.iter().enumerate() {
            for latent in [1, 2, 8] {
                let square_n = draw(shape, N, latent, &mut ctx).square().sum_dim(1);
                let got = f64::from(square_n.mean().into_data().try_into_vec::<f32>().unwrap()[0]);
                let want = squared_length(shape, latent);
                assert!((got - want).abs() < 0.05 * want, "{name} in {latent}: {got} of {N} samples, not {want}");
            }
        }
    }
}
