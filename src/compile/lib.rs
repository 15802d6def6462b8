//! The step compiler: a recorded Burn computation becomes a list of WGSL dispatches.
//!
//! What names what, from the ground up; nothing points back:
//!
//! ```text
//! arith, unary ─▶ node ─▶ graph           what is computed; rows say all of a function of one number
//! code, index ─▶ emit ─▶ gemm             expressions of one kernel
//! loops ─▶ grad, composite ─▶ capture     operations that loop, a file each; gradients; from Burn
//! target ─▶ share ─▶ tiling ─▶ schedule ─▶ update  which nodes are stored, by which kernel, at which level
//! ─▶ half ─▶ memory ─▶ audit              which of them in 16 bits, where each lies; natively, whether levels keep their promise
//! ─▶ writer ─▶ product, together ─▶ write the kernels as text
//! ─▶ module ─▶ plan ─▶ probe              the dispatches; what is worth timing
//! loops ─▶ stored                         graphs as bytes, and what is checked of those that strangers wrote
//! lanes ─▶ cost                           natively, what a dispatch costs on a card
//! ```
//!
//! Nothing here knows a method, a device or a browser.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]
#![deny(missing_docs)]

mod arith;
#[cfg(not(target_arch = "wasm32"))]
mod audit;
#[cfg(feature = "capture")]
pub mod capture;
mod code;
mod composite;
#[cfg(not(target_arch = "wasm32"))]
pub mod cost;
pub mod emit;
pub mod gemm;
pub mod grad;
pub mod graph;
mod half;
mod hash;
pub mod index;
mod job;
#[cfg(not(target_arch = "wasm32"))]
mod lanes;
#[cfg(not(target_arch = "wasm32"))]
pub mod listing;
pub mod loops;
mod memory;
mod module;
mod node;
pub mod plan;
pub mod probe;
mod product;
pub mod rng;
mod schedule;
mod share;
#[cfg(not(target_arch = "wasm32"))]
mod shown;
pub mod stored;
mod target;
pub mod template;
mod tiling;
mod together;
mod unary;
mod update;
mod write;
mod writer;

pub use graph::{CompileError, Graph, Id};
pub use job::{Dispatch, Plan};
pub use target::Target;
