//! InfoMEC: modularity, compactness and explicitness from normalised information.

use super::information::{entropy, information_dk};
use super::paired::assert_paired;
use crate::pause::{Pause, at_once};
use crate::probe::LinearProbe;
use crate::{Rows, mean};

/// The three scores of Hsu et al. 2023, "Disentanglement via Latent Quantization", section 4; each 1 at best.
#[derive(Clone, Copy, Debug)]
pub struct InfoMec {
    /// A latent knows of one factor: the mean over latents of `(max_k N_jk / Σ_k N_jk − 1/K) / (1 − 1/K)`, with
    /// `N_jk = I(z_j; v_k) / H(v_k)`. NaN with one factor.
    pub modularity: f64,
    /// A factor is known to one latent: the same over latents, averaged over factors. NaN with one latent.
    pub compactness: f64,
    /// How much of a factor a linear reader finds: the mean over factors of `1 − H(v_k | z) / H(v_k)`, both of them
    /// cross-entropies on the test codes: of a logistic regression, and of the shares among the fitted factors.
    pub explicitness: f64,
    /// Latents that took part.
    pub active: usize,
}

/// A latent takes part if its range is more than this share of the widest range.
pub const LEAST_RANGE: f64 = 1.0 / 8.0;

/// InfoMEC of codes and the factors behind the same inputs; modularity and compactness from the fitted ones alone, with the
/// bins of [`information_dk`]. Factors that never change are left out.
///
/// # Panics
/// If the numbers of codes and of rows of factors differ or are zero, or the test codes have another width.
pub fn infomec(fitted: (Rows, Rows<u8>), test: (Rows, Rows<u8>)) -> InfoMec {
    at_once(infomec_in_slices(fitted, test, &Pause::never()))
}

/// [`infomec`], with places to rest.
///
/// # Panics
/// As there.
pub async fn infomec_in_slices(
    (code_nd, factor_nk): (Rows<'_>, Rows<'_, u8>),
    (code_md, factor_mk): (Rows<'_>, Rows<'_, u8>),
    pause: &Pause,
) -> InfoMec {
    assert_paired(code_nd, factor_nk);
    assert_paired(code_md, factor_mk);
    let ranges: Vec<f64> = (0..code_nd.width()).map(|j| range(code_nd.column(j))).collect();
    let widest = ranges.iter().copied().fold(0.0, f64::max);
    let active: Vec<usize> = (0..ranges.len()).filter(|j| ranges[*j] > LEAST_RANGE * widest).collect();
    let varied: Vec<usize> = (0..factor_nk.width()).filter(|k| entropy(factor_nk.column(*k)) > 0.0).collect();
    let information_dk = information_dk(code_nd, factor_nk);
    let share = |j: usize, k: usize| information_dk[j][k] / entropy(factor_nk.column(k));
    let shares_ak: Vec<Vec<f64>> = active.iter().map(|j| varied.iter().map(|k| share(*j, *k)).collect()).collect();
    let column = |k: usize| shares_ak.iter().map(|row| row[k]).collect::<Vec<f64>>();
    let mut told = Vec::with_capacity(varied.len());
    for k in &varied {
        told.push(explained((code_nd, factor_nk), (code_md, factor_mk), *k, pause).await);
    }
    InfoMec {
        modularity: mean(shares_ak.iter().map(|row| concentration(row))),
        compactness: mean((0..varied.len()).map(|k| concentration(&column(k)))),
        explicitness: mean(told.into_iter()),
        active: active.len(),
    }
}

/// How much of the sum lies in its largest part: 1 if all does, 0 if all parts are equal or nothing is there.
fn concentration(parts: &[f64]) -> f64 {
    let (sum, even) = (parts.iter().sum::<f64>(), 1.0 / parts.len() as f64);
    let largest = parts.iter().copied().fold(0.0, f64::max);
    if parts.len() < 2 {
        f64::NAN
    } else if sum > 1e-12 {
        (largest / sum - even) / (1.0 - even)
    } else {
        0.0
    }
}

fn range(values: impl Iterator<Item = f32>) -> f64 {
    let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    f64::from(high) - f64::from(low)
}

/// `1 − H(v_k | z) / H(v_k)` on the test codes.
async fn explained(
    (code_nd, factor_nk): (Rows<'_>, Rows<'_, u8>),
    (code_md, factor_mk): (Rows<'_>, Rows<'_, u8>),
    k: usize,
    pause: &Pause,
) -> f64 {
    let (fitted_n, test_m): (Vec<u8>, Vec<u8>) = (factor_nk.column(k).collect(), factor_mk.column(k).collect());
    let classes = usize::from(fitted_n.iter().chain(&test_m).copied().max().unwrap_or(0)) + 1;
    // One more of each value: a value that only the test codes have costs much, and not everything.
    let shares_c: Vec<f64> = (0..classes).map(|c| 1.0 + fitted_n.iter().filter(|v| usize::from(**v) == c).count() as f64).collect();
    let all: f64 = shares_c.iter().sum();
    let alone = mean(test_m.iter().map(|v| -(shares_c[usize::from(*v)] / all).ln()));
    let probe = LinearProbe::fit_in_slices(code_nd, &fitted_n, classes, pause).await;
    1.0 - probe.cross_entropy(code_md, &test_m) / alone
}
