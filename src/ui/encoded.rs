//! Codes of images as the panels use them.

use super::rank::rank;
use latent_view::{Codes, View};
use latent_vocabulary::numbers::bytes_f32;

/// Posterior of `n` images; rows are row-major `[n, latent]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    pub latent: usize,
    pub mean_nd: Vec<f32>,
    /// Empty for methods whose code is a point.
    pub logvar_nd: Vec<f32>,
    /// Empty for images of the visitor's own.
    pub labels: Vec<u8>,
}

/// Where codes lie that are points: mean and standard deviation of each number.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    pub centre_d: Vec<f32>,
    pub spread_d: Vec<f32>,
}

impl Extent {
    /// The largest standard deviation.
    pub fn widest(&self) -> f32 {
        self.spread_d.iter().copied().fold(0.0, f32::max)
    }

    /// The code that lies so many standard deviations from the centre.
    pub fn at(&self, deviation_d: &[f32]) -> Vec<f32> {
        deviation_d.iter().zip(self.centre_d.iter().zip(&self.spread_d)).map(|(d, (centre, spread))| centre + d * spread).collect()
    }
}

impl Encoded {
    pub fn read(view: &View) -> Option<Self> {
        let View::Codes(Codes { latent, mean_nd, logvar_nd, labels, .. }) = view else { return None };
        let (latent, mean_nd, logvar_nd) = (*latent as usize, bytes_f32(mean_nd), bytes_f32(logvar_nd));
        (latent > 0).then(|| Self { latent, mean_nd, logvar_nd, labels: labels.to_vec() })
    }

    pub fn len(&self) -> usize {
        self.mean_nd.len() / self.latent.max(1)
    }

    /// Whether codes are clouds, not points.
    pub fn gaussian(&self) -> bool {
        !self.logvar_nd.is_empty() && self.logvar_nd.len() == self.mean_nd.len()
    }

    pub fn mean(&self, i: usize) -> Option<&[f32]> {
        self.mean_nd.get(i * self.latent..(i + 1) * self.latent)
    }

    /// Standard deviations of code `i`, where it is a cloud.
    pub fn sd(&self, i: usize) -> Option<Vec<f32>> {
        let row = self.logvar_nd.get(i * self.latent..(i + 1) * self.latent)?;
        Some(row.iter().map(|v| (0.5 * v).exp()).collect())
    }

    /// Root mean square over the images of the standard deviation of each latent.
    pub fn typical_sd(&self) -> Option<Vec<f32>> {
        let n = self.len();
        (n > 0 && self.gaussian()).then(|| {
            let mut sum = vec![0.0f32; self.latent];
            for row in self.logvar_nd.chunks_exact(self.latent) {
                sum.iter_mut().zip(row).for_each(|(s, v)| *s += v.exp() / n as f32);
            }
            sum.iter().map(|v| v.sqrt()).collect()
        })
    }

    /// KL to the standard normal of each latent, mean over the images, in nats.
    pub fn kl(&self) -> Option<Vec<f32>> {
        let n = self.len();
        (n > 0 && self.gaussian()).then(|| {
            let mut kl_d = vec![0.0f32; self.latent];
            for (i, (m, lv)) in self.mean_nd.iter().zip(&self.logvar_nd).enumerate() {
                kl_d[i % self.latent] += 0.5 * (m * m + lv.exp() - 1.0 - lv) / n as f32;
            }
            kl_d
        })
    }

    /// Where the codes lie.
    pub fn extent(&self) -> Extent {
        let n = self.len().max(1) as f32;
        let mut mean_d = vec![0.0f32; self.latent];
        for row in self.mean_nd.chunks_exact(self.latent) {
            mean_d.iter_mut().zip(row).for_each(|(m, v)| *m += v / n);
        }
        let mut spread_d = vec![0.0f32; self.latent];
        for row in self.mean_nd.chunks_exact(self.latent) {
            spread_d.iter_mut().zip(row.iter().zip(&mean_d)).for_each(|(s, (v, m))| *s += (v - m) * (v - m) / n);
        }
        spread_d.iter_mut().for_each(|s| *s = s.sqrt());
        Extent { centre_d: mean_d, spread_d }
    }

    /// The `k` images whose codes lie nearest to `z_d`, nearest first.
    pub fn nearest(&self, z_d: &[f32], k: usize) -> Vec<usize> {
        let far = |row: &[f32]| row.iter().zip(z_d).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let mut all = rank(self.mean_nd.chunks_exact(self.latent).map(far));
        all.truncate(k);
        all
    }

    /// Mean code of the images that carry a label.
    pub fn class_mean(&self, label: u8) -> Option<Vec<f32>> {
        let rows = || self.mean_nd.chunks_exact(self.latent).zip(&self.labels).filter(|(_, l)| **l == label).map(|(z, _)| z);
        let n = rows().count();
        (n > 0).then(|| {
            let mut mean = vec![0.0f32; self.latent];
            rows().for_each(|z| mean.iter_mut().zip(z).for_each(|(m, v)| *m += v / n as f32));
            mean
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> Encoded {
        let mean_nd = vec![0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0];
        Encoded { latent: 2, mean_nd, logvar_nd: vec![0.0; 8], labels: vec![1, 7, 1, 7] }
    }

    #[test]
    fn neighbours_and_class_means() {
        let codes = codes();
        assert_eq!(codes.nearest(&[1.9, 0.1], 3), vec![1, 0, 3]);
        assert_eq!(codes.class_mean(7), Some(vec![3.0, 0.0]));
        assert_eq!(codes.class_mean(3), None);
        assert_eq!((codes.len(), codes.mean(4)), (4, None));
    }

    #[test]
    fn kl_and_spread_of_known_clouds() {
        let codes = codes();
        // σ = 1: the KL is half the mean square of the mean.
        assert_eq!(codes.kl(), Some(vec![2.5, 1.125]));
        assert_eq!(codes.typical_sd(), Some(vec![1.0, 1.0]));
        assert_eq!(codes.sd(3), Some(vec![1.0, 1.0]));
        let points = Encoded { logvar_nd: vec![], ..codes };
        let extent = points.extent();
        assert_eq!(extent, Extent { centre_d: vec![1.5, 0.75], spread_d: vec![2.75f32.sqrt(), 1.6875f32.sqrt()] });
        assert_eq!(extent.at(&[0.0, 0.0]), extent.centre_d);
        assert_eq!(extent.widest(), 2.75f32.sqrt());
        assert_eq!((points.gaussian(), points.kl(), points.sd(0)), (false, None, None));
    }
}
