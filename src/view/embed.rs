//! Where test images lie in latent space.

use serde::{Deserialize, Serialize};

use super::answer::Codes;
use super::coder::{Coder, Rows, Tests};
use super::question::Question;

/// Encodes `count` test images from number `from` on: [`Codes`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embed {
    pub from: u32,
    pub count: u32,
}

impl Question for Embed {
    type Answer = Codes;

    const OF_TESTS: bool = true;

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Codes, String> {
        let at = tests.range(self.from, self.count);
        let codes = coder.encode(Rows::tests(tests, &at)).await?;
        Ok(Codes::of(coder.frame().latent, at.len(), codes, &tests.labels(&at)))
    }
}
