//! Plain data that every part of the project shares: no Burn, no Leptos, no JavaScript.

pub mod card;
pub mod code;
pub mod data;
pub mod figure;
pub mod history;
pub mod import;
pub mod measured;
pub mod numbers;
pub mod objective;
pub mod optimizer;
pub mod phrase;
pub mod precision;
pub mod preset;
pub mod protocol;
pub mod setup;
pub mod tokens;

pub use card::{
    CHANNELS, Card, FIRST_HOSTED, Family, HIDDEN, Kind, LATENT, LIKELIHOOD, LIKELIHOODS, NET, NETS, NOISE_LEVEL, PRIOR, PRIORS,
    Paper, ParamSpec, SIGMA, SOURCE, SOURCES, Under,
};
pub use history::History;
pub use optimizer::Optimizer;
pub use precision::Precision;
pub use preset::{PRESETS, Preset};
pub use setup::{Setup, SetupError};
