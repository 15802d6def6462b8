//! MNIST's digits, as what other sets are drawn from.

use std::sync::Arc;

use super::dataset::Dataset;
use super::random::SplitMix;

/// Width and height of one.
pub const SIDE: usize = 28;

/// The digits of the part that is being drawn: images of the test part show test digits.
pub struct Hand {
    digits: Arc<Dataset>,
    test: bool,
}

impl Hand {
    pub fn new(digits: Arc<Dataset>) -> Self {
        Self { digits, test: false }
    }

    /// See [`Render::begin`](super::render::Render::begin).
    pub fn begin(&mut self, test: bool) {
        self.test = test;
    }

    fn part(&self) -> (&[u8], &[u8]) {
        let d = &*self.digits;
        if self.test { (&d.test_images, &d.test_labels) } else { (&d.train_images, &d.train_labels) }
    }

    /// One of them by chance: which digit it is, and its number as three bytes.
    pub fn draw(&self, rng: &mut SplitMix) -> (u8, [u8; 3]) {
        let (_, labels) = self.part();
        let image = rng.below(labels.len() as u64) as usize;
        let [a, b, c, _] = (image as u32).to_le_bytes();
        (labels[image], [a, b, c])
    }

    /// One of a kind by chance: its number.
    pub fn draw_of(&self, kind: u8, rng: &mut SplitMix) -> [u8; 3] {
        // A tenth of them are of a kind, more or less.
        loop {
            let (digit, number) = self.draw(rng);
            if digit == kind {
                return number;
            }
        }
    }

    /// The picture of that number.
    pub fn picture(&self, [a, b, c]: [u8; 3]) -> &[u8] {
        let number = u32::from_le_bytes([a, b, c, 0]) as usize;
        &self.part().0[number * SIDE * SIDE..][..SIDE * SIDE]
    }
}

/// The value at a place in pixels of a picture of `side` pixels a row, between its pixels linearly; black outside.
pub fn sample(picture_p: &[u8], side: usize, x: f32, y: f32) -> f32 {
    let (x0, y0) = (x.floor(), y.floor());
    let at = |x: f32, y: f32| {
        let inside = x >= 0.0 && y >= 0.0 && (x as usize) < side && (y as usize) < side;
        if inside { f32::from(picture_p[y as usize * side + x as usize]) } else { 0.0 }
    };
    let (u, v) = (x - x0, y - y0);
    let row = |y: f32| (1.0 - u) * at(x0, y) + u * at(x0 + 1.0, y);
    (1.0 - v) * row(y0) + v * row(y0 + 1.0)
}
