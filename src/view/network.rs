//! The network itself.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Answer;
use super::coder::{Coder, Tests};
use super::question::Question;

/// What the model is run by: [`NetworkPrograms`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network;

/// A model's programs as bytes, in the form that files of weights have: whoever shows the network reads it off them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkPrograms {
    pub bytes: ByteBuf,
}

impl Answer for NetworkPrograms {}

impl Question for Network {
    type Answer = NetworkPrograms;

    const FOLLOWS_WEIGHTS: bool = false;

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<NetworkPrograms, String> {
        Ok(NetworkPrograms { bytes: ByteBuf::from(coder.programs().await?) })
    }
}
