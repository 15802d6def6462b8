//! The wavelet transform of Haar: a picture as one of half its size and what that leaves out, as often as one likes.

use burn::tensor::Tensor;

/// Sums and differences of each square of four pixels, halved: the picture at half its size, and how it changes across, down and both ways.
/// Lengths stay what they are. Shapes `[batch, channels, height, width]`, sides even, to four times `[batch, channels, height / 2, width / 2]`.
pub fn bands(x_bchw: Tensor<4>) -> [Tensor<4>; 4] {
    let [batch, channels, height, width] = x_bchw.dims();
    let (rows, half) = (batch * channels * height / 2, [batch, channels, height / 2, width / 2]);
    let squares: Tensor<4> = x_bchw.reshape([rows, 2, width / 2, 2]);
    let at =
        |down: usize, right: usize| squares.clone().slice([0..rows, down..down + 1, 0..width / 2, right..right + 1]).reshape(half);
    let (a, b, c, d) = (at(0, 0), at(0, 1), at(1, 0), at(1, 1));
    let (above, below) = (a.clone() + b.clone(), c.clone() + d.clone());
    let (above_across, below_across) = (a - b, c - d);
    [
        (above.clone() + below.clone()) * 0.5,
        (above_across.clone() + below_across.clone()) * 0.5,
        (above - below) * 0.5,
        (above_across - below_across) * 0.5,
    ]
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution};

    use super::*;

    /// Lengths and angles stay, and each pixel comes back from its square's four numbers.
    #[test]
    fn nothing_is_lost() {
        let x = Tensor::<4>::random([2, 3, 6, 8], Distribution::Normal(0.0, 1.0), &Device::flex());
        let [low, across, down, both] = bands(x.clone());
        assert_eq!(low.dims(), [2, 3, 3, 4]);
        let corner =
            |sign: [f64; 3]| (low.clone() + across.clone() * sign[0] + down.clone() * sign[1] + both.clone() * sign[2]) * 0.5;
        for (y, x_at, sign) in
            [(0, 0, [1.0, 1.0, 1.0]), (0, 1, [-1.0, 1.0, -1.0]), (1, 0, [1.0, -1.0, -1.0]), (1, 1, [-1.0, -1.0, 1.0])]
        {
            let own: Tensor<4> =
                x.clone().reshape([18, 2, 4, 2]).slice([0..18, y..y + 1, 0..4, x_at..x_at + 1]).reshape([2, 3, 3, 4]);
            let apart: f32 = (corner(sign) - own).abs().max().into_scalar();
            assert!(apart < 1e-5, "{y} {x_at}: {apart}");
        }
    }
}
