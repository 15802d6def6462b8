//! Images that somebody packed (`packed`): as many as there is room for.

use super::{Dataset, Factors};
use crate::nn::ImageShape;
use crate::packed::{Meta, Shard, Split};
use crate::spec::data::{Own, label_id};

/// Most bytes of images to test with: they stay in the engine's memory.
const TEST_BYTES: usize = 64 << 20;

/// A data set in the making, shard by shard.
pub struct Assembly {
    data: Dataset,
    meta: Meta,
    /// The factor that gives the labels.
    label: Option<usize>,
    /// Most bytes of training images and their labels.
    room: usize,
    /// Images that there was no room for.
    left: usize,
    /// Where a set has no test images of its own, the validation images are kept for it.
    valid: Vec<u8>,
    valid_factors_nk: Vec<u8>,
}

impl Assembly {
    /// Begins the set that a setup calls `own`, with room for `room` bytes of training images.
    ///
    /// # Errors
    /// If it has no such factor as the setup wants for its labels.
    pub fn new(meta: Meta, own: Own, room: u64) -> Result<Self, String> {
        let label = match own.label {
            Some(name) => {
                let found = meta.factors.iter().position(|f| label_id(&f.name) == name);
                Some(found.ok_or_else(|| format!("the images of {} have no factor {name}", meta.title))?)
            }
            None => (!meta.factors.is_empty()).then_some(meta.label),
        };
        let class_names = label.map_or_else(|| vec!["image".into()], |label| meta.factors[label].values.clone());
        let shape = ImageShape { channels: meta.channels as usize, height: meta.height as usize, width: meta.width as usize };
        let factors = Factors {
            names: meta.factors.iter().map(|f| f.name.clone()).collect(),
            // 256 values are more than a byte can count; the last one is as good as unknown.
            sizes: meta.factors.iter().map(|f| f.values.len().min(255) as u8).collect(),
            ..Factors::default()
        };
        let data = Dataset { id: own.id(), shape, classes: class_names.len(), class_names, factors, ..Dataset::default() };
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        Ok(Self { data, meta, label, room, left: 0, valid: Vec::new(), valid_factors_nk: Vec::new() })
    }

    /// Adds a shard. Returns whether another one is wanted.
    ///
    /// # Errors
    /// What is wrong with it, without the file's name.
    pub fn push(&mut self, bytes: &[u8]) -> Result<bool, String> {
        let Some(shard) = Shard::read(bytes, &self.meta)? else { return Ok(false) };
        let len = self.meta.image_bytes();
        for i in 0..shard.header.images as usize {
            let (image_p, factors_k) = (shard.image(i), shard.factors(i));
            match shard.split(i) {
                Split::Train => {
                    let data = &mut self.data;
                    // The device keeps a label beside each image.
                    if data.train_images.len() + data.train_labels.len() + len + 1 > self.room {
                        self.left += 1;
                        continue;
                    }
                    data.train_images.extend_from_slice(image_p);
                    data.factors.train_nk.extend_from_slice(factors_k);
                    data.train_labels.push(self.label.map_or(0, |label| factors_k[label]));
                }
                split => {
                    let (images, factors) = match split {
                        Split::Test => (&mut self.data.test_images, &mut self.data.factors.test_nk),
                        _ => (&mut self.valid, &mut self.valid_factors_nk),
                    };
                    if images.len() + len <= TEST_BYTES {
                        images.extend_from_slice(image_p);
                        factors.extend_from_slice(factors_k);
                    }
                }
            }
        }
        // Every part of a set has all splits: one without room for more has enough test images as well.
        Ok(!shard.header.last && self.left == 0)
    }

    /// Training images that are there.
    pub fn images(&self) -> usize {
        self.data.train_labels.len()
    }

    /// The data set, and what of it there was no room for, if anything.
    ///
    /// # Errors
    /// If there is nothing to train on.
    pub fn finish(mut self) -> Result<(Dataset, Option<String>), String> {
        let (len, k, images) = (self.meta.image_bytes(), self.meta.factors.len(), self.images());
        if self.data.test_images.is_empty() {
            (self.data.test_images, self.data.factors.test_nk) = (self.valid, self.valid_factors_nk);
        }
        if self.data.train_labels.is_empty() {
            return Err(format!("{} has no images to train on", self.meta.title));
        }
        // A handful of images may all be training images: the first ones then serve twice.
        if self.data.test_images.is_empty() {
            let n = self.data.train_labels.len().min(16);
            self.data.test_images = self.data.train_images[..n * len].to_vec();
            self.data.factors.test_nk = self.data.factors.train_nk[..n * k].to_vec();
        }
        let tests = self.data.test_images.len() / len;
        self.data.test_labels = match self.label {
            Some(label) => self.data.factors.test_nk.iter().skip(label).step_by(k).copied().collect(),
            None => vec![0; tests],
        };
        let note = (self.left > 0).then(|| {
            let mb = self.room >> 20;
            format!("{images} training images are in use: more do not fit into the {mb} MB that there is room for.")
        });
        Ok((self.data, note))
    }
}

/// The set called `own` from a folder with its shards, and what of it there was no room for, if anything.
///
/// # Errors
/// Names the file and what is wrong with it.
#[cfg(not(target_arch = "wasm32"))]
pub fn from_folder(folder: &std::path::Path, own: Own, room: u64) -> Result<(Dataset, Option<String>), String> {
    use crate::packed::{META, shard_name};

    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let named = |name: &str, e: String| format!("{}: {e}", folder.join(name).display());
    let meta = Meta::from_json(&read(META)?).map_err(|e| named(META, e))?;
    let mut assembly = Assembly::new(meta, own, room)?;
    for index in 0.. {
        let name = shard_name(index);
        // A set whose packing was interrupted is as good as its whole shards.
        if !folder.join(&name).exists() {
            break;
        }
        if !assembly.push(&read(&name)?).map_err(|e| named(&name, e))? {
            break;
        }
    }
    assembly.finish()
}
