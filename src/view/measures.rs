//! What a model is worth.

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::coder::{Coder, Tests};
use super::question::Question;
use latent_vocabulary::measured::Measured;

/// Every measure that applies, on at most `images` test images and as many others of them for what is fitted. Taken once for each
/// number `press`, for it takes its time: the engine's session does it in slices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    pub images: u32,
    pub press: u32,
    /// Which ones, with what is taken together with them; all where none is named.
    pub only: Vec<String>,
    /// As the command line takes them, where the engine was opened for that
    /// ([`Hints::bench`](latent_vocabulary::device::Hints)): what is fitted is fitted to training images.
    pub of_training: bool,
}

/// What the model is worth, as far as numbers tell.
pub type Sheet = Vec<Measured>;

impl Answer for Sheet {}

impl Question for Measures {
    type Answer = Sheet;

    const FOLLOWS_WEIGHTS: bool = false;
    const ONCE: bool = true;

    async fn answer(&self, _: &mut impl Coder, _: Tests<'_>) -> Result<Sheet, String> {
        Err("this takes long: the session does it in slices".into())
    }
}
