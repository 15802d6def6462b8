//! Random codes of the page.

use std::f64::consts::TAU;

use latent_vocabulary::PRIORS;
use latent_vocabulary::card::{BLOB, BLOBS, RING, SQUARE};

/// Random numbers that depend on their seed alone: SplitMix64.
struct Stream(u64);

impl Stream {
    fn new(seed: u32) -> Self {
        Self(u64::from(seed) << 32 | 0x9e37)
    }

    /// Uniform on `[0, 1)`.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal, by the Box–Muller transform.
    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (TAU * self.uniform()).cos()
    }
}

/// `n` standard normal numbers.
pub fn normals(seed: u32, n: usize) -> Vec<f32> {
    let mut random = Stream::new(seed);
    (0..n).map(|_| random.normal() as f32).collect()
}

/// `n` codes drawn from the prior `PRIORS[shape]`, row-major `[n, latent]`, as the engine's `nn::prior` draws them.
pub fn prior(shape: usize, seed: u32, n: usize, latent: usize) -> Vec<f32> {
    let mut random = Stream::new(seed);
    let mut z_nd = Vec::with_capacity(n * latent);
    for _ in 0..n {
        match PRIORS[shape] {
            "gaussian" => z_nd.extend((0..latent).map(|_| random.normal())),
            "ring" => {
                let eps_d: Vec<f64> = (0..latent).map(|_| random.normal()).collect();
                let length = eps_d.iter().map(|v| v * v).sum::<f64>().sqrt();
                let [inner, outer] = RING.map(|r| r.powi(latent as i32));
                let radius = (random.uniform() * (outer - inner) + inner).powf(1.0 / latent as f64);
                z_nd.extend(eps_d.iter().map(|v| v * radius / length));
            }
            "square" => z_nd.extend((0..latent).map(|_| (2.0 * random.uniform() - 1.0) * SQUARE)),
            _ => {
                let angle = (random.uniform() * BLOBS).floor() * (TAU / BLOBS);
                let centre = [angle.cos(), angle.sin()].map(|v| BLOB[0] * v);
                z_nd.extend((0..latent).map(|d| centre.get(d).unwrap_or(&0.0) + BLOB[1] * random.normal()));
            }
        }
    }
    z_nd.into_iter().map(|v| v as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_standard_normal_and_repeatable() {
        let z = normals(1, 20_000);
        assert_eq!(z[..5], normals(1, 5));
        assert_ne!(z[..5], normals(2, 5));
        let mean = z.iter().sum::<f32>() / 20_000.0;
        let variance = z.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "mean {mean}, variance {variance}");
    }

    #[test]
    fn priors_have_their_shapes() {
        assert_eq!(prior(0, 3, 2, 4), normals(3, 8));
        let length = |z: &[f32]| z.iter().map(|v| v * v).sum::<f32>().sqrt();
        let all = |shape: usize, latent: usize, f: &dyn Fn(&[f32]) -> bool| {
            let z = prior(shape, 1, 500, latent);
            assert_eq!(z.len(), 500 * latent);
            assert!(z.chunks(latent).all(f), "{} of {latent}", PRIORS[shape]);
        };
        for latent in [1, 2, 5] {
            all(1, latent, &|z| (1.499..2.001).contains(&length(z)));
            all(2, latent, &|z| z.iter().all(|v| v.abs() <= 1.75));
            all(3, latent, &|z| length(z) < 2.0 + 6.0 * 0.2 * (latent as f32).sqrt());
        }
        // Ten blobs about a circle of radius 2.
        let blob = |z: &[f32]| (z[1].atan2(z[0]) / std::f32::consts::TAU * 10.0).rem_euclid(10.0);
        let z = prior(3, 1, 500, 2);
        let off = z.chunks(2).map(|z| (blob(z) - blob(z).round()).abs()).sum::<f32>() / 500.0;
        assert!(off < 0.17, "codes even all round would be 0.25 of a blob's distance from the next one, these are {off}");
        let kinds: std::collections::BTreeSet<_> = z.chunks(2).map(|z| blob(z).round() as u32 % 10).collect();
        assert_eq!(kinds.len(), 10);
    }
}
