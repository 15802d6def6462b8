//! Streams of noise: training, evaluation and initialisation must not repeat each other.

pub const EVALUATION: u32 = 1 << 16;
pub const INITIALISATION: u32 = 1 << 17;
