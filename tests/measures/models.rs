//! On models whose optimum is known in closed form, found here by search or simulation.

use latent_measure::rng::Rng;
use latent_measure::{Rows, image, vae};

#[track_caller]
fn assert_close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} against {want}");
}

/// Where `f` is least in `[low, high]`, by golden-section search.
fn least(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..60 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if f(a) < f(b) { high = b } else { low = a }
    }
    0.5 * (low + high)
}

/// `(w, a)` at the least of the β-VAE's loss for data of variance λ, decoder N(wz, η²) and posterior N(ax, s²).
fn linear_vae(lambda: f64, beta: f64, eta2: f64) -> (f64, f64) {
    let loss = |w: f64, a: f64, s2: f64| {
        (lambda * (1.0 - w * a).powi(2) + w * w * s2) / (2.0 * eta2) + beta * 0.5 * (a * a * lambda + s2 - s2.ln() - 1.0)
    };
    let best = |w: f64| {
        let a = least(0.0, 5.0, |a| loss(w, a, 1.0));
        let s2 = least(1e-6, 2.0, |s2| loss(w, a, s2));
        (a, loss(w, a, s2))
    };
    let w = least(0.0, 5.0, |w| best(w).1);
    (w, best(w).0)
}

/// A linear VAE keeps of a direction with variance λ the singular value √max(0, λ − βη²): it collapses exactly when
/// λ ≤ βη² (Dang et al. 2024, "Beyond Vanilla Variational Autoencoders", theorem 1; Lucas et al. 2019 for β = 1).
#[test]
fn a_linear_vae_collapses_at_its_threshold() {
    let mut rng = Rng::new(0);
    for (beta, eta2) in [(1.0, 1.0), (1.9, 0.5), (2.1, 0.5), (4.0, 0.5)] {
        let spectrum = [4.0, 2.0, 1.0, 0.4];
        let optimum = spectrum.map(|lambda| linear_vae(lambda, beta, eta2));
        for ((w, _), lambda) in optimum.iter().zip(spectrum) {
            assert_close(*w, f64::max(0.0, lambda - beta * eta2).sqrt(), 1e-3);
        }
        // The measure says the same of codes drawn from the model.
        let mean: Vec<f32> = (0..4000)
            .flat_map(|i| optimum[i % 4..=i % 4].iter().zip([spectrum[i % 4]]))
            .map(|((_, a), lambda)| (a * lambda.sqrt()) as f32 * rng.normal())
            .collect();
        let alive = spectrum.iter().filter(|lambda| **lambda > beta * eta2).count();
        assert_eq!(vae::active_units(Rows::new(&mean, 4)), alive, "β = {beta}, η² = {eta2}");
    }
}

/// x = wz + ηε with w = 2, η² = 0.5: p(x) = N(0, w² + η²) is known.
struct LinearGaussian;

impl LinearGaussian {
    const W: f64 = 2.0;
    const ETA2: f64 = 0.5;

    fn log_normal(x: f64, mean: f64, variance: f64) -> f64 {
        -0.5 * ((x - mean).powi(2) / variance + variance.ln() + std::f64::consts::TAU.ln())
    }

    /// Some draws of x.
    fn data(n: usize, rng: &mut Rng) -> Vec<f64> {
        (0..n).map(|_| (Self::W * Self::W + Self::ETA2).sqrt() * f64::from(rng.normal())).collect()
    }

    /// Log-weights of `k` draws from a posterior whose variance is `stretch` times the right one.
    fn log_weights(x: f64, stretch: f64, k: usize, rng: &mut Rng) -> Vec<f32> {
        let precision = 1.0 + Self::W * Self::W / Self::ETA2;
        let (mean, variance) = (Self::W / Self::ETA2 * x / precision, stretch / precision);
        let weight = |z: f64| {
            Self::log_normal(z, 0.0, 1.0) + Self::log_normal(x, Self::W * z, Self::ETA2) - Self::log_normal(z, mean, variance)
        };
        (0..k).map(|_| weight(mean + variance.sqrt() * f64::from(rng.normal())) as f32).collect()
    }
}

/// Burda et al. 2016, theorem 1: at k = 1 the negative ELBO, then lower with every k, and never below the truth.
#[test]
fn importance_weighting_approaches_the_likelihood() {
    let mut rng = Rng::new(1);
    let x = LinearGaussian::data(4000, &mut rng);
    let truth =
        -x.iter().map(|x| LinearGaussian::log_normal(*x, 0.0, LinearGaussian::W.powi(2) + LinearGaussian::ETA2)).sum::<f64>()
            / 4000.0;
    let mut nll = |stretch: f64, k: usize| {
        let weights: Vec<f32> = x.iter().flat_map(|x| LinearGaussian::log_weights(*x, stretch, k, &mut rng)).collect();
        vae::importance_weighted_nll(Rows::new(&weights, k))
    };
    // The exact posterior has equal weights, so one draw is enough.
    assert_close(nll(1.0, 1), truth, 1e-4);
    assert_close(nll(1.0, 10), truth, 1e-4);
    // Twice its variance costs KL = ½ (2 − ln 2 − 1) at k = 1.
    let bounds = [1, 2, 5, 20, 100].map(|k| nll(2.0, k));
    assert_close(bounds[0] - truth, 0.5 * (1.0 - 2f64.ln()), 0.02);
    assert!(bounds.is_sorted_by(|a, b| a > b), "{bounds:?}");
    assert_close(bounds[4], truth, 2e-3);
}

/// The autoencoder x̂ = A sign(Bx) on N(0, I) with r = n / d has at best the error 1 − (2/π) r a coordinate, which orthonormal
/// rows of B and A = √(2/π) Bᵀ reach (Shevchenko et al. 2023, "Fundamental Limits of Two-layer Autoencoders, and Achieving
/// Them with Gradient Methods").
#[test]
fn a_sign_autoencoder_reaches_its_limit() {
    const D: usize = 64;
    let mut rng = Rng::new(2);
    let mut basis: Vec<Vec<f32>> = Vec::new();
    while basis.len() < D {
        let mut row: Vec<f32> = (0..D).map(|_| rng.normal()).collect();
        for known in &basis {
            let dot = dot(known, &row);
            row.iter_mut().zip(known).for_each(|(r, k)| *r -= dot * k);
        }
        let norm = dot(&row, &row).sqrt();
        basis.push(row.iter().map(|r| r / norm).collect());
    }
    let x: Vec<f32> = (0..2000 * D).map(|_| rng.normal()).collect();
    for n in [16, 32, 48, 64] {
        let decode = |x: &[f32]| {
            let mut out = vec![0.0; D];
            for row in &basis[..n] {
                let code = dot(row, x).signum() * std::f32::consts::FRAC_2_PI.sqrt();
                out.iter_mut().zip(row).for_each(|(o, r)| *o += code * r);
            }
            out
        };
        let reconstruction: Vec<f32> = x.chunks_exact(D).flat_map(decode).collect();
        assert_close(image::mse(&x, &reconstruction), 1.0 - std::f64::consts::FRAC_2_PI * n as f64 / D as f64, 0.01);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
