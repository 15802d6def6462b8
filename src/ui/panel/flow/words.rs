//! The words of new images step by step.

pub const FLOW: &str = "From noise to images";
pub const FLOW_HELP: &str = "New codes begin as noise and go a few steps along the velocity that was learnt. Each row is one of them, decoded after every step. More steps follow it more closely. Press a row to take its last code to the traversal.";
pub const STEPS: &str = "Steps";
pub const OTHERS: &str = "Draw others";
pub const STOP: &str = "Stop";
pub const GO_ON: &str = "Go on";
pub const NOISE: &str = "noise";

pub fn steps(n: u32) -> String {
    if n == 1 { "1 step".into() } else { format!("{n} steps") }
}

pub fn row(i: usize) -> String {
    format!("Take image {} to the traversal", i + 1)
}
