//! Latent Lab: train and take apart autoencoders on your own GPU, in a web page.
//!
//! Dependencies point downwards, but for two circles that `ARCHITECTURE.md` names (`tests/layers.rs` holds the rule):
//!
//! ```text
//! ui, bin/player ─▶ player, latent, spec, catalog    bin/lab ─▶ train, data, spec
//! train ─▶ ae, vae.. ─▶ nn ─▶ burn   train ─▶ gpu ─▶ compile ─▶ burn-ir
//! import ─▶ packed ◀─ data ◀─ train
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod ae;
pub mod catalog;
pub mod data;
pub mod latent;
pub mod measure;
mod registry;
pub mod sae;
pub mod spec;
pub mod vae;
pub mod view;
pub mod vq;

#[cfg(feature = "engine")]
pub mod compile;
#[cfg(feature = "engine")]
pub mod gpu;
#[cfg(feature = "pack")]
pub mod import;
#[cfg(feature = "engine")]
pub mod nn;
#[cfg(feature = "engine")]
pub mod store;
#[cfg(feature = "engine")]
pub mod train;

#[cfg(any(feature = "page", all(feature = "worker", target_arch = "wasm32")))]
mod gunzip;
#[cfg(all(any(feature = "worker", feature = "packer"), target_arch = "wasm32"))]
pub mod opfs;
#[cfg(any(feature = "engine", feature = "pack"))]
pub mod packed;
#[cfg(any(feature = "page", feature = "engine"))]
mod part;
#[cfg(any(feature = "page", feature = "engine", feature = "player"))]
pub mod player;
#[cfg(feature = "engine")]
mod small;
#[cfg(feature = "page")]
pub mod ui;
#[cfg(any(feature = "page", feature = "worker", feature = "packer", feature = "native"))]
pub mod wire;
