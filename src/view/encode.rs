//! Codes of a visitor's images.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Codes;
use super::coder::{Coder, Frame, Rows, Tests};
use super::question::{Question, own, whole};

/// Encodes images of the visitor's own, row-major `[n, channels, height, width]`, one byte a value: [`Codes`] without
/// labels. `label_n` is what an encoder that is told labels hears; others are given none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encode {
    pub x_np: ByteBuf,
    pub label_n: ByteBuf,
    /// What one that is told factors hears of them, row-major `[n, factors]`.
    pub factor_nk: ByteBuf,
}

impl Question for Encode {
    type Answer = Codes;

    fn fits(&self, frame: &Frame) -> bool {
        whole(self.x_np.len(), frame.size.len())
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Codes, String> {
        let frame = coder.frame();
        let x = own(&self.x_np, frame)?;
        let codes = coder.encode(Rows::labelled(&x, &self.label_n).told(&self.factor_nk)).await?;
        Ok(Codes::of(frame.latent, x.len() / frame.size.len(), codes, &[]))
    }
}
