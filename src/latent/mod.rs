//! Geometry of latent space: paths between codes. Plain numbers, no device and no method.

mod geodesic;
mod linear;
mod path;

pub use geodesic::Geodesic;
pub use path::{length, linear, log_prior, spherical};
