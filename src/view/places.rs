//! Samples as numbers rather than pictures: what is drawn in a plane or in space.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Answer;
use super::coder::{Coder, Frame, Rows, Tests};
use super::question::Question;
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// The first `count` test samples, what is left of them, and what the codes `z_nd` are, row-major `[n, latent]`, little-endian `f32`:
/// [`Places`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Locate {
    pub count: u32,
    pub z_nd: ByteBuf,
}

/// Samples of `dims` numbers, row-major, little-endian `f32`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Places {
    pub dims: u32,
    /// Test samples, their reconstructions from the posterior mean, and their labels.
    pub x_nd: ByteBuf,
    pub copy_nd: ByteBuf,
    pub label_n: ByteBuf,
    /// The codes that were asked for, decoded.
    pub decoded_nd: ByteBuf,
}

impl Answer for Places {}

impl Question for Locate {
    type Answer = Places;

    const OF_TESTS: bool = true;

    fn fits(&self, frame: &Frame) -> bool {
        !frame.undrawn && frame.latent > 0 && self.z_nd.len().is_multiple_of(4 * frame.latent)
    }

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Places, String> {
        let at = tests.range(0, self.count);
        let (mut z_nd, _) = coder.encode(Rows::tests(tests, &at)).await?;
        z_nd.extend(bytes_f32(&self.z_nd));
        let x = coder.decode(&z_nd).await?;
        let (dims, x_nd) = (coder.frame().sample.len(), tests.values(&at));
        let (copy_nd, decoded_nd) = x.split_at(x_nd.len());
        Ok(Places {
            dims: dims as u32,
            x_nd: f32_bytes(&x_nd),
            copy_nd: f32_bytes(copy_nd),
            label_n: ByteBuf::from(tests.labels(&at)),
            decoded_nd: f32_bytes(decoded_nd),
        })
    }
}
