//! Test images themselves.

use serde::{Deserialize, Serialize};

use super::answer::Images;
use super::coder::{Coder, Tests};
use super::question::Question;

/// The test images at `indices`: [`Images`]. Unknown ones are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Originals {
    pub indices: Vec<u32>,
}

impl Question for Originals {
    type Answer = Images;

    const FOLLOWS_WEIGHTS: bool = false;
    const OF_TESTS: bool = true;

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Images, String> {
        Ok(Images::of(coder.frame().size, tests.pictures(&tests.known(&self.indices))))
    }
}
