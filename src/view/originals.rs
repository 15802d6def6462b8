//! Test images themselves.

use serde::{Deserialize, Serialize};

use super::answer::View;
use super::coder::{Coder, Tests};
use super::question::Question;

/// The test images at `indices`: [`View::Images`]. Unknown ones are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Originals {
    pub indices: Vec<u32>,
}

impl Question for Originals {
    const FOLLOWS_WEIGHTS: bool = false;
    const OF_TESTS: bool = true;

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<View, String> {
        Ok(View::images(coder.frame().size, tests.images(&tests.known(&self.indices))))
    }
}
