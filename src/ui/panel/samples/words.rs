//! The words of the samples.

pub const SAMPLES: &str = "Samples from the prior";
pub const SAMPLES_HELP: &str = "Codes drawn from the prior and decoded. If a code has a class or a kind, each row shows one of them, with the same codes. If the model is told attributes, all have those that the traversal has. They are redrawn during training. Press one to take it to the traversal.";
pub const SAMPLES_LEVELS: &str = "The images of a row share the upper level of their codes; below it each has drawn its own. ";
pub const SAMPLES_NEW: &str = "Draw others";

pub fn sample(i: usize) -> String {
    format!("Take sample {} to the traversal", i + 1)
}
