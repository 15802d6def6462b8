//! The k-th largest number of a row, with k known only when the step runs: what "keep the k largest" is made of.

use burn::tensor::Tensor;

use super::recorded;
use latent_compile::capture::KTH_LARGEST;

/// The `k`-th largest number of each row, a constant to differentiation. `k` is rounded and held between one and `n`.
///
/// Recorded, this is an operation of its own. Eagerly, the place of the answer is halved by counting, which unlike Burn's
/// sort reads nothing back and so works in a browser; exact for numbers that differ by more than 2⁻⁶⁴ of the row's range.
///
/// # Shapes
/// - `x_rn`: `[rows, n]`; `k`: `[1]`; output: `[rows, 1]`
pub fn kth_largest(x_rn: Tensor<2>, k: Tensor<1>) -> Tensor<2> {
    let [rows, _] = x_rn.dims();
    recorded::binary(KTH_LARGEST, &x_rn, &k, [rows, 1]).unwrap_or_else(|| by_halving(x_rn.detach(), k.detach()))
}

/// Steps after which the halves of a row's range are narrower than the gaps between its numbers.
const HALVINGS: usize = 64;

fn by_halving(x_rn: Tensor<2>, k: Tensor<1>) -> Tensor<2> {
    let [rows, n] = x_rn.dims();
    let k_r1 = k.round().clamp(1.0, n as f64).reshape([1, 1]).expand([rows, 1]);
    let largest_r1 = x_rn.clone().max_dim(1);
    // At least k numbers are not below `low`.
    let (mut low_r1, mut high_r1) = (x_rn.clone().min_dim(1), largest_r1.clone());
    for _ in 0..HALVINGS {
        let middle_r1 = low_r1.clone() * 0.5 + high_r1.clone() * 0.5;
        let count_r1 = x_rn.clone().greater_equal(middle_r1.clone().expand([rows, n])).float().sum_dim(1);
        let enough_r1 = count_r1.greater_equal(k_r1.clone());
        low_r1 = low_r1.mask_where(enough_r1.clone(), middle_r1.clone());
        high_r1 = middle_r1.mask_where(enough_r1, high_r1);
    }
    let below_rn = x_rn.clone().lower(low_r1.expand([rows, n]));
    x_rn.mask_where(below_rn, largest_r1.expand([rows, n])).min_dim(1)
}
