//! A codebook and how it is used.

use serde::{Deserialize, Serialize};

use super::answer::View;
use super::coder::{Alphabet, Coder, Frame, Rows, Tests};
use super::question::Question;
use latent_measure::codebook::Usage;
use latent_vocabulary::numbers::f32_bytes;

/// The codebook, and how the first `count` test images use it: [`View::Codebook`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Codebook {
    pub count: u32,
}

impl Question for Codebook {
    const OF_TESTS: bool = true;

    fn fits(&self, frame: &Frame) -> bool {
        frame.alphabet.is_some()
    }

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<View, String> {
        let Alphabet { tokens, places, codes, .. } = coder.frame().alphabet()?;
        let at = tests.range(0, self.count);
        let token_bn = coder.tokens(Rows::tests(tests, &at)).await?;
        let mut usage = Usage::new(codes);
        usage.add(&token_bn.iter().map(|token| *token as u32).collect::<Vec<u32>>())?;
        let fill: Vec<f32> = (0..codes).flat_map(|code| std::iter::repeat_n(code as f32, tokens)).collect();
        let z_kd = coder.from_tokens(&fill).await?;
        // All places of a grid filled with one code are alike: the first tells.
        let (latent, dim) = (z_kd.len() / codes, z_kd.len() / codes / places);
        let vector_kd: Vec<f32> = z_kd.chunks_exact(latent).flat_map(|z| z[..dim].to_vec()).collect();
        let age_k = coder.code_ages().await?;
        Ok(View::Codebook {
            images: at.len() as u32,
            count_k: usage.count_k().iter().map(|n| *n as u32).collect(),
            perplexity: usage.perplexity() as f32,
            age_k: age_k.into_iter().map(|age| if age < 0.0 { f32::INFINITY } else { age }).collect(),
            vector_kd: f32_bytes(&vector_kd),
        })
    }
}
