//! The words of the values of a code.

pub const POSITIONS: &str = "Values of each latent";
pub const HELP: &str = "Each number of the code is a switch with a few positions. A tile is the image above with one number set to one of its values; the bar is the share of test images that have it there, and the value of the image itself is marked. Press one to take it to the traversal.";

pub fn pick(i: u32) -> String {
    format!("Set the numbers of test image {i}")
}

pub fn said(image: u32, images: usize) -> String {
    format!("Test image {image}, decoded with one number changed. Counts are of {images} test images.")
}

pub fn latent(d: usize) -> String {
    format!("Latent {d}")
}

/// How many of its values a number takes.
pub fn used(n: usize, values: u32) -> String {
    format!("{n} of {values} values in use")
}

pub fn number(value: f32) -> String {
    format!("{value:.2}")
}

pub fn value(d: usize, value: f32, percent: f32) -> String {
    format!("Latent {d} at {value:.3}: {percent:.1} % of the test images")
}

pub fn first_of(shown: usize, latents: usize) -> String {
    format!("The first {shown} of {latents} latents.")
}
