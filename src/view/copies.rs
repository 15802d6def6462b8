//! A copy of a copy of a copy.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Answer, Pictures};
use super::coder::{Coder, Frame, Rows, Size, Tests};
use super::question::{Question, whole};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Decodes a code, encodes the picture to the mean of its posterior, decodes that, and so on: [`Copied`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Copies {
    /// One code, little-endian `f32`.
    pub z_d: ByteBuf,
    pub rounds: u32,
}

/// As in [`Images`](crate::Images) the pictures of the code and of its copies, `rounds + 1` of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Copied {
    /// Root of the mean square by which values of the sample change in each round.
    pub change_r: Vec<f32>,
    /// The last code.
    pub z_d: ByteBuf,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
}

impl Answer for Copied {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

impl Question for Copies {
    type Answer = Copied;

    fn fits(&self, frame: &Frame) -> bool {
        !frame.undrawn && !frame.flows && frame.alphabet.is_none() && whole(self.z_d.len(), 4 * frame.latent)
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Copied, String> {
        let Size { width, height, channels } = coder.frame().size;
        let mut z_d = bytes_f32(&self.z_d);
        let mut x = coder.decode(&z_d).await?;
        let (mut pixels, mut change_r) = (coder.pictures(&z_d).await?, vec![]);
        for _ in 0..self.rounds {
            z_d = coder.encode(Rows::of(&x)).await?.0;
            let next = coder.decode(&z_d).await?;
            pixels.extend(coder.pictures(&z_d).await?);
            let square: f32 = x.iter().zip(&next).map(|(a, b)| (a - b) * (a - b)).sum();
            change_r.push((square / x.len().max(1) as f32).sqrt());
            x = next;
        }
        Ok(Copied { change_r, z_d: f32_bytes(&z_d), width, height, channels, pixels: ByteBuf::from(pixels) })
    }
}
