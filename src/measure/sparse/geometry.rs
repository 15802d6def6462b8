//! Lengths and angles of features.

use crate::unit;
use crate::{Rows, mean};

/// Mean over the inputs of `|‖f‖ / ‖x‖ − 1|`, where `f` are the activations, each times the length of its direction: how far the length
/// of the features is from that of the input. It is 0 where active directions are at right angles and nothing is left over
/// (Lee et al. 2025, "Evaluating and Designing Sparse Autoencoders by Approximating Quasi-Orthogonality"). `x_nd` are the inputs without what the
/// decoder adds as a bias; inputs of length 0 do not count.
///
/// # Panics
/// If the shapes do not fit together.
pub fn length_gap(x_nd: Rows, act_nf: Rows, dictionary_fd: Rows) -> f64 {
    assert_eq!((x_nd.len(), x_nd.width()), (act_nf.len(), dictionary_fd.width()), "not the inputs of these features");
    assert_eq!(act_nf.width(), dictionary_fd.len(), "not a dictionary of these features");
    let square = |row: &[f32]| row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
    let square_f: Vec<f64> = dictionary_fd.iter().map(square).collect();
    let both = x_nd.iter().zip(act_nf.iter()).map(|(x, act)| {
        let features = act.iter().zip(&square_f).map(|(a, s)| f64::from(*a).powi(2) * s).sum::<f64>();
        (features.sqrt(), square(x).sqrt())
    });
    mean(both.filter(|(_, x)| *x > 0.0).map(|(f, x)| (f / x - 1.0).abs()))
}

/// Features of which [`together`] compares each with each, at most.
pub const COMPARED: usize = 512;

/// How much more alike the directions of features are that are active together: the correlation, over pairs of living features, of the `φ`
/// of their activity with the cosine of their directions. 0 on average where directions say nothing of what is active together, as when they are
/// shuffled (Li et al. 2024, "The Geometry of Concepts: Sparse Autoencoder Feature Structure", section 4, who compare clusters of both). Of more than
/// [`COMPARED`] living features every second, third and so on is taken. NaN with fewer than three of them.
///
/// # Panics
/// If there is not one direction a feature.
pub fn together(act_nf: Rows, dictionary_fd: Rows) -> f64 {
    assert_eq!(act_nf.width(), dictionary_fd.len(), "not a dictionary of these features");
    let n = act_nf.len() as f64;
    let living = |f: &usize| {
        let active = act_nf.column(*f).filter(|a| *a != 0.0).count();
        active > 0 && active < act_nf.len()
    };
    let one = |f: usize| {
        let on_n: Vec<f64> = act_nf.column(f).map(|a| f64::from(u8::from(a != 0.0))).collect();
        let share = on_n.iter().sum::<f64>() / n;
        let spread = (share * (1.0 - share)).sqrt();
        (on_n.into_iter().map(|on| (on - share) / spread).collect::<Vec<f64>>(), unit(dictionary_fd.row(f)))
    };
    let living: Vec<usize> = (0..act_nf.width()).filter(living).collect();
    let step = living.len().div_ceil(COMPARED).max(1);
    let all: Vec<(Vec<f64>, Vec<f64>)> = living.into_iter().step_by(step).map(one).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let pairs = all.iter().enumerate().flat_map(|(i, a)| all[..i].iter().map(move |b| (a, b)));
    let values: Vec<(f64, f64)> = pairs.map(|(a, b)| (dot(&a.0, &b.0) / n, dot(&a.1, &b.1))).collect();
    correlation(&values)
}

/// How alike two sets of directions lie, of which those of each pair are held to be the same: the correlation, over pairs of pairs, of the cosine of the two
/// directions of one set with that of the two of the other (representational similarity, Kriegeskorte, Mur & Bandettini 2008; of features in Lan et al. 2024, "Sparse
/// Autoencoders Reveal Universal Feature Spaces Across Large Language Models"). The sets may lie in spaces of different width. Of more than [`COMPARED`] pairs every second, third
/// and so on is taken. NaN with fewer than three.
///
/// # Panics
/// If there are no such directions.
pub fn alike_spaces(a_fd: Rows, b_ge: Rows, pairs: &[(usize, usize)]) -> f64 {
    let step = pairs.len().div_ceil(COMPARED).max(1);
    let all: Vec<(Vec<f64>, Vec<f64>)> =
        pairs.iter().step_by(step).map(|(i, j)| (unit(a_fd.row(*i)), unit(b_ge.row(*j)))).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let values: Vec<(f64, f64)> =
        all.iter().enumerate().flat_map(|(i, a)| all[..i].iter().map(move |b| (dot(&a.0, &b.0), dot(&a.1, &b.1)))).collect();
    correlation(&values)
}

/// Pearson's correlation of pairs; NaN where either does not vary.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let (a, b) = (mean(pairs.iter().map(|p| p.0)), mean(pairs.iter().map(|p| p.1)));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|p| of(p.0 - a, p.1 - b)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}
