//! What questions are answered with.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coder::Size;
use super::feature_table::FeatureTable;
use latent_vocabulary::measured::Measured;
use latent_vocabulary::numbers::f32_bytes;

/// Pictures in an answer, `[n, channels, height, width]`, one byte a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pictures<'a> {
    pub size: Size,
    pub pixels: &'a [u8],
}

/// Answer to a [`Query`](crate::Query).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum View {
    /// `n` images, `[n, channels, height, width]`, one byte a value.
    Images { n: u32, width: u32, height: u32, channels: u32, pixels: ByteBuf },
    /// Posterior of `n` images. `mean_nd` and `logvar_nd` are little-endian `f32`, row-major `[n, latent]`.
    /// `logvar_nd` is empty for methods whose code is a point.
    Codes { n: u32, latent: u32, mean_nd: ByteBuf, logvar_nd: ByteBuf, labels: ByteBuf },
    /// The `n` pictures of several paths, as in [`View::Images`], and the length of each path in picture space: the sum
    /// of the Euclidean distances between neighbours, of values in `[0, 1]`.
    Paths { n: u32, width: u32, height: u32, channels: u32, pixels: ByteBuf, length_p: Vec<f32> },
    /// A path after one step of relaxation, the energy it has now, and the damping to go on with.
    Relaxed { z_td: ByteBuf, energy: f32, damping: f32 },
    /// A codebook in use.
    Codebook {
        /// Images whose tokens were counted.
        images: u32,
        /// How often each code was chosen, all places and levels together.
        count_k: Vec<u32>,
        /// exp of the entropy of those counts.
        perplexity: f32,
        /// Training steps since each code was last chosen; infinite if it never was.
        age_k: Vec<f32>,
        /// The vector that each code stands for at a place, little-endian `f32`, row-major `[codes, dim]`; where a place has
        /// several tokens, all of them this code.
        vector_kd: ByteBuf,
    },
    /// Tokens of `n` images, little-endian `f32`, row-major `[n, tokens]`, and the pictures that they stand for, as in
    /// [`View::Images`].
    Tokens { n: u32, token_bn: ByteBuf, width: u32, height: u32, channels: u32, pixels: ByteBuf },
    /// The features most like `feature` and the cosines of their atoms to its own, most alike first; and of each image asked
    /// for the original, the reconstruction, and the reconstruction without the feature, `[3, n]` pictures as in
    /// [`View::Images`].
    Feature { feature: u32, near: Vec<u32>, cosine: Vec<f32>, width: u32, height: u32, channels: u32, pixels: ByteBuf },
    /// What each feature of a dictionary does.
    Features(FeatureTable),
    /// What the model is worth, as far as numbers tell.
    Measures(Vec<Measured>),
}

impl View {
    /// The pictures in it, if it has any.
    pub fn pictures(&self) -> Option<Pictures<'_>> {
        match self {
            Self::Images { width, height, channels, pixels, .. }
            | Self::Paths { width, height, channels, pixels, .. }
            | Self::Tokens { width, height, channels, pixels, .. }
            | Self::Feature { width, height, channels, pixels, .. } => {
                let size = Size { width: *width, height: *height, channels: *channels };
                Some(Pictures { size, pixels })
            }
            _ => None,
        }
    }
    /// Pictures of that size and nothing else.
    pub(super) fn images(Size { width, height, channels }: Size, pixels: Vec<u8>) -> Self {
        let n = (pixels.len() / (width * height * channels).max(1) as usize) as u32;
        Self::Images { n, width, height, channels, pixels: ByteBuf::from(pixels) }
    }

    /// Codes of `n` images of `latent` numbers each, with labels or without.
    pub(super) fn codes(latent: usize, n: usize, (mean_nd, logvar_nd): (Vec<f32>, Vec<f32>), labels: &[u8]) -> Self {
        Self::Codes {
            n: n as u32,
            latent: latent as u32,
            mean_nd: f32_bytes(&mean_nd),
            logvar_nd: f32_bytes(&logvar_nd),
            labels: ByteBuf::from(labels.to_vec()),
        }
    }
}
