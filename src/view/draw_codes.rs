//! Codes that are drawn in one of several ways, and what they look like.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Answer, Pictures};
use super::coder::{Coder, Frame, Rows, Size, Tests};
use super::question::{Question, whole};
use latent_measure::Rows as Matrix;
use latent_measure::pause::Pause;
use latent_measure::sampler::{How, chosen, fitted};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Draws `n` codes: [`DrawnCodes`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawCodes {
    /// The id of a [`How`].
    pub how: String,
    pub n: u32,
    pub seed: u32,
    /// Draws from the prior to choose among, [`How::candidates`] of them, row-major `[candidates, latent]`, little-endian `f32`.
    pub prior_nd: ByteBuf,
    /// Of a way that is fitted to codes: how many of the first test images they are of.
    pub count: u32,
}

/// `n` codes, row-major `[n, latent]`, and as in [`Images`](crate::Images) what they look like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnCodes {
    pub n: u32,
    pub z_nd: ByteBuf,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
}

impl Answer for DrawnCodes {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

impl Question for DrawCodes {
    type Answer = DrawnCodes;

    const OF_TESTS: bool = true;

    fn fits(&self, frame: &Frame) -> bool {
        let vector = frame.alphabet.is_none() && frame.features.is_none() && !frame.undrawn && !frame.flows;
        let candidates = How::named(&self.how).map(|how| how.candidates(self.n as usize));
        vector && candidates.is_some_and(|n| n == 0 || n * 4 * frame.latent == self.prior_nd.len())
    }

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<DrawnCodes, String> {
        let Frame { latent, size, .. } = coder.frame();
        let how = How::named(&self.how).ok_or_else(|| format!("there is no way of drawing called {:?}", self.how))?;
        let n = self.n as usize;
        let z_nd = if how.of_prior() {
            if !whole(self.prior_nd.len(), 4 * latent) || self.prior_nd.len() < 4 * latent * n {
                return Err(format!("{n} codes are to be chosen among fewer draws"));
            }
            let prior = bytes_f32(&self.prior_nd);
            let decode = async |z: &[f32]| coder.decode(z).await;
            chosen(how, n, Matrix::new(&prior, latent), self.seed.into(), decode, &Pause::never()).await?
        } else {
            let at = tests.range(0, self.count);
            if at.len() < 2 {
                return Err("there are too few test images to fit anything to their codes".into());
            }
            let (mean_nd, logvar_nd) = coder.encode(Rows::tests(tests, &at)).await?;
            fitted(how, n, Matrix::new(&mean_nd, latent), &logvar_nd, self.seed.into(), &Pause::never()).await
        };
        let pixels = coder.pictures(&z_nd).await?;
        let Size { width, height, channels } = size;
        Ok(DrawnCodes { n: self.n, z_nd: f32_bytes(&z_nd), width, height, channels, pixels: ByteBuf::from(pixels) })
    }
}
