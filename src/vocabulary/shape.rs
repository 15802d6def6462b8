//! Shapes of images.

use crate::data::DataCard;

/// Size of an image, or of a stack of feature maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageShape {
    /// Colours or features.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
}

impl ImageShape {
    /// Grey digits of 28 × 28 pixels.
    pub const MNIST: Self = Self { channels: 1, height: 28, width: 28 };

    /// The shape of a registered data set's images.
    pub fn of(card: &DataCard) -> Self {
        Self { channels: card.channels, height: card.height, width: card.width }
    }

    /// Values in one image.
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether an image has no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// What a network must know of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataShape {
    /// Shape of one image.
    pub image: ImageShape,
    /// Labels are whole numbers below this.
    pub classes: usize,
}

impl DataShape {
    /// MNIST: digits in ten classes.
    pub const MNIST: Self = Self { image: ImageShape::MNIST, classes: 10 };

    /// What a registered data set has.
    pub fn of(card: &DataCard) -> Self {
        Self { image: ImageShape::of(card), classes: card.classes.len() }
    }
}
