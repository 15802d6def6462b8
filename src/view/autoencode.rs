//! What is left of a visitor's images.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Images;
use super::coder::{Coder, Frame, Rows, Tests};
use super::question::{Question, own, whole};

/// What is left of such images as in [`Encode`](super::Encode) after the posterior mean: [`Images`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Autoencode {
    pub x_np: ByteBuf,
    pub label_n: ByteBuf,
    /// What one that is told factors hears of them, row-major `[n, factors]`.
    pub factor_nk: ByteBuf,
}

impl Question for Autoencode {
    type Answer = Images;

    fn fits(&self, frame: &Frame) -> bool {
        !frame.undrawn && whole(self.x_np.len(), frame.size.len())
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Images, String> {
        let frame = coder.frame();
        let (mean, _) = coder.encode(Rows::labelled(&own(&self.x_np, frame)?, &self.label_n).told(&self.factor_nk)).await?;
        Ok(Images::of(frame.size, coder.pictures(&mean).await?))
    }
}
