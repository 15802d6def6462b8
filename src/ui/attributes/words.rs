//! The words of attributes.

pub const TOLD: &str = "The model is told";
pub const FOUND: &str = "The model has found";
