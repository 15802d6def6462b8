//! Scores from the mutual information of single latents and single factors: MIG and modularity.

use super::paired::assert_paired;
use crate::{Rows, mean, top_two};

/// Bins of a latent: the 20 of equal width between its extremes that Locatello et al. 2019 use for every model.
pub const BINS: usize = 20;

/// `I(z_j; v_k)` in nats of each latent and each factor, the latent in [`BINS`] bins, as plain counts give it; one row a
/// latent.
///
/// # Panics
/// If the numbers of codes and of rows of factors differ or are zero.
pub fn information_dk(code_nd: Rows, factor_nk: Rows<u8>) -> Vec<Vec<f64>> {
    assert_paired(code_nd, factor_nk);
    let one = |j: usize| {
        let bins = equal_width_bins(code_nd.column(j));
        (0..factor_nk.width()).map(|k| mutual_information(&bins, factor_nk.column(k))).collect()
    };
    (0..code_nd.width()).map(one).collect()
}

/// Mutual information gap (Chen et al. 2018, "Isolating Sources of Disentanglement in Variational Autoencoders", equation
/// 6): the mean over factors of `(I(z₁; v) − I(z₂; v)) / H(v)` with the two latents that know most of the factor. 1: each
/// factor lies in one latent and nowhere else. Factors that never change are left out. NaN with one latent, which has no
/// second to be compared with.
///
/// ```
/// use latent_measure::{Rows, disentangle::mig};
///
/// let factor_nk = [0, 1, 0, 1];
/// // The first latent is the factor, the second one is always 5.
/// let code_nd = [-1.0, 5.0, 1.0, 5.0, -1.0, 5.0, 1.0, 5.0];
/// assert!((mig(Rows::new(&code_nd, 2), Rows::new(&factor_nk, 1)) - 1.0).abs() < 1e-9);
/// // Both latents are the factor: no gap.
/// let code_nd = [-1.0, 5.0, 1.0, 7.0, -1.0, 5.0, 1.0, 7.0];
/// assert!(mig(Rows::new(&code_nd, 2), Rows::new(&factor_nk, 1)).abs() < 1e-9);
/// ```
///
/// # Panics
/// As [`information_dk`].
pub fn mig(code_nd: Rows, factor_nk: Rows<u8>) -> f64 {
    if code_nd.width() == 1 {
        return f64::NAN;
    }
    let information = information_dk(code_nd, factor_nk);
    let gap = |k: usize| {
        let (first, second) = top_two(information.iter().map(|row| row[k]));
        (first - second) / entropy(factor_nk.column(k))
    };
    mean((0..factor_nk.width()).filter(|k| entropy(factor_nk.column(*k)) > 0.0).map(gap))
}

/// Modularity (Ridgeway & Mozer 2018, "Learning Deep Disentangled Embeddings With the F-Statistic Loss"): the
/// mean over latents of `1 − Σ_{k≠best} I(z_j; v_k)² / ((K − 1) I(z_j; v_best)²)`. 1: no latent knows of two factors,
/// whether or not several latents know of the same. A latent that knows nothing counts 0; NaN with one factor.
///
/// # Panics
/// As [`information_dk`].
pub fn modularity(code_nd: Rows, factor_nk: Rows<u8>) -> f64 {
    let others = factor_nk.width() as f64 - 1.0;
    let one = |row: Vec<f64>| {
        let best = row.iter().copied().fold(0.0, f64::max).powi(2);
        let rest = row.iter().map(|i| i * i).sum::<f64>() - best;
        if best > 0.0 { 1.0 - rest / (others * best) } else { 0.0 }
    };
    if others == 0.0 { f64::NAN } else { mean(information_dk(code_nd, factor_nk).into_iter().map(one)) }
}

/// The bin of each value, of [`BINS`] equally wide ones between the extremes.
fn equal_width_bins(values: impl Iterator<Item = f32> + Clone) -> Vec<u8> {
    let (low, high) =
        values.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v.into()), high.max(v.into())));
    let bin = |v: f32| ((f64::from(v) - low) / (high - low) * BINS as f64).min(BINS as f64 - 1.0) as u8;
    values.map(|v| if high > low { bin(v) } else { 0 }).collect()
}

/// `−Σ p ln p` of the shares of equal values, in nats.
pub(super) fn entropy(values: impl Iterator<Item = u8>) -> f64 {
    let mut counts = [0u32; 256];
    values.for_each(|v| counts[usize::from(v)] += 1);
    entropy_of_counts(&counts)
}

fn entropy_of_counts(counts: &[u32]) -> f64 {
    let n = counts.iter().map(|c| f64::from(*c)).sum::<f64>();
    let one = |c: u32| if c == 0 { 0.0 } else { -f64::from(c) / n * (f64::from(c) / n).ln() };
    counts.iter().map(|c| one(*c)).sum()
}

/// `H(a) + H(b) − H(a, b)` of the observed shares.
fn mutual_information(bins: &[u8], factor: impl Iterator<Item = u8> + Clone) -> f64 {
    let mut joint = vec![0u32; BINS * 256];
    bins.iter().zip(factor.clone()).for_each(|(b, v)| joint[usize::from(*b) * 256 + usize::from(v)] += 1);
    // Rounding can fall just below the zero of independence.
    (entropy(bins.iter().copied()) + entropy(factor) - entropy_of_counts(&joint)).max(0.0)
}
