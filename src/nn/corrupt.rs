//! Damage to images, for autoencoders that learn to repair it.

use burn::tensor::Tensor;

use super::Ctx;
use latent_vocabulary::shape::SampleShape;

/// Adds normal noise of standard deviation `level`, shape `[1]`. Shapes `[batch, pixels]`.
pub fn add_noise(x_bp: Tensor<2>, level: Tensor<1>, ctx: &mut Ctx) -> Tensor<2> {
    let eps_bp = ctx.normal(x_bp.dims());
    x_bp + eps_bp * level.reshape([1, 1])
}

/// Sets each value to zero with probability `level`, shape `[1]`. Shapes `[batch, pixels]`.
pub fn erase(x_bp: Tensor<2>, level: Tensor<1>, ctx: &mut Ctx) -> Tensor<2> {
    let [batch, pixels] = x_bp.dims();
    let keep_bp = ctx.uniform([batch, pixels]).greater_equal(level.reshape([1, 1]).expand([batch, pixels])).float();
    x_bp * keep_bp
}

/// Puts noise, uniform in [0, 1], in the place of each image with probability `share`. Shapes `[batch, pixels]`.
pub fn replace(x_bp: Tensor<2>, share: f64, ctx: &mut Ctx) -> Tensor<2> {
    let [batch, pixels] = x_bp.dims();
    let out_bp = ctx.uniform([batch, 1]).lower_elem(share).float().expand([batch, pixels]);
    let noise_bp = ctx.uniform([batch, pixels]);
    x_bp.clone() + out_bp * (noise_bp - x_bp)
}

/// Ones where a pixel lies in a hidden patch: of the `patch × patch` squares that tile an image (cut off at its right and lower
/// edge), the same number in every image, `ratio` of all rounded up, at random. Shape `[batch, channels * height * width]`.
pub fn hidden_patches(batch: usize, shape: SampleShape, patch: usize, ratio: Tensor<1>, ctx: &mut Ctx) -> Tensor<2> {
    let (rows, columns) = (shape.height.div_ceil(patch), shape.width.div_ceil(patch));
    let n = rows * columns;
    let u_bn = ctx.uniform([batch, n]);
    // A patch is hidden if fewer than ratio · n others drew a smaller number.
    let own_bnn = u_bn.clone().reshape([batch, n, 1]).expand([batch, n, n]);
    let other_bnn = u_bn.reshape([batch, 1, n]).expand([batch, n, n]);
    let rank_bn = other_bnn.lower(own_bnn).float().sum_dim(2).reshape([batch, n]);
    let hidden_bn = rank_bn.lower((ratio * n as f64).reshape([1, 1]).expand([batch, n])).float();
    let spread = hidden_bn.reshape([batch, 1, rows, 1, columns, 1]).expand([batch, shape.channels, rows, patch, columns, patch]);
    let tiled_bchw = spread.reshape([batch, shape.channels, rows * patch, columns * patch]);
    tiled_bchw.slice([0..batch, 0..shape.channels, 0..shape.height, 0..shape.width]).reshape([batch, shape.len()])
}
