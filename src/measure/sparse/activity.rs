//! How often features are active.

use crate::{Rows, mean};

/// A feature that is active on more than this share of the inputs is ultra-dense (Rajamanoharan et al. 2024, "Jumping
/// Ahead": features that fire on more than 10 % of inputs).
pub const ULTRA_DENSE: f64 = 0.1;

/// What the zeros of the activations tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Active features, mean over the inputs: L0.
    pub l0: f64,
    /// Share of the inputs on which each feature is active, shape `[f]`.
    pub density_f: Vec<f64>,
    /// Features active on no input: dead, as far as these inputs tell.
    pub dead: usize,
    /// Features denser than [`ULTRA_DENSE`].
    pub ultra_dense: usize,
}

/// Counts the zeros.
pub fn activity(act_nf: Rows) -> Activity {
    let density = |j: usize| mean(act_nf.column(j).map(|a| f64::from(u8::from(a != 0.0))));
    let density_f: Vec<f64> = (0..act_nf.width()).map(density).collect();
    Activity {
        l0: density_f.iter().sum(),
        dead: density_f.iter().filter(|d| **d == 0.0).count(),
        ultra_dense: density_f.iter().filter(|d| **d > ULTRA_DENSE).count(),
        density_f,
    }
}

/// The distribution of `log₁₀` of the density over the features that live (Bricken et al. 2023, "Towards Monosemanticity").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DensityHistogram {
    /// Features in each of equally wide bins from `10^−decades` to 1, the last closed; rarer ones count in the first.
    pub count_b: Vec<usize>,
    /// Features that have no logarithm.
    pub dead: usize,
}

impl Activity {
    /// The histogram with so many bins a decade.
    ///
    /// # Panics
    /// If there is no bin.
    pub fn histogram(&self, decades: usize, bins_a_decade: usize) -> DensityHistogram {
        let mut count_b = vec![0; decades * bins_a_decade];
        assert!(!count_b.is_empty(), "a histogram needs a bin");
        for density in self.density_f.iter().filter(|d| **d > 0.0) {
            let at = (density.log10() + decades as f64) * bins_a_decade as f64;
            count_b[(at.max(0.0) as usize).min(decades * bins_a_decade - 1)] += 1;
        }
        DensityHistogram { count_b, dead: self.dead }
    }
}
