//! Parameters that sparse autoencoders share.

use latent_vocabulary::ParamSpec;
use latent_vocabulary::objective::Count;

/// What every sparse autoencoder counts.
pub const FIRING: &[Count] = &[
    Count::new("fvu", "share of the variance that is not explained"),
    Count::new("l0", "features active on an input"),
    Count::new("dead", "features that have not been active for long"),
];

pub const FEATURES: ParamSpec = ParamSpec::int(
    "features",
    "Features",
    64,
    32_768,
    512,
    "Size of the dictionary: how many features there are to choose from. More explain better and are rarer each.",
);
pub const K: ParamSpec = ParamSpec::int(
    "k",
    "Active features k",
    1,
    256,
    32,
    "How many features may fire on one input. Fewer: each must mean more, and detail is lost.",
)
.at_most(FEATURES.key)
.live();
pub const AUX: ParamSpec = ParamSpec::log("aux", "Revival weight", 1e-4, 1.0, 0.03125,
    "Weight of the loss that lets dead features explain what the living ones leave over. Near zero, features that fell silent stay so.").live();
pub const DEAD_AFTER: ParamSpec = ParamSpec::log(
    "dead_after",
    "Dead after",
    1.0,
    1e6,
    10_000.0,
    "A feature counts as dead when it has not fired for this many inputs.",
)
.live();
