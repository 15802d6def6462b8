//! Dictionaries compared: with the features that were planted, and with those of another seed.

use crate::{Rows, assign, mean, unit};

/// A planted feature is recovered if some learnt direction has at least this cosine to it.
pub const RECOVERED: f64 = 0.9;
/// Features of two dictionaries are one and the same if matched with at least this cosine (Paulo & Belrose 2025, "Sparse
/// Autoencoders Trained on the Same Data Learn Different Features").
pub const SHARED: f64 = 0.7;

/// How well planted features were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// Mean over planted features of the largest cosine to a learnt one: MMCS (Sharkey, Braun & Millidge 2022, "Taking
    /// features out of superposition with sparse autoencoders").
    pub mean_max_cosine: f64,
    /// Share of planted features with a cosine of at least [`RECOVERED`].
    pub recovered: f64,
}

/// Compares a learnt dictionary with the true one. Several learnt features may match the same true one; directions count,
/// lengths and, unlike in a dictionary up to sign, opposite directions do not.
///
/// # Panics
/// If the widths differ.
pub fn recovery(true_md: Rows, learnt_fd: Rows) -> Recovery {
    let cosine_mf = cosines(true_md, learnt_fd);
    let best: Vec<f64> = cosine_mf.chunks_exact(learnt_fd.len()).map(|row| row.iter().copied().fold(-1.0, f64::max)).collect();
    Recovery {
        mean_max_cosine: mean(best.iter().copied()),
        recovered: mean(best.iter().map(|c| f64::from(u8::from(*c >= RECOVERED)))),
    }
}

/// How alike two dictionaries are.
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    /// The feature of the second dictionary matched with each of the first, shape `[f]`.
    pub match_f: Vec<usize>,
    /// Mean cosine of the matched pairs.
    pub mean_cosine: f64,
    /// Share of the features matched with a cosine of at least [`SHARED`].
    pub shared: f64,
}

/// Matches the features of two dictionaries, as from two seeds, one to one with the largest possible sum of cosines of the
/// decoder directions, by the Hungarian algorithm. (Paulo & Belrose 2025 match encoder directions as well.)
///
/// # Panics
/// If the widths differ, or the first dictionary is the larger one.
pub fn stability(a_fd: Rows, b_gd: Rows) -> Stability {
    let cosine_fg = cosines(a_fd, b_gd);
    let match_f = assign::maximum(&cosine_fg, b_gd.len());
    let matched = || match_f.iter().enumerate().map(|(i, j)| cosine_fg[i * b_gd.len() + j]);
    let (mean_cosine, shared) = (mean(matched()), mean(matched().map(|c| f64::from(u8::from(c >= SHARED)))));
    Stability { match_f, mean_cosine, shared }
}

/// Cosine of each pair of rows; 0 to a row of zeros.
pub(super) fn cosines(a_fd: Rows, b_gd: Rows) -> Vec<f64> {
    assert_eq!(a_fd.width(), b_gd.width(), "the two dictionaries differ in width");
    assert!(!b_gd.is_empty(), "an empty dictionary");
    let (a, b): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (a_fd.iter().map(unit).collect(), b_gd.iter().map(unit).collect());
    a.iter().flat_map(|x| b.iter().map(move |y| x.iter().zip(y).map(|(x, y)| x * y).sum())).collect()
}
