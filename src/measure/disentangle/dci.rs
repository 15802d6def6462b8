//! Disentanglement, completeness and informativeness.

use super::boost;
use super::paired::assert_paired;
use crate::pause::{Pause, at_once};
use crate::{Rows, mean};

/// The three scores of Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled
/// Representations", section 2.
#[derive(Clone, Debug, PartialEq)]
pub struct Dci {
    /// Mean over latents, weighted by their share in the importance, of `1 − H(P_j) / ln K`: 1 if each latent matters for
    /// one factor only.
    pub disentanglement: f64,
    /// Mean over factors of `1 − H(P_k) / ln D`: 1 if one latent alone matters for each factor.
    pub completeness: f64,
    /// Mean over factors of the share of test codes whose value is predicted. (The paper reports an error; accuracy is the
    /// custom since Locatello et al. 2019.)
    pub informativeness: f64,
    /// Importance of each latent for each factor, one row a latent; a factor's column sums to 1.
    pub importance_dk: Vec<Vec<f64>>,
}

/// Importances come from gradient-boosted trees, one fit a factor (50 trees of depth 3 at rate 0.2 with squared loss on
/// one-hot values; see `boost`), which read what a latent knows however it is bent. NaN with one latent or one factor.
///
/// # Panics
/// If the numbers of codes and of rows of factors differ or are zero, or training and test differ in width.
pub fn dci(train_nd: Rows, train_nk: Rows<u8>, test_nd: Rows, test_nk: Rows<u8>) -> Dci {
    at_once(dci_in_slices((train_nd, train_nk), (test_nd, test_nk), &Pause::never()))
}

/// [`dci`], of training and of test codes with their factors, with a place to rest at every tree.
///
/// # Panics
/// As there.
pub async fn dci_in_slices(
    (train_nd, train_nk): (Rows<'_>, Rows<'_, u8>),
    (test_nd, test_nk): (Rows<'_>, Rows<'_, u8>),
    pause: &Pause,
) -> Dci {
    assert_paired(train_nd, train_nk);
    assert_paired(test_nd, test_nk);
    assert_eq!((train_nd.width(), train_nk.width()), (test_nd.width(), test_nk.width()), "training and test differ in width");
    let column = |rows: Rows<u8>, k: usize| rows.column(k).collect::<Vec<u8>>();
    let mut fits: Vec<boost::Fit> = vec![];
    for k in 0..train_nk.width() {
        fits.push(boost::fit(train_nd, &column(train_nk, k), test_nd, &column(test_nk, k), pause).await);
    }
    let informativeness = mean(fits.iter().map(|fit| fit.accuracy));
    let importance_dk: Vec<Vec<f64>> =
        (0..train_nd.width()).map(|j| fits.iter().map(|fit| fit.importance_d[j]).collect()).collect();
    let total: f64 = importance_dk.iter().flatten().sum();
    let disentanglement = importance_dk.iter().map(|row| row.iter().sum::<f64>() / total * concentration(row)).sum();
    let completeness = mean(fits.iter().map(|fit| concentration(&fit.importance_d)));
    Dci { disentanglement, completeness, informativeness, importance_dk }
}

/// `1 − H(p) / ln n` of weights as shares: 1 if one has all, 0 if all are equal, and for weights that are all zero.
fn concentration(weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    if total == 0.0 {
        return 0.0;
    }
    let shares = weights.iter().map(|w| w / total).filter(|p| *p > 0.0);
    1.0 + shares.map(|p| p * p.ln()).sum::<f64>() / (weights.len() as f64).ln()
}
