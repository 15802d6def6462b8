//! Optimal transport with an entropy (Cuturi 2013, "Sinkhorn Distances").

use burn::tensor::Tensor;

use super::log_sum_exp::log_sum_exp;
use super::stop_gradient;

/// Rounds in which rows and columns are made to have their shares in turn.
const ROUNDS: usize = 20;

/// How much goes from each row to each column, such that every row gives 1/n and every column gets 1/k: shape `[n, k]`, a constant to
/// differentiation. By Danskin's theorem the gradient of the least cost is that of `Σ plan · cost` with the plan held.
///
/// `blur` is the weight of the entropy in units of the mean cost: the smaller, the nearer to the sharp plan, and the slower.
pub fn plan(cost_nk: Tensor<2>, blur: f64) -> Tensor<2> {
    let [n, k] = cost_nk.dims();
    let cost_nk = stop_gradient(cost_nk);
    let scale = cost_nk.clone().mean().clamp_min(f64::from(f32::MIN_POSITIVE)) * blur;
    let gain_nk = cost_nk / scale.reshape([1, 1]).expand([n, k]).neg();
    let (mut row_n1, mut column_1k) = (Tensor::zeros([n, 1], &gain_nk.device()), Tensor::zeros([1, k], &gain_nk.device()));
    for _ in 0..ROUNDS {
        let with_columns = gain_nk.clone() + column_1k.clone().expand([n, k]);
        row_n1 = log_sum_exp(with_columns).reshape([n, 1]).neg() - (n as f64).ln();
        let with_rows = gain_nk.clone() + row_n1.clone().expand([n, k]);
        column_1k = log_sum_exp(with_rows.transpose()).reshape([1, k]).neg() - (k as f64).ln();
    }
    (gain_nk + row_n1.expand([n, k]) + column_1k.expand([n, k])).exp()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn values(t: Tensor<2>) -> Vec<f32> {
        t.into_data().try_into_vec().unwrap()
    }

    /// Two rows that lie nearer to one column each: all goes where it is cheap, and shares are kept.
    #[test]
    fn it_goes_where_it_is_cheap() {
        let cost = Tensor::<2>::from_floats([[0.0, 1.0], [1.0, 0.0]], &Device::flex());
        for (got, want) in values(plan(cost, 0.05)).into_iter().zip([0.5, 0.0, 0.0, 0.5]) {
            assert!((got - want).abs() < 1e-5, "{got}, not {want}");
        }
    }

    /// Three rows that all lie nearest to the first of three columns: each column gets its third all the same.
    #[test]
    fn no_column_goes_without() {
        let cost = Tensor::<2>::from_floats([[0.0, 1.0, 2.0], [0.0, 1.5, 2.0], [0.0, 1.0, 4.0]], &Device::flex());
        let got = values(plan(cost, 0.1));
        for column in 0..3 {
            let sum: f32 = got.iter().skip(column).step_by(3).sum();
            assert!((sum - 1.0 / 3.0).abs() < 1e-4, "column {column} gets {sum}");
        }
        for row in got.chunks(3) {
            assert!((row.iter().sum::<f32>() - 1.0 / 3.0).abs() < 1e-3, "a row gives {row:?}");
        }
    }
}
