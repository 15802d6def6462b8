//! Description length: the bits that the features of an input take when written down (Ayonrinde, Pearce & Sharkey 2024,
//! "Interpretability as Compression: Reconsidering SAE Explanations of Neural Activations with MDL-SAEs").

use std::collections::HashMap;

use crate::Rows;

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
/// A fair comparison holds the error fixed: take the largest step at which the decoder, given [`round_to`] of the
/// activations, still errs by no more than some small share above what it does without rounding.
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

/// Activations as the description holds them: the nearest whole multiples of `step`.
pub fn round_to(act: &[f32], step: f64) -> Vec<f32> {
    act.iter().map(|a| ((f64::from(*a) / step).round() * step) as f32).collect()
}
