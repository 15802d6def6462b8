//! The words of the neighbours.

pub const NEIGHBOURS: &str = "Nearest by code";
pub const NEIGHBOURS_HELP: &str = "Each row begins with a test image, and with what the network might see of it in training. The others are the test images whose codes lie nearest to its own, nearest first, among the first 2,000. This model has no decoder: what a code has kept shows in its neighbours.";
pub const NEIGHBOURS_OTHER: &str = "Other images";

/// What share of the neighbours on show are of the class of their image.
pub fn alike(same: usize, of: usize) -> String {
    format!("{same} of {of} neighbours are of the same class")
}

pub fn image(i: u32) -> String {
    format!("Test image {i}")
}

pub fn view(i: u32) -> String {
    format!("A view of test image {i}")
}

pub fn neighbour(rank: usize, class: &str) -> String {
    format!("Neighbour {}: {class}", rank + 1)
}
