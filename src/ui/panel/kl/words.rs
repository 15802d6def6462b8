//! The words of the KL by latent.

pub use crate::words::kl_bar;

pub const KL: &str = "KL by latent";
pub const KL_HELP: &str =
    "Nats that each latent carries about its image. Below 0.01 it is inactive: the decoder has learned to ignore it.";

pub fn active(active: usize, all: usize) -> String {
    format!("{active} of {all} active")
}
