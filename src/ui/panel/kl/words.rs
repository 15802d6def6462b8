//! The words of the KL by latent.

pub use crate::words::kl_bar;

pub const KL: &str = "KL by latent";
pub const KL_HELP: &str =
    "Nats that each latent carries about its image. Below 0.01 it is inactive: the decoder has learned to ignore it.";

/// Nats of all numbers of a code, and of each level where there are several, the uppermost first.
pub fn total(all: f32, levels: &[f32]) -> String {
    let each = levels.iter().map(|kl| format!("{kl:.1}")).collect::<Vec<_>>().join(" + ");
    if levels.is_empty() { format!("{all:.1} nats in all") } else { format!("{each} = {all:.1} nats, upper level first") }
}

pub fn active(active: usize, all: usize) -> String {
    format!("{active} of {all} active")
}
