//! What single numbers of a code stand for: latents and features alike.

use crate::pause::{Pause, at_once};
use crate::{Rows, mean};

/// The monosemanticity of each unit, shape `[f]`: `Σ aₙ aₘ s(n, m) / Σ aₙ aₘ` over pairs of different inputs, where `a` is the unit's activity
/// carried to [0, 1] and `s` the cosine of what the two show (Pach et al. 2025, "Sparse Autoencoders Learn Monosemantic Features in
/// Vision-Language Models", equation 8). NaN for a unit that does not vary, or is active on fewer than two inputs.
///
/// `shown_nd` is what describes the inputs, independent of the code; rows of zeros are alike to nothing.
///
/// # Panics
/// If both are not of the same inputs.
pub fn monosemanticity_f(act_nf: Rows, shown_nd: Rows) -> Vec<f64> {
    at_once(monosemanticity_in_slices(act_nf, shown_nd, &Pause::never()))
}

/// [`monosemanticity_f`], with a place to rest at every unit.
///
/// # Panics
/// As there.
pub async fn monosemanticity_in_slices(act_nf: Rows<'_>, shown_nd: Rows<'_>, pause: &Pause) -> Vec<f64> {
    assert_eq!(act_nf.len(), shown_nd.len(), "activations and what is shown are of different inputs");
    let unit = |row: &[f32]| {
        let norm = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        row.iter().map(|v| if norm > 0.0 { f64::from(*v) / norm } else { 0.0 }).collect::<Vec<f64>>()
    };
    let shown: Vec<Vec<f64>> = shown_nd.iter().map(unit).collect();
    let mut all = Vec::with_capacity(act_nf.width());
    for f in 0..act_nf.width() {
        pause.point().await;
        let (low, high) = act_nf.column(f).fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), a| (low.min(a), high.max(a)));
        let part = |a: f32| f64::from(a - low) / f64::from(high - low);
        // Σ over all pairs is the square of a sum; pairs of an input with itself are taken off.
        let (mut sum_d, mut own, mut weight, mut squares) = (vec![0.0; shown_nd.width()], 0.0, 0.0, 0.0);
        for (a, row) in act_nf.column(f).map(part).zip(&shown).filter(|(a, _)| *a != 0.0) {
            sum_d.iter_mut().zip(row).for_each(|(s, v)| *s += a * v);
            own += a * a * row.iter().map(|v| v * v).sum::<f64>();
            (weight, squares) = (weight + a, squares + a * a);
        }
        all.push((sum_d.iter().map(|s| s * s).sum::<f64>() - own) / (weight * weight - squares));
    }
    all
}

/// How well single units tell the classes: for each class the unit and the threshold, in either direction, that tell it best in the first codes,
/// by F1; of these choices the mean over the classes of F1 in the second codes. It is the "coverage" of Karvonen et al. 2024 ("Measuring Progress in
/// Dictionary Learning for Language Model Interpretability with Board Game Models", section 3.2), with the classes as the properties that are known.
/// A class without an input among the first counts 0.
///
/// # Panics
/// If there is not one label a code, or the codes differ in width.
pub fn coverage((fitted_nf, fitted_n): (Rows, &[u8]), (test_mf, test_m): (Rows, &[u8]), classes: usize) -> f64 {
    at_once(coverage_in_slices((fitted_nf, fitted_n), (test_mf, test_m), classes, &Pause::never()))
}

/// [`coverage`], with a place to rest at every unit.
///
/// # Panics
/// As there.
pub async fn coverage_in_slices(
    (fitted_nf, fitted_n): (Rows<'_>, &[u8]),
    (test_mf, test_m): (Rows<'_>, &[u8]),
    classes: usize,
    pause: &Pause,
) -> f64 {
    assert_eq!((fitted_nf.len(), test_mf.len()), (fitted_n.len(), test_m.len()), "not one label a code");
    assert_eq!(fitted_nf.width(), test_mf.width(), "the codes differ in width");
    let count = |class: usize| fitted_n.iter().filter(|l| usize::from(**l) == class).count();
    let counts: Vec<usize> = (0..classes).map(count).collect();
    // F1, unit, sign and threshold of what tells each class best.
    let mut best_c = vec![(0.0, 0, 1.0, f32::INFINITY); classes];
    for f in 0..fitted_nf.width() {
        pause.point().await;
        for sign in [1.0, -1.0] {
            let mut sorted: Vec<(f32, usize)> =
                fitted_nf.column(f).zip(fitted_n).map(|(a, l)| (sign * a, usize::from(*l))).collect();
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut hits_c = vec![0; classes];
            for (said, (value, label)) in sorted.iter().enumerate() {
                hits_c[*label] += 1;
                // A threshold does not part equals.
                if sorted.get(said + 1).is_some_and(|(next, _)| next == value) {
                    continue;
                }
                for (class, best) in best_c.iter_mut().enumerate() {
                    let f1 = 2.0 * f64::from(hits_c[class]) / (said + 1 + counts[class]) as f64;
                    if f1 > best.0 {
                        *best = (f1, f, sign, *value);
                    }
                }
            }
        }
    }
    mean(best_c.iter().enumerate().map(|(class, (_, f, sign, threshold))| {
        let said = |a: f32| sign * a >= *threshold;
        let (mut hit, mut wrong) = (0.0, 0.0);
        for (a, l) in test_mf.column(*f).zip(test_m) {
            match (said(a), usize::from(*l) == class) {
                (true, true) => hit += 1.0,
                (false, false) => {}
                _ => wrong += 1.0,
            }
        }
        if hit > 0.0 { 2.0 * hit / (2.0 * hit + wrong) } else { 0.0 }
    }))
}
