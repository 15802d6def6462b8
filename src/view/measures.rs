//! What a model is worth.

use serde::{Deserialize, Serialize};

use super::answer::View;
use super::coder::{Coder, Tests};
use super::question::Question;

/// Every measure that applies, on at most `images` test images and as many others of them for what is fitted. Taken once for each
/// number `press`, for it takes its time: the engine's session does it in slices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    pub images: u32,
    pub press: u32,
}

impl Question for Measures {
    const FOLLOWS_WEIGHTS: bool = false;
    const ONCE: bool = true;

    async fn answer(&self, _: &mut impl Coder, _: Tests<'_>) -> Result<View, String> {
        Err("this takes long: the session does it in slices".into())
    }
}
