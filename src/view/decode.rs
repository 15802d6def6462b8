//! What codes look like.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Images;
use super::coder::{Coder, Frame, Tests};
use super::question::{Question, whole};
use latent_vocabulary::numbers::bytes_f32;

/// Decodes latent codes, row-major `[n, latent]`, little-endian `f32`: [`Images`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decode {
    pub z_nd: ByteBuf,
}

impl Question for Decode {
    type Answer = Images;

    fn fits(&self, frame: &Frame) -> bool {
        !frame.undrawn && whole(self.z_nd.len(), 4 * frame.latent)
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Images, String> {
        let pixels = coder.pictures(&bytes_f32(&self.z_nd)).await?;
        Ok(Images::of(coder.frame().size, pixels))
    }
}
