//! Every measure that applies to a trained model, each with the protocol that makes its number comparable.

use serde::Serialize;

use crate::data::{Dataset, unit};
use crate::measure::frechet::{self, Gaussian};
use crate::measure::probe::{self, LinearProbe};
use crate::measure::rng::Rng;
use crate::measure::{Rows, codebook, image, sparse, vae};
use crate::spec::Family;
use crate::spec::protocol::CodeKind;
use crate::train::{self, Engine, Program};

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
/// Draws that are compared pair by pair.
const PAIRED: usize = 2000;
/// Images whose likelihood is estimated by importance sampling, and how often [`Program::LogWeights`] is run on them.
const WEIGHTED: usize = 1000;
const WEIGHTED_RUNS: usize = 5;
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
    let images = sizes.images.unwrap_or(have.min(MOST));
    if images < NEIGHBOURS || images > have {
        return Err(format!("{images} images: expected {NEIGHBOURS} to {have}"));
    }
    let mut sheet = Sheet::default();
    let test = Part::draw(&data.test_images, &data.test_labels, images, sizes.seed);
    let train = Part::draw(&data.train_images, &data.train_labels, images, sizes.seed);
    terms(&mut sheet, engine, &test).await?;
    likelihood(&mut sheet, engine, &test, data.shape.len()).await?;
    let (mean, logvar) = engine.encode(test.rows()).await?;
    let latent = engine.info().latent as usize;
    let code = engine.info().code.clone();
    let all = |is: fn(CodeKind) -> bool| code.iter().all(|group| is(group.kind));
    let mean_nd = Rows::new(&mean, latent);
    let reconstruction = engine.decode(&mean).await?;
    pictures(&mut sheet, &test.x, &reconstruction, data);
    if all(|kind| matches!(kind, CodeKind::Features { .. })) {
        features(&mut sheet, engine, &test.x, mean_nd, &reconstruction).await?;
    }
    if all(|kind| kind == CodeKind::Gaussian) {
        let logvar_nd = (!logvar.is_empty()).then(|| Rows::new(&logvar, latent));
        posterior(&mut sheet, mean_nd, logvar_nd);
    }
    if family == Family::Vae {
        let codes = drawn(&mean, &logvar, sizes.seed);
        prior(&mut sheet, engine, Rows::new(&codes, latent), &test.x, &train.x, data).await?;
    }
    usage(&mut sheet, engine, &train).await?;
    let (mean_train, _) = engine.encode(train.rows()).await?;
    probes(&mut sheet, Rows::new(&mean_train, latent), &train.labels, mean_nd, &test.labels);
    Ok(sheet.0)
}

/// Images and labels drawn from one part of a data set.
struct Part {
    x: Vec<f32>,
    labels: Vec<u8>,
}

impl Part {
    /// Draws `n`, but keeps their order: neighbours in a file are often from one hand, so the first would not do.
    fn draw(images: &[u8], labels: &[u8], n: usize, seed: u64) -> Self {
        let mut chosen = Rng::new(seed).permutation(labels.len());
        chosen.truncate(n);
        chosen.sort_unstable();
        let len = images.len() / labels.len();
        Self {
            x: chosen.iter().flat_map(|i| unit(&images[i * len..(i + 1) * len])).collect(),
            labels: chosen.iter().map(|i| labels[*i]).collect(),
        }
    }

    fn rows(&self) -> train::Rows<'_> {
        train::Rows::labelled(&self.x, &self.labels)
    }
}

/// The objective, term by term.
async fn terms(sheet: &mut Sheet, engine: &mut impl Engine, test: &Part) -> Result<(), String> {
    let values = engine.evaluate(test.rows()).await?;
    for (name, value) in engine.info().terms.clone().iter().zip(values) {
        sheet.add(name, f64::from(value), format!("mean of {} test images, one draw each", test.labels.len()));
    }
    Ok(())
}

/// The likelihood by importance sampling, where the method has one.
async fn likelihood(sheet: &mut Sheet, engine: &mut impl Engine, test: &Part, len: usize) -> Result<(), String> {
    let n = test.labels.len().min(WEIGHTED);
    let (x, labels) = (spread(Rows::new(&test.x, len), n), spread(Rows::new(&test.labels, 1), n));
    let mut weight_nk: Vec<Vec<f32>> = vec![vec![]; n];
    for _ in 0..WEIGHTED_RUNS {
        let Some(outputs) = engine.run(Program::LogWeights, train::Rows::labelled(&x, &labels)).await? else { return Ok(()) };
        let values = outputs.first().ok_or("importance weights without an output")?;
        let more_nk = Rows::new(values, values.len() / n);
        weight_nk.iter_mut().zip(more_nk.iter()).for_each(|(row, more)| row.extend(more));
    }
    let most = weight_nk[0].len();
    for k in [1, most / WEIGHTED_RUNS, most] {
        let values: Vec<f32> = weight_nk.iter().flat_map(|row| &row[..k]).copied().collect();
        let nll = vae::importance_weighted_nll(Rows::new(&values, k));
        sheet.add(&format!("nll_k{k}"), nll, format!("nats, −ln of the mean of k = {k} importance weights, {n} test images"));
    }
    Ok(())
}

/// Reconstructions beside the images.
fn pictures(sheet: &mut Sheet, x: &[f32], reconstruction: &[f32], data: &Dataset) {
    let shape = [data.shape.channels, data.shape.height, data.shape.width];
    let of = format!("{} test images decoded from the mean of their code, values in [0, 1]", x.len() / data.shape.len());
    sheet.add("mse", image::mse(x, reconstruction), of.clone());
    sheet.add("psnr", image::psnr(x, reconstruction, data.shape.len()), format!("{of}; decibels of each image, mean"));
    sheet.add("ssim", image::ssim(x, reconstruction, shape), format!("{of}; Gaussian window 11 × 11, σ 1.5, mean over channels"));
}

/// How the posterior is used.
fn posterior(sheet: &mut Sheet, mean_nd: Rows, logvar_nd: Option<Rows>) {
    let (n, d) = (mean_nd.len(), mean_nd.width());
    let how = format!("of {d} latents; variance of the mean over {n} test images above {}", vae::ACTIVE);
    sheet.add("active_units", vae::active_units(mean_nd), how);
    if let Some(logvar_nd) = logvar_nd {
        sheet.add("kl_d", vae::kl_d(mean_nd, logvar_nd), format!("nats of each latent, mean over {n} test images"));
    }
    let aggregate = vae::aggregate(mean_nd, logvar_nd);
    sheet.add("aggregate_mean_d", aggregate.mean_d, format!("of q(z) over {n} test images; the prior has 0"));
    sheet.add("aggregate_variance_d", aggregate.variance_d, format!("of q(z) over {n} test images; the prior has 1"));
    let how = format!("mean over pairs of latents, absolute, {n} test images; the prior has 0");
    sheet.add("aggregate_correlation", aggregate.correlation, how);
}

/// One draw from each posterior; the code itself where it is a point.
fn drawn(mean: &[f32], logvar: &[f32], seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    let mut draw = |(m, l): (&f32, &f32)| m + (0.5 * l).exp() * rng.normal();
    if logvar.is_empty() { mean.to_vec() } else { mean.iter().zip(logvar).map(|pair| draw(pair)).collect() }
}

/// The aggregate posterior beside the method's prior, and pictures decoded from the prior.
async fn prior(
    sheet: &mut Sheet,
    engine: &mut impl Engine,
    codes_nd: Rows<'_>,
    x: &[f32],
    x_train: &[f32],
    data: &Dataset,
) -> Result<(), String> {
    let (n, d) = (codes_nd.len(), codes_nd.width());
    let outputs = engine.run(Program::Prior, train::Rows::of(&vec![0.0; 2 * n])).await?;
    let z = outputs.and_then(|o| o.into_iter().next()).ok_or("a method of this family has a prior")?;
    let (prior_nd, other_nd) = (Rows::new(&z[..n * d], d), Rows::new(&z[n * d..], d));
    let m = n.min(PAIRED);
    let [codes, prior, other] = [codes_nd, prior_nd, other_nd].map(|z| spread(z, m));
    let [codes_md, prior_md, other_md] = [&codes, &prior, &other].map(|z| Rows::new(z, d));
    let how = |what: &str| format!("squared, unbiased, mean of {} scales; {what}, {m} draws of each", vae::SCALES.len());
    for (name, kernel) in [("mmd_imq", vae::Kernel::Imq), ("mmd_rbf", vae::Kernel::Rbf)] {
        sheet.add(name, vae::mmd(codes_md, prior_md, kernel), how("q(z) and the prior"));
        sheet.add(&format!("{name}_null"), vae::mmd(other_md, prior_md, kernel), how("the prior and itself"));
    }
    let (codes, prior, other) = (Gaussian::fit(codes_nd), Gaussian::fit(prior_nd), Gaussian::fit(other_nd));
    sheet.add(
        "frechet_prior",
        frechet::distance(&codes, &prior),
        format!("Gaussians fitted to q(z) and the prior, {n} draws of each"),
    );
    sheet.add(
        "frechet_prior_null",
        frechet::distance(&other, &prior),
        format!("Gaussians fitted to the prior and itself, {n} draws of each"),
    );

    let pictures = engine.decode(prior_nd.values()).await?;
    let shape = [data.shape.channels, data.shape.height, data.shape.width];
    let side = (data.shape.height.min(data.shape.width) / GRID).max(1);
    let width = data.shape.channels * (data.shape.height / side) * (data.shape.width / side);
    let fit = |x: &[f32]| Gaussian::fit(Rows::new(&image::pool(x, shape, side), width));
    let test = fit(x);
    let how = |what: &str| format!("features: means of {side} × {side} pixels; {n} {what} against {n} test images");
    sheet.add("frechet_pooled", frechet::distance(&fit(&pictures), &test), how("pictures decoded from the prior"));
    sheet.add("frechet_pooled_null", frechet::distance(&fit(x_train), &test), how("training images"));
    Ok(())
}

/// `m` rows, evenly spaced.
fn spread<T: Copy>(rows: Rows<T>, m: usize) -> Vec<T> {
    (0..m).flat_map(|i| rows.row(i * rows.len() / m)).copied().collect()
}

/// Which codes of a codebook are used, where there is one.
async fn usage(sheet: &mut Sheet, engine: &mut impl Engine, train: &Part) -> Result<(), String> {
    let codebook = engine.info().code.iter().find_map(|group| match group.kind {
        CodeKind::Grid { codes, .. } => Some(codes as usize),
        _ => None,
    });
    let (Some(codes), Some(outputs)) = (codebook, engine.run(Program::Tokens, train.rows()).await?) else { return Ok(()) };
    let mut usage = codebook::Usage::new(codes);
    usage.add(&outputs.iter().flatten().map(|token| *token as u32).collect::<Vec<u32>>())?;
    let how = format!("of {codes} codes, over {} training images, all places and levels together", train.labels.len());
    sheet.add("codebook_perplexity", usage.perplexity(), how.clone());
    sheet.add("codes_used", usage.used(), how.clone());
    sheet.add("codes_dead", usage.dead(), how.clone());
    sheet.add("code_shares", usage.sorted_shares(), format!("{how}, largest first"));
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
async fn features(
    sheet: &mut Sheet,
    engine: &mut impl Engine,
    x: &[f32],
    act_nf: Rows<'_>,
    reconstruction: &[f32],
) -> Result<(), String> {
    let (n, f) = (act_nf.len(), act_nf.width());
    let d = x.len() / n;
    let activity = sparse::activity(act_nf);
    let histogram = activity.histogram(4, 2);
    sheet.add("l0", activity.l0, format!("active features, mean over {n} test images"));
    sheet.add("dead_features", activity.dead, format!("of {f}; active on none of {n} test images"));
    sheet.add(
        "ultra_dense_features",
        activity.ultra_dense,
        format!("of {f}; active on more than {} of {n} test images", sparse::ULTRA_DENSE),
    );
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
        let how = format!(
            "Σ H(feature) over {n} test images, activations rounded to {step:.2e}, which costs at most {EXCESS} of the error"
        );
        sheet.add("description_bits", length.input, how);
        sheet.add(
            "dictionary_bits",
            length.dictionary,
            format!("{WEIGHT_BITS} bits a value of each living feature's direction, once"),
        );
    }
    Ok(())
}
