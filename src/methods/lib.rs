//! The methods: one file each, with its card, its network and its objective. Cards are data only: the page reads them without Burn.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod ae;
#[cfg(feature = "networks")]
mod host;
pub mod registry;
pub mod sae;
pub mod siamese;
pub mod vae;
pub mod vq;
