//! Pictures along paths, and how long those are.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Answer, Pictures};
use super::coder::{Coder, Frame, Size, Tests};
use super::question::{Question, whole};
use latent_geometry as latent;
use latent_vocabulary::numbers::bytes_f32;

/// Decodes paths of `points` codes each, row-major `[paths, points, latent]`, and measures them: [`PathPictures`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    pub z_nd: ByteBuf,
    pub points: u32,
}

/// The `n` pictures of several paths, as in [`Images`](crate::Images), and the length of each path in picture space: the sum of the
/// Euclidean distances between neighbours, of values in `[0, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathPictures {
    pub n: u32,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
    pub length_p: Vec<f32>,
}

impl Answer for PathPictures {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

impl Question for Paths {
    type Answer = PathPictures;

    fn fits(&self, frame: &Frame) -> bool {
        !frame.undrawn && whole(self.z_nd.len(), 4 * frame.latent)
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<PathPictures, String> {
        let (x, Frame { sample, size, .. }) = (coder.decode(&bytes_f32(&self.z_nd)).await?, coder.frame());
        let (len, Size { width, height, channels }) = (sample.len(), size);
        Ok(PathPictures {
            n: (x.len() / len) as u32,
            width,
            height,
            channels,
            pixels: ByteBuf::from(coder.bytes(&x)),
            length_p: x.chunks(len * (self.points as usize).max(1)).map(|path| latent::length(path, len)).collect(),
        })
    }
}
