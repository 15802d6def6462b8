//! Graphs on the processor: the same recorded operations as on the GPU, without one.
//!
//! ```text
//! view, math ─▶ memory ─▶ chain, product ─▶ convolve, reduce, place   loops over numbers
//! view ─▶ draft ─▶ assemble ─▶ tape                                     what is stored, in which order, where
//! ```
//!
//! A [`Tape`] is made once from a graph. Elementwise operations become *chains*: a chain is run over pieces that fit into the
//! fastest cache, one operation after the other, so that only what others read reaches memory. Views are strides. Products,
//! convolutions, sums and the like are loops of their own. Memory is planned: a buffer serves again once nobody reads it.
//!
//! Noise is that of the GPU, number by number (`latent_compile::rng`).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]
#![deny(missing_docs)]

mod assemble;
mod chain;
mod convolve;
#[cfg(test)]
mod damaged;
mod draft;
mod feed;
mod math;
mod memory;
mod place;
mod product;
mod reduce;
mod tape;
mod threads;
mod view;

pub use memory::Noise;
#[cfg(target_arch = "wasm32")]
pub use product::wasm::{Along, Tile, fused, fused_along, use_tiles};
pub use tape::Tape;

/// Bytes as numbers from 0 to 1, behind what `out` has.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn unit(bytes: &[u8], out: &mut Vec<f32>) {
    out.extend(bytes.iter().map(|v| f32::from(*v) / 255.0));
}
