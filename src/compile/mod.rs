//! The step compiler: a recorded Burn computation becomes a list of WGSL dispatches.
//!
//! [`capture`] translates Burn's operations, [`grad`] differentiates them, [`plan`] decides what is stored and which kernel
//! computes it, [`emit`], [`gemm`], `product`, `shared` and [`index`] write the kernels, `module` puts them side by side,
//! `update` lets them train, `audit` checks that they do not race, [`probe`] picks what is worth timing. Nothing here knows a
//! method, a device or a browser.

#![deny(missing_docs)]

#[cfg(feature = "native")]
mod audit;
pub mod capture;
pub mod emit;
pub mod gemm;
pub mod grad;
pub mod graph;
pub mod index;
mod module;
pub mod plan;
pub mod probe;
mod product;
pub mod rng;
mod shared;
mod update;

pub use graph::{CompileError, Graph, Id};
pub use plan::{Dispatch, Plan, Target};
