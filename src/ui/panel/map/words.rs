//! The words of the maps.

use crate::rank::rank;
pub use crate::words::{latent, reconstruction};

pub const MAP: &str = "Latent map";
pub const MAP_HELP: &str = "Codes of up to 2,000 test images. Point anywhere to decode that place; press to move the traversal there. All other latents keep the traversal's values.";
pub const MAP_UNDRAWN_HELP: &str = "Codes of up to 2,000 test images. This model has no decoder: point anywhere to see the image whose code lies nearest on the map.";
pub const MAP_X: &str = "Across";
pub const MAP_Y: &str = "Up";
pub const MAP_PCA: &str = "PCA";
pub const MAP_LATENTS: &str = "Latents";
pub const MAP_AXES: &str = "Axes of the map";
pub const MAP_LEGEND: &str = "Classes on the map";
pub const MAP_CANVAS: &str = "Map of the test images' codes. Arrow keys move the pointer, Enter moves the traversal there.";
pub const MAP_POINT: &str = "What lies at the pointer";
pub const MAP_UNDRAWN_CANVAS: &str = "Map of the test images' codes. Arrow keys move the pointer.";
pub const EXPLORE: &str = "The whole latent space";
pub const EXPLORE_HELP: &str = "Point to decode a place, press to take it to the traversal. With the lasso, drag around codes to see their images; by keyboard, arrows move the pointer and S selects the codes near it.";
pub const EXPLORE_UNDRAWN_HELP: &str = "Point to see the image whose code lies nearest. With the lasso, drag around codes to see their images; by keyboard, arrows move the pointer and S selects the codes near it.";
/// The two directions in which the codes of a level spread most; 0 is the uppermost.
pub fn level(level: usize) -> &'static str {
    if level == 0 { "PCA, upper" } else { "PCA, lower" }
}

pub const MAP_MARKS: &str = "Codes as";
pub const MARKS_DOTS: &str = "dots";
pub const MARKS_PICTURES: &str = "images";
pub const MARKS_NONE: &str = "nothing";
pub const MAP_GROUND: &str = "Beneath them";
pub const GROUND_PLAIN: &str = "plain";
pub const GROUND_MANIFOLD: &str = "manifold";
pub const GROUND_DENSITY: &str = "density";
pub const GROUND_MANIFOLD_HELP: &str = "Every place of this plane, decoded. All other latents keep the traversal's values.";
pub const MAP_CLOUDS: &str = "Posterior clouds";
pub const MAP_CLOUDS_HELP: &str = "Ellipses of one standard deviation of q(z|x)";
pub const MAP_LASSO: &str = "Lasso";
pub const MAP_LASSO_HELP: &str = "Drag around codes to see their images";

/// Said where there are more classes than colours.
pub fn more_classes(n: usize) -> String {
    format!("{n} more share these colours.")
}

pub const MAP_SELECTED: &str = "Selected";

/// What the colours of the density mean, and how far the two are apart.
pub fn density(distance: Option<f32>) -> String {
    let apart = distance.map_or_else(String::new, |d| format!(" Total variation distance on this plane: {d:.2}."));
    format!(
        "Codes of all images, q(z), against the prior. Orange: more codes than the prior expects. Blue: holes, where samples from the prior fall and no image lives.{apart}"
    )
}

/// How many images are selected, and of which labels.
pub fn selected(n: usize, counts: &[usize], name: impl Fn(u8) -> String) -> String {
    if n == 0 {
        return "Nothing yet.".into();
    }
    let most_first = rank(counts.iter().map(|c| -(*c as f32))).into_iter().filter(|label| counts[*label] > 0);
    let parts: Vec<String> = most_first.map(|label| format!("{} × {}", name(label as u8), counts[label])).collect();
    format!("{n} images: {}", parts.join(", "))
}
