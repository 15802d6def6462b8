//! Tensors of given numbers.
//!
//! Burn's `from_floats`, `from_ints` and `arange` can turn every type of number into every other: a hundred kilobytes of code, which each
//! visitor would download. Here the numbers have the device's type from the start.

use burn::backend::Dispatch;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::tensor::{Device, Int, IntDType, Tensor, TensorData};

/// The numbers of `values`, one after the other, in rows of `shape`.
///
/// # Panics
/// If there are not as many as `shape` says.
pub fn floats<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    let data = TensorData::new(values, shape);
    Tensor::from_dispatch(Dispatch::float_from_data(data, device.as_dispatch()))
}

/// Whole numbers, for choosing rows; shape `[values]`.
pub fn ints(values: &[i32], device: &Device) -> Tensor<1, Int> {
    let data = match device.settings().int_dtype {
        IntDType::I64 => TensorData::new(values.iter().map(|v| i64::from(*v)).collect::<Vec<_>>(), [values.len()]),
        _ => TensorData::new(values.to_vec(), [values.len()]),
    };
    Tensor::from_dispatch(Dispatch::int_from_data(data, device.as_dispatch()))
}

/// 0, 1, …, n - 1; shape `[n]`.
pub fn places(n: usize, device: &Device) -> Tensor<1> {
    floats((0..n).map(|i| i as f32).collect(), [n], device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_burn() {
        let device = Device::flex();
        let values = |t: Tensor<2>| t.into_data();
        let ours = floats(vec![1.0, -2.5, 3.0, 0.0, 5.0, 6.0], [2, 3], &device);
        assert_eq!(values(ours.clone()), values(Tensor::from_floats([[1.0, -2.5, 3.0], [0.0, 5.0, 6.0]], &device)));
        assert_eq!(
            values(ours.clone().select(1, ints(&[2, 0], &device))),
            values(ours.select(1, Tensor::from_ints([2, 0], &device)))
        );
        assert_eq!(places(5, &device).into_data(), Tensor::<1, Int>::arange(0..5, &device).float().into_data());
    }
}
