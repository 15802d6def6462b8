//! Models for other tools, and back.
//!
//! ```text
//! a file's programs ─▶ lower, fuse ─▶ code ─┬▶ onnx    one file a program, for whoever runs ONNX
//!                                            └▶ torch   a module to read and to train on, and its state_dict
//! a state_dict ─▶ foreign ─▶ weights of a setup
//! a dictionary  ◀─▶ sae     weights of a setup, and back
//! ```
//!
//! [`layers`] is for people: the network as it stands in the programs, with sizes, parameters and operations.
//!
//! Nothing here knows Burn, and but for [`sae`] no method: what a model is, its file says. SAELens has a name for each rule, so [`sae`] knows whose is whose.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]
#![deny(missing_docs)]

mod code;
mod fuse;
pub mod layers;
mod lower;
mod model;
mod names;
pub mod onnx;
pub mod sae;
pub mod torch;

pub use model::Model;
