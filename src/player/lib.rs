//! A trained model on the CPU: what the page shows before the GPU is up and instead of it where there is none, and all that
//! an embedded figure has.
//!
//! Plain Rust: no Burn, no JavaScript. A fully connected 28 × 28 picture costs about a tenth of a millisecond each way, a
//! convolutional one a millisecond or two.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod coder;
mod digits;
mod examples;
mod features;
mod file;
mod imagined;
mod layers;
mod player;
mod tokens;
mod vector;

pub use coder::Asked;
pub use digits::Digits;
pub use examples::Examples;
pub use features::Features;
pub use player::{Model, Player, to_bytes};
pub use tokens::Tokens;
pub use vector::Vector;
