//! Test images on the processor.

use latent_measure::rng::Rng;
use latent_small as small;
use latent_view::Tests;
use latent_vocabulary::factors::FactorName;
use latent_vocabulary::shape::{Beside, DataShape};

/// Images kept on the CPU for views and tests.
pub struct TestSet {
    /// Name of the data set.
    pub id: String,
    pub shape: DataShape,
    pub images: Vec<u8>,
    pub labels: Vec<u8>,
    /// Names of the labels; empty where nobody has named them.
    pub class_names: Vec<String>,
    /// Values of the factors, row-major `[images, factors]`; empty where none are known.
    pub factors_nk: Vec<u8>,
    /// Names of the factors, and of their values.
    pub factor_names: Vec<FactorName>,
    /// What lies beside them.
    pub beside: Beside,
    /// Tells all images of the set from others of the same name, where that is known: the last word; the others did, before it grew.
    pub made_of: Vec<String>,
}

impl TestSet {
    /// All of them.
    pub fn all(&self) -> Tests<'_> {
        let (shape, beside) = (self.shape.image, Some(&self.beside));
        Tests { shape, images: &self.images, labels: &self.labels, factors: &self.factors_nk, beside }
    }

    /// Numbers of `count` images or of as many as there are: always the same ones, drawn without replacement from all, for
    /// neighbours in a file are often from one hand.
    pub fn drawn(&self, count: usize) -> Vec<u32> {
        let mut chosen = Rng::new(0).permutation(self.labels.len());
        chosen.truncate(count);
        small::sort(&mut chosen);
        chosen.into_iter().map(|i| i as u32).collect()
    }
}
