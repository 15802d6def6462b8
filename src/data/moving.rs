//! Handwritten digits, each moved and turned: what a network must learn to keep apart from which digit it is.

use super::mnist;
use latent_vocabulary::data::{DataCard, Factor};

#[cfg(feature = "images")]
pub use engine::{MAKE, Moving};

pub const CARD: DataCard = DataCard {
    id: "moving-digits",
    label: "Moving digits",
    summary: "Handwritten digits, each moved and turned: place and angle are known, the hand is not.",
    height: 32,
    width: 32,
    train: 16_384,
    test: 2048,
    factors: &[Factor::kinds("Digit", 10), Factor::new("X", 13), Factor::new("Y", 13), Factor::new("Orientation", 24)],
    classifier: None,
    ..mnist::CARD
}
.shown();

#[cfg(feature = "images")]
mod engine {
    use std::sync::Arc;

    use super::CARD;
    use crate::dataset::Dataset;
    use crate::make::Make;
    use crate::mnist;
    use crate::random::SplitMix;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;

    pub const MAKE: Make = Make::RenderedFrom(mnist::FILES, |digits| Box::new(Moving::new(digits)));

    /// Width and height of an image, and of MNIST's.
    const SIDE: usize = 32;
    const DIGIT: usize = 28;
    /// Size of a digit here over its own.
    const SCALE: f32 = 0.75;

    /// The renderer.
    pub struct Moving {
        digits: Arc<Dataset>,
        /// Images of the test part show test digits.
        test: bool,
    }

    impl Moving {
        /// Renders the digits of MNIST.
        pub fn new(digits: Arc<Dataset>) -> Self {
            Self { digits, test: false }
        }

        fn part(&self) -> (&[u8], &[u8]) {
            let d = &*self.digits;
            if self.test { (&d.test_images, &d.test_labels) } else { (&d.train_images, &d.train_labels) }
        }
    }

    /// The digit's value at a place, between its pixels linearly; black outside.
    fn sample(digit_p: &[u8], x: f32, y: f32) -> f32 {
        let (x0, y0) = (x.floor(), y.floor());
        let at = |x: f32, y: f32| {
            let inside = x >= 0.0 && y >= 0.0 && (x as usize) < DIGIT && (y as usize) < DIGIT;
            if inside { f32::from(digit_p[y as usize * DIGIT + x as usize]) } else { 0.0 }
        };
        let (u, v) = (x - x0, y - y0);
        let row = |y: f32| (1.0 - u) * at(x0, y) + u * at(x0 + 1.0, y);
        (1.0 - v) * row(y0) + v * row(y0 + 1.0)
    }

    impl Render for Moving {
        fn card(&self) -> &'static DataCard {
            &CARD
        }

        fn begin(&mut self, test: bool) {
            self.test = test;
        }

        /// The digit, where it is and how far it is turned; behind them which of its images it is, as three bytes.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let (_, labels) = self.part();
            let image = rng.below(labels.len() as u64) as usize;
            let moved = CARD.factors[1..].iter().map(|f| rng.below(u64::from(f.size)) as u8);
            let number = (image as u32).to_le_bytes();
            [labels[image]].into_iter().chain(moved).chain(number[..3].iter().copied()).collect()
        }

        fn label(&self, factors: &[u8]) -> u8 {
            factors[0]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            let [_, x, y, turn, a, b, c] = *factors else { unreachable!("four factors and a number") };
            let number = u32::from_le_bytes([a, b, c, 0]) as usize;
            let digit_p = &self.part().0[number * DIGIT * DIGIT..][..DIGIT * DIGIT];
            let middle = |position: u8, size: u8| (SIDE as f32 - 1.0) / 2.0 + f32::from(position) - f32::from(size - 1) / 2.0;
            let (cx, cy) = (middle(x, CARD.factors[1].size), middle(y, CARD.factors[2].size));
            let (sin, cos) = (std::f32::consts::TAU * f32::from(turn) / f32::from(CARD.factors[3].size)).sin_cos();
            let half = (DIGIT as f32 - 1.0) / 2.0;
            for (i, value) in out_p.iter_mut().enumerate() {
                let (dx, dy) = (((i % SIDE) as f32 - cx) / SCALE, ((i / SIDE) as f32 - cy) / SCALE);
                *value = (sample(digit_p, cos * dx + sin * dy + half, cos * dy - sin * dx + half) + 0.5) as u8;
            }
        }
    }
}
