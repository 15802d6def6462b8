//! Features of several layers of one network: where they fire, which of one layer is which of the next, and how far layers lie apart.

use crate::{Rows, assert_alike, assign, mean, moments};

/// How a dictionary's activity is spread over layers: an entropy as a share of that of an even spread, 0 where a feature is of one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Of a feature's activity over all inputs, mean over the features that are active.
    pub all: f64,
    /// Of a feature's activity on one input, mean over the inputs on which it is active, then over the features.
    pub one: f64,
}

/// Entropy of shares, in units of the evenest.
fn evenness(amount_l: &[f64]) -> f64 {
    let sum: f64 = amount_l.iter().sum();
    let entropy: f64 = amount_l.iter().filter(|a| **a > 0.0).map(|a| -(a / sum) * (a / sum).ln()).sum();
    entropy / (amount_l.len() as f64).ln()
}

/// Where features fire, of activations whose rows are the layers of one input after those of another (Lawson et al. 2024, "Residual Stream Analysis with
/// Multi-Layer SAEs", section 4.2, who take the variance of the layer for the entropy). NaN of one layer, or where nothing is active.
///
/// # Panics
/// If the rows are no whole inputs.
pub fn spread(act_nf: Rows, layers: usize) -> Spread {
    assert!(layers > 0 && act_nf.len().is_multiple_of(layers), "{} rows are no inputs of {layers} layers", act_nf.len());
    let (mut all, mut one) = (vec![], vec![]);
    for f in 0..act_nf.width() {
        let act: Vec<f64> = act_nf.column(f).map(|a| f64::from(a.abs())).collect();
        let mut total_l = vec![0.0; layers];
        act.chunks_exact(layers).for_each(|own| total_l.iter_mut().zip(own).for_each(|(t, a)| *t += a));
        if total_l.iter().any(|t| *t > 0.0) {
            all.push(evenness(&total_l));
            one.push(mean(act.chunks_exact(layers).filter(|own| own.iter().any(|a| *a > 0.0)).map(evenness)));
        }
    }
    Spread { all: mean(all.into_iter()), one: mean(one.into_iter()) }
}

/// Mean over the inputs of the angle between two layers' activations, as a share of half a turn (Gromov et al. 2024, "The Unreasonable Ineffectiveness of the
/// Deeper Layers"; in Ghilardi et al. 2024, "Efficient Training of Sparse Autoencoders for Large Language Models via Layer Groups", equation 3).
///
/// # Panics
/// If the shapes differ.
pub fn angular_distance(a_nw: Rows, b_nw: Rows) -> f64 {
    assert_alike(a_nw, b_nw);
    let square = |row: &[f32]| row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
    let angle = |(a, b): (&[f32], &[f32])| {
        let dot = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        (dot / (square(a) * square(b)).sqrt()).clamp(-1.0, 1.0).acos()
    };
    mean(a_nw.iter().zip(b_nw.iter()).map(angle)) / std::f64::consts::PI
}

/// A dictionary with its encoder, one feature a row.
#[derive(Clone, Debug, Default)]
pub struct Coded {
    /// Shapes `[features, inputs]`, `[features]` and `[features, inputs]`.
    pub encoder_fa: Vec<f64>,
    pub bias_f: Vec<f64>,
    pub decoder_fa: Vec<f64>,
}

impl Coded {
    /// The same function when every activation is counted in units of its threshold: encoder and bias are divided by it, the decoder is multiplied
    /// (Balagansky et al. 2024, "Mechanistic Permutability: Match Features Across Layers", section 3.2).
    ///
    /// # Panics
    /// If there is not one threshold a feature.
    #[must_use]
    pub fn folded(&self, threshold_f: &[f64]) -> Self {
        assert_eq!(self.bias_f.len(), threshold_f.len(), "not one threshold a feature");
        let inputs = self.decoder_fa.len() / threshold_f.len().max(1);
        let rows = |values: &[f64], by: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
            let each = values.chunks_exact(inputs.max(1)).zip(threshold_f);
            each.flat_map(|(row, t)| row.iter().map(|v| by(*v, *t)).collect::<Vec<f64>>()).collect()
        };
        Self {
            encoder_fa: rows(&self.encoder_fa, &|v, t| v / t),
            bias_f: self.bias_f.iter().zip(threshold_f).map(|(b, t)| b / t).collect(),
            decoder_fa: rows(&self.decoder_fa, &|v, t| v * t),
        }
    }

    /// Squared distance of a feature's parameters to those of another dictionary's.
    fn distance(&self, i: usize, other: &Self, j: usize) -> f64 {
        let inputs = self.decoder_fa.len() / self.bias_f.len();
        let rows = |a: &[f64], b: &[f64]| {
            a[i * inputs..][..inputs].iter().zip(&b[j * inputs..][..inputs]).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
        };
        rows(&self.encoder_fa, &other.encoder_fa)
            + rows(&self.decoder_fa, &other.decoder_fa)
            + (self.bias_f[i] - other.bias_f[j]).powi(2)
    }
}

/// Pairs of features, one of `a` and one of `b`, such that the sum of the squared distances of their parameters is as small as can be; those of the larger
/// dictionary that are left over have none. No input is needed (ditto, equation 5).
///
/// # Panics
/// If the inputs differ in width, or either is empty.
pub fn permutation(a: &Coded, b: &Coded) -> Vec<(usize, usize)> {
    let [of_a, of_b] = [a, b].map(|coded| coded.bias_f.len());
    assert_eq!(a.decoder_fa.len() * of_b, b.decoder_fa.len() * of_a, "the two dictionaries differ in width");
    if of_a > of_b {
        return permutation(b, a).into_iter().map(|(j, i)| (i, j)).collect();
    }
    let gain: Vec<f64> = (0..of_a).flat_map(|i| (0..of_b).map(move |j| -a.distance(i, b, j))).collect();
    assign::maximum(&gain, of_b).into_iter().enumerate().collect()
}

/// Mean correlation of the activity of paired features, over the inputs; pairs of which one never varies do not count.
///
/// # Panics
/// If there are not as many inputs of both, or no such feature.
pub fn paired_correlation(a_nf: Rows, b_ng: Rows, pairs: &[(usize, usize)]) -> f64 {
    assert_eq!(a_nf.len(), b_ng.len(), "not the same inputs");
    let one = |(i, j): &(usize, usize)| {
        let [(ma, va), (mb, vb)] = [moments(a_nf.column(*i)), moments(b_ng.column(*j))];
        let both = a_nf.column(*i).zip(b_ng.column(*j)).map(|(a, b)| (f64::from(a) - ma) * (f64::from(b) - mb));
        both.sum::<f64>() / a_nf.len() as f64 / (va * vb).sqrt()
    };
    mean(pairs.iter().map(one).filter(|r| r.is_finite()))
}

/// For each direction of one dictionary the nearest of another, by the cosine, and that cosine: where a feature goes on in the next layer (Laptev et al. 2025,
/// "Analyze Feature Flow to Enhance Interpretation and Steering in Language Models", section 3.1).
///
/// # Panics
/// If the widths differ, or the other is empty.
pub fn successors(a_fd: Rows, b_gd: Rows) -> Vec<(usize, f64)> {
    let cosine = super::dictionary::cosines(a_fd, b_gd);
    let best = |row: &[f64]| (1..row.len()).fold((0, row[0]), |best, j| if row[j] > best.1 { (j, row[j]) } else { best });
    cosine.chunks_exact(b_gd.len()).map(best).collect()
}
