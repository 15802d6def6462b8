//! What tests draw from, and how they read tensors.

use burn::tensor::{Device, Distribution, Tensor};

use crate::method::Noise;

/// The device's own random numbers: `device.seed` fixes them.
pub struct Drawn;

impl Noise for Drawn {
    fn normal(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
        Tensor::random([shape.iter().product::<usize>()], Distribution::Normal(0.0, 1.0), device)
    }

    fn uniform(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
        Tensor::random([shape.iter().product::<usize>()], Distribution::Uniform(0.0, 1.0), device)
    }
}

/// All numbers, row by row.
pub fn values(t: Tensor<2>) -> Vec<f32> {
    t.into_data().try_into_vec().unwrap()
}
