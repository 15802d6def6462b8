//! The words of the reconstructions.

pub use crate::words::reconstruction;

pub const RECONSTRUCTIONS: &str = "Reconstructions";
pub const RECONSTRUCTIONS_HELP: &str = "Test images that the network never trains on, and below each its reconstruction. For denoising models the damaged input is shown in between. Press one to start the traversal from it.";
pub const RECONSTRUCTIONS_OTHER: &str = "Other images";
