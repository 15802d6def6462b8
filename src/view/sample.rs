//! New codes on their way from noise.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Answer, Pictures};
use super::coder::{Coder, Frame, Size, Tests};
use super::question::{Question, whole};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Takes the codes `z_nd`, row-major `[n, latent]`, little-endian `f32`, which have taken `taken` of `steps` steps from noise, up to `more`
/// steps further: [`Way`]. Whoever asks for a few at a time can stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub z_nd: ByteBuf,
    pub taken: u32,
    pub steps: u32,
    pub more: u32,
}

/// The codes after the last of these steps, and as in [`Images`](crate::Images) the pictures of the codes that were given and of those
/// after each step: `[more + 1, n]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// Steps behind the first pictures.
    pub taken: u32,
    pub z_nd: ByteBuf,
    pub n: u32,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
}

impl Answer for Way {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

/// What a step is asked for: a row for each code, itself, how far it has come, and how much further it goes, of 1 in all.
pub fn step_rows(z_nd: &[f32], latent: usize, taken: u32, steps: u32) -> Vec<f32> {
    let steps = steps.max(1) as f32;
    z_nd.chunks_exact(latent.max(1)).flat_map(|z_d| z_d.iter().copied().chain([taken as f32 / steps, 1.0 / steps])).collect()
}

impl Question for Sample {
    type Answer = Way;

    fn fits(&self, frame: &Frame) -> bool {
        frame.flows && whole(self.z_nd.len(), 4 * frame.latent)
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Way, String> {
        let Frame { latent, size, .. } = coder.frame();
        let Size { width, height, channels } = size;
        let mut z_nd = bytes_f32(&self.z_nd);
        let mut pixels = coder.pictures(&z_nd).await?;
        for taken in (self.taken..self.steps).take(self.more as usize) {
            z_nd = coder.step(&step_rows(&z_nd, latent, taken, self.steps)).await?;
            pixels.extend(coder.pictures(&z_nd).await?);
        }
        let n = (pixels.len() / size.len().max(1)) as u32;
        let (z_nd, pixels) = (f32_bytes(&z_nd), ByteBuf::from(pixels));
        Ok(Way { taken: self.taken, z_nd, n, width, height, channels, pixels })
    }
}
