//! What pages and workers need of a browser: messages as bytes, files, unpacking. Knows nothing of what passes through.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod gunzip;
#[cfg(target_arch = "wasm32")]
pub mod opfs;
pub mod thrown;
pub mod wire;
