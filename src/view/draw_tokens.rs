//! New token grids.

use serde::{Deserialize, Serialize};

use super::answer::Tokens;
use super::coder::{Coder, Frame, Tests};
use super::question::Question;
use super::untokenise::tokens;

/// `n` token grids drawn from the learnt prior, see [`CodeKind::Grid`](latent_vocabulary::code::CodeKind::Grid): [`Tokens`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawTokens {
    pub n: u32,
    pub temperature: f32,
    pub seed: u32,
}

impl Question for DrawTokens {
    type Answer = Tokens;

    fn fits(&self, frame: &Frame) -> bool {
        frame.alphabet.is_some_and(|alphabet| alphabet.drawn)
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Tokens, String> {
        let token_bn = coder.draw_tokens(self.n as usize, self.temperature, self.seed).await?;
        tokens(coder, token_bn).await
    }
}
