//! Choices that gradients pass through.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use super::Ctx;
use super::constant::places;

/// A relaxed sample of the categorical distribution with these logits: softmax((l + g) / τ) with Gumbel noise g (Jang, Gu & Poole
/// 2017, "Categorical Reparameterization with Gumbel-Softmax"; Maddison, Mnih & Teh 2017).
///
/// # Shapes
/// - `logit_bc`: `[batch, choices]`; `temperature`: `[1]`; output as `logit_bc`, rows add up to one
pub fn gumbel_softmax(logit_bc: Tensor<2>, temperature: Tensor<1>, ctx: &mut Ctx) -> Tensor<2> {
    let gumbel_bc = gumbel_bc(logit_bc.dims(), ctx);
    softmax((logit_bc + gumbel_bc) / temperature.reshape([1, 1]), 1)
}

/// Gumbel noise: added to logits, the largest is a draw from their distribution.
pub fn gumbel_bc(shape: [usize; 2], ctx: &mut Ctx) -> Tensor<2> {
    // Away from 0 and 1, where the noise would be infinite.
    let u_bc = ctx.uniform(shape).clamp(1e-7, 1.0 - 1e-6);
    u_bc.log().neg().log().neg()
}

/// Vectors of zeros with a one at a place drawn evenly, shape `[n, choices]`.
pub fn uniform_choice(n: usize, choices: usize, ctx: &mut Ctx) -> Tensor<2> {
    let chosen_n1 = (ctx.uniform([n, 1]) * choices as f64).floor();
    let place_c = places(choices, &ctx.device());
    chosen_n1.expand([n, choices]).equal(place_c.reshape([1, choices]).expand([n, choices])).float()
}
