//! What tokens stand for.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Images, Tokens};
use super::coder::{Alphabet, Coder, Frame, Size, Tests};
use super::question::{Question, whole};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// The images that token grids stand for, row-major `[n, tokens]`, little-endian `f32`: [`Images`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Untokenise {
    pub token_bn: ByteBuf,
}

impl Question for Untokenise {
    type Answer = Images;

    fn fits(&self, frame: &Frame) -> bool {
        frame.alphabet.is_some_and(|alphabet| of_codebook(&self.token_bn, alphabet))
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Images, String> {
        Ok(Images::of(coder.frame().size, untokenise(coder, &bytes_f32(&self.token_bn)).await?))
    }
}

/// Whether these are whole grids, of tokens that the codebook has: a question may have been asked of another one.
pub(super) fn of_codebook(token_bn: &[u8], alphabet: Alphabet) -> bool {
    whole(token_bn.len(), 4 * alphabet.tokens) && bytes_f32(token_bn).iter().all(|token| *token < alphabet.codes as f32)
}

/// The pictures that token grids stand for.
///
/// # Errors
/// If a token is none of the codebook's, or the device is lost.
pub(super) async fn untokenise(coder: &mut impl Coder, token_bn: &[f32]) -> Result<Vec<u8>, String> {
    let Alphabet { tokens, codes, .. } = coder.frame().alphabet()?;
    if token_bn.is_empty() || !token_bn.len().is_multiple_of(tokens) {
        return Err(format!("{} tokens are no whole number of grids of {tokens}", token_bn.len()));
    }
    if let Some(bad) = token_bn.iter().find(|t| t.fract() != 0.0 || **t < 0.0 || **t >= codes as f32) {
        return Err(format!("the token {bad} is none of the codebook's {codes}"));
    }
    let z_nd = coder.from_tokens(token_bn).await?;
    coder.pictures(&z_nd).await
}

/// Tokens with their pictures.
///
/// # Errors
/// As [`untokenise`].
pub(super) async fn tokens(coder: &mut impl Coder, token_bn: Vec<f32>) -> Result<Tokens, String> {
    let pixels = untokenise(coder, &token_bn).await?;
    let size = coder.frame().size;
    let Size { width, height, channels } = size;
    let n = (pixels.len() / size.len()) as u32;
    Ok(Tokens { n, token_bn: f32_bytes(&token_bn), width, height, channels, pixels: ByteBuf::from(pixels) })
}
