//! What a packed set says about itself, and what every set has in common.

use latent_vocabulary::frames::Frames;
use latent_vocabulary::plan::Normalise;
use latent_vocabulary::shape::SampleShape;
use serde::{Deserialize, Serialize};

/// Version of this format.
pub const FORMAT: u32 = 1;
/// The description's file name.
pub const META: &str = "meta.json";
/// Images in a shard, the last one excepted.
pub const SHARD_IMAGES: usize = 1024;
/// Widest and highest packed image.
pub const MAX_SIDE: u32 = 256;

/// Most numbers of a vector.
pub const MAX_DIMS: u32 = 4096;

/// Whether samples of that shape can be packed and trained on: values of pictures fill whole words of the device. Of width and height
/// 1 they are vectors.
pub fn shape_fits(width: u32, height: u32, channels: u32) -> bool {
    if (width, height) == (1, 1) {
        return (1..=MAX_DIMS).contains(&channels);
    }
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

/// How the vectors of a set were made, and what lies beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackedVectors {
    /// As SAELens calls it: `expected_average_only_in`.
    pub normalize_activations: Normalise,
    /// What they were multiplied by, where all were multiplied by the same number; else 1.
    pub scaling_factor: f64,
    /// Each has a text.
    pub texts: bool,
    /// Width, height and colours of the picture of each.
    pub thumb: Option<[u32; 3]>,
    /// How many directions are known to be planted in them: [`PLANTED`](crate::PLANTED) has these.
    #[serde(default)]
    pub planted: u32,
}

impl PackedVectors {
    /// Bytes of the picture of one.
    pub fn thumb_bytes(&self) -> usize {
        self.thumb.map_or(0, |sides| sides.iter().product::<u32>() as usize)
    }
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
    /// What a picture is made of.
    #[serde(default, skip_serializing_if = "Frames::is_one")]
    pub frames: Frames,
    /// Of sets of vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<PackedVectors>,
}

impl Meta {
    /// The shape of one sample.
    pub fn shape(&self) -> SampleShape {
        SampleShape { channels: self.channels as usize, height: self.height as usize, width: self.width as usize }
    }

    /// Bytes of one sample.
    pub fn image_bytes(&self) -> usize {
        self.shape().bytes()
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
        if meta.vectors.is_some() == meta.shape().is_picture() {
            return Err("says that its pictures are vectors, or its vectors pictures".into());
        }
        if !meta.shape().holds(meta.frames) {
            return Err(format!("promises {} frames side by side in {} columns", meta.frames.count(), meta.width));
        }
        let side = |side: u32| (1..=MAX_SIDE).contains(&side);
        let picture = |[width, height, channels]: &[u32; 3]| side(*width) && side(*height) && matches!(channels, 1 | 3);
        if let Some([width, height, channels]) = meta.vectors.as_ref().and_then(|v| v.thumb).filter(|thumb| !picture(thumb)) {
            return Err(format!("promises pictures of {width} × {height} × {channels} beside its vectors"));
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
