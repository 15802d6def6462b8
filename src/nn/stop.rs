//! A gradient that stops.

use burn::tensor::Tensor;

use super::recorded;
use latent_compile::capture::STOP_GRADIENT;

/// The same values, as a constant to differentiation: what straight-through estimators are made of.
///
/// Burn's `detach` leaves no trace in a recording; so there, this is an operation of its own that the compiler knows.
pub fn stop_gradient<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    recorded::unary(STOP_GRADIENT, &x, x.dims()).unwrap_or_else(|| x.detach())
}
