//! Samples in memory: pictures, or vectors.

use std::iter::repeat;

use latent_vocabulary::data::{DataCard, DataInfo, Own};
use latent_vocabulary::factors::{FactorList, FactorName};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::{Beside, DataShape, SampleShape};

/// Samples, kept as their shape says, with one label each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// The name by which a setup asks for it.
    pub id: String,
    pub shape: SampleShape,
    /// What a sample is made of.
    pub frames: Frames,
    /// Labels are whole numbers below this.
    pub classes: usize,
    /// `[n]` samples
    pub train_images: Vec<u8>,
    pub train_labels: Vec<u8>,
    /// `[n]` samples
    pub test_images: Vec<u8>,
    pub test_labels: Vec<u8>,
    /// Names of the labels; empty where nobody has named them.
    pub class_names: Vec<String>,
    pub factors: Factors,
    /// What lies beside the test samples.
    pub beside: Beside,
    /// Tell images from others of the same name, see [`Dataset::made_of`].
    pub sums: Vec<String>,
}

impl Dataset {
    /// The same samples, as their shape says they are kept, for training and for tests; without a name.
    ///
    /// # Panics
    /// If there is not one label an image.
    pub fn of(shape: SampleShape, classes: usize, images: Vec<u8>, labels: Vec<u8>) -> Self {
        assert_eq!(images.len(), labels.len() * shape.bytes(), "not one label an image");
        Self {
            shape,
            classes,
            train_images: images.clone(),
            train_labels: labels.clone(),
            test_images: images,
            test_labels: labels,
            ..Self::default()
        }
    }

    /// What a network must know of it.
    pub fn data_shape(&self) -> DataShape {
        let factors =
            FactorList::of(self.factors.sizes.iter().copied().zip(self.factors.ordered.iter().copied().chain(repeat(false))));
        DataShape { image: self.shape, classes: self.classes, factors, frames: self.frames }
    }

    /// Tells its images from others of the same name: a sum of what they were made of, or an empty word where they are the project's
    /// own; before it those that a set had which has grown. Empty where nobody knows.
    pub fn made_of(&self) -> Vec<String> {
        let ours = self.sums.is_empty() && Own::parse(&self.id).is_none();
        if ours { vec![String::new()] } else { self.sums.clone() }
    }

    /// What there is of it, in numbers.
    pub fn info(&self) -> DataInfo {
        DataInfo {
            id: self.id.clone(),
            channels: self.shape.channels as u32,
            height: self.shape.height as u32,
            width: self.shape.width as u32,
            frames: self.frames,
            train: self.train_labels.len() as u32,
            test: self.test_labels.len() as u32,
            classes: self.class_names.clone(),
            factors: self.factors.names.clone(),
            beside: !self.beside.is_empty(),
        }
    }
}

/// What made each image; without names where that is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Factors {
    pub names: Vec<FactorName>,
    /// The values of factor `i` are `0 .. sizes[i]`.
    pub sizes: Vec<u8>,
    /// Whether these are amounts; kinds where nothing is said.
    pub ordered: Vec<bool>,
    /// `[train images, factors]`
    pub train_nk: Vec<u8>,
    /// `[test images, factors]`
    pub test_nk: Vec<u8>,
}

impl Factors {
    /// Those of a registered data set, without a value.
    pub fn of(card: &DataCard) -> Self {
        let each = card.factors.iter();
        Self {
            names: each.clone().map(|f| f.names()).collect(),
            sizes: each.clone().map(|f| f.size).collect(),
            ordered: each.map(|f| f.ordered).collect(),
            ..Self::default()
        }
    }
}

/// Bytes as values in `[0, 1]`.
pub fn unit(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.iter().map(|b| f32::from(*b) / 255.0)
}
