//! Weights and targets that grow over the first steps, and averages over the latest.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::Ctx;

/// How much of an average over the last `memory` steps the present one is: a plain average over the first steps, a moving one later. Shape `[1]`.
pub fn averaging(ctx: &Ctx, memory: f64) -> Tensor<1> {
    (ctx.step.clone() + 1.0).clamp_max(memory).recip()
}

/// From `1 / (n + 1)` at the first step linearly to 1 at step `n`, and 1 from there on; `n` is the live parameter `key`.
/// Shape `[1]`.
pub fn ramp(ctx: &Ctx, key: &str) -> Tensor<1> {
    let part = (ctx.step.clone() + 1.0) / (ctx.live(key) + 1.0);
    relu(part.neg() + 1.0).neg() + 1.0
}
