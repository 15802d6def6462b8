//! The words of the loss chart.

pub use crate::words::reading;
use latent_vocabulary::{Card, LIKELIHOOD};

pub const LOSS: &str = "Loss";

/// What the curves are of; `tested` is how many test images, once that is known.
pub fn loss_help(tested: Option<u32>) -> String {
    let tested = tested.map_or_else(String::new, |n| format!("{n} "));
    format!("Lines: the training batch. Rings: {tested}test images. Lower is better. Press a number to see its curve alone.")
}

pub const LOSS_PAST: &str = "Earlier runs, up to the present step";
pub const LOSS_EMPTY: &str = "Press Train: the curves start here.";
pub const LOSS_LOG: &str = "log";
pub const LOSS_LINEAR: &str = "linear";
pub const LOSS_SCALE: &str = "Scale of the loss";

/// The chart in words, for those who do not see it.
pub fn chart_summary(step: u64, terms: &[(String, f32)]) -> String {
    let parts: Vec<String> = terms.iter().map(|(name, v)| format!("{name} {}", reading(f64::from(*v)))).collect();
    format!("Step {step}: {}", parts.join(", "))
}

/// What the scale of the curves is in.
pub fn unit(card: &Card) -> &'static str {
    match card.unit {
        "" if card.param(LIKELIHOOD.key).is_some() => "nats an image",
        "" => "squared distance, an input",
        own => own,
    }
}
