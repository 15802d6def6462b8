//! Damage to images, for autoencoders that learn to repair it.

use burn::tensor::{Device, Tensor};

use super::Ctx;
use super::constant::floats;
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

/// Which patches are hidden together (Hinojosa et al. 2024, "ColorMAE"): random numbers with some of their frequencies taken away, of which
/// the smallest are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// All frequencies: each patch by itself.
    Random,
    /// Low ones: connected areas.
    Red,
    /// High ones: single patches, evenly spread.
    Blue,
    /// Those in the middle: blobs.
    Green,
    /// All but those in the middle.
    Purple,
}

/// Standard deviations, in patches, of the Gaussians that smooth: where low frequencies end, and high ones begin.
const BLUR: [f32; 2] = [1.5, 0.6];

impl Pattern {
    /// Random numbers of this pattern, shape `[batch, rows * columns]`.
    fn draw(self, batch: usize, [rows, columns]: [usize; 2], ctx: &mut Ctx) -> Tensor<2> {
        let u_bn = ctx.uniform([batch, rows * columns]);
        let device = u_bn.device();
        let smooth = |blur: f32| {
            let across = blurring(columns, blur, &device).unsqueeze::<3>().expand([batch, columns, columns]);
            let down = blurring(rows, blur, &device).unsqueeze::<3>().expand([batch, rows, rows]);
            down.matmul(u_bn.clone().reshape([batch, rows, columns])).matmul(across).reshape([batch, rows * columns])
        };
        match self {
            Self::Random => u_bn,
            Self::Red => smooth(BLUR[0]),
            Self::Blue => u_bn.clone() - smooth(BLUR[1]),
            Self::Green => smooth(BLUR[1]) - smooth(BLUR[0]),
            Self::Purple => u_bn.clone() - smooth(BLUR[1]) + smooth(BLUR[0]),
        }
    }
}

/// Weights of a Gaussian around each of `n` places in a row, symmetric but for what the ends cut off, shape `[n, n]`.
fn blurring(n: usize, deviation: f32, device: &Device) -> Tensor<2> {
    let weight = |i: usize, j: usize| (-0.5 * ((i as f32 - j as f32) / deviation).powi(2)).exp();
    let total = |j: usize| (0..n).map(|i| weight(i, j)).sum::<f32>();
    let totals: Vec<f32> = (0..n).map(total).collect();
    // Each place is divided by what it gets of all, so that no edge is darker.
    let of = |i: usize, j: usize| weight(i, j) / (totals[i] * totals[j]).sqrt();
    floats((0..n * n).map(|k| of(k / n, k % n)).collect(), [n, n], device)
}

/// Ones where a pixel lies in a hidden patch: of the `patch × patch` squares that tile an image (cut off at its right and lower
/// edge), the same number in every image, `ratio` of all rounded up, at random in that pattern. Shape `[batch, channels * height * width]`.
pub fn hidden_patches(
    batch: usize,
    shape: SampleShape,
    patch: usize,
    pattern: Pattern,
    ratio: Tensor<1>,
    ctx: &mut Ctx,
) -> Tensor<2> {
    let (rows, columns) = (shape.height.div_ceil(patch), shape.width.div_ceil(patch));
    let n = rows * columns;
    let u_bn = pattern.draw(batch, [rows, columns], ctx);
    // A patch is hidden if fewer than ratio · n others drew a smaller number.
    let own_bnn = u_bn.clone().reshape([batch, n, 1]).expand([batch, n, n]);
    let other_bnn = u_bn.reshape([batch, 1, n]).expand([batch, n, n]);
    let rank_bn = other_bnn.lower(own_bnn).float().sum_dim(2).reshape([batch, n]);
    let hidden_bn = rank_bn.lower((ratio * n as f64).reshape([1, 1]).expand([batch, n])).float();
    let spread = hidden_bn.reshape([batch, 1, rows, 1, columns, 1]).expand([batch, shape.channels, rows, patch, columns, patch]);
    let tiled_bchw = spread.reshape([batch, shape.channels, rows * patch, columns * patch]);
    tiled_bchw.slice([0..batch, 0..shape.channels, 0..shape.height, 0..shape.width]).reshape([batch, shape.len()])
}
