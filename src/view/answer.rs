//! What questions are answered with: what several of them share. An answer of its own stands in its question's file.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coder::Size;
use latent_vocabulary::numbers::f32_bytes;

/// Pictures in an answer, `[n, channels, height, width]`, one byte a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pictures<'a> {
    pub size: Size,
    pub pixels: &'a [u8],
}

impl<'a> Pictures<'a> {
    pub fn of((width, height, channels): (u32, u32, u32), pixels: &'a [u8]) -> Self {
        Self { size: Size { width, height, channels }, pixels }
    }
}

/// What a question is answered with.
pub trait Answer {
    /// The pictures in it, if it has any.
    fn pictures(&self) -> Option<Pictures<'_>> {
        None
    }
}

/// `n` images, `[n, channels, height, width]`, one byte a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Images {
    pub n: u32,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
}

/// Posterior of `n` images. `mean_nd` and `logvar_nd` are little-endian `f32`, row-major `[n, latent]`.
/// `logvar_nd` is empty for methods whose code is a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Codes {
    pub n: u32,
    pub latent: u32,
    pub mean_nd: ByteBuf,
    pub logvar_nd: ByteBuf,
    pub labels: ByteBuf,
}

/// Tokens of `n` images, little-endian `f32`, row-major `[n, tokens]`, and the pictures that they stand for, as in [`Images`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tokens {
    pub n: u32,
    pub token_bn: ByteBuf,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
}

impl Answer for Images {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

impl Answer for Codes {}

impl Answer for Tokens {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

impl Images {
    /// Pictures of that size.
    pub(super) fn of(Size { width, height, channels }: Size, pixels: Vec<u8>) -> Self {
        let n = (pixels.len() / (width * height * channels).max(1) as usize) as u32;
        Self { n, width, height, channels, pixels: ByteBuf::from(pixels) }
    }
}

impl Codes {
    /// Codes of `n` images of `latent` numbers each, with labels or without.
    pub(super) fn of(latent: usize, n: usize, (mean_nd, logvar_nd): (Vec<f32>, Vec<f32>), labels: &[u8]) -> Self {
        Self {
            n: n as u32,
            latent: latent as u32,
            mean_nd: f32_bytes(&mean_nd),
            logvar_nd: f32_bytes(&logvar_nd),
            labels: ByteBuf::from(labels.to_vec()),
        }
    }
}
