//! Tokens of a visitor's images.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Tokens;
use super::coder::{Coder, Frame, Rows, Tests};
use super::question::{Question, own, whole};
use super::untokenise::tokens;

/// Tokens of such images as in [`Encode`](super::Encode): [`Tokens`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tokenise {
    pub x_np: ByteBuf,
}

impl Question for Tokenise {
    type Answer = Tokens;

    fn fits(&self, frame: &Frame) -> bool {
        frame.alphabet.is_some() && whole(self.x_np.len(), frame.size.len())
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Tokens, String> {
        let x = own(&self.x_np, coder.frame())?;
        let token_bn = coder.tokens(Rows::of(&x)).await?;
        tokens(coder, token_bn).await
    }
}
