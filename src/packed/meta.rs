//! What a packed set says about itself, and what every set has in common.

use serde::{Deserialize, Serialize};

/// Version of this format.
pub const FORMAT: u32 = 1;
/// The description's file name.
pub const META: &str = "meta.json";
/// Images in a shard, the last one excepted.
pub const SHARD_IMAGES: usize = 1024;
/// Widest and highest packed image.
pub const MAX_SIDE: u32 = 256;

/// Whether images of that shape can be packed and trained on: their values fill whole words of the device.
pub fn shape_fits(width: u32, height: u32, channels: u32) -> bool {
    let side = |v: u32| (1..=MAX_SIDE).contains(&v);
    matches!(channels, 1 | 3) && side(height) && side(width) && (channels * height * width).is_multiple_of(4)
}

/// Something known about each image, a class or an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackedFactor {
    pub name: String,
    /// Names of its values `0 ..`, 256 at most.
    pub values: Vec<String>,
}

/// What a packed set says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    pub format: u32,
    /// Name on the page.
    pub title: String,
    /// Whose the images are, as far as that is known.
    pub credit: String,
    pub channels: u32,
    pub height: u32,
    pub width: u32,
    pub factors: Vec<PackedFactor>,
    /// Index of the factor that gives the labels where nobody chooses another.
    pub label: usize,
    /// Tells other sources and other choices apart: an import goes on only from the same ones.
    pub source: String,
    /// Images that the source promises.
    pub items: u64,
}

impl Meta {
    /// Bytes of one image.
    pub fn image_bytes(&self) -> usize {
        (self.channels * self.height * self.width) as usize
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data")
    }

    /// Reads and checks a description.
    ///
    /// # Errors
    /// What is wrong with it, without the file's name.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        let meta: Self = serde_json::from_slice(text).map_err(|e| format!("is no description of packed images: {e}"))?;
        if meta.format != FORMAT {
            return Err(format!("has format {}, this program reads {FORMAT}", meta.format));
        }
        if !shape_fits(meta.width, meta.height, meta.channels) {
            return Err(format!(
                "promises images of {} × {} × {} values, which no network here takes: pack them anew with an even width and height",
                meta.width, meta.height, meta.channels
            ));
        }
        if let Some(factor) = meta.factors.iter().find(|f| f.values.is_empty() || f.values.len() > 256) {
            return Err(format!("gives {} values to {}", factor.values.len(), factor.name));
        }
        if meta.label >= meta.factors.len().max(1) {
            return Err(format!("takes its labels from factor {} of {}", meta.label, meta.factors.len()));
        }
        Ok(meta)
    }
}
