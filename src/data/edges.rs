//! Handwritten digits, and beside each its edges: either picture tells nearly all of the other.

use super::twins;
use latent_vocabulary::data::DataCard;

#[cfg(feature = "images")]
pub use engine::{Edges, MAKE};

pub const CARD: DataCard = DataCard {
    id: "digit-edges",
    label: "Digits and edges",
    summary: "A digit, and beside it its edges: either tells nearly all of the other.",
    ..twins::CARD
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

    pub const MAKE: Make = Make::RenderedFrom(mnist::FILES, |digits| Box::new(Edges::new(digits)));

    /// The renderer.
    pub struct Edges(Hand);

    impl Edges {
        /// Takes the edges of MNIST's digits.
        pub fn new(digits: Arc<Dataset>) -> Self {
            Self(Hand::new(digits))
        }
    }

    /// A quarter of the length of the gradient at a pixel by the filters of Sobel: white where black meets white.
    fn steepness(picture_p: &[u8], row: usize, column: usize) -> u8 {
        let at = |down: usize, right: usize| {
            let (y, x) = ((row + down).wrapping_sub(1), (column + right).wrapping_sub(1));
            if y < SIDE && x < SIDE { f32::from(picture_p[y * SIDE + x]) } else { 0.0 }
        };
        let across = at(0, 2) - at(0, 0) + 2.0 * (at(1, 2) - at(1, 0)) + at(2, 2) - at(2, 0);
        let down = at(2, 0) - at(0, 0) + 2.0 * (at(2, 1) - at(0, 1)) + at(2, 2) - at(0, 2);
        ((across * across + down * down).sqrt() / 4.0 + 0.5).min(255.0) as u8
    }

    impl Render for Edges {
        fn card(&self) -> &'static DataCard {
            &CARD
        }

        fn begin(&mut self, test: bool) {
            self.0.begin(test);
        }

        /// The digit; behind it which of its images it is, as three bytes.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let (digit, number) = self.0.draw(rng);
            [digit].into_iter().chain(number).collect()
        }

        fn label(&self, factors: &[u8]) -> u8 {
            factors[0]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            let [_, a, b, c] = *factors else { unreachable!("a factor and a number") };
            let picture_p = self.0.picture([a, b, c]);
            for (row, line) in out_p.chunks_exact_mut(2 * SIDE).enumerate() {
                let (left, right) = line.split_at_mut(SIDE);
                left.copy_from_slice(&picture_p[row * SIDE..][..SIDE]);
                right.iter_mut().enumerate().for_each(|(column, value)| *value = steepness(picture_p, row, column));
            }
        }
    }
}
