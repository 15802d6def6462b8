//! The words of the paths.

pub const PATH: &str = "From one image to another";
pub const PATH_HELP: &str = "Three paths between the same end points. The straight line passes where few codes lie: the prior density rises in its middle, but samples hardly ever reach it. The spherical path keeps its distance from the origin. The geodesic changes the pictures least: it is the shortest in pixels.";
pub const PATH_LINEAR: &str = "Linear";
pub const PATH_LINEAR_HELP: &str = "Equal steps on a straight line.";
pub const PATH_SPHERICAL: &str = "Spherical";
pub const PATH_SPHERICAL_HELP: &str = "Equal angles about the origin.";
pub const PATH_GEODESIC: &str = "Geodesic";
pub const PATH_GEODESIC_HELP: &str = "Shortest in the decoder's own metric.";
pub const PATH_ENDS: &str = "End points";
pub const PATH_ADD: &str = "Press a test image to add it, up to four; press an end point first to replace it.";
pub const PATH_REPLACE: &str = "Press the image to put in its place.";
pub const PATH_CODE: &str = "+ the traversal's code";
pub const PATH_CODE_HELP: &str = "The code on show in the traversal becomes an end point";
pub const PATH_PLAY: &str = "Play";
pub const PATH_STOP: &str = "Stop";
pub const PATH_AT: &str = "Place on the path";
pub const PATH_PNG: &str = "Save strip (PNG)";
pub const PATH_GIF: &str = "Save animation (GIF)";
pub const PATH_WEBM: &str = "Save video";
pub const PROFILE: &str = "ln p(z) of the prior at the slider";

pub fn path_pick(i: u32) -> String {
    format!("Test image {i} as an end point")
}

pub fn path_end(i: usize) -> String {
    format!("End point {}: press to replace it", i + 1)
}

pub fn path_remove(i: usize) -> String {
    format!("Remove end point {}", i + 1)
}

pub fn path_length(v: f32) -> String {
    format!("{v:.2} long in pixel space")
}

pub fn energy(first: f32, last: f32, steps: usize, settled: bool) -> String {
    match steps {
        0 => "Not computed yet.".into(),
        _ => format!("Energy {first:.1} → {last:.1} after {steps} steps{}", if settled { ", settled." } else { "…" }),
    }
}

pub fn percent(part: f64) -> String {
    format!("{:.0} %", 100.0 * part)
}

pub fn nats(v: f32) -> String {
    format!("{v:.1} nats").replace('-', "−")
}
