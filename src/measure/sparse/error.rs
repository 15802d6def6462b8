//! What a linear map of the inputs tells of a sparse autoencoder's errors (Engels, Riggs & Tegmark 2024, "Decomposing The Dark
//! Matter of Sparse Autoencoders").

use crate::pause::{Pause, at_once};
use crate::{Rows, assert_alike, moments};

/// Added to the diagonal of `XᵀX`, as a share of its mean: pixels that never change would have no inverse.
pub const RIDGE: f64 = 1e-3;

/// Shares of variance, on inputs that nothing was fitted to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predicted {
    /// Of the error vectors.
    pub vector: f64,
    /// Of their squared lengths.
    pub length: f64,
}

/// How much of the errors `e = x − x̂`, and of `‖e‖²`, a linear map of the inputs foretells: `1 − Σ‖e − ê‖² / Σ‖e − ē‖²` on the second
/// pair, where `ê` is the ridge regression of the first pair's errors on its inputs, with an intercept and [`RIDGE`], and `ē` the second's mean.
/// Each pair holds inputs and errors, both `[n, d]`.
///
/// # Panics
/// If the shapes do not fit together.
pub fn predicted_error(fitted: (Rows, Rows), test: (Rows, Rows)) -> Predicted {
    at_once(predicted_error_in_slices(fitted, test, &Pause::never()))
}

/// [`predicted_error`], with places to rest.
///
/// # Panics
/// As there.
pub async fn predicted_error_in_slices(
    (x_nd, e_nd): (Rows<'_>, Rows<'_>),
    (x_md, e_md): (Rows<'_>, Rows<'_>),
    pause: &Pause,
) -> Predicted {
    assert_alike(x_nd, e_nd);
    assert_alike(x_md, e_md);
    let d = x_nd.width();
    assert_eq!(d, x_md.width(), "inputs of another width");
    let mean_d: Vec<f64> = (0..d).map(|j| moments(x_nd.column(j)).0).collect();
    let centred = |row: &[f32]| -> Vec<f64> { row.iter().zip(&mean_d).map(|(x, m)| f64::from(*x) - m).collect() };
    // What is foretold: the values of the error, and its squared length behind them.
    let told = |row: &[f32]| -> Vec<f64> {
        let squares = row.iter().map(|e| f64::from(*e).powi(2)).sum();
        row.iter().map(|e| f64::from(*e)).chain([squares]).collect()
    };
    let average = |e_nd: Rows| {
        let mut mean = vec![0.0; d + 1];
        e_nd.iter().for_each(|row| mean.iter_mut().zip(told(row)).for_each(|(m, v)| *m += v / e_nd.len() as f64));
        mean
    };
    let mean_t = average(e_nd);
    let (mut gram_dd, mut cross_dt) = (vec![0.0; d * d], vec![0.0; d * (d + 1)]);
    for (x, e) in x_nd.iter().zip(e_nd.iter()) {
        pause.point().await;
        let (x, mut t) = (centred(x), told(e));
        t.iter_mut().zip(&mean_t).for_each(|(t, m)| *t -= m);
        for (i, a) in x.iter().enumerate().filter(|(_, a)| **a != 0.0) {
            // The lower half is enough.
            gram_dd[i * d..=i * d + i].iter_mut().zip(&x).for_each(|(g, b)| *g += a * b);
            cross_dt[i * (d + 1)..][..=d].iter_mut().zip(&t).for_each(|(c, t)| *c += a * t);
        }
    }
    let diagonal = gram_dd.iter().step_by(d + 1).sum::<f64>() / d as f64;
    gram_dd.iter_mut().step_by(d + 1).for_each(|g| *g += RIDGE * diagonal);
    solve(&mut gram_dd, &mut cross_dt, d, pause).await;
    let of_test = average(e_md);
    let (mut missed, mut whole) = ([0.0; 2], [0.0; 2]);
    for (x, e) in x_md.iter().zip(e_md.iter()) {
        pause.point().await;
        let mut guess_t = mean_t.clone();
        for (a, row_t) in centred(x).iter().zip(cross_dt.chunks_exact(d + 1)) {
            guess_t.iter_mut().zip(row_t).for_each(|(g, w)| *g += a * w);
        }
        for (j, ((t, g), m)) in told(e).iter().zip(&guess_t).zip(&of_test).enumerate() {
            let which = usize::from(j == d);
            missed[which] += (t - g).powi(2);
            whole[which] += (t - m).powi(2);
        }
    }
    let [vector, length] = [0, 1].map(|i| 1.0 - missed[i] / whole[i]);
    Predicted { vector, length }
}

/// `A⁻¹ B` in place of `B`, shape `[d, t]`, for a positive definite `A`, of which the lower half is read: by Cholesky's factors (Golub & Van Loan,
/// "Matrix computations", section 4.2).
pub(super) async fn solve(a_dd: &mut [f64], b_dt: &mut [f64], d: usize, pause: &Pause) {
    let t = b_dt.len() / d;
    for i in 0..d {
        pause.point().await;
        let (before, row_i) = a_dd.split_at_mut(i * d);
        for j in 0..i {
            let row_j = &before[j * d..=j * d + j];
            let dot: f64 = row_i[..j].iter().zip(row_j).map(|(a, b)| a * b).sum();
            row_i[j] = (row_i[j] - dot) / row_j[j];
        }
        let own: f64 = row_i[..i].iter().map(|v| v * v).sum();
        row_i[i] = (row_i[i] - own).sqrt();
    }
    let less = |to: &mut [f64], from: &[f64], by: f64| to.iter_mut().zip(from).for_each(|(t, f)| *t -= by * f);
    for i in 0..d {
        pause.point().await;
        let (before, row_i) = b_dt.split_at_mut(i * t);
        let row_i = &mut row_i[..t];
        before.chunks_exact(t).zip(&a_dd[i * d..]).for_each(|(row_j, l)| less(row_i, row_j, *l));
        row_i.iter_mut().for_each(|v| *v /= a_dd[i * d + i]);
    }
    for i in (0..d).rev() {
        pause.point().await;
        let (upto, after) = b_dt.split_at_mut((i + 1) * t);
        let row_i = &mut upto[i * t..];
        after.chunks_exact(t).enumerate().for_each(|(k, row_j)| less(row_i, row_j, a_dd[(i + 1 + k) * d + i]));
        row_i.iter_mut().for_each(|v| *v /= a_dd[i * d + i]);
    }
}
