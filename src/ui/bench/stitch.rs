//! The encoder of one model before the decoder of another.

use latent_geometry::linear::solve;

/// Of the images, every fifth is left out of the fit and tells how good it is.
const HELD_OUT: usize = 5;
/// Added to the diagonal, in parts of its mean: latents that never change would else have no solution.
const RIDGE: f64 = 1e-6;

/// The linear map by which codes of one model become codes of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Stitch {
    /// Shape `[from + 1, to]`; the last row is added to all.
    map: Vec<f64>,
    latents: [usize; 2],
    /// Which part of the other codes' variance it explains, on images that it was not fitted on.
    pub explained: f64,
}

impl Stitch {
    /// Fitted by least squares on codes of the same images, row-major `[images, latents]`. `None` where there are too few images for
    /// so many latents, or codes that never change.
    pub fn fit(codes: [&[f32]; 2], latents: [usize; 2]) -> Option<Self> {
        let [from, to] = latents;
        if from == 0 || to == 0 {
            return None;
        }
        let width = from + 1;
        if codes[0].len() / from < 2 * width {
            return None;
        }
        let rows = || codes[0].chunks_exact(from).zip(codes[1].chunks_exact(to)).enumerate();
        let (mut gram, mut map) = (vec![0.0; width * width], vec![0.0; width * to]);
        for (_, (x, y)) in rows().filter(|(i, _)| i % HELD_OUT != 0) {
            let x = with_one(x);
            for (i, a) in x.iter().enumerate() {
                x.iter().enumerate().for_each(|(j, b)| gram[i * width + j] += a * b);
                y.iter().enumerate().for_each(|(k, b)| map[i * to + k] += a * f64::from(*b));
            }
        }
        let trace: f64 = (0..width).map(|i| gram[i * width + i]).sum();
        (0..width).for_each(|i| gram[i * width + i] += RIDGE * trace / width as f64);
        if !solve(&mut gram, &mut map, width) {
            return None;
        }
        let mut stitch = Self { map, latents, explained: 0.0 };
        let held = || rows().filter(|(i, _)| i % HELD_OUT == 0);
        let n = held().count().max(1) as f64;
        let mean = |k: usize| held().map(|(_, (_, y))| f64::from(y[k])).sum::<f64>() / n;
        let means: Vec<f64> = (0..to).map(mean).collect();
        let (mut left, mut all) = (0.0, 0.0);
        for (_, (x, y)) in held() {
            for ((guess, value), mean) in stitch.apply(x).into_iter().zip(y).zip(&means) {
                left += (f64::from(*value) - f64::from(guess)).powi(2);
                all += (f64::from(*value) - mean).powi(2);
            }
        }
        stitch.explained = 1.0 - left / all;
        stitch.explained.is_finite().then_some(stitch)
    }

    /// A code of the first model as one of the second.
    pub fn apply(&self, code: &[f32]) -> Vec<f32> {
        let [_, to] = self.latents;
        let x = with_one(code);
        (0..to).map(|k| x.iter().enumerate().map(|(i, v)| v * self.map[i * to + k]).sum::<f64>() as f32).collect()
    }
}

fn with_one(x: &[f32]) -> Vec<f64> {
    x.iter().map(|v| f64::from(*v)).chain([1.0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_are_turned_and_moved_are_found_again() {
        let a: Vec<f32> = (0..60u8).flat_map(|i| [f32::from(i % 7), f32::from(i % 11)]).collect();
        let b: Vec<f32> = a.chunks(2).flat_map(|z| [z[0] - 2.0 * z[1] + 3.0, z[1], 0.5 * z[0]]).collect();
        let there = Stitch::fit([&a, &b], [2, 3]).unwrap();
        assert!(there.explained > 0.9999, "{}", there.explained);
        let made = there.apply(&[4.0, 9.0]);
        assert!(made.iter().zip([-11.0, 9.0, 2.0]).all(|(got, want)| (got - want).abs() < 0.01), "{made:?}");
        // Three latents of which two tell all.
        let back = Stitch::fit([&b, &a], [3, 2]).unwrap();
        assert!(back.explained > 0.9999, "{}", back.explained);
    }

    #[test]
    fn what_has_nothing_to_do_with_it_is_not_explained() {
        let a: Vec<f32> = (0..200u32).map(|i| (i * 37 % 101) as f32).collect();
        let b: Vec<f32> = (0..200u32).map(|i| (i * i % 89) as f32).collect();
        assert!(Stitch::fit([&a, &b], [1, 1]).unwrap().explained < 0.1);
        assert_eq!(Stitch::fit([&a, &vec![1.0; 200]], [1, 1]), None, "nothing to explain");
        assert_eq!(Stitch::fit([&[], &[]], [0, 1]), None);
    }
}
