//! Directions that nobody has learnt, used as a dictionary is: what a learnt one is to be compared with.

use crate::Rows;

/// Inputs told by a few directions each.
pub struct Told {
    /// How much of each direction there is, shape `[n, f]`.
    pub act_nf: Vec<f32>,
    /// What that stands for, shape `[n, d]`.
    pub reconstruction_nd: Vec<f32>,
}

/// Each input as the mean and a sum of `k` directions: those along which it lies furthest from the mean, of whatever length they are, with the amounts
/// that leave the least squared error. A direction that the input lies against is not taken; a basis is told both ways, `v` and `−v`. For an
/// orthonormal basis this is the best approximation in `k` terms (Mallat 1999, "A Wavelet Tour of Signal Processing", section 9.2); otherwise it is
/// one step of matching pursuit for all `k` at once.
///
/// # Panics
/// If the shapes do not fit together.
pub fn told_by(x_nd: Rows, mean_d: &[f64], direction_fd: Rows, k: usize) -> Told {
    let d = x_nd.width();
    assert_eq!((mean_d.len(), direction_fd.width()), (d, d), "not directions of these inputs");
    let f = direction_fd.len();
    let unit_fd: Vec<f64> = direction_fd.iter().flat_map(crate::unit).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (mut act_nf, mut reconstruction_nd) = (vec![0.0; x_nd.len() * f], Vec::with_capacity(x_nd.len() * d));
    for (x, act) in x_nd.iter().zip(act_nf.chunks_exact_mut(f)) {
        let x: Vec<f64> = x.iter().zip(mean_d).map(|(v, m)| f64::from(*v) - m).collect();
        let mut along: Vec<(f64, usize)> = unit_fd.chunks_exact(d).map(|u| dot(u, &x)).zip(0..).filter(|(a, _)| *a > 0.0).collect();
        along.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        along.truncate(k);
        let chosen: Vec<&[f64]> = along.iter().map(|(_, i)| &unit_fd[i * d..(i + 1) * d]).collect();
        let gram: Vec<f64> = chosen.iter().flat_map(|a| chosen.iter().map(|b| dot(a, b))).collect();
        let amounts = least_squares(gram, along.iter().map(|(a, _)| *a).collect());
        let mut y = mean_d.to_vec();
        for ((amount, u), (_, i)) in amounts.iter().zip(&chosen).zip(&along) {
            act[*i] = *amount as f32;
            y.iter_mut().zip(*u).for_each(|(y, u)| *y += amount * u);
        }
        reconstruction_nd.extend(y.into_iter().map(|v| v as f32));
    }
    Told { act_nf, reconstruction_nd }
}

/// `G⁻¹ b` of a positive semidefinite `G`, row-major, by elimination; what depends on what came before is left at zero.
fn least_squares(mut gram: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    const DEPENDENT: f64 = 1e-9;
    let n = b.len();
    let mut dropped = vec![false; n];
    for i in 0..n {
        if gram[i * n + i] < DEPENDENT {
            dropped[i] = true;
            continue;
        }
        for j in i + 1..n {
            let by = gram[j * n + i] / gram[i * n + i];
            for c in i..n {
                gram[j * n + c] -= by * gram[i * n + c];
            }
            b[j] -= by * b[i];
        }
    }
    for i in (0..n).rev() {
        if dropped[i] {
            b[i] = 0.0;
            continue;
        }
        let rest: f64 = (i + 1..n).map(|j| gram[i * n + j] * b[j]).sum();
        b[i] = (b[i] - rest) / gram[i * n + i];
    }
    b
}
