//! A codebook and how it is used.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Answer;
use super::coder::{Alphabet, Coder, Frame, Rows, Tests};
use super::question::Question;
use latent_measure::codebook::{Usage, rate};
use latent_vocabulary::numbers::f32_bytes;

/// The codebook, and how the first `count` test images use it: [`CodebookUse`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Codebook {
    pub count: u32,
}

/// A codebook in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodebookUse {
    /// Images whose tokens were counted.
    pub images: u32,
    /// How often each code was chosen, all places and levels together.
    pub count_k: Vec<u32>,
    /// exp of the entropy of those counts.
    pub perplexity: f32,
    /// Bits of a sample: by how often codes are chosen, and all codes alike, see [`rate`].
    pub bits: [f32; 2],
    /// Training steps since each code was last chosen; infinite if it never was.
    pub age_k: Vec<f32>,
    /// The vector that each code stands for at a place, little-endian `f32`, row-major `[codes, dim]`; where a place has
    /// several tokens, all of them this code.
    pub vector_kd: ByteBuf,
}

impl Answer for CodebookUse {}

impl Question for Codebook {
    type Answer = CodebookUse;

    const OF_TESTS: bool = true;

    fn fits(&self, frame: &Frame) -> bool {
        frame.alphabet.is_some()
    }

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<CodebookUse, String> {
        let Alphabet { tokens, places, codes, .. } = coder.frame().alphabet()?;
        let at = tests.range(0, self.count);
        let token_bn = coder.tokens(Rows::tests(tests, &at)).await?;
        let mut usage = Usage::new(codes);
        let token_bn: Vec<u32> = token_bn.iter().map(|token| *token as u32).collect();
        usage.add(&token_bn)?;
        let bits = rate(&token_bn, [places, tokens / places.max(1), codes])?;
        let fill: Vec<f32> = (0..codes).flat_map(|code| std::iter::repeat_n(code as f32, tokens)).collect();
        let z_kd = coder.from_tokens(&fill).await?;
        // All places of a grid filled with one code are alike: the first tells.
        let (latent, dim) = (z_kd.len() / codes, z_kd.len() / codes / places);
        let vector_kd: Vec<f32> = z_kd.chunks_exact(latent).flat_map(|z| z[..dim].to_vec()).collect();
        let age_k = coder.code_ages().await?;
        Ok(CodebookUse {
            images: at.len() as u32,
            count_k: usage.count_k().iter().map(|n| *n as u32).collect(),
            perplexity: usage.perplexity() as f32,
            bits: [bits.used as f32, bits.plain as f32],
            age_k: age_k.into_iter().map(|age| if age < 0.0 { f32::INFINITY } else { age }).collect(),
            vector_kd: f32_bytes(&vector_kd),
        })
    }
}
