//! What methods are written with: the [`Method`] trait and the encoders and decoders that families share.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod autoencoder;
pub mod cloud;
pub mod codebook;
pub mod conditional;
pub mod constant;
pub mod conv;
pub mod corrupt;
pub mod digits;
#[cfg(test)]
mod drawn;
pub mod ends;
pub mod flow;
pub mod gaussian;
pub mod gradient;
pub mod grid;
pub mod gumbel;
pub mod haar;
pub mod kth;
pub mod ladder;
pub mod layers;
pub mod likelihood;
pub mod log_sum_exp;
pub mod method;
pub mod mlp;
pub mod mmd;
pub mod moments;
pub mod net;
pub mod newton_schulz;
pub mod one_hot;
pub mod params;
pub mod prior;
mod recorded;
pub mod rotations;
pub mod schedule;
pub mod siamese;
pub mod sinkhorn;
pub mod sort;
pub mod sparse;
pub mod stop;
pub mod straight_through;
pub mod strip;
pub mod token_autoencoder;
pub mod token_prior;
pub mod told;
pub mod trail;
pub mod usage;
pub mod views;

pub use gradient::gradient;
pub use method::{Batch, Code, Ctx, Method, Named, Noise, Terms};
pub use stop::stop_gradient;
