//! What a posterior does: KL of each latent, active units, the aggregate posterior against the prior, and the
//! importance-weighted likelihood.

use super::pause::{Pause, at_once};
use super::{Rows, assert_alike, mean, moments, squared_distance};

/// A latent is active if the variance of its posterior mean over the data exceeds this (Burda, Grosse & Salakhutdinov
/// 2016, "Importance Weighted Autoencoders").
pub const ACTIVE: f64 = 0.01;

/// `KL(N(m, e^l) ‖ N(0, 1)) = ½ (m² + e^l − l − 1)` of each latent in nats, mean over the inputs, shape `[d]` (Kingma &
/// Welling 2013, "Auto-Encoding Variational Bayes", appendix B).
pub fn kl_d(mean_nd: Rows, logvar_nd: Rows) -> Vec<f64> {
    assert_alike(mean_nd, logvar_nd);
    let kl = |(m, l): (f32, f32)| 0.5 * (f64::from(m).powi(2) + f64::from(l).exp() - f64::from(l) - 1.0);
    (0..mean_nd.width()).map(|j| mean(mean_nd.column(j).zip(logvar_nd.column(j)).map(kl))).collect()
}

/// `A_j = Var_x(E_q[z_j])`, variance over the inputs (divided by their count) of each latent's posterior mean, shape
/// `[d]`. Latents above [`ACTIVE`] are active units.
pub fn activity_d(mean_nd: Rows) -> Vec<f64> {
    (0..mean_nd.width()).map(|j| moments(mean_nd.column(j)).1).collect()
}

/// Latents whose [`activity_d`] exceeds [`ACTIVE`].
///
/// ```
/// use latent_measure::{Rows, vae::active_units};
///
/// // Two latents of three inputs: the second has collapsed onto the prior.
/// let mean_nd = [-1.2, 0.01, 0.3, 0.0, 0.9, -0.01];
/// assert_eq!(active_units(Rows::new(&mean_nd, 2)), 1);
/// ```
pub fn active_units(mean_nd: Rows) -> usize {
    activity_d(mean_nd).into_iter().filter(|a| *a > ACTIVE).count()
}

/// First two moments of the aggregate posterior `q(z) = E_x q(z|x)`. All three are as for the prior if they are 0, 1, 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Shape `[d]`.
    pub mean_d: Vec<f64>,
    /// Variance of the means plus mean of the variances, shape `[d]`.
    pub variance_d: Vec<f64>,
    /// Mean over pairs of latents of the absolute correlation; NaN with fewer than two latents of some variance.
    pub correlation: f64,
}

/// Moments of the aggregate posterior; `logvar_nd` is `None` for a deterministic encoder.
pub fn aggregate(mean_nd: Rows, logvar_nd: Option<Rows>) -> Aggregate {
    let d = mean_nd.width();
    let (mean_d, mut variance_d): (Vec<f64>, Vec<f64>) = (0..d).map(|j| moments(mean_nd.column(j))).unzip();
    if let Some(logvar_nd) = logvar_nd {
        assert_alike(mean_nd, logvar_nd);
        for (j, v) in variance_d.iter_mut().enumerate() {
            *v += mean(logvar_nd.column(j).map(|l| f64::from(l).exp()));
        }
    }
    // Given the input the latents are independent, so the posteriors' own variances add nothing to the covariance.
    let covariance = |i: usize, j: usize| {
        let centred = |row: &[f32], j: usize| f64::from(row[j]) - mean_d[j];
        mean(mean_nd.iter().map(|row| centred(row, i) * centred(row, j)))
    };
    let pairs = (0..d).flat_map(|i| (0..i).map(move |j| (i, j))).filter(|&(i, j)| variance_d[i] * variance_d[j] > 0.0);
    let correlation = mean(pairs.map(|(i, j)| covariance(i, j).abs() / (variance_d[i] * variance_d[j]).sqrt()));
    Aggregate { mean_d, variance_d, correlation }
}

/// A kernel of [`mmd`], the mean over [`SCALES`] of one with scale `c = s · 2d`, where `d` is the number of latents: `2d`
/// is the expected squared distance of two draws from the prior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Inverse multiquadratic, `c / (c + ‖x − y‖²)` (Tolstikhin et al. 2018, "Wasserstein Auto-Encoders"; there the sum).
    Imq,
    /// Gaussian, `exp(−‖x − y‖² / c)` (Gretton et al. 2012, "A kernel two-sample test").
    Rbf,
}

/// Scales `s` of the mixture of kernels, those of Tolstikhin et al.
pub const SCALES: [f64; 7] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Unbiased estimate of the squared maximum mean discrepancy of two samples (Gretton et al. 2012, equation 3):
/// the mean of `k(x, x′)` and of `k(y, y′)` over pairs of different draws, minus twice the mean of `k(x, y)`. Zero on
/// average if both are draws from one distribution, so it can be negative. NaN with fewer than two draws of either.
///
/// # Panics
/// If the widths differ.
pub fn mmd(x_nd: Rows, y_md: Rows, kernel: Kernel) -> f64 {
    at_once(mmd_in_slices(x_nd, y_md, kernel, &Pause::never()))
}

/// [`mmd`], with a place to rest at every draw.
///
/// # Panics
/// As there.
pub async fn mmd_in_slices(x_nd: Rows<'_>, y_md: Rows<'_>, kernel: Kernel, pause: &Pause) -> f64 {
    assert_eq!(x_nd.width(), y_md.width(), "the two samples differ in width");
    let d = x_nd.width() as f64;
    let k = |a: &[f32], b: &[f32]| {
        let r = squared_distance(a, b);
        let one = |s: f64| match kernel {
            Kernel::Imq => s * 2.0 * d / (s * 2.0 * d + r),
            Kernel::Rbf => (-r / (s * 2.0 * d)).exp(),
        };
        SCALES.iter().map(|s| one(*s)).sum::<f64>() / SCALES.len() as f64
    };
    // The mean over pairs of `a` and `b`, each pair once where both are the same sample.
    let pairs = async |a: Rows<'_>, b: Rows<'_>, once: bool| {
        let (mut sum, mut n) = (0.0, 0.0);
        for (i, row) in a.iter().enumerate() {
            pause.point().await;
            for other in b.iter().take(if once { i } else { b.len() }) {
                (sum, n) = (sum + k(row, other), n + 1.0);
            }
        }
        sum / n
    };
    pairs(x_nd, x_nd, true).await + pairs(y_md, y_md, true).await - 2.0 * pairs(x_nd, y_md, false).await
}

/// `−log p(x)` in nats by importance sampling, mean over the inputs: `−ln (1/k) Σ exp(w)` with the log-weights
/// `w = ln p(x, z) − ln q(z|x)` of `k` draws `z ~ q(z|x)` (Burda et al. 2016, equation 8). An upper bound in expectation,
/// tighter with every draw; at `k = 1` the negative ELBO.
pub fn importance_weighted_nll(log_weights_nk: Rows) -> f64 {
    let k = log_weights_nk.width() as f64;
    mean(log_weights_nk.iter().map(|w| k.ln() - log_sum_exp(w)))
}

/// `ln Σ exp(w)`, whatever the size of `w`.
fn log_sum_exp(w: &[f32]) -> f64 {
    let max = w.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
    if max.is_infinite() {
        return max;
    }
    max + w.iter().map(|w| (f64::from(*w) - max).exp()).sum::<f64>().ln()
}
