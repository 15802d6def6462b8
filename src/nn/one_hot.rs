//! Numbers as vectors of zeros with a one. Burn's own reads its input, which a recording cannot.

use burn::tensor::Tensor;

use super::constant::places;

/// Whole numbers below `kinds`, `[n, each]`, as rows of their own, `[n * each, kinds]`.
pub fn one_hot(number_ne: Tensor<2>, kinds: usize) -> Tensor<2> {
    let [n, each] = number_ne.dims();
    let rows = n * each;
    let kind_k = places(kinds, &number_ne.device());
    let kind_rk = kind_k.reshape([1, kinds]).expand([rows, kinds]);
    number_ne.reshape([rows, 1]).expand([rows, kinds]).equal(kind_rk).float()
}
