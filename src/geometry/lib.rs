//! Geometry of latent space: paths between codes. Plain numbers, no device and no method.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod geodesic;
pub mod linear;
mod path;

pub use geodesic::Geodesic;
pub use path::{length, linear, log_prior, spherical};
