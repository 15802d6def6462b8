//! Models for other tools, and back.
//!
//! ```text
//! a file's programs ─▶ lower, fuse ─▶ code ─┬▶ onnx    one file a program, for whoever runs ONNX
//!                                            └▶ torch   a module to read and to train on, and its state_dict
//! a state_dict ─▶ foreign ─▶ weights of a setup
//! ```
//!
//! [`layers`] is for people: the network as it stands in the programs, with sizes, parameters and operations.
//!
//! Nothing here knows a method, or Burn: what a model is, its file says.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]
#![deny(missing_docs)]

mod code;
mod fuse;
pub mod layers;
mod lower;
mod model;
mod names;
pub mod onnx;
pub mod torch;

pub use model::Model;
