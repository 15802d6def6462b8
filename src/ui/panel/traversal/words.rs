//! The words of the traversals.

use std::ops::Range;

use crate::latents::Carries;
pub use crate::words::{coordinate, kl_bar, latent, reconstruction};

pub const TRAVERSAL: &str = "Traversal";
pub const TRAVERSAL_HELP: &str = "Each row is one latent; the most informative comes first. Drag a frame: the picture is decoded from the codes you set. The pictures in a row show what that latent alone would do.";
pub const TRAVERSAL_START: &str = "Start from";
pub const TRAVERSAL_ZERO: &str = "Zero";
pub const TRAVERSAL_ZERO_HELP: &str = "All latents at 0, the centre of the prior";
pub const TRAVERSAL_MEAN: &str = "Mean";
pub const TRAVERSAL_MEAN_HELP: &str = "The mean of the test images' codes";
pub const TRAVERSAL_PICTURE: &str = "The image decoded from the present code";
pub const LATENTS: &str = "What each latent does";
pub const LATENTS_HELP: &str = "Each row is one latent; its pictures change that latent alone. The last picture shows the change from one end to the other: orange pixels brighten, blue ones darken. A star keeps a row on top. Press a test image above to start from it.";
pub const REACH: &str = "Range of the sliders";
pub const REACH_PRIOR: &str = "Prior ±3";
pub const REACH_PRIOR_HELP: &str = "From −3 to 3: three standard deviations of the prior";
pub const REACH_POSTERIOR: &str = "Posterior ±3σ";
pub const REACH_POSTERIOR_HELP: &str =
    "Three standard deviations of the start image's posterior about its mean: where the encoder itself is unsure";
pub const SORT: &str = "Order of the rows";
pub const SORT_KL: &str = "by KL";
pub const SORT_SPREAD: &str = "by spread";
pub const SORT_EFFECT: &str = "by effect";
pub const SORT_INDEX: &str = "by number";
pub const HEAT_HELP: &str = "What changes from the left end to the right: orange brightens, blue darkens";
pub const PIN_HELP: &str = "Keep this row on top";
pub const TRAVERSAL_RANDOM: &str = "Random";
pub const TRAVERSAL_RANDOM_HELP: &str = "A code drawn from the prior";
pub const TRAVERSAL_SPREAD_HELP: &str = "Each latent drawn on its own, spread like the test images' codes";
pub const TRAVERSAL_OWN: &str = "Your drawing";

/// What the levels of a code are, the upper of which has these numbers.
pub fn levels(upper: Range<usize>) -> String {
    let last = upper.end - 1;
    let these = if upper.start == last {
        format!("{} is", latent(last))
    } else {
        format!("{} to {} are", latent(upper.start), latent(last))
    };
    format!(
        "{these} the upper level: it moves what is expected of the lower one. The others say how the lower level departs from that."
    )
}

pub fn latent_heat(i: usize) -> String {
    format!("Pixels that latent {i} moves")
}

pub fn pin(i: usize) -> String {
    format!("Keep latent {i} on top")
}

pub fn latent_title(i: usize, carries: Carries, active: bool) -> String {
    let carries = match carries {
        Carries::Unknown => format!("Latent {i}"),
        Carries::Nats(kl) => kl_bar(i, kl),
        Carries::Spread(sd) => format!("Latent {i}: standard deviation {sd:.2} over the test images"),
    };
    format!("{carries}{}", if active { "" } else { ", inactive" })
}

pub fn class_pick(class: &str) -> String {
    format!("{TRAVERSAL_START} {class}")
}
