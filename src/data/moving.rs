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
    use crate::hand::{self, Hand, sample};
    use crate::make::Make;
    use crate::mnist;
    use crate::random::SplitMix;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;

    pub const MAKE: Make = Make::RenderedFrom(mnist::FILES, |digits| Box::new(Moving::new(digits)));

    /// Width and height of an image.
    const SIDE: usize = 32;
    /// Size of a digit here over its own.
    const SCALE: f32 = 0.75;

    /// The renderer.
    pub struct Moving(Hand);

    impl Moving {
        /// Renders the digits of MNIST.
        pub fn new(digits: Arc<Dataset>) -> Self {
            Self(Hand::new(digits))
        }
    }

    impl Render for Moving {
        fn card(&self) -> &'static DataCard {
            &CARD
        }

        fn begin(&mut self, test: bool) {
            self.0.begin(test);
        }

        /// The digit, where it is and how far it is turned; behind them which of its images it is, as three bytes.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let (digit, number) = self.0.draw(rng);
            let moved = CARD.factors[1..].iter().map(|f| rng.below(u64::from(f.size)) as u8);
            [digit].into_iter().chain(moved).chain(number).collect()
        }

        fn label(&self, factors: &[u8]) -> u8 {
            factors[0]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            let [_, x, y, turn, a, b, c] = *factors else { unreachable!("four factors and a number") };
            let digit_p = self.0.picture([a, b, c]);
            let middle = |position: u8, size: u8| (SIDE as f32 - 1.0) / 2.0 + f32::from(position) - f32::from(size - 1) / 2.0;
            let (cx, cy) = (middle(x, CARD.factors[1].size), middle(y, CARD.factors[2].size));
            let (sin, cos) = (std::f32::consts::TAU * f32::from(turn) / f32::from(CARD.factors[3].size)).sin_cos();
            let half = (hand::SIDE as f32 - 1.0) / 2.0;
            for (i, value) in out_p.iter_mut().enumerate() {
                let (dx, dy) = (((i % SIDE) as f32 - cx) / SCALE, ((i / SIDE) as f32 - cy) / SCALE);
                let (x, y) = (cos * dx + sin * dy + half, cos * dy - sin * dx + half);
                *value = (sample(digit_p, hand::SIDE, x, y) + 0.5) as u8;
            }
        }
    }
}
