//! What goes into and comes out of an encoder besides the image.

use burn::tensor::Tensor;

/// Widths of what goes into and comes out of an encoder besides the image.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Numbers that join at the first dense layer, a label for example.
    pub side: usize,
    /// Means, or points, or logits.
    pub mean: usize,
    /// Logarithms of variances; `None`: the encoder has no such head.
    pub logvar: Option<usize>,
}

/// `[batch, width]` and, if there is one, `[batch, side]` behind it.
pub fn beside(x_bw: Tensor<2>, side_bs: Option<Tensor<2>>) -> Tensor<2> {
    match side_bs {
        Some(side_bs) => Tensor::cat(vec![x_bw, side_bs], 1),
        None => x_bw,
    }
}
