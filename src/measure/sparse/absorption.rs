//! Feature absorption: a general feature that stays silent where a more specific one has taken its direction over (Chanin
//! et al. 2024, "A is for Absorption: Studying Feature Splitting and Absorption in Sparse Autoencoders").

use crate::Rows;
use crate::unit;

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

/// A case of [`planted_absorption`], and on how many inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swallowed {
    pub parent: usize,
    /// The child that was there; `None` where the parent was there alone.
    pub child: Option<usize>,
    /// The feature that carried the parent's direction.
    pub feature: usize,
    pub inputs: usize,
}

/// What has become of planted parents.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedAbsorption {
    /// Share of the candidates on which the parent was absorbed; NaN if there are none.
    pub rate: f64,
    /// Inputs with a parent, counted once for each.
    pub candidates: usize,
    /// Parents that have a main feature and candidates.
    pub parents: usize,
    /// Those inputs, the commonest cases first.
    pub cases: Vec<Swallowed>,
}

/// [`absorption`] where the truth is known: of features that were planted such that each child comes only with its parent (the toy model of Chanin et al. 2024).
/// The concept is the parent, its direction the planted one, and all inputs that have it are candidates. It has one main feature, that which tells it best in the
/// first half of the inputs: a child's feature that tells it as well is what is looked for. Cases are counted in the second half.
///
/// `planted_kd`: planted directions; `active_nk`: whether each planted feature made an input; `parent_k`: the parent of each, where it has one. The others are as
/// for [`absorption`].
///
/// # Panics
/// If the shapes do not fit together.
pub fn planted_absorption(
    x_nd: Rows,
    act_nf: Rows,
    dictionary_fd: Rows,
    planted_kd: Rows,
    active_nk: &[Vec<bool>],
    parent_k: &[Option<usize>],
) -> PlantedAbsorption {
    assert_eq!((x_nd.len(), act_nf.len()), (active_nk.len(), active_nk.len()), "not one row of truth an input");
    assert_eq!((planted_kd.len(), planted_kd.width()), (parent_k.len(), x_nd.width()), "not the planted features of these inputs");
    let half = x_nd.len() / 2;
    let halves = |rows: Rows, width: usize| -> [Vec<f32>; 2] {
        [rows.values()[..half * width].to_vec(), rows.values()[half * width..].to_vec()]
    };
    let ([_, x], [early, late]) = (halves(x_nd, x_nd.width()), halves(act_nf, act_nf.width()));
    let (x_nd, early_nf, late_nf) =
        (Rows::new(&x, x_nd.width()), Rows::new(&early, act_nf.width()), Rows::new(&late, act_nf.width()));
    let is_parent = |k: usize| parent_k.contains(&Some(k));
    let mut found = PlantedAbsorption { rate: f64::NAN, candidates: 0, parents: 0, cases: vec![] };
    let mut absorbed = 0;
    for parent in (0..parent_k.len()).filter(|k| is_parent(*k)) {
        let has: Vec<bool> = active_nk.iter().map(|active_k| active_k[parent]).collect();
        let mut main = main_features(early_nf, &has[..half]);
        main.truncate(1);
        let candidates = has[half..].iter().filter(|has| **has).count();
        if main.is_empty() || candidates == 0 {
            continue;
        }
        found.parents += 1;
        found.candidates += candidates;
        let cases = absorption(x_nd, late_nf, dictionary_fd, planted_kd.row(parent), &has[half..], &main).cases;
        absorbed += cases.len();
        for (i, feature) in cases {
            let active_k = &active_nk[half + i];
            let child = (0..parent_k.len()).find(|k| active_k[*k] && parent_k[*k] == Some(parent));
            match found.cases.iter_mut().find(|case| (case.parent, case.child, case.feature) == (parent, child, feature)) {
                Some(case) => case.inputs += 1,
                None => found.cases.push(Swallowed { parent, child, feature, inputs: 1 }),
            }
        }
    }
    if found.candidates > 0 {
        found.rate = absorbed as f64 / found.candidates as f64;
    }
    found.cases.sort_by_key(|case| std::cmp::Reverse(case.inputs));
    found
}
