//! How the code is used, and what it tells.

use super::{Images, Own, Sheet, spread};
use crate::measure::frechet::{self, Gaussian};
use crate::measure::pause::Pause;
use crate::measure::probe::{self, LinearProbe};
use crate::measure::rng::Rng;
use crate::measure::{Rows, codebook, image, vae};
use crate::spec::protocol::{CodeGroup, CodeKind};
use crate::train::{self, Engine, Program};

/// Draws that are compared pair by pair.
const PAIRED: usize = 2000;
/// Neighbours of a vote.
pub(super) const NEIGHBOURS: usize = 10;
/// Squares along each side of an image whose means are its features.
const GRID: usize = 7;

/// Mean codes of both parts of the images: what the encoder has found out, see [`Own`].
#[derive(Clone, Copy)]
pub(super) struct Codes<'a> {
    pub fitted_nd: Rows<'a>,
    pub test_nd: Rows<'a>,
    /// What they are without, for protocols.
    pub without: &'static str,
}

/// How the posterior is used.
pub(super) fn posterior(sheet: &mut Sheet, Codes { test_nd: mean_nd, without, .. }: Codes, logvar_nd: Option<Rows>) {
    let (n, d) = (mean_nd.len(), mean_nd.width());
    let how = format!("of {d} latents{without}; variance of the mean over {n} test images above {}", vae::ACTIVE);
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

/// One draw from each posterior: of a choice one category, as its prior gives them; the code itself where it is a point.
pub(super) fn drawn(mean: &[f32], logvar: &[f32], code: &[CodeGroup], seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    let mut out = Vec::with_capacity(mean.len());
    let whole = code.iter().map(|group| group.count as usize).sum::<usize>().max(1);
    for row in (0..mean.len()).step_by(whole) {
        let mut from = row;
        for group in code {
            let at = from..from + group.count as usize;
            from = at.end;
            match group.kind {
                CodeKind::Choice { .. } => {
                    let chosen = category(&mean[at.clone()], &mut rng);
                    out.extend((0..at.len()).map(|c| f32::from(u8::from(c == chosen))));
                }
                _ if logvar.is_empty() => out.extend(&mean[at]),
                _ => out.extend(mean[at.clone()].iter().zip(&logvar[at]).map(|(m, l)| m + (0.5 * l).exp() * rng.normal())),
            }
        }
    }
    out
}

/// One of the categories with these probabilities.
fn category(p_c: &[f32], rng: &mut Rng) -> usize {
    const STEPS: usize = 1 << 24;
    let mut left = p_c.iter().sum::<f32>() * (rng.below(STEPS) as f32 / STEPS as f32);
    // Rounding may leave a little behind the last that is possible.
    let last = p_c.iter().rposition(|p| *p > 0.0).unwrap_or(0);
    p_c[..last]
        .iter()
        .position(|p| {
            left -= p;
            left < 0.0
        })
        .unwrap_or(last)
}

/// The aggregate posterior, of which `codes` are draws, beside the method's prior, and pictures decoded from the prior.
pub(super) async fn prior(
    sheet: &mut Sheet,
    engine: &mut impl Engine,
    codes: &[f32],
    own: &Own<'_>,
    images: &Images,
) -> Result<(), String> {
    let pause = engine.pause();
    let (n, d, without) = (images.test.labels.len(), own.width(), own.without());
    let outputs = engine.run(Program::Prior, train::Rows::of(&vec![0.0; 2 * n])).await?;
    let z = outputs.and_then(|o| o.into_iter().next()).ok_or("a method of this family has a prior")?;
    let (whole, other) = z.split_at(z.len() / 2);
    let (codes, prior, other) = (own.columns(codes), own.columns(whole), own.columns(other));
    let [codes_nd, prior_nd, other_nd] = [&codes, &prior, &other].map(|z| Rows::new(z, d));
    let m = n.min(PAIRED);
    let [codes, prior, other] = [codes_nd, prior_nd, other_nd].map(|z| spread(z, m));
    let [codes_md, prior_md, other_md] = [&codes, &prior, &other].map(|z| Rows::new(z, d));
    let how = |what: &str| format!("squared, unbiased, mean of {} scales; {what}{without}, {m} draws of each", vae::SCALES.len());
    for (name, kernel) in [("mmd_imq", vae::Kernel::Imq), ("mmd_rbf", vae::Kernel::Rbf)] {
        sheet.add(name, vae::mmd_in_slices(codes_md, prior_md, kernel, &pause).await, how("q(z) and the prior"));
        sheet.add(
            &format!("{name}_null"),
            vae::mmd_in_slices(other_md, prior_md, kernel, &pause).await,
            how("the prior and itself"),
        );
    }
    let (codes, prior, other) = (Gaussian::fit(codes_nd), Gaussian::fit(prior_nd), Gaussian::fit(other_nd));
    sheet.add(
        "frechet_prior",
        frechet::distance(&codes, &prior),
        format!("Gaussians fitted to q(z) and the prior{without}, {n} draws of each"),
    );
    sheet.add(
        "frechet_prior_null",
        frechet::distance(&other, &prior),
        format!("Gaussians fitted to the prior and itself{without}, {n} draws of each"),
    );

    let pictures = engine.decode(whole).await?;
    let (x, fitted) = (&images.test.x, Rows::new(&images.fitted.x, images.shape.len()));
    // As many as of the others: what chance alone makes of the distance depends on the number.
    let x_fitted = &spread(fitted, fitted.len().min(n));
    let shape = [images.shape.channels, images.shape.height, images.shape.width];
    let side = (images.shape.height.min(images.shape.width) / GRID).max(1);
    let width = images.shape.channels * (images.shape.height / side) * (images.shape.width / side);
    let pooled = |x: &[f32]| image::pool(x, shape, side);
    samples(
        sheet,
        "frechet_pooled",
        &format!("means of {side} × {side} pixels"),
        (pooled(&pictures), pooled(x_fitted), pooled(x)),
        images.whose,
        width,
    );
    #[cfg(feature = "native")]
    if images.id == "mnist" {
        use crate::train::classifier::{Classifier, FEATURES};
        let classifier = Classifier::shipped("classifier/digits.safetensors")?;
        let what = format!("the last hidden layer of this project's classifier of digits, 196-128-{FEATURES}-10; this is not FID");
        let features = |x: &[f32]| classifier.features(x);
        let all = (features(&pictures), features(x_fitted), features(x));
        samples(sheet, "frechet_classifier", &what, all, images.whose, FEATURES);
    }
    Ok(())
}

/// How far pictures from the prior are from test images, and how far other images are, on features `width` wide.
fn samples(
    sheet: &mut Sheet,
    name: &str,
    what: &str,
    (pictures, others, test): (Vec<f32>, Vec<f32>, Vec<f32>),
    whose: &str,
    width: usize,
) {
    let [of_pictures, of_others, of_test] = [&pictures, &others, &test].map(|features| Rows::new(features, width));
    let how = |n: usize, whose: &str| format!("features: {what}; {n} {whose} against {} test images", of_test.len());
    let (pictures, others, test) = (Gaussian::fit(of_pictures), Gaussian::fit(of_others), Gaussian::fit(of_test));
    sheet.add(name, frechet::distance(&pictures, &test), how(of_pictures.len(), "pictures decoded from the prior"));
    sheet.add(&format!("{name}_null"), frechet::distance(&others, &test), how(of_others.len(), whose));
}

/// Which codes of a codebook are used, where there is one.
pub(super) async fn usage(sheet: &mut Sheet, engine: &mut impl Engine, images: &Images) -> Result<(), String> {
    let codebook = engine.info().code.iter().find_map(|group| match group.kind {
        CodeKind::Grid { codes, .. } => Some(codes as usize),
        _ => None,
    });
    let (Some(codes), Some(outputs)) = (codebook, engine.run(Program::Tokens, images.fitted.rows()).await?) else { return Ok(()) };
    let mut usage = codebook::Usage::new(codes);
    usage.add(&outputs.iter().flatten().map(|token| *token as u32).collect::<Vec<u32>>())?;
    let (n, whose) = (images.fitted.labels.len(), images.whose);
    let how = format!("of {codes} codes, over {n} {whose}, all places and levels together");
    sheet.add("codebook_perplexity", usage.perplexity(), how.clone());
    sheet.add("codes_used", usage.used(), how.clone());
    sheet.add("codes_dead", usage.dead(), how.clone());
    sheet.add("code_shares", usage.sorted_shares(), format!("{how}, largest first"));
    Ok(())
}

/// What a simple reader finds in the codes.
pub(super) async fn probes(sheet: &mut Sheet, Codes { fitted_nd, test_nd, without }: Codes<'_>, images: &Images, pause: &Pause) {
    let (fitted, test) = (&images.fitted.labels, &images.test.labels);
    let classes = fitted.iter().chain(test).max().map_or(1, |l| usize::from(*l) + 1);
    let most = (0..classes).map(|class| test.iter().filter(|l| usize::from(**l) == class).count()).max().unwrap_or(0);
    let chance = format!("chance: {:.3}, the share of the largest class", most as f64 / test.len() as f64);
    let of =
        format!("mean codes{without}, fitted to {} {}, tested on {} test images; {chance}", fitted.len(), images.whose, test.len());
    let fit = LinearProbe::fit_in_slices(fitted_nd, fitted, classes, pause).await;
    let how = format!("logistic regression, L2 {}, {} iterations; {of}", probe::L2, probe::ITERATIONS);
    sheet.add("linear_probe_accuracy", fit.accuracy(test_nd, test), how);
    let accuracy = probe::knn_accuracy_in_slices((fitted_nd, fitted), (test_nd, test), NEIGHBOURS, pause).await;
    let among = format!("neighbours among {} {}", fitted.len(), images.whose);
    let of = format!("mean codes{without}, {among}, tested on {} test images; {chance}", test.len());
    sheet.add("knn_accuracy", accuracy, format!("k = {NEIGHBOURS}, Euclidean; {of}"));
}
