//! Second moments of codes.

use burn::tensor::Tensor;

use super::constant::places;
use super::gaussian::mean_rows;

/// Covariance over the batch, divided by its size, shape `[batch, width]` to `[width, width]`.
pub fn covariance(x_bw: Tensor<2>) -> Tensor<2> {
    let [batch, width] = x_bw.dims();
    let centred_bw = x_bw.clone() - mean_rows(x_bw).reshape([1, width]);
    centred_bw.clone().transpose().matmul(centred_bw) / batch as f64
}

/// Squared correlation of each column of one with each column of the other over the batch, shapes `[batch, a]` and `[batch, b]` to `[a, b]`;
/// zero of a column that is the same everywhere.
pub fn squared_correlation(x_ba: Tensor<2>, y_bb: Tensor<2>) -> Tensor<2> {
    const TINY: f64 = 1e-10;
    let centred = |t: Tensor<2>| t.clone() - t.mean_dim(0);
    let (x_ba, y_bb) = (centred(x_ba), centred(y_bb));
    let [a, b] = [x_ba.dims()[1], y_bb.dims()[1]];
    let of = |t: &Tensor<2>| t.clone().square().sum_dim(0) + TINY;
    let (of_x, of_y) = (of(&x_ba).reshape([a, 1]).expand([a, b]), of(&y_bb).reshape([1, b]).expand([a, b]));
    x_ba.transpose().matmul(y_bb).square() / (of_x * of_y)
}

/// The identity matrix, shape `[n, n]`.
pub fn identity(n: usize, device: &burn::tensor::Device) -> Tensor<2> {
    let place_n = places(n, device);
    place_n.clone().reshape([n, 1]).expand([n, n]).equal(place_n.reshape([1, n]).expand([n, n])).float()
}

/// How many directions the codes spread in: (tr C)² / tr C² of their covariance C, between 1 and its width. Shape `[1]`.
pub fn effective_rank(c_dd: Tensor<2>) -> Tensor<1> {
    let [d, _] = c_dd.dims();
    let trace = (c_dd.clone() * identity(d, &c_dd.device())).sum();
    trace.square() / c_dd.square().sum().clamp_min(1e-20)
}
