//! Data sets: one file a source.

pub mod mnist;

use crate::nn::ImageShape;

/// Images as bytes, one label each.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub shape: ImageShape,
    /// `[n, channels, height, width]`
    pub train_images: Vec<u8>,
    pub train_labels: Vec<u8>,
    /// `[n, channels, height, width]`
    pub test_images: Vec<u8>,
    pub test_labels: Vec<u8>,
}

/// Bytes as values in `[0, 1]`.
pub fn unit(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.iter().map(|b| f32::from(*b) / 255.0)
}
