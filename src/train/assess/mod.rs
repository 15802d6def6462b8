//! Every measure that applies to a trained model, each with the protocol that makes its number comparable.

mod code;
mod factors;
mod likelihood;
mod sparse;

pub use sparse::{recovered, stability};

use serde::Serialize;

use crate::data::{Dataset, unit};
use crate::measure::rng::Rng;
use crate::measure::{Rows, image};
use crate::spec::Family;
use crate::spec::protocol::CodeKind;
use crate::train::{self, Engine};

/// What a caller may choose.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Test images, and as many training images for what is fitted, drawn without replacement; `None` for as many as there
    /// are, but no more than [`MOST`].
    pub images: Option<usize>,
    /// Decides which images are drawn.
    pub seed: u64,
}

/// Images that are enough for every measure.
pub const MOST: usize = 10_000;

/// One number or one for each latent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Quantity {
    Count(usize),
    Number(f64),
    Each(Vec<f64>),
}

impl From<usize> for Quantity {
    fn from(n: usize) -> Self {
        Self::Count(n)
    }
}

impl From<f64> for Quantity {
    fn from(v: f64) -> Self {
        Self::Number(v)
    }
}

impl From<Vec<f64>> for Quantity {
    fn from(v: Vec<f64>) -> Self {
        Self::Each(v)
    }
}

/// A measure, what it came to, and how it was taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    pub name: String,
    pub value: Quantity,
    pub protocol: String,
}

/// Measures in the order in which they are shown.
#[derive(Default)]
struct Sheet(Vec<Measured>);

impl Sheet {
    fn add(&mut self, name: &str, value: impl Into<Quantity>, protocol: impl Into<String>) {
        self.0.push(Measured { name: name.into(), value: value.into(), protocol: protocol.into() });
    }
}

/// Measures the model in `engine`, whose method is of `family`, on the images that it knows.
///
/// # Errors
/// If there are too few images for `sizes`, or the engine fails.
pub async fn assess(engine: &mut impl Engine, family: Family, data: &Dataset, sizes: Sizes) -> Result<Vec<Measured>, String> {
    let mut sheet = Sheet::default();
    let (train, test) = parts(data, sizes)?;
    likelihood::terms(&mut sheet, engine, &test).await?;
    likelihood::likelihood(&mut sheet, engine, &test, data.shape.len()).await?;
    let (mean, logvar) = engine.encode(test.rows()).await?;
    let latent = engine.info().latent as usize;
    let code = engine.info().code.clone();
    let all = |kind: CodeKind| code.iter().all(|group| group.kind == kind);
    let mean_nd = Rows::new(&mean, latent);
    let reconstruction = engine.decode(&mean).await?;
    pictures(&mut sheet, &test.x, &reconstruction, data);
    if all(CodeKind::Features) {
        sparse::features(&mut sheet, engine, &test, mean_nd, &reconstruction, data).await?;
    }
    if all(CodeKind::Gaussian) {
        let logvar_nd = (!logvar.is_empty()).then(|| Rows::new(&logvar, latent));
        code::posterior(&mut sheet, mean_nd, logvar_nd);
    }
    if family == Family::Vae {
        let codes = code::drawn(&mean, &logvar, sizes.seed);
        code::prior(&mut sheet, engine, Rows::new(&codes, latent), &test.x, &train.x, data).await?;
    }
    code::usage(&mut sheet, engine, &train).await?;
    let (mean_train, _) = engine.encode(train.rows()).await?;
    let train_nd = Rows::new(&mean_train, latent);
    code::probes(&mut sheet, train_nd, &train.labels, mean_nd, &test.labels);
    if family == Family::Vae || family == Family::Ae {
        factors::factors(&mut sheet, (train_nd, &train), (mean_nd, &test), data);
    }
    Ok(sheet.0)
}

/// As many training and test images as `sizes` says.
fn parts(data: &Dataset, sizes: Sizes) -> Result<(Part, Part), String> {
    let have = data.train_labels.len().min(data.test_labels.len());
    let images = sizes.images.unwrap_or(have.min(MOST));
    if images < code::NEIGHBOURS || images > have {
        return Err(format!("{images} images: expected {} to {have}", code::NEIGHBOURS));
    }
    let factors = &data.factors;
    let train = Part::draw(&data.train_images, &data.train_labels, &factors.train_nk, images, sizes.seed);
    let test = Part::draw(&data.test_images, &data.test_labels, &factors.test_nk, images, sizes.seed);
    Ok((train, test))
}

/// Images and labels drawn from one part of a data set.
struct Part {
    x: Vec<f32>,
    labels: Vec<u8>,
    /// Values of the factors, one row an image; empty where they are not known.
    factor_nk: Vec<u8>,
}

impl Part {
    /// Draws `n`, but keeps their order: neighbours in a file are often from one hand, so the first would not do.
    fn draw(images: &[u8], labels: &[u8], factor_nk: &[u8], n: usize, seed: u64) -> Self {
        let mut chosen = Rng::new(seed).permutation(labels.len());
        chosen.truncate(n);
        chosen.sort_unstable();
        let (len, k) = (images.len() / labels.len(), factor_nk.len() / labels.len());
        Self {
            x: chosen.iter().flat_map(|i| unit(&images[i * len..(i + 1) * len])).collect(),
            labels: chosen.iter().map(|i| labels[*i]).collect(),
            factor_nk: chosen.iter().flat_map(|i| &factor_nk[i * k..(i + 1) * k]).copied().collect(),
        }
    }

    fn rows(&self) -> train::Rows<'_> {
        train::Rows::labelled(&self.x, &self.labels)
    }
}

/// Reconstructions beside the images.
fn pictures(sheet: &mut Sheet, x: &[f32], reconstruction: &[f32], data: &Dataset) {
    let shape = [data.shape.channels, data.shape.height, data.shape.width];
    let of = format!("{} test images decoded from the mean of their code, values in [0, 1]", x.len() / data.shape.len());
    sheet.add("mse", image::mse(x, reconstruction), of.clone());
    sheet.add("psnr", image::psnr(x, reconstruction, data.shape.len()), format!("{of}; decibels of each image, mean"));
    sheet.add("ssim", image::ssim(x, reconstruction, shape), format!("{of}; Gaussian window 11 × 11, σ 1.5, mean over channels"));
}

/// `m` rows, evenly spaced.
fn spread<T: Copy>(rows: Rows<T>, m: usize) -> Vec<T> {
    (0..m).flat_map(|i| rows.row(i * rows.len() / m)).copied().collect()
}
