//! In how many directions rows spread, and how far in each.

use super::Rows;
use super::eigen::symmetric;

/// The singular values of the rows less their mean, divided by `√n`, largest first: the standard deviations along the principal axes, shape
/// `[min(n, d)]`. The eigenvalues are those of the smaller of `XᵀX` and `XXᵀ`.
pub fn singular_values(x_nd: Rows) -> Vec<f64> {
    let (n, d) = (x_nd.len(), x_nd.width());
    let mut mean_d = vec![0.0f64; d];
    x_nd.iter().for_each(|row| mean_d.iter_mut().zip(row).for_each(|(m, v)| *m += f64::from(*v) / n as f64));
    let mut rows = vec![0.0f64; n * d];
    // The smaller side stands outside.
    for (i, row) in x_nd.iter().enumerate() {
        for (j, v) in row.iter().enumerate() {
            let at = if d <= n { j * n + i } else { i * d + j };
            rows[at] = f64::from(*v) - mean_d[j];
        }
    }
    let (side, along) = (n.min(d), n.max(d));
    let of = |i: usize| &rows[i * along..(i + 1) * along];
    let mut gram = vec![0.0f64; side * side];
    for i in 0..side {
        for j in 0..=i {
            let dot = of(i).iter().zip(of(j)).map(|(a, b)| a * b).sum::<f64>() / n as f64;
            (gram[i * side + j], gram[j * side + i]) = (dot, dot);
        }
    }
    let mut singular: Vec<f64> = symmetric(gram, side).values.into_iter().map(|v| v.max(0.0).sqrt()).collect();
    singular.sort_by(|a, b| b.total_cmp(a));
    singular
}

/// How many directions rows of such singular values spread in, `(Σσ²)² / Σσ⁴`: their number where all are alike, 1 where one alone is not zero
/// (the participation ratio; `rank` of the low-rank autoencoder in training is the same). NaN where all are zero.
pub fn effective_rank(singular: &[f64]) -> f64 {
    let of = |power: i32| singular.iter().map(|s| s.powi(power)).sum::<f64>();
    of(2).powi(2) / of(4)
}
