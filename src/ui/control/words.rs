//! The words of the controls.

pub use crate::words::TRY;
use latent_experiment::Setup;
use latent_vocabulary::card::Want;
use latent_vocabulary::{Family, LATENT};

pub fn stands_on(host: &Setup) -> String {
    let label = host.card().map_or(host.method.as_str(), |card| card.label);
    let latents = host.card().ok().and_then(|card| card.param(LATENT.key)).map(|p| format!(" with {} latents", host.usize(p.key)));
    format!("It stands on the {label}{} that was trained here last, which does not change.", latents.unwrap_or_default())
}

pub const METHOD_CHOICE: &str = "Method";

/// What a method that cannot learn from the images is called.
pub fn needs(label: &str, what: Want) -> String {
    match what {
        Want::Pictures => format!("{label} (needs pictures)"),
        Want::Factors => format!("{label} (needs images with attributes)"),
        Want::Clips => format!("{label} (needs clips)"),
        Want::Pairs => format!("{label} (needs pairs)"),
    }
}

/// Name of a line of methods.
pub fn family(family: Family) -> &'static str {
    match family {
        Family::Ae => "Autoencoders",
        Family::Vae => "Variational autoencoders",
        Family::Siamese => "Encoders alone",
        Family::Vq => "Codebooks",
        Family::Sae => "Sparse autoencoders",
    }
}

pub const OBJECTIVE: &str = "Objective";
pub const OBJECTIVE_HELP: &str = "Training minimises this. The colours match the curves.";
pub const LIVE: &str = "While it runs";
pub const LIVE_HELP: &str = "These take effect with the next step.";
pub const STRUCTURE: &str = "The network";
pub const STRUCTURE_HELP: &str = "Changing these starts a new run.";
pub const CLAIMS: &str = "Their claims, run here";
pub const PAPERS: &str = "From the papers";
pub const RESET_PARAM: &str = "Back to the default";
