//! The gradient of a term as a tensor, for losses that are made of one.

use burn::tensor::Tensor;

use super::recorded;
use latent_compile::capture::{GRADIENT, POINT};

/// How far from a point the numbers are taken that its derivative is read from, where no gradient can be recorded: far enough that
/// their rounding is small beside their difference.
const APART: f64 = 1.0 / 16.0;

/// Gradient of each row's terms, added up, with respect to that row of `at`. It can itself be differentiated, with respect to
/// whatever `terms` uses and to `at`.
///
/// Recorded, the compiler makes it by its rules. Burn has no gradient of a gradient; so eagerly, five-point differences take its
/// place, which are exact up to the fourth derivative, and which are dear: four evaluations for each number of a row.
///
/// # Shapes
/// - `at_bd`: `[batch, d]`; `terms`: `[batch, d]` to `[batch, n]`, each row from the same row alone; output: `[batch, d]`
pub fn gradient(at_bd: Tensor<2>, terms: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    let made = recorded::unary(POINT, &at_bd, at_bd.dims()).and_then(|point_bd| {
        let total = terms(point_bd.clone()).sum();
        recorded::binary(GRADIENT, &total, &point_bd, point_bd.dims())
    });
    made.unwrap_or_else(|| by_differences(at_bd, terms))
}

fn by_differences(at_bd: Tensor<2>, terms: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    let [batch, d] = at_bd.dims();
    let unit_dd = Tensor::<2>::eye(d, &at_bd.device());
    let columns = (0..d).map(|i| {
        let step_bd = unit_dd.clone().slice([i..i + 1]).expand([batch, d]);
        let away = |steps: f64| terms(at_bd.clone() + step_bd.clone() * (steps * APART));
        // Before they are added up: what the terms of one row share would drown their differences in rounding.
        let (near_bn, far_bn) = (away(1.0) - away(-1.0), away(2.0) - away(-2.0));
        (near_bn * 8.0 - far_bn).sum_dim(1) / (12.0 * APART)
    });
    Tensor::cat(columns.collect(), 1)
}
