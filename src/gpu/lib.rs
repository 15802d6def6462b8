//! The only place that names wgpu: the device, and the arena on which recorded plans run.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

#[cfg(any(test, target_arch = "wasm32"))]
mod ahead;
pub mod arena;
pub mod device;
mod line;
#[cfg(any(test, target_arch = "wasm32"))]
mod nudge;
mod pipelines;
#[cfg(target_arch = "wasm32")]
mod subgroups;
pub mod submission;
mod watch;

pub use arena::{Arena, Data, Pending, Recorded};
pub use device::{Gpu, OpenError};
pub use line::Line;
