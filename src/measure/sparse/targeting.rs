//! What steering vectors do to features, as a linear map, and the vector that it says to take for one of them.

use super::error::solve;
use crate::pause::{Pause, at_once};
use crate::{Rows, mean, unit};

/// How features change with a steering vector: `y ≈ M v + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// Shape `[features, inputs]`.
    pub gain_fd: Vec<f64>,
    /// What any vector of such a length changes, shape `[features]`.
    pub shift_f: Vec<f64>,
}

/// Added to the diagonal of `VᵀV`, as a share of its mean: there may be fewer vectors than numbers in one.
pub const TARGETING_RIDGE: f64 = 1e-2;

/// The map of steering vectors to what they change, by ridge regression with an intercept and [`TARGETING_RIDGE`] (Chalnev, Siu & Conmy 2024, "Improving
/// Steering Vectors by Targeting Sparse Autoencoder Features", section 3.1).
///
/// # Panics
/// If there is not one change a vector.
pub fn effects(vector_nd: Rows, change_nf: Rows) -> Effects {
    at_once(effects_in_slices(vector_nd, change_nf, &Pause::never()))
}

/// [`effects`], with places to rest.
///
/// # Panics
/// As there.
pub async fn effects_in_slices(vector_nd: Rows<'_>, change_nf: Rows<'_>, pause: &Pause) -> Effects {
    assert_eq!(vector_nd.len(), change_nf.len(), "not one change a vector");
    let (d, f) = (vector_nd.width(), change_nf.width());
    let average = |rows: Rows| -> Vec<f64> { (0..rows.width()).map(|j| mean(rows.column(j).map(f64::from))).collect() };
    let (mean_d, mean_f) = (average(vector_nd), average(change_nf));
    let (mut gram_dd, mut cross_df) = (vec![0.0; d * d], vec![0.0; d * f]);
    for (v, y) in vector_nd.iter().zip(change_nf.iter()) {
        pause.point().await;
        let less = |row: &[f32], mean: &[f64]| row.iter().zip(mean).map(|(v, m)| f64::from(*v) - m).collect::<Vec<f64>>();
        let (v, y) = (less(v, &mean_d), less(y, &mean_f));
        for (i, a) in v.iter().enumerate() {
            gram_dd[i * d..=i * d + i].iter_mut().zip(&v).for_each(|(g, b)| *g += a * b);
            cross_df[i * f..(i + 1) * f].iter_mut().zip(&y).for_each(|(c, y)| *c += a * y);
        }
    }
    let ridge = TARGETING_RIDGE * gram_dd.iter().step_by(d + 1).sum::<f64>() / d as f64;
    gram_dd.iter_mut().step_by(d + 1).for_each(|g| *g += ridge);
    solve(&mut gram_dd, &mut cross_df, d, pause).await;
    let gain_fd: Vec<f64> = (0..f).flat_map(|j| cross_df.iter().skip(j).step_by(f).copied().collect::<Vec<f64>>()).collect();
    let told = |row: &[f64]| row.iter().zip(&mean_d).map(|(g, m)| g * m).sum::<f64>();
    let shift_f = gain_fd.chunks_exact(d).zip(&mean_f).map(|(row, m)| m - told(row)).collect();
    Effects { gain_fd, shift_f }
}

impl Effects {
    /// The vector that the map says moves feature `j` and no other, of length one: row `j` of `M(MᵀM + ρI)⁻¹`, the least squares solution of `M v = e_j` with a
    /// ridge ρ of `share` times the mean of the diagonal of `MᵀM`; of all features, shape `[features, inputs]`. Not of the paper, whose vector goes where a
    /// feature gains most for the vector's length, whatever else gains there.
    pub fn sparing(&self, share: f64) -> Vec<f32> {
        at_once(self.sparing_in_slices(share, &Pause::never()))
    }

    /// [`Self::sparing`], with places to rest.
    pub async fn sparing_in_slices(&self, share: f64, pause: &Pause) -> Vec<f32> {
        let (f, d) = (self.shift_f.len(), self.gain_fd.len() / self.shift_f.len());
        let (mut gram_dd, mut rows_df) = (vec![0.0; d * d], vec![0.0; d * f]);
        for (j, row) in self.gain_fd.chunks_exact(d).enumerate() {
            pause.point().await;
            for (i, a) in row.iter().enumerate() {
                gram_dd[i * d..=i * d + i].iter_mut().zip(row).for_each(|(g, b)| *g += a * b);
                rows_df[i * f + j] = *a;
            }
        }
        let ridge = share * gram_dd.iter().step_by(d + 1).sum::<f64>() / d as f64;
        gram_dd.iter_mut().step_by(d + 1).for_each(|g| *g += ridge);
        solve(&mut gram_dd, &mut rows_df, d, pause).await;
        (0..f)
            .flat_map(|j| {
                let v: Vec<f32> = rows_df.iter().skip(j).step_by(f).map(|v| *v as f32).collect();
                unit(&v).into_iter().map(|v| v as f32).collect::<Vec<f32>>()
            })
            .collect()
    }

    /// The vector for feature `j`, of length one: `M_j / ‖M_j‖ − λ·Mᵀb / ‖Mᵀb‖` (ditto, equation 3).
    ///
    /// # Panics
    /// If there is no such feature.
    pub fn targeted(&self, j: usize, lambda: f64) -> Vec<f32> {
        let d = self.gain_fd.len() / self.shift_f.len();
        let mut aside_d = vec![0.0; d];
        for (row, b) in self.gain_fd.chunks_exact(d).zip(&self.shift_f) {
            aside_d.iter_mut().zip(row).for_each(|(a, g)| *a += b * g);
        }
        let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        let (own, aside) = (&self.gain_fd[j * d..(j + 1) * d], length(&aside_d));
        let by = length(own);
        let v: Vec<f32> = own.iter().zip(&aside_d).map(|(g, a)| (g / by - lambda * a / aside) as f32).collect();
        unit(&v).into_iter().map(|v| v as f32).collect()
    }
}
