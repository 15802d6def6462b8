//! A trained model on the CPU: what the page shows before the GPU is up and instead of it where there is none, and all that
//! an embedded figure has.
//!
//! No Burn, no JavaScript, and no method: a file has the model's programs beside its weights, and `latent_interpret` runs them. For files of
//! before, `older` writes the programs that they would have.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod coder;
mod digits;
mod examples;
mod file;
mod imagined;
mod net;
mod older;
mod player;

pub use coder::Asked;
pub use digits::Digits;
pub use examples::Examples;
pub use file::File;
pub use player::{Kind, Player, to_bytes};
