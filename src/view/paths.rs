//! Pictures along paths, and how long those are.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::View;
use super::coder::{Coder, Frame, Size, Tests};
use super::question::{Question, whole};
use latent_geometry as latent;
use latent_vocabulary::numbers::bytes_f32;

/// Decodes paths of `points` codes each, row-major `[paths, points, latent]`, and measures them: [`View::Paths`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    pub z_nd: ByteBuf,
    pub points: u32,
}

impl Question for Paths {
    fn fits(&self, frame: &Frame) -> bool {
        whole(self.z_nd.len(), 4 * frame.latent)
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<View, String> {
        let (x, size) = (coder.decode(&bytes_f32(&self.z_nd)).await?, coder.frame().size);
        let (len, Size { width, height, channels }) = (size.len(), size);
        Ok(View::Paths {
            n: (x.len() / len) as u32,
            width,
            height,
            channels,
            pixels: ByteBuf::from(coder.bytes(&x)),
            length_p: x.chunks(len * (self.points as usize).max(1)).map(|path| latent::length(path, len)).collect(),
        })
    }
}
