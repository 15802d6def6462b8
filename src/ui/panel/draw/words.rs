//! The words of the pad and what comes of it.

pub use crate::words::{coordinate, file_refused};

pub const DRAW: &str = "Your own image";
pub const DRAW_HELP: &str = "Draw with pointer or finger, drop an image file, or take a test image. It never leaves your computer. In the last picture, orange is ink that the model lost, blue is ink that it added: it cannot draw what it has never seen.";
pub const DRAW_UNDRAWN_HELP: &str = "Draw with pointer or finger, drop an image file, or take a test image. It never leaves your computer. This model has no decoder: it gives the image a code, and what is nearest to that shows what it has seen.";
pub const PAD: &str = "Pad to draw on. By keyboard, take one of the test images below.";
pub const PAD_EMPTY: &str = "Draw here";
pub const PAD_CLEAR: &str = "Clear";
pub const PAD_UNDO: &str = "Undo";
pub const PAD_CENTRE: &str = "Centre it";
pub const DRAW_FILE: &str = "Choose a file…";
pub const DRAW_INVERT: &str = "Invert";
pub const DRAW_PRESETS: &str = "Or take a test image:";
pub const DRAW_SEEN: &str = "What the model sees";
pub const DRAW_COPY: &str = "Its reconstruction";
pub const DRAW_ANOMALY: &str = "Difference";
pub const DRAW_TRAVERSE: &str = "Traverse from here";
pub const DRAW_END: &str = "Use as an end point";
pub const DRAW_CODE: &str = "Its code";
pub const DRAW_NEAREST: &str = "Nearest test images, by code";

pub fn draw_preset(i: u32) -> String {
    format!("Take test image {i}")
}

pub fn neighbour(i: usize, class: Option<String>) -> String {
    format!("{}start from test image {i}", class.map_or_else(String::new, |class| format!("{class}: ")))
}

pub fn rms(v: f32) -> String {
    format!("{v:.3} rms")
}

pub fn code_bar(i: usize, mean: f32, sd: Option<f32>) -> String {
    let cloud = sd.map_or_else(String::new, |s| format!(" ± {s:.2}"));
    format!("Latent {i}: {}{cloud}", coordinate(mean))
}
