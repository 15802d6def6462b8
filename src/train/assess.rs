//! Every measure that applies to a trained model, each with the protocol that makes its number comparable.

use serde::Serialize;

use crate::data::{Dataset, unit};
use crate::measure::frechet::{self, Gaussian};
use crate::measure::probe::{self, LinearProbe};
use crate::measure::rng::Rng;
use crate::measure::{Rows, image, sparse, vae};
use crate::spec::Family;
use crate::train::Engine;

/// What a caller may choose.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Test images, and as many training images for what is fitted, drawn without replacement.
    pub images: usize,
    /// Of all draws.
    pub seed: u64,
}

/// Draws that are compared pair by pair.
const PAIRED: usize = 2000;
/// Neighbours of a vote.
const NEIGHBOURS: usize = 10;
/// Squares along each side of an image whose means are its features.
const GRID: usize = 7;
/// Values of an activation are written down as finely as costs this share of the squared error.
const EXCESS: f64 = 0.01;
/// Bits of a dictionary's value.
const WEIGHT_BITS: u32 = 16;

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
    let have = data.train_labels.len().min(data.test_labels.len());
    if sizes.images < NEIGHBOURS || sizes.images > have {
        return Err(format!("{} images: expected {NEIGHBOURS} to {have}", sizes.images));
    }
    let mut sheet = Sheet::default();
    let (test, train) = (Part::draw(data, false, sizes), Part::draw(data, true, sizes));
    let x = test.x;
    terms(&mut sheet, engine, &x).await?;
    let (mean, logvar) = engine.encode(&x).await?;
    let latent = engine.info().latent as usize;
    let mean_nd = Rows::new(&mean, latent);
    let reconstruction = engine.decode(&mean).await?;
    pictures(&mut sheet, &x, &reconstruction, data);
    if family == Family::Sae {
        features(&mut sheet, engine, &x, mean_nd, &reconstruction).await?;
    }
    if family == Family::Vae {
        let logvar_nd = (!logvar.is_empty()).then(|| Rows::new(&logvar, latent));
        posterior(&mut sheet, mean_nd, logvar_nd, sizes.seed);
        samples(&mut sheet, engine, &x, &train.x, data, sizes.seed).await?;
    }
    let (mean_train, _) = engine.encode(&train.x).await?;
    probes(&mut sheet, Rows::new(&mean_train, latent), &train.labels, mean_nd, &test.labels);
    Ok(sheet.0)
}

/// Images and labels drawn from one part of a data set.
struct Part {
    x: Vec<f32>,
    labels: Vec<u8>,
}

impl Part {
    /// Draws, but keeps the order: neighbours in a file are often from one hand, so the first would not do.
    fn draw(data: &Dataset, train: bool, sizes: Sizes) -> Self {
        let (images, labels) = if train { (&data.train_images, &data.train_labels) } else { (&data.test_images, &data.test_labels) };
        let mut chosen = Rng::new(sizes.seed).permutation(labels.len());
        chosen.truncate(sizes.images);
        chosen.sort_unstable();
        let len = data.shape.len();
        Self {
            x: chosen.iter().flat_map(|i| unit(&images[i * len..(i + 1) * len])).collect(),
            labels: chosen.iter().map(|i| labels[*i]).collect(),
        }
    }
}

/// The objective, term by term.
async fn terms(sheet: &mut Sheet, engine: &mut impl Engine, x: &[f32]) -> Result<(), String> {
    let values = engine.evaluate(x).await?;
    for (name, value) in engine.info().terms.clone().iter().zip(values) {
        sheet.add(name, f64::from(value), format!("mean of {} test images, one draw each", count(x, engine)));
    }
    Ok(())
}

/// Images in a set of values.
fn count(x: &[f32], engine: &impl Engine) -> usize {
    let info = engine.info();
    x.len() / (info.channels * info.width * info.height) as usize
}

/// Reconstructions beside the images.
fn pictures(sheet: &mut Sheet, x: &[f32], reconstruction: &[f32], data: &Dataset) {
    let shape = [data.shape.channels, data.shape.height, data.shape.width];
    let of = format!("{} test images decoded from the mean of their code, values in [0, 1]", x.len() / data.shape.len());
    sheet.add("mse", image::mse(x, reconstruction), of.clone());
    sheet.add("psnr", image::psnr(x, reconstruction, data.shape.len()), format!("{of}; decibels of each image, mean"));
    sheet.add("ssim", image::ssim(x, reconstruction, shape), format!("{of}; Gaussian window 11 × 11, σ 1.5, mean over channels"));
}

/// How the posterior is used, and how its aggregate compares with the prior N(0, I).
fn posterior(sheet: &mut Sheet, mean_nd: Rows, logvar_nd: Option<Rows>, seed: u64) {
    let (n, d) = (mean_nd.len(), mean_nd.width());
    let mut rng = Rng::new(seed);
    let mut draws = |n: usize| (0..n).map(|_| rng.normal()).collect::<Vec<f32>>();
    let mut codes = mean_nd.values().to_vec();
    let mut of = format!("{n} test images, codes as encoded");
    sheet.add("active_units", vae::active_units(mean_nd), format!("of {d} latents; variance of the mean over {n} test images above {}", vae::ACTIVE));
    if let Some(logvar_nd) = logvar_nd {
        let kl_d = vae::kl_d(mean_nd, logvar_nd);
        sheet.add("kl_d", kl_d, format!("nats of each latent, mean over {n} test images"));
        let noise = draws(codes.len());
        codes.iter_mut().zip(logvar_nd.values()).zip(&noise).for_each(|((z, l), e)| *z += (0.5 * l).exp() * e);
        of = format!("{n} test images, one posterior draw each, seed {seed}");
    }
    let aggregate = vae::aggregate(mean_nd, logvar_nd);
    sheet.add("aggregate_mean_d", aggregate.mean_d, format!("of q(z) over {n} test images; the prior has 0"));
    sheet.add("aggregate_variance_d", aggregate.variance_d, format!("of q(z) over {n} test images; the prior has 1"));
    sheet.add("aggregate_correlation", aggregate.correlation, format!("mean over pairs of latents, absolute, {n} test images; the prior has 0"));
    let m = n.min(PAIRED);
    let (prior, other) = (draws(m * d), draws(m * d));
    let (codes_md, prior_md, other_md) = (Rows::new(&codes[..m * d], d), Rows::new(&prior, d), Rows::new(&other, d));
    for (name, null, kernel) in [("mmd_imq", "mmd_imq_null", vae::Kernel::Imq), ("mmd_rbf", "mmd_rbf_null", vae::Kernel::Rbf)] {
        let protocol = |what: &str| format!("squared, unbiased, mean of {} scales; {what}, {m} draws of each, seed {seed}", vae::SCALES.len());
        sheet.add(name, vae::mmd(codes_md, prior_md, kernel), protocol("q(z) and the prior"));
        sheet.add(null, vae::mmd(other_md, prior_md, kernel), protocol("the prior and itself"));
    }
    let (fit, standard) = (Gaussian::fit(Rows::new(&codes, d)), Gaussian::standard(d));
    sheet.add("frechet_prior", frechet::distance(&fit, &standard), format!("codes against N(0, I); {of}"));
}

/// Pictures decoded from draws of the prior N(0, I).
async fn samples(
    sheet: &mut Sheet,
    engine: &mut impl Engine,
    x: &[f32],
    x_train: &[f32],
    data: &Dataset,
    seed: u64,
) -> Result<(), String> {
    let n = x.len() / data.shape.len();
    let mut rng = Rng::new(seed.wrapping_add(1));
    let z: Vec<f32> = (0..n * engine.info().latent as usize).map(|_| rng.normal()).collect();
    let drawn = engine.decode(&z).await?;
    let shape = [data.shape.channels, data.shape.height, data.shape.width];
    let side = (data.shape.height.min(data.shape.width) / GRID).max(1);
    let width = data.shape.channels * (data.shape.height / side) * (data.shape.width / side);
    let fit = |x: &[f32]| Gaussian::fit(Rows::new(&image::pool(x, shape, side), width));
    let test = fit(x);
    let protocol = |what: &str| format!("features: means of {side} × {side} pixels; {what}, {n} of each against {n} test images, seed {seed}");
    sheet.add("frechet_pooled", frechet::distance(&fit(&drawn), &test), protocol("decoded draws of the prior"));
    sheet.add("frechet_pooled_train", frechet::distance(&fit(x_train), &test), protocol("training images"));
    Ok(())
}

/// What a simple reader finds in the codes.
fn probes(sheet: &mut Sheet, train_nd: Rows, train_labels: &[u8], test_nd: Rows, test_labels: &[u8]) {
    let n = test_nd.len();
    let classes = train_labels.iter().chain(test_labels).max().map_or(1, |l| usize::from(*l) + 1);
    let of = format!("mean codes, {n} training and {n} test images");
    let fit = LinearProbe::fit(train_nd, train_labels, classes);
    let how = format!("logistic regression, L2 {}, {} iterations; {of}", probe::L2, probe::ITERATIONS);
    sheet.add("linear_probe_accuracy", fit.accuracy(test_nd, test_labels), how);
    let accuracy = probe::knn_accuracy(train_nd, train_labels, test_nd, test_labels, NEIGHBOURS);
    sheet.add("knn_accuracy", accuracy, format!("k = {NEIGHBOURS}, Euclidean; {of}"));
}

/// The features of a sparse autoencoder.
async fn features(sheet: &mut Sheet, engine: &mut impl Engine, x: &[f32], act_nf: Rows<'_>, reconstruction: &[f32]) -> Result<(), String> {
    let (n, f) = (act_nf.len(), act_nf.width());
    let d = x.len() / n;
    let activity = sparse::activity(act_nf);
    let histogram = activity.histogram(4, 2);
    sheet.add("l0", activity.l0, format!("active features, mean over {n} test images"));
    sheet.add("dead_features", activity.dead, format!("of {f}; active on none of {n} test images"));
    sheet.add("ultra_dense_features", activity.ultra_dense, format!("of {f}; active on more than {} of {n} test images", sparse::ULTRA_DENSE));
    let counts = histogram.count_b.iter().map(|c| *c as f64).collect::<Vec<f64>>();
    sheet.add("density_histogram", counts, format!("features by log₁₀ of their density, 8 bins from −4 to 0; {n} test images"));
    let fvu = sparse::fraction_unexplained(Rows::new(x, d), Rows::new(reconstruction, d));
    sheet.add("fraction_unexplained", fvu, format!("of the variance over {n} test images"));
    let error = image::mse(x, reconstruction);
    let (mut step, mut worst) = (act_nf.values().iter().fold(0.0f64, |m, a| m.max(f64::from(a.abs()))), f64::INFINITY);
    while worst > error * (1.0 + EXCESS) && step > f64::from(f32::EPSILON) {
        step *= 0.5;
        let rounded = sparse::round_to(act_nf.values(), step);
        worst = image::mse(x, &engine.decode(&rounded).await?);
    }
    if worst <= error * (1.0 + EXCESS) {
        let length = sparse::description_length(act_nf, step, d, WEIGHT_BITS);
        let how = format!("Σ H(feature) over {n} test images, activations rounded to {step:.2e}, which costs at most {EXCESS} of the error");
        sheet.add("description_bits", length.input, how);
        sheet.add("dictionary_bits", length.dictionary, format!("{WEIGHT_BITS} bits a value of each living feature's direction, once"));
    }
    Ok(())
}
