//! Small dense systems.

/// Solves `A X = B` in place for a symmetric positive definite `a_nn` (row-major, `[n, n]`) and `columns` right-hand sides
/// `b_nk`, by Cholesky's factorisation. Returns `false`, with both arguments spoilt, if `A` is not positive definite.
///
/// A linear-algebra crate would be a tenth of the page's download, for matrices of at most 64 rows.
pub fn solve(a_nn: &mut [f64], b_nk: &mut [f64], n: usize) -> bool {
    let columns = b_nk.len() / n.max(1);
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = a_nn[i * n + j] - (0..j).map(|k| a_nn[i * n + k] * a_nn[j * n + k]).sum::<f64>();
            if i != j {
                a_nn[i * n + j] = sum / a_nn[j * n + j];
            } else if sum > 0.0 {
                a_nn[i * n + i] = sum.sqrt();
            } else {
                return false;
            }
        }
    }
    for c in 0..columns {
        for i in 0..n {
            let sum: f64 = (0..i).map(|k| a_nn[i * n + k] * b_nk[k * columns + c]).sum();
            b_nk[i * columns + c] = (b_nk[i * columns + c] - sum) / a_nn[i * n + i];
        }
        for i in (0..n).rev() {
            let sum: f64 = (i + 1..n).map(|k| a_nn[k * n + i] * b_nk[k * columns + c]).sum();
            b_nk[i * columns + c] = (b_nk[i * columns + c] - sum) / a_nn[i * n + i];
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_system_is_solved_and_an_indefinite_one_refused() {
        // A = [[4, 2], [2, 3]], X = [[1, -1], [2, 0.5]].
        let (mut a, mut b) = (vec![4.0, 2.0, 2.0, 3.0], vec![8.0, -3.0, 8.0, -0.5]);
        assert!(solve(&mut a, &mut b, 2));
        assert!(b.iter().zip([1.0, -1.0, 2.0, 0.5]).all(|(x, want)| (x - want).abs() < 1e-12), "{b:?}");
        assert!(!solve(&mut [1.0, 2.0, 2.0, 1.0], &mut [1.0, 1.0], 2));
    }
}
