//! The images that a model is measured on.

use latent_data::Dataset;
use latent_engine::TestSet;
use latent_measure::Rows;
use latent_measure::rng::Rng;
use latent_vocabulary::shape::{DataShape, SampleShape};

/// Neighbours of a vote: no part may have fewer images.
pub const NEIGHBOURS: usize = 10;

/// What a caller may choose.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Test images, and as many training images for what is fitted, drawn without replacement; `None` for as many as there
    /// are of each, but no more than [`MOST`].
    pub images: Option<usize>,
    /// Decides which images are drawn.
    pub seed: u64,
}

/// Images that are enough for every measure.
pub const MOST: usize = 10_000;

/// What a model is measured on.
pub struct Images {
    /// Name of the data set.
    pub(super) id: String,
    pub(super) shape: DataShape,
    /// Directions that are known to be planted in them, row-major `[k, values]`, where the set itself has them.
    pub(super) planted_kd: Vec<f32>,
    /// For what is fitted.
    pub(super) fitted: Drawn,
    /// Whose they are, in protocols: training images, or test images besides those below.
    pub(super) whose: &'static str,
    /// For all else.
    pub(super) test: Drawn,
}

impl Images {
    /// As many training and test images as `sizes` says.
    ///
    /// # Errors
    /// If there are too few.
    pub fn draw(data: &Dataset, sizes: Sizes) -> Result<Self, String> {
        let of = [(data.train_labels.len(), "training"), (data.test_labels.len(), "test")];
        let (have, whose) = if of[0].0 < of[1].0 { of[0] } else { of[1] };
        if have < NEIGHBOURS {
            return Err(format!("there are {have} {whose} images, and measures need {NEIGHBOURS} at least"));
        }
        let images = sizes.images.unwrap_or(have.min(MOST));
        if images < NEIGHBOURS || images > have {
            return Err(format!("{images} images: expected {NEIGHBOURS} to {have}, as many as there are {whose} images"));
        }
        let (factors, of) = (&data.factors, |labels: &[u8]| sizes.images.unwrap_or(labels.len().min(MOST)));
        let train = &data.train_labels;
        let train = Drawn::draw(data.shape, &data.train_images, train, &factors.train_nk, of(train), sizes.seed);
        let test = &data.test_labels;
        let test = Drawn::draw(data.shape, &data.test_images, test, &factors.test_nk, of(test), sizes.seed);
        let (id, shape, planted_kd) = (data.id.clone(), data.data_shape(), data.beside.planted_kd.clone());
        Ok(Self { id, shape, planted_kd, fitted: Drawn { at: None, ..train }, whose: "training images", test })
    }

    /// `n` test images for what is fitted and `n` others for all else, where the training images are out of reach; fewer if
    /// there are not so many.
    ///
    /// # Errors
    /// If there are too few.
    pub fn halves(test: &TestSet, n: usize) -> Result<Self, String> {
        let n = n.min(test.labels.len() / 2);
        if n < NEIGHBOURS {
            return Err(format!(
                "there are {} test images, and measures here need {} at least: half of them for what is fitted",
                test.labels.len(),
                2 * NEIGHBOURS
            ));
        }
        let both = Drawn::draw(test.shape.image, &test.images, &test.labels, &test.factors_nk, 2 * n, 0);
        let (fitted, rest) = both.split(n);
        let (id, shape, planted_kd) = (test.id.clone(), test.shape, test.beside.planted_kd.clone());
        Ok(Self { id, shape, planted_kd, fitted, whose: "other test images", test: rest })
    }

    /// What [`Self::draw`] gives with the seed 0, of test images and what was kept of the training images; fewer of these if fewer were kept.
    ///
    /// # Errors
    /// If there are too few.
    pub fn drawn(test: &TestSet, training: &Training, n: usize) -> Result<Self, String> {
        let have = test.labels.len();
        if n < NEIGHBOURS || n > have {
            return Err(format!("{n} images: expected {NEIGHBOURS} to {have}, as many as there are test images"));
        }
        let (shape, fitted) = (test.shape, training.first(test.shape.image, n));
        let test_n = Drawn::draw(shape.image, &test.images, &test.labels, &test.factors_nk, n, 0);
        let (id, planted_kd) = (test.id.clone(), test.beside.planted_kd.clone());
        Ok(Self { id, shape, planted_kd, fitted, whose: "training images", test: test_n })
    }
}

impl Images {
    /// How many classes their labels tell apart.
    pub fn classes(&self) -> usize {
        self.fitted.labels.iter().chain(&self.test.labels).max().map_or(1, |l| usize::from(*l) + 1)
    }
}

/// Training images for what is fitted, where the others go where nobody can measure on them.
pub struct Training {
    /// Their numbers among all training images, in the order in which they are drawn.
    at: Vec<usize>,
    images: Vec<u8>,
    labels: Vec<u8>,
    factors_nk: Vec<u8>,
}

/// Bytes of images that are kept at most.
const KEPT: usize = 16 << 20;

impl Training {
    /// Those that [`Images::draw`] would take first with the seed 0, as many as there is room for; `None` where there are none.
    pub fn keep(data: &Dataset) -> Option<Self> {
        let (n, len) = (data.train_labels.len(), data.shape.bytes());
        if n == 0 || data.train_images.len() < n * len {
            return None;
        }
        let mut at = Rng::new(0).permutation(n);
        at.truncate(MOST.min(KEPT / len));
        let k = data.factors.train_nk.len() / n;
        Some(Self {
            images: at.iter().flat_map(|i| &data.train_images[i * len..(i + 1) * len]).copied().collect(),
            labels: at.iter().map(|i| data.train_labels[*i]).collect(),
            factors_nk: at.iter().flat_map(|i| &data.factors.train_nk[i * k..(i + 1) * k]).copied().collect(),
            at,
        })
    }

    /// The first `n` in the order of the data set, or as many as there are.
    fn first(&self, shape: SampleShape, n: usize) -> Drawn {
        let n = n.min(self.at.len());
        let (len, k) = (shape.bytes(), self.factors_nk.len() / self.at.len());
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_unstable_by_key(|i| self.at[*i]);
        Drawn {
            at: None,
            x: order.iter().flat_map(|i| shape.floats(&self.images[i * len..(i + 1) * len])).collect(),
            labels: order.iter().map(|i| self.labels[*i]).collect(),
            factor_nk: order.iter().flat_map(|i| &self.factors_nk[i * k..(i + 1) * k]).copied().collect(),
        }
    }
}

/// Images and labels drawn from one part of a data set.
pub struct Drawn {
    /// Their numbers among the test images, where they are some.
    pub at: Option<Vec<u32>>,
    pub x: Vec<f32>,
    pub labels: Vec<u8>,
    /// Values of the factors, one row an image; empty where they are not known.
    pub factor_nk: Vec<u8>,
}

impl Drawn {
    /// Draws `n`, but keeps their order: neighbours in a file are often from one hand, so the first would not do.
    fn draw(shape: SampleShape, images: &[u8], labels: &[u8], factor_nk: &[u8], n: usize, seed: u64) -> Self {
        let mut chosen = Rng::new(seed).permutation(labels.len());
        chosen.truncate(n);
        chosen.sort_unstable();
        let (len, k) = (images.len() / labels.len(), factor_nk.len() / labels.len());
        Self {
            at: Some(chosen.iter().map(|i| *i as u32).collect()),
            x: chosen.iter().flat_map(|i| shape.floats(&images[i * len..(i + 1) * len])).collect(),
            labels: chosen.iter().map(|i| labels[*i]).collect(),
            factor_nk: chosen.iter().flat_map(|i| &factor_nk[i * k..(i + 1) * k]).copied().collect(),
        }
    }

    /// The first `n` images, and the others.
    fn split(mut self, n: usize) -> (Self, Self) {
        let (len, k) = (self.x.len() / self.labels.len(), self.factor_nk.len() / self.labels.len());
        let at = self.at.as_mut().map(|at| at.split_off(n));
        let (x, factor_nk) = (self.x.split_off(n * len), self.factor_nk.split_off(n * k));
        let rest = Self { at, x, labels: self.labels.split_off(n), factor_nk };
        (self, rest)
    }

    pub fn rows(&self) -> latent_engine::Rows<'_> {
        let rows = latent_engine::Rows::labelled(&self.x, &self.labels).told(&self.factor_nk);
        self.at.as_ref().map_or(rows, |at| rows.numbered(at))
    }
}

/// `m` rows, evenly spaced.
pub fn spread<T: Copy>(rows: Rows<T>, m: usize) -> Vec<T> {
    (0..m).flat_map(|i| rows.row(i * rows.len() / m)).copied().collect()
}
