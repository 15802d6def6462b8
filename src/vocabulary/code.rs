//! What the numbers of a code are.

use serde::{Deserialize, Serialize};

/// What a stretch of a code means, and so how it can be shown and moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeKind {
    /// A Gaussian posterior; the prior is standard normal.
    Gaussian,
    /// A point without a posterior.
    Point,
    /// A choice: the numbers are not negative and add up to one. `given`: it is the image's label, which the encoder is told.
    Choice { given: bool },
    /// Features that are zero most of the time: as many for each place of a grid, one place after the other. An image that
    /// is one input has a grid of one place.
    Features { height: u32, width: u32 },
    /// Vectors from a codebook, one at each place of a grid; a place has as many tokens as there are `levels`. `drawn`: a
    /// prior over the tokens is learnt, so that new ones can be drawn.
    Grid { height: u32, width: u32, levels: u32, codes: u32, drawn: bool },
}

/// Neighbouring numbers of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeGroup {
    pub kind: CodeKind,
    pub count: u32,
}

impl CodeGroup {
    /// Tokens that it is written with, if it has a codebook.
    pub fn places(&self) -> Option<u32> {
        match self.kind {
            CodeKind::Grid { height, width, levels, .. } => Some(height * width * levels),
            _ => None,
        }
    }

    /// How its features are laid out, if it has any.
    pub fn features(&self) -> Option<FeatureGrid> {
        let CodeKind::Features { height, width } = self.kind else { return None };
        let (height, width) = (height as usize, width as usize);
        Some(FeatureGrid { height, width, features: self.count as usize / (height * width) })
    }
}

/// A code of features that are zero most of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureGrid {
    /// Places, each with all of the features.
    pub height: usize,
    pub width: usize,
    pub features: usize,
}

impl FeatureGrid {
    pub fn places(self) -> usize {
        self.height * self.width
    }
}
