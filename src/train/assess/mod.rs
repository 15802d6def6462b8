//! Every measure that applies to a trained model, each with the protocol that makes its number comparable.

mod code;
mod factors;
mod likelihood;
mod sparse;

pub use sparse::stability;

use std::borrow::Cow;

use crate::data::{Dataset, unit};
use crate::measure::pause::Pause;
use crate::measure::rng::Rng;
use crate::measure::{Rows, image};
use crate::nn::ImageShape;
use crate::spec::protocol::{CodeGroup, CodeKind, Measured, Quantity};
use crate::spec::{Family, Setup};
use crate::train::views::TestSet;
use crate::train::{self, Engine};

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

/// Measures in the order in which they are shown.
#[derive(Default)]
struct Sheet(Vec<Measured>);

impl Sheet {
    fn add(&mut self, name: &str, value: impl Into<Quantity>, protocol: impl Into<String>) {
        self.0.push(Measured { name: name.into(), value: value.into(), protocol: protocol.into() });
    }
}

/// What a model is measured on.
pub struct Images {
    /// Name of the data set.
    id: String,
    shape: ImageShape,
    /// For what is fitted.
    fitted: Part,
    /// Whose they are, in protocols: training images, or test images besides those below.
    whose: &'static str,
    /// For all else.
    test: Part,
}

impl Images {
    /// As many training and test images as `sizes` says.
    ///
    /// # Errors
    /// If there are too few.
    pub fn draw(data: &Dataset, sizes: Sizes) -> Result<Self, String> {
        let have = data.train_labels.len().min(data.test_labels.len());
        let images = sizes.images.unwrap_or(have.min(MOST));
        if images < code::NEIGHBOURS || images > have {
            return Err(format!("{images} images: expected {} to {have}", code::NEIGHBOURS));
        }
        let (factors, of) = (&data.factors, |labels: &[u8]| sizes.images.unwrap_or(labels.len().min(MOST)));
        let train = &data.train_labels;
        let train = Part::draw(&data.train_images, train, &factors.train_nk, of(train), sizes.seed);
        let test = &data.test_labels;
        let test = Part::draw(&data.test_images, test, &factors.test_nk, of(test), sizes.seed);
        Ok(Self { id: data.id.clone(), shape: data.shape, fitted: train, whose: "training images", test })
    }

    /// `n` test images for what is fitted and `n` others for all else, where the training images are out of reach; fewer if
    /// there are not so many.
    ///
    /// # Errors
    /// If there are too few.
    pub fn halves(test: &TestSet, n: usize) -> Result<Self, String> {
        let n = n.min(test.labels.len() / 2);
        if n < code::NEIGHBOURS {
            return Err(format!("{} test images: expected at least {}", test.labels.len(), 2 * code::NEIGHBOURS));
        }
        let both = Part::draw(&test.images, &test.labels, &test.factors_nk, 2 * n, 0);
        let (fitted, rest) = both.split(n);
        Ok(Self { id: test.id.clone(), shape: test.shape.image, fitted, whose: "other test images", test: rest })
    }
}

impl Images {
    /// What knows the features that were planted in them, if any were.
    async fn planted(&self) -> Result<Option<Box<dyn crate::data::Render>>, String> {
        if crate::catalog::set(&self.id).is_none_or(|card| card.planted == 0) {
            return Ok(None);
        }
        crate::train::sets::renderer(&self.id).await
    }
}

/// Measures the model in `engine`, which was made by `setup`. `seed` decides what is drawn from posteriors.
///
/// # Errors
/// If the engine fails, or no method is called as the setup's.
pub async fn assess(engine: &mut impl Engine, setup: &Setup, images: &Images, seed: u64) -> Result<Vec<Measured>, String> {
    let mut sheet = Sheet::default();
    let pause = engine.pause();
    let Images { fitted, test, .. } = images;
    let family = setup.card().map_err(|e| e.to_string())?.family;
    likelihood::terms(&mut sheet, engine, test).await?;
    likelihood::likelihood(&mut sheet, engine, setup, test, images.shape.len()).await?;
    let (mean, logvar) = engine.encode(test.rows()).await?;
    let (mean_fitted, _) = engine.encode(fitted.rows()).await?;
    let code = engine.info().code.clone();
    let own = Own::of(&code);
    let reconstruction = engine.decode(&mean).await?;
    // What is left of activations goes through the rest of a network, which keeps its pixels in [0, 1] by itself.
    let clamped = family == Family::Sae && setup.hosted().is_none();
    pictures(&mut sheet, &reconstruction, images, clamped, &pause).await;
    if own.all(|kind| matches!(kind, CodeKind::Features { .. })) {
        let features = sparse::Features { fitted: &mean_fitted, test: &mean, reconstruction: &reconstruction, clamped };
        sparse::features(&mut sheet, engine, features, images).await?;
    }
    let (own_mean, own_logvar, own_fitted) = (own.columns(&mean), own.columns(&logvar), own.columns(&mean_fitted));
    let codes = code::Codes {
        fitted_nd: Rows::new(&own_fitted, own.width()),
        test_nd: Rows::new(&own_mean, own.width()),
        without: own.without(),
    };
    if own.all(|kind| kind == CodeKind::Gaussian) {
        let logvar_nd = (!logvar.is_empty()).then(|| Rows::new(&own_logvar, own.width()));
        code::posterior(&mut sheet, codes, logvar_nd);
    }
    if family == Family::Vae {
        code::prior(&mut sheet, engine, &code::drawn(&mean, &logvar, &code, seed), &own, images).await?;
    }
    code::usage(&mut sheet, engine, images).await?;
    code::probes(&mut sheet, codes, images, &pause).await;
    if family == Family::Vae || family == Family::Ae {
        factors::factors(&mut sheet, codes, family, images, &pause).await;
    }
    Ok(sheet.0)
}

/// The columns of a code that its encoder has found out: all but those of a label that it was told. Whoever reads the code would
/// read there what was put in.
struct Own<'a>(&'a [CodeGroup]);

impl<'a> Own<'a> {
    fn of(code: &'a [CodeGroup]) -> Self {
        Self(code)
    }

    fn is_told(group: &CodeGroup) -> bool {
        group.kind == CodeKind::Choice { given: true }
    }

    /// Whether all of them are of such a kind.
    fn all(&self, is: fn(CodeKind) -> bool) -> bool {
        self.0.iter().filter(|group| !Self::is_told(group)).all(|group| is(group.kind))
    }

    fn width(&self) -> usize {
        self.0.iter().filter(|group| !Self::is_told(group)).map(|group| group.count as usize).sum()
    }

    /// These columns of whole codes.
    fn columns<'z>(&self, z_nd: &'z [f32]) -> Cow<'z, [f32]> {
        if !self.0.iter().any(Self::is_told) {
            return Cow::Borrowed(z_nd);
        }
        let kept: Vec<bool> =
            self.0.iter().flat_map(|group| std::iter::repeat_n(!Self::is_told(group), group.count as usize)).collect();
        z_nd.iter().zip(kept.iter().cycle()).filter(|(_, kept)| **kept).map(|(z, _)| *z).collect()
    }

    /// What is left out, for protocols.
    fn without(&self) -> &'static str {
        if self.0.iter().any(Self::is_told) { " without the label that the encoder is told" } else { "" }
    }
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

    /// The first `n` images, and the others.
    fn split(mut self, n: usize) -> (Self, Self) {
        let (len, k) = (self.x.len() / self.labels.len(), self.factor_nk.len() / self.labels.len());
        let rest =
            Self { x: self.x.split_off(n * len), labels: self.labels.split_off(n), factor_nk: self.factor_nk.split_off(n * k) };
        (self, rest)
    }

    fn rows(&self) -> train::Rows<'_> {
        train::Rows::labelled(&self.x, &self.labels)
    }
}

/// What is done to the pixels that a dictionary gives, for protocols.
const CLAMPED: &str = "values clamped to [0, 1]";

/// Reconstructions beside the images.
async fn pictures(sheet: &mut Sheet, reconstruction: &[f32], images: &Images, clamped: bool, pause: &Pause) {
    let x = &images.test.x;
    let shape = [images.shape.channels, images.shape.height, images.shape.width];
    let n = x.len() / images.shape.len();
    let values = if clamped { CLAMPED } else { "values in [0, 1]" };
    let of = format!("{n} test images decoded from the mean of their code, {values}");
    sheet.add("mse", image::mse(x, reconstruction), of.clone());
    pause.point().await;
    sheet.add("psnr", image::psnr(x, reconstruction, images.shape.len()), format!("{of}; decibels of each image, mean"));
    let ssim = image::ssim_in_slices(x, reconstruction, shape, pause).await;
    sheet.add("ssim", ssim, format!("{of}; Gaussian window 11 × 11, σ 1.5, mean over channels"));
}

/// `m` rows, evenly spaced.
fn spread<T: Copy>(rows: Rows<T>, m: usize) -> Vec<T> {
    (0..m).flat_map(|i| rows.row(i * rows.len() / m)).copied().collect()
}
