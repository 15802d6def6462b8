//! Which measures a model has.

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::coder::{Coder, Tests};
use super::question::Question;

/// Which measures apply to the model: [`Offered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {}

/// Measures that apply, in the order in which they are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    pub measures: Vec<OneOf>,
}

/// Measures that are taken together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneOf {
    /// By what [`Measures::only`](super::Measures) calls them; `*` stands for any number.
    pub ids: Vec<String>,
    /// What the first is called.
    pub label: String,
}

impl Answer for Offered {}

impl Question for Offer {
    type Answer = Offered;

    const FOLLOWS_WEIGHTS: bool = false;

    async fn answer(&self, _: &mut impl Coder, _: Tests<'_>) -> Result<Offered, String> {
        Err("the session knows the measures".into())
    }
}
