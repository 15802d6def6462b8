//! Tokens as numbers in a mixed base: a digit for each number at a place, the first one counting ones.

use burn::tensor::{Device, Tensor};

use super::constant::floats;

/// A row of constants, shape `[1, values]`.
pub fn row(values: impl Iterator<Item = f32>, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = values.collect();
    let n = values.len();
    floats(values, [1, n], device)
}

/// What each digit counts: 1, L₁, L₁L₂, …, shape `[1, digits]`.
fn worth(bases: &[usize], device: &Device) -> Tensor<2> {
    let next = |next: &mut usize, base: &usize| Some(std::mem::replace(next, *next * base) as f32);
    row(bases.iter().scan(1, next), device)
}

/// The tokens that digits write, `[n, digits]` to `[n, 1]`.
pub fn token(digit_nd: Tensor<2>, bases: &[usize]) -> Tensor<2> {
    let worth_1d = worth(bases, &digit_nd.device());
    (digit_nd * worth_1d).sum_dim(1)
}

/// The digits of tokens, `[n, 1]` to `[n, digits]`: the inverse of [`token`].
pub fn digits(token_n1: Tensor<2>, bases: &[usize]) -> Tensor<2> {
    let device = token_n1.device();
    // Half a unit keeps the floor clear of rounding.
    let shifted_nd = (token_n1 + 0.5) / worth(bases, &device);
    let base_1d = row(bases.iter().map(|b| *b as f32), &device);
    shifted_nd.clone().floor() - (shifted_nd / base_1d.clone()).floor() * base_1d
}
