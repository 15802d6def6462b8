//! Training: the registry of methods, the engines that execute steps, and the session that drives them.

pub mod engine;

pub use engine::{Engine, Weight};
