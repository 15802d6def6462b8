//! The separated attribute predictability score.

use super::paired::assert_paired;
use crate::{Rows, mean, moments, top_two};

/// How the values of a factor relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Numbers: position, size.
    Ordinal,
    /// Names: shape, class.
    Categorical,
}

/// SAP (Kumar, Sattigeri & Balakrishnan 2018, "Variational Inference of Disentangled Latent Concepts from Unlabeled
/// Observations", section 3): the mean over factors of the gap between the two single latents that predict it best.
///
/// An ordinal factor is predicted by a line: the score is the squared correlation. A categorical one by a threshold on
/// the latent: the score is the balanced accuracy of the best threshold on these codes; with more than two classes, which
/// the paper leaves open, the mean over classes of that of each class against the rest. A latent with a variance below
/// 1e-12 scores what knowing nothing does: 0, or an accuracy of ½. Factors that never change are left out. NaN with one
/// latent, which has no second to be compared with.
///
/// # Panics
/// If the numbers of codes and of rows of factors differ or are zero, or there is not one scale a factor.
pub fn sap(code_nd: Rows, factor_nk: Rows<u8>, scales_k: &[Scale]) -> f64 {
    assert_paired(code_nd, factor_nk);
    assert_eq!(factor_nk.width(), scales_k.len(), "not one scale a factor");
    if code_nd.width() == 1 {
        return f64::NAN;
    }
    let changing = |k: &usize| factor_nk.column(*k).any(|v| v != factor_nk.row(0)[*k]);
    let gap = |k: usize| {
        let factor: Vec<u8> = factor_nk.column(k).collect();
        let score = |j: usize| match (scales_k[k], moments(code_nd.column(j)).1 < 1e-12) {
            (Scale::Ordinal, true) => 0.0,
            (Scale::Categorical, true) => 0.5,
            (Scale::Ordinal, false) => squared_correlation(code_nd.column(j), &factor),
            (Scale::Categorical, false) => threshold_accuracy(&code_nd.column(j).collect::<Vec<f32>>(), &factor),
        };
        let (first, second) = top_two((0..code_nd.width()).map(score));
        first - second
    };
    mean((0..factor_nk.width()).filter(changing).map(gap))
}

fn squared_correlation(code: impl Iterator<Item = f32> + Clone, factor: &[u8]) -> f64 {
    let (mean_z, var_z) = moments(code.clone());
    let (mean_v, var_v) = moments(factor.iter().map(|v| f32::from(*v)));
    let covariance = mean(code.zip(factor).map(|(z, v)| (f64::from(z) - mean_z) * (f64::from(*v) - mean_v)));
    covariance.powi(2) / (var_z * var_v)
}

/// Mean over classes of the best balanced accuracy of one threshold, either side up.
fn threshold_accuracy(code: &[f32], factor: &[u8]) -> f64 {
    let mut order: Vec<usize> = (0..code.len()).collect();
    order.sort_by(|a, b| code[*a].total_cmp(&code[*b]));
    let count = |class: u8| factor.iter().filter(|v| **v == class).count();
    let present: Vec<u8> = (0..=u8::MAX).filter(|class| count(*class) > 0).collect();
    let best = |class: u8| {
        let of_class = count(class) as f64;
        let (inside, outside) = (1.0 / of_class, 1.0 / (code.len() as f64 - of_class));
        let mut below = 0.0;
        let mut best = 0.5f64;
        for (rank, &i) in order.iter().enumerate() {
            // Share of the class below the threshold minus the share of the rest.
            below += if factor[i] == class { inside } else { -outside };
            if order.get(rank + 1).is_none_or(|next| code[*next] > code[i]) {
                best = best.max(0.5 + 0.5 * f64::abs(below));
            }
        }
        best
    };
    mean(present.into_iter().map(best))
}
