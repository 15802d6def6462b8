//! How close pictures are to each other. Values are in `[0, 1]`; a set of images has shape `[n, channels, height, width]`.

use super::mean;
use super::pause::{Pause, at_once};

/// Mean squared difference of two sets of values.
///
/// # Panics
/// If their sizes differ.
pub fn mse(x: &[f32], y: &[f32]) -> f64 {
    assert_eq!(x.len(), y.len(), "the two sets of images differ in size");
    mean(x.iter().zip(y).map(|(a, b)| f64::from(a - b).powi(2)))
}

/// Share of the images whose error is no larger than the one that [`worst_error`] takes.
pub const WORST: f64 = 0.99;

/// The squared error that only 1 % of the images exceed (see [`WORST`]), in units of the median: large where a few images lie on a tear of the map,
/// as of data that are no part of the latent space by their form (Batson et al. 2021, "Topological Obstructions to Autoencoding").
///
/// # Panics
/// If the sizes differ or are no whole images, or there is none.
pub fn worst_error(x: &[f32], y: &[f32], values: usize) -> f64 {
    let mut errors: Vec<f64> = pairs(x, y, values).map(|(a, b)| mse(a, b)).collect();
    errors.sort_by(f64::total_cmp);
    let last = errors.len() - 1;
    errors[(WORST * last as f64).round() as usize] / errors[last / 2]
}

/// Peak signal-to-noise ratio in decibels, `−10 log₁₀ MSE` with a peak of 1, of each image of `values` values, then the
/// mean. Infinite as soon as one pair of images is equal.
///
/// # Panics
/// If the sizes differ or are no whole images.
pub fn psnr(x: &[f32], y: &[f32], values: usize) -> f64 {
    mean(pairs(x, y, values).map(|(a, b)| -10.0 * mse(a, b).log10()))
}

/// Side of the window of [`ssim`].
pub const WINDOW: usize = 11;
/// Standard deviation of its weights.
const SIGMA: f64 = 1.5;
/// `(K₁ L)²` and `(K₂ L)²` with `K₁ = 0.01`, `K₂ = 0.03` and values up to `L = 1`.
const C: [f64; 2] = [1e-4, 9e-4];

/// Mean structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004, "Image quality assessment: from error visibility to
/// structural similarity", equation 13): a Gaussian window of 11 × 11 with σ = 1.5, moments divided by the weights' sum,
/// only windows that lie inside the image, mean over windows, then channels, then images. The same as scikit-image with
/// `gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1`.
///
/// `shape` is channels, height and width of an image.
///
/// # Panics
/// If the sizes differ, are no whole images, or an image is smaller than the window.
pub fn ssim(x: &[f32], y: &[f32], shape: [usize; 3]) -> f64 {
    at_once(ssim_in_slices(x, y, shape, &Pause::never()))
}

/// [`ssim`], with a place to rest at every plane of every image.
///
/// # Panics
/// As there.
pub async fn ssim_in_slices(x: &[f32], y: &[f32], shape: [usize; 3], pause: &Pause) -> f64 {
    let [_, height, width] = shape;
    assert!(height >= WINDOW && width >= WINDOW, "{width} × {height} pixels are fewer than a window of {WINDOW} × {WINDOW}");
    // All channels have the same number of windows, so the order of the means does not matter.
    let mut planes = Vec::with_capacity(x.len() / (height * width));
    for (a, b) in pairs(x, y, height * width) {
        pause.point().await;
        planes.push(ssim_plane(a, b, width));
    }
    mean(planes.into_iter())
}

fn ssim_plane(x: &[f32], y: &[f32], width: usize) -> f64 {
    let blurred = |f: fn(f64, f64) -> f64| {
        let plane: Vec<f64> = x.iter().zip(y).map(|(a, b)| f(f64::from(*a), f64::from(*b))).collect();
        blur(&plane, width)
    };
    let (mx, my) = (blurred(|a, _| a), blurred(|_, b| b));
    let (mxx, myy, mxy) = (blurred(|a, _| a * a), blurred(|_, b| b * b), blurred(|a, b| a * b));
    mean((0..mx.len()).map(|i| {
        let (a, b) = (mx[i], my[i]);
        let (va, vb, cov) = (mxx[i] - a * a, myy[i] - b * b, mxy[i] - a * b);
        (2.0 * a * b + C[0]) * (2.0 * cov + C[1]) / ((a * a + b * b + C[0]) * (va + vb + C[1]))
    }))
}

/// Weighted mean of each window inside the plane, first along rows, then along columns.
fn blur(plane: &[f64], width: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..WINDOW).map(|i| (-0.5 * ((i as f64 - (WINDOW / 2) as f64) / SIGMA).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let along = |window: &mut dyn Iterator<Item = f64>| window.zip(&weights).map(|(v, w)| v * w).sum::<f64>() / sum;
    let rows: Vec<f64> =
        plane.chunks_exact(width).flat_map(|row| row.windows(WINDOW).map(|w| along(&mut w.iter().copied()))).collect();
    let inner = width + 1 - WINDOW;
    let ends = rows.len() - (WINDOW - 1) * inner;
    (0..ends).map(|i| along(&mut (0..WINDOW).map(|k| rows[i + k * inner]))).collect()
}

/// Images of `values` values, pair by pair.
fn pairs<'a>(x: &'a [f32], y: &'a [f32], values: usize) -> impl Iterator<Item = (&'a [f32], &'a [f32])> {
    assert_eq!(x.len(), y.len(), "the two sets of images differ in size");
    assert!(values > 0 && x.len().is_multiple_of(values), "{} values are no images of {values}", x.len());
    x.chunks_exact(values).zip(y.chunks_exact(values))
}

/// Means of squares of `side` × `side` pixels: simple features of an image. What is left over at the right and below is
/// dropped. Shape `[n, channels, height / side, width / side]`.
///
/// # Panics
/// If `images` are no whole images of `shape` (channels, height, width).
pub fn pool(images: &[f32], shape: [usize; 3], side: usize) -> Vec<f32> {
    let [channels, height, width] = shape;
    assert!(
        side > 0 && images.len().is_multiple_of(channels * height * width),
        "{} values are no images of {shape:?}",
        images.len()
    );
    let (rows, columns) = (height / side, width / side);
    let square = |plane: &[f32], i: usize| {
        let (top, left) = (i / columns * side, i % columns * side);
        let sum: f32 = (top..top + side).map(|y| plane[y * width + left..][..side].iter().sum::<f32>()).sum();
        sum / (side * side) as f32
    };
    images.chunks_exact(height * width).flat_map(|plane| (0..rows * columns).map(move |i| square(plane, i))).collect()
}

/// The transpose of [`pool`]: what a gradient with respect to the means is with respect to the pixels, zero where they lie in no square.
///
/// # Panics
/// If `means` are not those of images of that shape.
pub fn unpool(means: &[f32], shape: [usize; 3], side: usize) -> Vec<f32> {
    let [channels, height, width] = shape;
    assert!(side > 0, "squares of no side");
    let (rows, columns) = (height / side, width / side);
    assert!(means.len().is_multiple_of(channels * rows * columns), "{} means are of no images of {shape:?}", means.len());
    let mut pixels = Vec::with_capacity(means.len() * side * side);
    for plane in means.chunks_exact(rows * columns) {
        for y in 0..height {
            let mean = |x: usize| plane[y / side * columns + x / side] / (side * side) as f32;
            pixels.extend((0..width).map(|x| if y / side < rows && x / side < columns { mean(x) } else { 0.0 }));
        }
    }
    pixels
}

/// Images whose rows are shifted by `slant` pixels for each row below the middle, linear between pixels, zero from outside: handwriting that leans.
///
/// # Panics
/// If they are no images of that shape.
pub fn slanted(images: &[f32], shape: [usize; 3], slant: f64) -> Vec<f32> {
    let [channels, height, width] = shape;
    assert!(images.len().is_multiple_of(channels * height * width), "{} values are no images of {shape:?}", images.len());
    let middle = (height as f64 - 1.0) / 2.0;
    let row = |(y, row): (usize, &[f32])| {
        let shift = slant * (y as f64 - middle);
        let pixel = |x: isize| usize::try_from(x).ok().and_then(|x| row.get(x)).map_or(0.0, |v| f64::from(*v));
        let at = |x: usize| {
            let from = x as f64 + shift;
            let (left, part) = (from.floor(), from - from.floor());
            ((1.0 - part) * pixel(left as isize) + part * pixel(left as isize + 1)) as f32
        };
        (0..width).map(at).collect::<Vec<f32>>()
    };
    images.chunks_exact(height * width).flat_map(|plane| plane.chunks_exact(width).enumerate().flat_map(row)).collect()
}

/// Images of which each pixel is the largest (`thicker`) or the smallest of itself and its four neighbours: strokes that are drawn thicker or thinner.
///
/// # Panics
/// If they are no images of that shape.
pub fn stroked(images: &[f32], shape: [usize; 3], thicker: bool) -> Vec<f32> {
    let [channels, height, width] = shape;
    assert!(images.len().is_multiple_of(channels * height * width), "{} values are no images of {shape:?}", images.len());
    let pick = |a: f32, b: f32| if thicker { a.max(b) } else { a.min(b) };
    let one = |plane: &[f32]| -> Vec<f32> {
        let at = |i: usize| {
            let (y, x) = (i / width, i % width);
            let near = [
                (y > 0).then(|| i - width),
                (y + 1 < height).then(|| i + width),
                (x > 0).then(|| i - 1),
                (x + 1 < width).then(|| i + 1),
            ];
            near.into_iter().flatten().fold(plane[i], |v, j| pick(v, plane[j]))
        };
        (0..plane.len()).map(at).collect()
    };
    images.chunks_exact(height * width).flat_map(one).collect()
}
