//! Description length: the bits that the features of an input take when written down (Ayonrinde, Pearce & Sharkey 2024,
//! "Interpretability as Compression: Reconsidering SAE Explanations of Neural Activations with MDL-SAEs").

use std::collections::HashMap;

use crate::measure::{Rows, assert_alike, squared_distance};

/// Bits in two parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DescriptionLength {
    /// Bits for the features of one input.
    pub input: f64,
    /// Bits for the dictionary, once for all inputs.
    pub dictionary: f64,
}

impl DescriptionLength {
    /// Bits an input when the dictionary is shared by `n` of them.
    pub fn total(self, n: usize) -> f64 {
        self.input + self.dictionary / n as f64
    }
}

/// `Σ_j H(q_j)` bits an input, where `q_j = round(a_j / step)` and the entropy is that of the values observed over the
/// inputs: what an ideal code for each feature by itself takes. The dictionary's `d` values a feature count with
/// `bits` each; features that are never active need no row.
///
/// A fair comparison holds the error fixed: see [`step_at_matched_error`].
///
/// # Panics
/// If `step` is not positive.
pub fn description_length(act_nf: Rows, step: f64, d: usize, bits: u32) -> DescriptionLength {
    assert!(step > 0.0, "a step of {step}");
    let n = act_nf.len() as f64;
    let entropy = |j: usize| {
        let mut counts: HashMap<i64, f64> = HashMap::new();
        act_nf.column(j).for_each(|a| *counts.entry((f64::from(a) / step).round() as i64).or_default() += 1.0);
        // A sum in sorted order is the same on every run.
        let mut counts: Vec<f64> = counts.into_values().collect();
        counts.sort_by(f64::total_cmp);
        counts.iter().map(|c| -c / n * (c / n).log2()).sum::<f64>()
    };
    let alive = (0..act_nf.width()).filter(|j| act_nf.column(*j).any(|a| a != 0.0)).count();
    DescriptionLength { input: (0..act_nf.width()).map(entropy).sum(), dictionary: (alive * d) as f64 * f64::from(bits) }
}

/// Steps tried: each half of the one before.
const HALVINGS: u32 = 24;

/// The largest step, of `max |a|` and its halves, at which rounding the activations raises the squared error of the
/// reconstruction by no more than the share `excess`. `decode` maps activations `[n, f]` to reconstructions `[n, d]`.
/// `None` if none does.
///
/// # Panics
/// If `decode` returns another shape than that of `x_nd`.
pub fn step_at_matched_error(x_nd: Rows, act_nf: Rows, excess: f64, decode: impl Fn(&[f32]) -> Vec<f32>) -> Option<f64> {
    let error = |act: &[f32]| -> f64 {
        let values = decode(act);
        let reconstruction_nd = Rows::new(&values, x_nd.width());
        assert_alike(x_nd, reconstruction_nd);
        x_nd.iter().zip(reconstruction_nd.iter()).map(|(x, y)| squared_distance(x, y)).sum()
    };
    let bound = error(act_nf.values()) * (1.0 + excess);
    let largest = act_nf.values().iter().fold(0.0f64, |m, a| m.max(f64::from(a.abs())));
    let steps = (0..HALVINGS).map(|h| largest / f64::from(1u32 << h)).filter(|s| *s > 0.0);
    let rounded = |step: f64| -> Vec<f32> { act_nf.values().iter().map(|a| ((f64::from(*a) / step).round() * step) as f32).collect() };
    steps.into_iter().find(|step| error(&rounded(*step)) <= bound)
}
