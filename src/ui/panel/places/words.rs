//! The words of the panel of places.

pub const PLACES: &str = "Data space";
pub const PLACES_HELP: &str = "Coloured dots are points of the test set, small rings their reconstructions, and a line joins the two. The net is the latent space, decoded: its lines are steps of the two latents that carry most. The cross is where the traversal stands. Press a dot to take it there.";
pub const SPACE_HELP: &str = " Drag to turn the space; by keyboard, the arrow keys turn it.";
pub const CANVAS: &str = "Points of the test set, their reconstructions, and the decoded latent space";
pub const SHOW: &str = "What is drawn";
pub const NET: &str = "Latent net";
pub const COPIES: &str = "Reconstructions";
pub const SAMPLES: &str = "Samples";
pub const LEGEND: &str = "Classes of the points";

pub const DRAW: [&str; 2] = ["Draw", "Draw others"];
pub const DRAW_HELP: &str = "Draw points on the plane; a new network learns them when you press Train";
pub const CLEAR: &str = "Clear";
pub const FULL: &str = "There is no room for more points in a link.";

/// How far reconstructions lie from what they are of.
pub fn error(rms: f32) -> String {
    format!("distance of a reconstruction from its point: {rms:.3} (root mean square)")
}
