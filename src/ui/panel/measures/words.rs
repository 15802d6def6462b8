//! Words of the panel of measures.

pub const TAB: &str = "Measure";
pub const TITLE: &str = "What the model is worth";
pub const HELP: &str = "Each number stands with its protocol, so that it can be compared. On the command line, “cargo lab measure” takes the same measures on all test images and fits probes on training images.";
pub const IMAGES: &str = "Images measured";
pub const MEASURE: &str = "Measure the model on show";
pub const AGAIN: &str = "Measure again";
pub const MEASURING: &str = "Measuring …";
pub const NO_ENGINE: &str = "Measuring needs the engine, which is not running.";
pub const NOTHING: &str = "Likelihood, reconstructions, samples, use of the code, probes: every measure that applies to the model on show. Takes seconds on a graphics card.";

/// Of which weights the numbers on show are.
pub fn taken(step: u64, same: bool, past: bool) -> String {
    match (same, past) {
        (false, _) => format!("Taken from a different network, at its step {step}. Measure again for the one on show."),
        (true, true) => format!("Taken at step {step}; the network has learnt since. Measure again for its present weights."),
        _ => format!("Taken at step {step}."),
    }
}

pub fn images(n: u32) -> String {
    format!("{n} images")
}
