//! The Fréchet distance of two sets of features.

use super::{Rows, eigen, moments};

/// Mean and covariance of a set of features.
#[derive(Clone, Debug)]
pub struct Gaussian {
    /// Shape `[d]`.
    mean_d: Vec<f64>,
    /// Row-major, shape `[d, d]`.
    covariance_dd: Vec<f64>,
}

impl Gaussian {
    /// Fits features with the covariance divided by `n − 1`.
    ///
    /// # Panics
    /// With fewer than two rows.
    pub fn fit(features_nd: Rows) -> Self {
        let (n, d) = (features_nd.len(), features_nd.width());
        assert!(n > 1, "{n} rows have no covariance");
        let mean_d: Vec<f64> = (0..d).map(|j| moments(features_nd.column(j)).0).collect();
        let mut covariance_dd = vec![0.0; d * d];
        for row in features_nd.iter() {
            let centred: Vec<f64> = row.iter().zip(&mean_d).map(|(v, m)| f64::from(*v) - m).collect();
            for (a, to) in centred.iter().zip(covariance_dd.chunks_exact_mut(d)) {
                to.iter_mut().zip(&centred).for_each(|(t, b)| *t += a * b / (n - 1) as f64);
            }
        }
        Self { mean_d, covariance_dd }
    }
}

/// `‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½)`, the squared 2-Wasserstein distance of two Gaussians (Dowson & Landau
/// 1982, "The Fréchet distance between multivariate normal distributions"). On Inception features it is called FID
/// (Heusel et al. 2017); on other features it must not be. The symmetric product has the spectrum of `Σ₁ Σ₂`, and no
/// complex roots.
///
/// # Panics
/// If the dimensions differ.
pub fn distance(a: &Gaussian, b: &Gaussian) -> f64 {
    let d = a.mean_d.len();
    assert_eq!(d, b.mean_d.len(), "the two sets of features differ in width");
    let root = eigen::root(a.covariance_dd.clone(), d);
    let inner = eigen::product(&eigen::product(&root, &b.covariance_dd, d), &root, d);
    let shift: f64 = a.mean_d.iter().zip(&b.mean_d).map(|(x, y)| (x - y).powi(2)).sum();
    let trace = |m: &[f64]| m.iter().step_by(d + 1).sum::<f64>();
    let shared: f64 = eigen::symmetric(inner, d).values.iter().map(|v| v.max(0.0).sqrt()).sum();
    shift + trace(&a.covariance_dd) + trace(&b.covariance_dd) - 2.0 * shared
}
