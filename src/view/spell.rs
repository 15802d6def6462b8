//! How a model writes images: what another's code is compared with.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Answer;
use super::coder::{Coder, Rows, Tests};
use super::question::Question;
use latent_vocabulary::numbers::f32_bytes;

/// How the first `count` test images are written: [`Spelt`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spell {
    pub count: u32,
}

/// What parts a code is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parts {
    /// Numbers, one of a kind each.
    Latents,
    /// Features, the same at each place of a grid.
    Features,
    /// Tokens, one at each place of a grid.
    Tokens,
}

/// Codes of some images: what another model's are compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spelt {
    pub parts: Parts,
    /// Latents, features of a place, or kinds of tokens.
    pub kinds: u32,
    /// Little-endian `f32`: row-major `[images, places, kinds]`, or of tokens `[images, places]`.
    pub values: ByteBuf,
}

impl Answer for Spelt {}

/// The first test images, as a model writes them.
pub(super) async fn spelt(coder: &mut impl Coder, tests: Tests<'_>, count: u32) -> Result<Spelt, String> {
    let frame = coder.frame();
    let at = tests.range(0, count);
    if let Some(alphabet) = frame.alphabet {
        let values = f32_bytes(&coder.tokens(Rows::tests(tests, &at)).await?);
        return Ok(Spelt { parts: Parts::Tokens, kinds: alphabet.codes as u32, values });
    }
    let (mean_nd, _) = coder.encode(Rows::tests(tests, &at)).await?;
    let (parts, kinds) = frame.features.map_or((Parts::Latents, frame.latent), |grid| (Parts::Features, grid.features));
    Ok(Spelt { parts, kinds: kinds as u32, values: f32_bytes(&mean_nd) })
}

impl Question for Spell {
    type Answer = Spelt;

    const OF_TESTS: bool = true;

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Spelt, String> {
        spelt(coder, tests, self.count).await
    }
}
