//! Test images beside what is left of them.

use serde::{Deserialize, Serialize};

use super::answer::Images;
use super::coder::{Coder, Rows, Tests};
use super::question::Question;

/// Encodes and decodes the test images `first .. first + count`: [`Images`] with the reconstructions from the posterior
/// mean, preceded by the originals (`2 * count` images). Where a method is trained to repair, from damaged images, which follow
/// (`3 * count`). Without a decoder the originals, and behind them what the network is trained with instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconstruct {
    pub first: u32,
    pub count: u32,
}

impl Question for Reconstruct {
    type Answer = Images;

    const OF_TESTS: bool = true;

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Images, String> {
        let at = tests.range(self.first, self.count);
        let originals = Rows::tests(tests, &at);
        let mut all = tests.pictures(&at);
        // What is trained to repair is shown at its work.
        let damaged = coder.damaged(originals).await?;
        let frame = coder.frame();
        if frame.undrawn {
            all.extend(coder.bytes(damaged.as_deref().unwrap_or(&[])));
            return Ok(Images::of(frame.size, all));
        }
        let (labels, factors) = (tests.labels(&at), tests.factors(&at));
        let shown = match &damaged {
            Some(x) => Rows::labelled(x, &labels).told(&factors),
            None => originals,
        };
        let (mean, _) = coder.encode(shown).await?;
        all.extend(coder.pictures(&mean).await?);
        all.extend(coder.bytes(damaged.as_deref().unwrap_or(&[])));
        Ok(Images::of(frame.size, all))
    }
}
