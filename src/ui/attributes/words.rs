//! The words of attributes.

pub const ATTRIBUTES: &str = "The model is told";
