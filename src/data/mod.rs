//! Data sets: one file a source.

pub mod mnist;

use crate::nn::{DataShape, ImageShape};

/// Images as bytes, one label each.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub shape: ImageShape,
    /// Labels are whole numbers below this.
    pub classes: usize,
    /// `[n, channels, height, width]`
    pub train_images: Vec<u8>,
    pub train_labels: Vec<u8>,
    /// `[n, channels, height, width]`
    pub test_images: Vec<u8>,
    pub test_labels: Vec<u8>,
}

impl Dataset {
    /// What a network must know of it.
    pub fn data_shape(&self) -> DataShape {
        DataShape { image: self.shape, classes: self.classes }
    }
}

/// Bytes as values in `[0, 1]`.
pub fn unit(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.iter().map(|b| f32::from(*b) / 255.0)
}
