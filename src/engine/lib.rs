//! What executes training steps: compiled plans, or Burn operation by operation. Names no method: `latent_registry` does.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod any;
pub mod burn;
mod choose;
pub mod cpu;
#[cfg(feature = "eager")]
pub mod eager;
pub mod engine;
pub mod entry;
pub mod feed;
pub mod half;
pub mod machine;
mod network;
mod noise;
pub mod optimizer;
pub mod order;
pub mod plan;
pub mod program;
pub mod record;
pub mod sampling;
pub mod stored;
mod test_set;
mod turnover;
mod untold;
#[cfg(feature = "eager")]
pub mod verify;
pub mod window;

pub use engine::{Engine, Rows, RunState, Weight};
pub use entry::{Entry, Of};
pub use program::Program;
pub use record::{Leaf, Output, Recording};
pub use test_set::TestSet;
