//! Files of models: weights, checkpoints, examples, tables of codes; and what a run begins from.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod beginning;
pub mod checkpoint;
pub mod codes;
pub mod examples;
pub mod foreign;
pub mod programs;
pub mod weights;
