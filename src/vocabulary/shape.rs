//! Shapes of samples: pictures, or vectors of numbers.

use half::f16;

use crate::data::{DataCard, DataInfo};
use crate::factors::FactorList;
use crate::frames::Frames;

/// How the numbers of a sample are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// A byte each, from 0 to 1.
    Unit,
    /// Any number, 16 bits each.
    Half,
    /// Any number, 32 bits each.
    Real,
}

/// Vectors of no more numbers are places, which are kept whole and drawn as such.
const PLACE: usize = 4;
/// Pixels a side of the picture of a place.
const PLANE: usize = 32;

/// Size of a picture, or of a stack of feature maps. Of height and width 1 it is a vector: `channels` numbers, each of any size, that
/// have no neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleShape {
    /// Colours or features.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
}

impl SampleShape {
    /// Grey digits of 28 × 28 pixels.
    pub const MNIST: Self = Self { channels: 1, height: 28, width: 28 };

    /// The shape of a registered data set's images.
    pub fn of(card: &DataCard) -> Self {
        Self { channels: card.channels, height: card.height, width: card.width }
    }

    /// The shape of what an engine has loaded.
    pub fn loaded(info: &DataInfo) -> Self {
        Self { channels: info.channels as usize, height: info.height as usize, width: info.width as usize }
    }

    /// That of vectors of `n` numbers.
    pub const fn vector(n: usize) -> Self {
        Self { channels: n, height: 1, width: 1 }
    }

    /// Whether it has pixels that are neighbours, with values in `[0, 1]`. Otherwise it is a vector of any numbers.
    pub fn is_picture(self) -> bool {
        self.height * self.width > 1
    }

    /// How its numbers are kept.
    pub fn values(self) -> Values {
        match self.len() {
            _ if self.is_picture() => Values::Unit,
            // Devices read whole words.
            n if n > PLACE && n.is_multiple_of(2) => Values::Half,
            _ => Values::Real,
        }
    }

    /// Bytes that one takes.
    pub fn bytes(self) -> usize {
        match self.values() {
            Values::Unit => self.len(),
            Values::Half => 2 * self.len(),
            Values::Real => 4 * self.len(),
        }
    }

    /// The numbers of some, as they are kept.
    pub fn floats(self, bytes: &[u8]) -> Vec<f32> {
        match self.values() {
            Values::Unit => unit_values(bytes),
            Values::Half => bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Values::Real => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        }
    }

    /// Numbers as they are kept: the inverse of [`Self::floats`], but for what that many bits cannot hold.
    pub fn to_bytes(self, values: &[f32]) -> Vec<u8> {
        match self.values() {
            Values::Unit => values.iter().map(|v| (v * 255.0).round() as u8).collect(),
            Values::Half => values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
            Values::Real => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    /// The picture by which one is shown: itself, a plane with a dot for a place, a square of grey values for other vectors.
    pub fn picture(self) -> Self {
        let side = match self.len() {
            _ if self.is_picture() => return self,
            0..=PLACE => PLANE,
            n => n.isqrt() + usize::from(n.isqrt().pow(2) < n),
        };
        Self { channels: 1, height: side, width: side }
    }

    /// Whether it is shown as a dot in a plane.
    pub fn is_place(self) -> bool {
        !self.is_picture() && self.len() <= PLACE
    }

    /// The shape of one of its frames.
    pub const fn frame(self, frames: Frames) -> Self {
        Self { width: self.width / frames.count(), ..self }
    }

    /// Whether a sample can be made of such frames.
    pub fn holds(self, frames: Frames) -> bool {
        let n = frames.count();
        frames.is_one() || (n > 1 && self.width.is_multiple_of(n))
    }

    /// Values in one sample.
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether an image has no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// What lies beside samples that say little by themselves: vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// A text of each; empty where there are none.
    pub texts: Vec<String>,
    /// The shape of the picture of each, and all of them; empty where there are none.
    pub thumb: SampleShape,
    /// `[n, channels, height, width]`, a byte each.
    pub thumbs_np: Vec<u8>,
    /// Directions that somebody planted in all samples, row-major `[k, d]`; empty where none are known.
    pub planted_kd: Vec<f32>,
}

impl Beside {
    /// Whether nothing lies beside a sample.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.thumbs_np.is_empty()
    }
}

/// Bytes as values in `[0, 1]`.
pub fn unit_values(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().map(|b| f32::from(*b) / 255.0).collect()
}

/// What a network must know of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataShape {
    /// Shape of one image.
    pub image: SampleShape,
    /// Labels are whole numbers below this.
    pub classes: usize,
    /// What else is known of each sample.
    pub factors: FactorList,
    /// What the image is made of.
    pub frames: Frames,
}

impl DataShape {
    /// MNIST: digits in ten classes.
    pub const MNIST: Self = Self { image: SampleShape::MNIST, classes: 10, factors: FactorList::NONE, frames: Frames::One };

    /// What a registered data set has.
    pub fn of(card: &DataCard) -> Self {
        let factors = FactorList::of(card.factors.iter().map(|f| (f.size, f.ordered)));
        Self { image: SampleShape::of(card), classes: card.classes.len(), factors, frames: card.frames }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_kept() {
        assert_eq!(SampleShape::MNIST.floats(&[0, 51, 255]), [0.0, 0.2, 1.0]);
        let place = SampleShape::vector(2);
        assert_eq!((place.values(), place.bytes()), (Values::Real, 8));
        let bytes: Vec<u8> = [-1.5f32, 1e-9].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!((place.floats(&bytes), place.to_bytes(&[-1.5, 1e-9])), (vec![-1.5, 1e-9], bytes));
        let wide = SampleShape::vector(6);
        assert_eq!((wide.values(), wide.bytes()), (Values::Half, 12));
        let bytes: Vec<u8> = [-1.5f32, 0.25].iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        assert_eq!((wide.floats(&bytes), wide.to_bytes(&[-1.5, 0.25])), (vec![-1.5, 0.25], bytes));
        assert_eq!(SampleShape::MNIST.to_bytes(&[0.0, 0.2, 1.0]), [0, 51, 255]);
        assert_eq!(SampleShape::vector(7).values(), Values::Real, "no half word is left over");
    }

    #[test]
    fn every_sample_has_a_picture() {
        assert_eq!(SampleShape::MNIST.picture(), SampleShape::MNIST);
        let side = |n| SampleShape::vector(n).picture().height;
        assert_eq!([side(2), side(3), side(5), side(9), side(768)], [32, 32, 3, 3, 28]);
        assert!(SampleShape::vector(3).is_place() && !SampleShape::vector(768).is_place() && !SampleShape::MNIST.is_place());
    }

    #[test]
    fn frames_share_the_width_of_a_sample() {
        let strip = SampleShape { channels: 3, height: 16, width: 128 };
        assert_eq!(strip.frame(Frames::Clip(8)), SampleShape { width: 16, ..strip });
        assert_eq!((strip.frame(Frames::One), strip.frame(Frames::Pair).width), (strip, 64));
        let fit = [Frames::One, Frames::Pair, Frames::Clip(3), Frames::Clip(8), Frames::Clip(1), Frames::Clip(0)];
        assert_eq!(fit.map(|frames| strip.holds(frames)), [true, true, false, true, false, false]);
    }
}
