//! Eigenvalues of small symmetric matrices.

/// `A = V diag(λ) Vᵀ`.
#[derive(Clone, Debug)]
pub struct Eigen {
    /// Eigenvalues in no particular order, shape `[n]`.
    pub values: Vec<f64>,
    /// Eigenvectors as columns, row-major, shape `[n, n]`.
    pub vectors: Vec<f64>,
}

/// Sweeps over all pairs; convergence is quadratic, so that ten are usual.
const SWEEPS: usize = 60;

/// Eigendecomposition of the symmetric matrix `a`, row-major, shape `[n, n]`, by cyclic Jacobi rotations (Golub & Van Loan,
/// "Matrix computations", section 8.5): of order `n³`, and as precise as there is.
///
/// # Panics
/// If `a` has not `n²` values.
pub fn symmetric(mut a: Vec<f64>, n: usize) -> Eigen {
    assert_eq!(a.len(), n * n, "not a square matrix of {n} rows");
    let mut v: Vec<f64> = (0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
    let total: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j].powi(2)).sum();
        if off <= 1e-30 * total {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, n, p, q);
            }
        }
    }
    Eigen { values: (0..n).map(|i| a[i * n + i]).collect(), vectors: v }
}

/// Makes element (p, q) zero by a rotation of rows and columns p and q.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    // The smaller root: a rotation of at most 45°.
    let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    let turn = |m: &mut [f64], i: usize, j: usize| {
        let (x, y) = (m[i], m[j]);
        m[i] = c * x - s * y;
        m[j] = s * x + c * y;
    };
    for k in 0..n {
        turn(a, k * n + p, k * n + q);
        turn(v, k * n + p, k * n + q);
    }
    for k in 0..n {
        turn(a, p * n + k, q * n + k);
    }
}

/// The symmetric root `A^½` of a positive semidefinite matrix; negative eigenvalues, which only rounding makes, count as 0.
pub fn root(a: Vec<f64>, n: usize) -> Vec<f64> {
    let Eigen { values, vectors } = symmetric(a, n);
    let scaled: Vec<f64> = vectors.iter().enumerate().map(|(i, v)| v * values[i % n].max(0.0).sqrt()).collect();
    let transposed: Vec<f64> = (0..n * n).map(|i| vectors[i % n * n + i / n]).collect();
    product(&scaled, &transposed, n)
}

/// `A B` of row-major square matrices.
pub fn product(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for (row, to) in a.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
        for (x, from) in row.iter().zip(b.chunks_exact(n)) {
            to.iter_mut().zip(from).for_each(|(t, f)| *t += x * f);
        }
    }
    out
}
