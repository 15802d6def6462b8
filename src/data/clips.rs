//! Handwritten digits that fly through a box and bounce off its walls: eight frames of each, side by side.

use super::mnist;
use latent_vocabulary::data::{DataCard, Factor};
use latent_vocabulary::frames::Frames;

#[cfg(feature = "images")]
pub use engine::{Clips, MAKE};

const FRAMES: usize = 8;
/// Width and height of a frame.
const SIDE: usize = 16;

pub const CARD: DataCard = DataCard {
    id: "digit-clips",
    label: "Digits in flight",
    summary: "Clips of eight frames: a digit flies through a box and bounces off its walls.",
    height: SIDE,
    width: FRAMES * SIDE,
    frames: Frames::Clip(FRAMES),
    train: 8192,
    test: 1024,
    factors: &[
        Factor::kinds("Digit", 10),
        Factor::new("X", 9),
        Factor::new("Y", 9),
        Factor::new("Direction", 16),
        Factor::new("Speed", 4),
    ],
    classifier: None,
    ..mnist::CARD
}
.shown();

#[cfg(feature = "images")]
mod engine {
    use std::f32::consts::TAU;
    use std::sync::Arc;

    use super::{CARD, FRAMES, SIDE};
    use crate::dataset::Dataset;
    use crate::hand::{self, Hand, sample};
    use crate::make::Make;
    use crate::mnist;
    use crate::places::direction;
    use crate::random::SplitMix;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;

    /// Width and height of a digit here, margins and all.
    const DIGIT: usize = 12;
    /// How far its middle comes from the frame's, in pixels.
    const REACH: f32 = 4.0;
    /// Pixels a frame of the lowest speed, and what each further one adds.
    const SPEED: [f32; 2] = [0.5, 0.5];
    /// Samples a side of what becomes one pixel of a smaller digit.
    const SAMPLES: usize = 3;

    pub const MAKE: Make = Make::RenderedFrom(mnist::FILES, |digits| Box::new(Clips::new(digits)));

    /// The renderer.
    pub struct Clips(Hand);

    impl Clips {
        /// Renders the digits of MNIST.
        pub fn new(digits: Arc<Dataset>) -> Self {
            Self(Hand::new(digits))
        }
    }

    /// Where something is that would be at `x` if there were no walls at ±[`REACH`].
    fn bounced(x: f32) -> f32 {
        let along = (x + REACH).rem_euclid(4.0 * REACH);
        along.min(4.0 * REACH - along) - REACH
    }

    /// The digit made smaller: each pixel the mean of what lies under it.
    fn small(digit_p: &[u8]) -> Vec<u8> {
        let step = hand::SIDE as f32 / (DIGIT * SAMPLES) as f32;
        let place = |i: usize| (i as f32 + 0.5) * step - 0.5;
        let mean = |i: usize| {
            let (left, top) = (i % DIGIT * SAMPLES, i / DIGIT * SAMPLES);
            let at = |k: usize| sample(digit_p, hand::SIDE, place(left + k % SAMPLES), place(top + k / SAMPLES));
            ((0..SAMPLES * SAMPLES).map(at).sum::<f32>() / (SAMPLES * SAMPLES) as f32 + 0.5) as u8
        };
        (0..DIGIT * DIGIT).map(mean).collect()
    }

    impl Render for Clips {
        fn card(&self) -> &'static DataCard {
            &CARD
        }

        fn begin(&mut self, test: bool) {
            self.0.begin(test);
        }

        /// The digit, where it is at first, where it flies and how fast; behind them which of its images it is, as three bytes.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let (digit, number) = self.0.draw(rng);
            let flight = CARD.factors[1..].iter().map(|f| rng.below(u64::from(f.size)) as u8);
            [digit].into_iter().chain(flight).chain(number).collect()
        }

        fn label(&self, factors: &[u8]) -> u8 {
            factors[0]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            let [_, x, y, way, speed, a, b, c] = *factors else { unreachable!("five factors and a number") };
            let small_p = small(self.0.picture([a, b, c]));
            let first = |at: u8, size: u8| REACH * (2.0 * f32::from(at) / f32::from(size - 1) - 1.0);
            let (x, y) = (first(x, CARD.factors[1].size), first(y, CARD.factors[2].size));
            let (sin, cos) = direction(TAU * f32::from(way) / f32::from(CARD.factors[3].size));
            let speed = SPEED[0] + SPEED[1] * f32::from(speed);
            let half = (SIDE - DIGIT) as f32 / 2.0;
            for frame in 0..FRAMES {
                let gone = speed * frame as f32;
                let (left, top) = (half + bounced(x + gone * cos), half + bounced(y + gone * sin));
                for (row, line) in out_p.chunks_exact_mut(FRAMES * SIDE).enumerate() {
                    for (column, value) in line[frame * SIDE..][..SIDE].iter_mut().enumerate() {
                        *value = (sample(&small_p, DIGIT, column as f32 - left, row as f32 - top) + 0.5) as u8;
                    }
                }
            }
        }
    }
}
