//! Feature absorption: a general feature that stays silent where a more specific one has taken its direction over (Chanin
//! et al. 2024, "A is for Absorption: Studying Feature Splitting and Absorption in Sparse Autoencoders").

use crate::unit;
use crate::Rows;

/// A further main feature must raise F1 by more than this (Chanin et al. 2024).
const SPLIT_GAIN: f64 = 0.03;
/// The absorbing feature must carry at least this share of the input's projection on the concept (Karvonen et al. 2025,
/// "SAEBench: A Comprehensive Benchmark for Sparse Autoencoders in Language Model Interpretability").
const CARRIED_SHARE: f64 = 0.4;
/// And have at least this cosine to it (the same).
const LEAST_COSINE: f64 = 0.025;

/// The features that stand for a concept: the one whose being active predicts it with the best F1, and then, while F1 rises
/// by more than [`SPLIT_GAIN`] each, those that with the ones before predict it best when any of them is active. More than
/// one is feature splitting. (Chanin et al. train a k-sparse probe; being active is the probe that needs no training.)
///
/// Empty if no feature is ever active with the concept.
///
/// # Panics
/// If there is not one label an input.
pub fn main_features(act_nf: Rows, concept_n: &[bool]) -> Vec<usize> {
    assert_eq!(act_nf.len(), concept_n.len(), "not one label an input");
    let mut any_n = vec![false; act_nf.len()];
    let (mut chosen, mut best) = (vec![], 0.0);
    loop {
        let with = |j: usize| any_n.iter().zip(act_nf.column(j)).map(|(any, a)| *any || a != 0.0);
        let scores = (0..act_nf.width()).map(|j| (j, f1(with(j), concept_n)));
        let (j, score) = scores.fold((0, 0.0), |top, s| if s.1 > top.1 { s } else { top });
        if score <= best + if chosen.is_empty() { 0.0 } else { SPLIT_GAIN } {
            return chosen;
        }
        any_n = with(j).collect();
        chosen.push(j);
        best = score;
    }
}

/// `2 TP / (2 TP + FP + FN)`; 0 without a true positive.
fn f1(predicted: impl Iterator<Item = bool>, truth: &[bool]) -> f64 {
    let (mut hit, mut wrong) = (0.0, 0.0);
    for (p, t) in predicted.zip(truth) {
        match (p, *t) {
            (true, true) => hit += 1.0,
            (false, false) => {}
            _ => wrong += 1.0,
        }
    }
    if hit > 0.0 { 2.0 * hit / (2.0 * hit + wrong) } else { 0.0 }
}

/// Where a concept was absorbed.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorption {
    /// Share of the candidates on which the concept was absorbed; NaN if there are none.
    pub rate: f64,
    /// Those inputs, each with the feature that absorbed it.
    pub cases: Vec<(usize, usize)>,
}

/// Full absorption, as SAEBench counts it, without ablating anything. Candidates are the inputs that have the concept and in
/// which the linear probe itself finds it, `candidate_n`: what the probe misses tells nothing of the features (Chanin et al.
/// 2024, and `num_probe_true_positives` of SAEBench). A candidate `x` counts if all `main`
/// features are silent, and of the other features the one with the largest projection `a_j cos(d_j, p)` on the concept's
/// direction `p` (that of a linear probe) has `cos(d_j, p) ≥ 0.025` and carries at least 40 % of `x · p > 0`.
///
/// `x_nd` are the inputs of the autoencoder without what its decoder adds as a bias. Probe and main features must come from
/// other inputs, as they do there.
///
/// # Panics
/// If the shapes do not fit together.
pub fn absorption(
    x_nd: Rows,
    act_nf: Rows,
    dictionary_fd: Rows,
    direction_d: &[f32],
    candidate_n: &[bool],
    main: &[usize],
) -> Absorption {
    assert_eq!((x_nd.len(), act_nf.len()), (candidate_n.len(), candidate_n.len()), "not one label an input");
    assert_eq!((dictionary_fd.len(), dictionary_fd.width()), (act_nf.width(), x_nd.width()), "not a dictionary of these features");
    assert_eq!(direction_d.len(), x_nd.width(), "the concept's direction has another width");
    let p = unit(direction_d);
    let along = |row: &[f64]| row.iter().zip(&p).map(|(a, b)| a * b).sum::<f64>();
    let direction_f: Vec<Vec<f64>> = dictionary_fd.iter().map(unit).collect();
    let cosine_f: Vec<f64> = direction_f.iter().map(|d| along(d)).collect();
    let norm_f: Vec<f64> = dictionary_fd.iter().map(|d| d.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()).collect();
    let absorbed_by = |i: usize| {
        let act = act_nf.row(i);
        let whole = x_nd.row(i).iter().zip(&p).map(|(x, p)| f64::from(*x) * p).sum::<f64>();
        if whole <= 0.0 || main.iter().any(|j| act[*j] != 0.0) {
            return None;
        }
        // In units of the input: an activation counts with the length of its direction.
        let carried = |j: usize| f64::from(act[j]) * norm_f[j] * cosine_f[j];
        let top = (0..act.len()).map(|j| (j, carried(j))).fold((0, f64::NEG_INFINITY), |top, c| if c.1 > top.1 { c } else { top });
        (cosine_f[top.0] >= LEAST_COSINE && top.1 >= CARRIED_SHARE * whole).then_some((i, top.0))
    };
    let candidates: Vec<usize> = (0..candidate_n.len()).filter(|i| candidate_n[*i]).collect();
    let cases: Vec<(usize, usize)> = candidates.iter().filter_map(|i| absorbed_by(*i)).collect();
    Absorption { rate: cases.len() as f64 / candidates.len() as f64, cases }
}
