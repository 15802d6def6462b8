//! ln Σ exp, without overflow.

use burn::tensor::Tensor;

use super::stop_gradient;

/// ln Σ_k exp x_k of each row, shape `[rows, k]` to `[rows]`.
pub fn log_sum_exp(x_rk: Tensor<2>) -> Tensor<1> {
    let [rows, _] = x_rk.dims();
    let most_r1 = stop_gradient(x_rk.clone().max_dim(1));
    ((x_rk - most_r1.clone()).exp().sum_dim(1).log() + most_r1).reshape([rows])
}
