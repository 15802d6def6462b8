//! An experiment: which method learns on which data, with which parameters; its form in a link; its curves; the ones that ship.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod figure;
pub mod history;
pub mod preset;
pub mod setup;
#[cfg(test)]
mod terms;

pub use history::{History, MetricRow};
pub use preset::{PRESETS, Preset};
pub use setup::{Setup, SetupError};
