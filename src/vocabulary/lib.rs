//! Plain data that every part of the project shares: cards and their parameters, data sets, shapes, codes. Names nothing else.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod card;
pub mod code;
pub mod data;
pub mod device;
pub mod drawing;
pub mod drawn;
pub mod factors;
pub mod frames;
pub mod import;
pub mod measured;
pub mod npy;
pub mod numbers;
pub mod objective;
pub mod optimizer;
pub mod param;
pub mod params;
pub mod phrase;
pub mod plan;
pub mod precision;
mod prose;
pub mod shape;
pub mod texts;
pub mod tokens;
pub mod world;

pub use card::{
    CHANNELS, Card, FIRST_HOSTED, Family, HIDDEN, INPUTS, Kind, LATENT, LAYER, LAYERS, LIKELIHOOD, LIKELIHOODS, NET, NETS,
    NOISE_LEVEL, PRIOR, PRIORS, Paper, ParamSpec, SCALES, SIGMA, SOURCE, SOURCES, Second, Under,
};
pub use optimizer::Optimizer;
pub use params::Params;
pub use precision::Precision;
