//! Two handwritten digits of a kind side by side: what both share is which digit it is.

use super::mnist;
use latent_vocabulary::data::{DataCard, Factor};
use latent_vocabulary::frames::Frames;

#[cfg(feature = "images")]
pub use engine::{MAKE, Twins};

pub const CARD: DataCard = DataCard {
    id: "digit-twins",
    label: "Digits in twos",
    summary: "Two digits of a kind by two hands: either tells which digit the other is, and no more.",
    width: 2 * mnist::CARD.width,
    frames: Frames::Pair,
    train: 16_384,
    test: 2048,
    factors: &[Factor::kinds("Digit", 10)],
    classifier: None,
    ..mnist::CARD
}
.shown();

#[cfg(feature = "images")]
mod engine {
    use std::sync::Arc;

    use super::CARD;
    use crate::dataset::Dataset;
    use crate::hand::{Hand, SIDE};
    use crate::make::Make;
    use crate::mnist;
    use crate::random::SplitMix;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;

    pub const MAKE: Make = Make::RenderedFrom(mnist::FILES, |digits| Box::new(Twins::new(digits)));

    /// The renderer.
    pub struct Twins(Hand);

    impl Twins {
        /// Puts digits of MNIST together.
        pub fn new(digits: Arc<Dataset>) -> Self {
            Self(Hand::new(digits))
        }
    }

    impl Render for Twins {
        fn card(&self) -> &'static DataCard {
            &CARD
        }

        fn begin(&mut self, test: bool) {
            self.0.begin(test);
        }

        /// The digit; behind it which of its images they are, as three bytes each.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let (digit, left) = self.0.draw(rng);
            [digit].into_iter().chain(left).chain(self.0.draw_of(digit, rng)).collect()
        }

        fn label(&self, factors: &[u8]) -> u8 {
            factors[0]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            let [_, a, b, c, d, e, f] = *factors else { unreachable!("a factor and two numbers") };
            let sides = [[a, b, c], [d, e, f]].map(|number| self.0.picture(number));
            for (row, line) in out_p.chunks_exact_mut(2 * SIDE).enumerate() {
                for (side, half) in sides.iter().zip(line.chunks_exact_mut(SIDE)) {
                    half.copy_from_slice(&side[row * SIDE..][..SIDE]);
                }
            }
        }
    }
}
