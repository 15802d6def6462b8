//! A gradient that stops.

use burn::backend::Capture;
use burn::tensor::Tensor;
use burn_ir::{CustomOpIr, OperationIr, TensorIr};
use burn_router::RouterClient;

use latent_compile::capture::STOP_GRADIENT;

/// The same values, as a constant to differentiation: what straight-through estimators are made of.
///
/// Burn's `detach` leaves no trace in a recording; so there, this is an operation of its own that the compiler knows.
pub fn stop_gradient<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    match x.clone().try_into_primitive::<Capture>() {
        Ok(captured) => {
            let client = captured.client.clone();
            let input = captured.into_ir();
            let out = TensorIr::uninit(client.create_empty_handle(), input.shape.clone(), input.dtype);
            let op = CustomOpIr::new(STOP_GRADIENT, &[input], &[out]);
            let mut made = client.register(OperationIr::Custom(op));
            Tensor::from_primitive::<Capture>(made.remove(0))
        }
        Err(_) => x.detach(),
    }
}
