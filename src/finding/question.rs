//! What a claim is about.

use serde::{Deserialize, Serialize};

/// What findings are grouped by, besides the families of their methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// How many nats a code carries, and what they buy.
    Information,
    /// Whether codes are like a prior, and samples like images.
    Prior,
    /// Whether each latent stands for one thing.
    Disentangling,
    /// How many dimensions, and how they hang together.
    Dimensions,
    /// What is told, hidden or disturbed.
    Told,
    /// How many codes of a codebook are chosen, and how well.
    Codebook,
    /// What a sparse code costs, and leaves over.
    Sparsity,
    /// What single features mean.
    Meaning,
}

impl Question {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Information,
        Self::Prior,
        Self::Disentangling,
        Self::Dimensions,
        Self::Told,
        Self::Codebook,
        Self::Sparsity,
        Self::Meaning,
    ];
}
