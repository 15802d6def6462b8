//! The sliced Wasserstein distance, and how uncertain an estimate of it is.

use crate::pause::{Pause, at_once};
use crate::rng::Rng;
use crate::{Rows, mean, moments};

/// What many estimates of the same distance are like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean of the plain estimates.
    pub mean: f64,
    /// Standard deviation of the plain estimates, as a share of their mean.
    pub plain: f64,
    /// Mean of those with a control variate, and their deviation as a share of the same.
    pub controlled_mean: f64,
    pub controlled: f64,
}

/// Estimates the squared sliced 2-Wasserstein distance of two samples of one size `repeats` times, each along `slices` random directions, plainly
/// and with the upper control variate of Nguyen & Ho 2024 ("Sliced Wasserstein Estimation with Control Variates", section 3): of the
/// Gaussians fitted to what is projected, `C(θ) = (m₁ − m₂)² + σ₁² + σ₂²`, whose mean over all directions is known, `(‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂) / d`.
/// What it is weighed with is fitted to the directions of each estimate, as there.
///
/// # Panics
/// If the shapes differ.
pub fn spread(x_nd: Rows, y_nd: Rows, slices: usize, repeats: usize, seed: u64) -> Spread {
    at_once(spread_in_slices(x_nd, y_nd, slices, repeats, seed, &Pause::never()))
}

/// [`spread`], with a place to rest at every direction.
///
/// # Panics
/// As there.
pub async fn spread_in_slices(x_nd: Rows<'_>, y_nd: Rows<'_>, slices: usize, repeats: usize, seed: u64, pause: &Pause) -> Spread {
    assert_eq!((x_nd.len(), x_nd.width()), (y_nd.len(), y_nd.width()), "the two samples differ in shape");
    let (mut rng, d) = (Rng::new(seed), x_nd.width());
    let known = mean((0..d).map(|j| control(moments(x_nd.column(j)), moments(y_nd.column(j)))));
    let mut estimates = vec![];
    for _ in 0..repeats {
        let mut pairs = vec![];
        for _ in 0..slices {
            pause.point().await;
            let direction = direction(&mut rng, d);
            let [x, y] = [x_nd, y_nd].map(|z| projected(z, &direction));
            let distance = mean(x.iter().zip(&y).map(|(x, y)| f64::from(x - y).powi(2)));
            pairs.push((distance, control(moments(x.iter().copied()), moments(y.iter().copied()))));
        }
        estimates.push(estimate(&pairs, known));
    }
    let of = |which: fn(&(f64, f64)) -> f64| {
        let mean = mean(estimates.iter().map(which));
        (mean, (estimates.iter().map(|e| (which(e) - mean).powi(2)).sum::<f64>() / repeats as f64).sqrt())
    };
    let ((plain, plain_deviation), (controlled, deviation)) = (of(|e| e.0), of(|e| e.1));
    Spread { mean: plain, plain: plain_deviation / plain, controlled_mean: controlled, controlled: deviation / plain }
}

/// `(m₁ − m₂)² + σ₁² + σ₂²` of means and variances.
fn control((mean_x, variance_x): (f64, f64), (mean_y, variance_y): (f64, f64)) -> f64 {
    (mean_x - mean_y).powi(2) + variance_x + variance_y
}

/// The mean of distances, and the same corrected by controls whose mean is `known`.
fn estimate(pairs: &[(f64, f64)], known: f64) -> (f64, f64) {
    let (distance, control) = (mean(pairs.iter().map(|p| p.0)), mean(pairs.iter().map(|p| p.1)));
    let together: f64 = pairs.iter().map(|p| (p.0 - distance) * (p.1 - control)).sum();
    let own: f64 = pairs.iter().map(|p| (p.1 - control).powi(2)).sum();
    let weight = if own > 0.0 { together / own } else { 0.0 };
    (distance, distance - weight * (control - known))
}

/// A direction as likely as any other.
fn direction(rng: &mut Rng, d: usize) -> Vec<f32> {
    let v: Vec<f32> = (0..d).map(|_| rng.normal()).collect();
    let norm = v.iter().map(|v| v * v).sum::<f32>().sqrt();
    v.into_iter().map(|v| v / norm).collect()
}

/// Where rows lie along a direction, in order.
fn projected(z_nd: Rows, direction_d: &[f32]) -> Vec<f32> {
    let mut along: Vec<f32> = z_nd.iter().map(|z| z.iter().zip(direction_d).map(|(z, v)| z * v).sum()).collect();
    along.sort_by(f32::total_cmp);
    along
}
