//! What is told of each feature of a dictionary.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Examples of a feature in [`FeatureTable`]: those on which it is most active, then some from each quarter of the inputs on
/// which it is active, strongest quarter first.
pub const TOP_EXAMPLES: usize = 12;
/// Examples from each quarter.
pub const QUARTER_EXAMPLES: usize = 4;
/// All of them.
pub const EXAMPLES: usize = TOP_EXAMPLES + 4 * QUARTER_EXAMPLES;
/// Bins of a feature's histogram.
pub const BINS: usize = 16;
/// Features that are named as those that come together with one.
pub const TOGETHER: usize = 8;
/// Numbers of a feature's row in [`FeatureTable::kin_fe`].
pub const KIN: usize = 2 * TOGETHER + 3;

/// What each feature of a dictionary does on some test images. An *input* is what a code of the features belongs to: an
/// image, or each place of its grid, see [`CodeKind::Features`](latent_vocabulary::code::CodeKind::Features). Numbers are
/// little-endian `f32`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeatureTable {
    /// Images looked at.
    pub images: u32,
    /// Share of the inputs on which each feature is active, shape `[features]`.
    pub density_f: ByteBuf,
    /// Mean activation of each over the inputs on which it is active, and the largest; 0 where there is none.
    pub mean_f: ByteBuf,
    pub max_f: ByteBuf,
    /// Length of each atom.
    pub norm_f: ByteBuf,
    /// The class that each feature's activation goes to most, and the share of it that does; 0 for dead ones.
    pub label_f: ByteBuf,
    pub purity_f: ByteBuf,
    /// Inputs by activation, from 0 to the largest in [`BINS`] equal bins, shape `[features, BINS]`.
    pub count_fb: ByteBuf,
    /// Inputs, image by image and place by place, shape `[features, EXAMPLES]`; −1 where there are not so many.
    pub example_fe: ByteBuf,
    /// And the activations there.
    pub activation_fe: ByteBuf,
    /// Who goes with whom, shape `[features, KIN]`: the features that are active most together with each, the φ of their activity, its parent, and of a code of
    /// layers the feature of the next layer that points most the same way, with the cosine; −1 where there is none. Empty where there are too many features to be
    /// compared.
    pub kin_fe: ByteBuf,
    /// Share of each feature's activity at each place, shape `[features, places]`; empty where there is one place.
    pub place_fp: ByteBuf,
    /// Size of what an atom shows.
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    /// What each feature adds to its input, `[features, channels, height, width]`, one signed byte a value, each atom stretched
    /// to ±127.
    pub atom_fa: ByteBuf,
}
