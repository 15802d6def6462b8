//! Random views of samples, for methods that learn what stays the same in them.

use burn::tensor::{Device, Tensor};

use super::Ctx;
use super::constant::places;
use super::gaussian::mean_rows;
use latent_vocabulary::shape::SampleShape;

/// The most that a view of amount 1 differs from its picture: radians that it is turned, share by which it is larger or smaller, shift as a
/// share of the sides, share by which it is brighter or darker, standard deviation of its noise, side of the square that is taken out.
const TURN: f64 = 0.3;
const ZOOM: f64 = 0.2;
const SHIFT: f64 = 0.12;
const BRIGHTNESS: f64 = 0.4;
const NOISE: f64 = 0.05;
const SQUARE: f64 = 0.3;
/// And standard deviation of the noise of other samples, as a share of the batch's own in each number.
const OF_SPREAD: f64 = 0.3;

/// A view of each sample, other ones at each call: `far` says how much they may differ from it, shape `[1]`; none do at 0. Shapes
/// `[batch, values]`.
pub fn view(x_bp: Tensor<2>, shape: SampleShape, far: Tensor<1>, ctx: &mut Ctx) -> Tensor<2> {
    let [batch, values] = x_bp.dims();
    let far_bp = far.clone().reshape([1, 1]).expand([batch, values]);
    if !shape.is_picture() {
        let centred_bp = x_bp.clone() - mean_rows(x_bp.clone()).reshape([1, values]).expand([batch, values]);
        let deviation_p = mean_rows(centred_bp.square()).sqrt();
        return x_bp + ctx.normal([batch, values]) * deviation_p.reshape([1, values]).expand([batch, values]) * far_bp * OF_SPREAD;
    }
    let drawn_bk = (ctx.uniform([batch, 7]) * 2.0 - 1.0) * far.clone().reshape([1, 1]).expand([batch, 7]);
    let drawn = |k: usize| drawn_bk.clone().slice([0..batch, k..k + 1]);
    let moved_bp = moved(x_bp, shape, [drawn(0) * TURN, drawn(1) * ZOOM, drawn(2) * SHIFT, drawn(3) * SHIFT]);
    let bright_bp = (drawn(4) * BRIGHTNESS + 1.0).expand([batch, values]);
    let seen_bp = moved_bp * bright_bp + ctx.normal([batch, values]) * far_bp * NOISE;
    // Where the square is does not depend on how far views go.
    let centre = ctx.uniform([batch, 2]);
    seen_bp * kept(shape, [centre.clone().slice([0..batch, 0..1]), centre.slice([0..batch, 1..2])], far)
}

/// Row and column of each pixel, each shape `[1, height * width]`.
fn grid(shape: SampleShape, device: &Device) -> [Tensor<2>; 2] {
    let (height, width) = (shape.height, shape.width);
    let row = places(height, device).reshape([height, 1]).expand([height, width]).reshape([1, height * width]);
    let column = places(width, device).reshape([1, width]).expand([height, width]).reshape([1, height * width]);
    [row, column]
}

/// Pictures turned by radians, made larger by a share, and shifted down and to the right by shares of their sides, each `[batch, 1]`; black
/// where nothing is known. Between pixels values are mixed by distance.
fn moved(x_bp: Tensor<2>, shape: SampleShape, [turn, zoom, down, right]: [Tensor<2>; 4]) -> Tensor<2> {
    let [batch, _] = x_bp.dims();
    let (channels, height, width) = (shape.channels, shape.height, shape.width);
    let places = height * width;
    let each = |t_b1: Tensor<2>| t_b1.expand([batch, places]);
    let [row, column] = grid(shape, &x_bp.device()).map(|t| t.expand([batch, places]));
    let (middle_y, middle_x) = ((height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0);
    // Where in the picture a pixel of the view comes from: the way back.
    let (y, x) = (row - middle_y - each(down * height as f64), column - middle_x - each(right * width as f64));
    let scale = (zoom + 1.0).recip();
    let (cos, sin) = (each(turn.clone().cos() * scale.clone()), each(turn.sin() * scale));
    let from_y = cos.clone() * y.clone() - sin.clone() * x.clone() + middle_y;
    let from_x = sin * y + cos * x + middle_x;
    let (above, left) = (from_y.clone().floor(), from_x.clone().floor());
    let (part_y, part_x) = (from_y - above.clone(), from_x - left.clone());
    let pixels = x_bp.reshape([batch * channels, places]);
    let mut seen = None;
    for (below, part_y) in [(0.0, part_y.clone().neg() + 1.0), (1.0, part_y)] {
        for (beside, part_x) in [(0.0, part_x.clone().neg() + 1.0), (1.0, part_x.clone())] {
            let (y, x) = (above.clone() + below, left.clone() + beside);
            let (near_y, near_x) = (y.clone().clamp(0.0, height as f64 - 1.0), x.clone().clamp(0.0, width as f64 - 1.0));
            let inside = y.equal(near_y.clone()).float() * x.equal(near_x.clone()).float();
            let place = near_y * width as f64 + near_x;
            let of_channels =
                |t: Tensor<2>| t.reshape([batch, 1, places]).expand([batch, channels, places]).reshape([batch * channels, places]);
            let value = pixels.clone().gather(1, of_channels(place).int()) * of_channels(inside * part_y.clone() * part_x);
            seen = Some(match seen {
                Some(sum) => sum + value,
                None => value,
            });
        }
    }
    seen.expect("four corners").reshape([batch, channels * places])
}

/// Zeros in a square about a place of each picture, given as shares of its sides, `[batch, 1]` each; else ones. Shape `[batch, pixels]`.
fn kept(shape: SampleShape, [y, x]: [Tensor<2>; 2], far: Tensor<1>) -> Tensor<2> {
    let [batch, _] = y.dims();
    let places = shape.height * shape.width;
    let reach = far.reshape([1, 1]).expand([batch, places]) * (SQUARE / 2.0 * shape.height.min(shape.width) as f64);
    let [row, column] = grid(shape, &y.device()).map(|t| t.expand([batch, places]));
    let near = |at: Tensor<2>, of_b1: Tensor<2>, side: usize| {
        (at - (of_b1 * side as f64 - 0.5).expand([batch, places])).abs().lower(reach.clone()).float()
    };
    let kept = (near(row, y, shape.height) * near(column, x, shape.width)).neg() + 1.0;
    kept.reshape([batch, 1, places]).expand([batch, shape.channels, places]).reshape([batch, shape.len()])
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;
    use crate::drawn::{Drawn, values};

    fn seen(x: &Tensor<2>, shape: SampleShape, far: f32) -> Vec<f32> {
        let device = x.device();
        let far = Tensor::<1>::from_floats([far], &device);
        let mut ctx = Ctx {
            controls: Tensor::zeros([1], &device),
            keys: &[],
            step: Tensor::zeros([1], &device),
            training: true,
            noise: &mut Drawn,
        };
        values(view(x.clone(), shape, far, &mut ctx))
    }

    #[test]
    fn a_view_of_no_amount_is_the_sample() {
        let device = Device::flex();
        device.seed(3);
        for shape in [SampleShape { channels: 3, height: 6, width: 5 }, SampleShape { channels: 1, height: 1, width: 4 }] {
            let x = Tensor::<2>::random([7, shape.len()], Distribution::Uniform(0.0, 1.0), &device);
            let same = seen(&x, shape, 0.0);
            assert!(same.iter().zip(values(x.clone())).all(|(a, b)| (a - b).abs() < 1e-6), "{shape:?}");
            assert_ne!(seen(&x, shape, 1.0), seen(&x, shape, 1.0), "each call draws anew");
        }
    }

    /// Known moves of known pictures.
    #[test]
    fn pictures_move_as_they_are_told() {
        let device = Device::flex();
        let shape = SampleShape { channels: 2, height: 5, width: 5 };
        let numbers: Vec<f32> = (0..50).map(|i| i as f32).collect();
        let x = Tensor::<1>::from_floats(numbers.as_slice(), &device).reshape([1, 50]);
        let of = |turn: f64, zoom: f64, down: f64, right: f64| {
            values(moved(x.clone(), shape, [turn, zoom, down, right].map(|v| Tensor::<2>::zeros([1, 1], &device) + v)))
        };
        let down = of(0.0, 0.0, 0.2, 0.0);
        for (i, v) in down.iter().enumerate() {
            let want = if i % 25 < 5 { 0.0 } else { numbers[i - 5] };
            assert!((v - want).abs() < 1e-3, "down, {i}: {v}, not {want}");
        }
        // Half a pixel to the right: the mean of two neighbours.
        let right = of(0.0, 0.0, 0.0, 0.1);
        assert!((right[7] - 6.5).abs() < 1e-3 && (right[25 + 12] - (25.0 + 11.5)).abs() < 1e-3);
        // A quarter turn: rows become columns.
        let turned = of(std::f64::consts::FRAC_PI_2, 0.0, 0.0, 0.0);
        for (i, v) in turned.iter().enumerate().take(25) {
            let (y, x) = (i / 5, i % 5);
            let want = [numbers[(4 - x) * 5 + y], numbers[x * 5 + 4 - y]];
            assert!(want.iter().any(|w| (v - w).abs() < 1e-3), "turned, {i}: {v}, not of {want:?}");
        }
        // Twice as large: the middle stays, a corner comes from half the way.
        let larger = of(0.0, 1.0, 0.0, 0.0);
        assert!((larger[12] - 12.0).abs() < 1e-3 && (larger[0] - 6.0).abs() < 1e-3);
    }

    #[test]
    fn a_square_is_taken_out() {
        let device = Device::flex();
        let shape = SampleShape { channels: 1, height: 10, width: 20 };
        let at = |v: f64| Tensor::<2>::zeros([1, 1], &device) + v;
        let kept = values(kept(shape, [at(0.5), at(0.25)], Tensor::from_floats([1.0], &device)));
        // The middle of the rows, a quarter of the columns; a reach of 1.5 pixels.
        for (i, v) in kept.iter().enumerate() {
            let out = [4, 5].contains(&(i / 20)) && [4, 5].contains(&(i % 20));
            let near = (i / 20).abs_diff(4) <= 2 && (i % 20).abs_diff(4) <= 2;
            assert!(if out { *v == 0.0 } else { near || *v == 1.0 }, "{i}: {v}");
        }
    }
}
