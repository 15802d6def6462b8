//! The k-th largest number of a row, with k known only when the step runs: what "keep the k largest" is made of.

use burn::backend::Capture;
use burn::tensor::Tensor;
use burn_ir::{CustomOpIr, OperationIr, TensorIr};
use burn_router::RouterClient;

use crate::compile::capture::KTH_LARGEST;

/// The `k`-th largest number of each row, a constant to differentiation. `k` is rounded and held between one and `n`.
///
/// Burn would sort the rows, for a `k` that is fixed; recorded, this is an operation of its own that counts instead.
///
/// # Shapes
/// - `x_rn`: `[rows, n]`; `k`: `[1]`; output: `[rows, 1]`
pub fn kth_largest(x_rn: Tensor<2>, k: Tensor<1>) -> Tensor<2> {
    let [rows, n] = x_rn.dims();
    let of_k = k.clone().try_into_primitive::<Capture>();
    match (x_rn.clone().try_into_primitive::<Capture>(), of_k) {
        (Ok(captured), Ok(k)) => {
            let client = captured.client.clone();
            let (input, k) = (captured.into_ir(), k.into_ir());
            let out = TensorIr::uninit(client.create_empty_handle(), [rows, 1].into(), input.dtype);
            let op = CustomOpIr::new(KTH_LARGEST, &[input, k], &[out]);
            let mut made = client.register(OperationIr::Custom(op));
            Tensor::from_primitive::<Capture>(made.remove(0))
        }
        _ => {
            let place = (k.round().clamp(1.0, n as f64) - 1.0).int().reshape([1, 1]).expand([rows, 1]);
            x_rn.detach().sort_descending(1).gather(1, place)
        }
    }
}
