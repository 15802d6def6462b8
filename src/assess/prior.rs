//! The codes of all images together beside the prior that they are asked to look like, and pictures from that prior.

use std::rc::Rc;

use super::eye::Eye;
use super::images::{Images, spread};
use super::measure::{Measure, Sheet};
use super::subject::{About, Draws, Subject};
use latent_engine::Program;
use latent_engine::sampling::{STEPS, step_rows};
use latent_measure::frechet;
use latent_measure::frechet::Gaussian;
use latent_measure::rng::Rng;
use latent_measure::{Rows, sliced, vae};
use latent_vocabulary::code::{CodeGroup, CodeKind};

/// Draws that are compared pair by pair.
const PAIRED: usize = 2000;
/// Draws, directions and repetitions of estimates whose spread is measured.
const SLICED: usize = 500;
const SLICES: usize = 10;
const ESTIMATES: usize = 100;
/// Squares along each side of an image whose means are its features.
const GRID: usize = 7;

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("mmd_imq", "MMD² to the prior, inverse multiquadratic"),
            ("mmd_imq_null", "MMD² to the prior, inverse multiquadratic, for comparison"),
        ],
        applies: has_prior,
        run: |s, sheet| Box::pin(mmd(s, sheet, "mmd_imq", vae::Kernel::Imq)),
    },
    Measure {
        names: &[("mmd_rbf", "MMD² to the prior, Gaussian"), ("mmd_rbf_null", "MMD² to the prior, Gaussian, for comparison")],
        applies: has_prior,
        run: |s, sheet| Box::pin(mmd(s, sheet, "mmd_rbf", vae::Kernel::Rbf)),
    },
    Measure {
        names: &[
            ("sliced_spread", "Uncertainty of a sliced Wasserstein distance"),
            ("sliced_spread_controlled", "Uncertainty of a sliced Wasserstein distance with a control variate"),
            ("sliced_distance", "Sliced Wasserstein distance to the prior, squared"),
            ("sliced_distance_controlled", "Sliced Wasserstein distance to the prior with a control variate, squared"),
        ],
        applies: has_prior,
        run: |s, sheet| Box::pin(sliced_spread(s, sheet)),
    },
    Measure {
        names: &[
            ("frechet_prior", "Fréchet distance of codes to the prior"),
            ("frechet_prior_null", "Fréchet distance of codes to the prior, for comparison"),
        ],
        applies: has_prior,
        run: |s, sheet| Box::pin(frechet_prior(s, sheet)),
    },
    Measure {
        names: &[
            ("frechet_pooled", "Fréchet distance of samples, pooled values"),
            ("frechet_pooled_null", "Fréchet distance of samples, pooled values, for comparison"),
        ],
        applies: has_prior,
        run: |s, sheet| Box::pin(frechet_pooled(s, sheet)),
    },
    #[cfg(not(target_arch = "wasm32"))]
    Measure {
        names: &[
            ("frechet_classifier", "Fréchet distance of samples, features of a classifier"),
            ("frechet_classifier_null", "Fréchet distance of samples, features of a classifier, for comparison"),
        ],
        applies: |about| has_prior(about) && about.data.is_some_and(|card| card.classifier.is_some()),
        run: |s, sheet| Box::pin(frechet_classifier(s, sheet)),
    },
];

fn has_prior(about: &About) -> bool {
    about.card.prior
}

async fn draws(s: &mut Subject<'_>) -> Result<Rc<Draws>, String> {
    if let Some(draws) = &s.draws {
        return Ok(draws.clone());
    }
    let codes = s.codes().await?;
    let codes = drawn(&codes.mean, &codes.logvar, &s.about.code, s.seed);
    let n = s.images.test.labels.len();
    // Whether the codes were known or have just been made.
    s.model.draw_from(0);
    let outputs = s.model.run(Program::Prior, latent_engine::Rows::of(&vec![0.0; 2 * n])).await?;
    let mut z = outputs.and_then(|o| o.into_iter().next()).ok_or("the method has no prior")?;
    if s.about.flows() {
        let latent = s.model.info().latent as usize;
        for taken in 0..STEPS {
            let rows = step_rows(&z, latent, taken, STEPS);
            let outputs = s.model.run(Program::SampleStep, latent_engine::Rows::of(&rows)).await?;
            z = outputs.and_then(|o| o.into_iter().next()).ok_or("the method takes no steps from noise")?;
        }
    }
    let (whole, other) = z.split_at(z.len() / 2);
    let own = s.about.own();
    let [codes, prior, other] = [&codes, whole, other].map(|z| own.columns(z).into_owned());
    let draws = Draws { codes, prior, other, whole: whole.into() };
    Ok(s.draws.insert(Rc::new(draws)).clone())
}

/// Pictures decoded from the prior.
pub async fn pictures(s: &mut Subject<'_>) -> Result<Rc<Vec<f32>>, String> {
    if let Some(pictures) = &s.pictures {
        return Ok(pictures.clone());
    }
    let draws = draws(s).await?;
    let pictures = s.model.decode(&draws.whole).await?;
    Ok(s.pictures.insert(Rc::new(pictures)).clone())
}

/// The aggregate posterior beside the prior, pair by pair, and the prior beside itself.
async fn mmd(s: &mut Subject<'_>, sheet: &mut Sheet, id: &str, kernel: vae::Kernel) -> Result<(), String> {
    let draws = draws(s).await?;
    let (own, m) = (s.about.own(), s.images.test.labels.len().min(PAIRED));
    let (d, without) = (own.width(), own.without());
    let [codes, prior, other] = [&draws.codes, &draws.prior, &draws.other].map(|z| spread(Rows::new(z, d), m));
    let [codes_md, prior_md, other_md] = [&codes, &prior, &other].map(|z| Rows::new(z, d));
    let how = |what: &str| format!("squared, unbiased, mean of {} scales; {what}{without}, {m} draws of each", vae::SCALES.len());
    let prior = s.about.prior();
    sheet.add(id, vae::mmd_in_slices(codes_md, prior_md, kernel, &s.pause).await, how(&format!("q(z) and {prior}")));
    let null = vae::mmd_in_slices(other_md, prior_md, kernel, &s.pause).await;
    sheet.add(&format!("{id}_null"), null, how(&format!("{prior} and itself")));
    Ok(())
}

/// How much estimates of their sliced distance differ.
async fn sliced_spread(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let draws = draws(s).await?;
    let (own, m) = (s.about.own(), s.images.test.labels.len().min(SLICED));
    let [codes, prior] = [&draws.codes, &draws.prior].map(|z| spread(Rows::new(z, own.width()), m));
    let [codes_md, prior_md] = [&codes, &prior].map(|z| Rows::new(z, own.width()));
    let found = sliced::spread_in_slices(codes_md, prior_md, SLICES, ESTIMATES, s.seed, &s.pause).await;
    let how = format!("q(z) and {}, {m} draws of each; {ESTIMATES} estimates along {SLICES} directions each", s.about.prior());
    let share = "standard deviation as a share of the mean";
    sheet.add("sliced_spread", found.plain, format!("{share}; {how}"));
    let control = "upper control variate, its weight fitted to each estimate";
    sheet.add("sliced_spread_controlled", found.controlled, format!("{share}; {control}; {how}"));
    sheet.add("sliced_distance", found.mean, format!("mean; {how}"));
    sheet.add("sliced_distance_controlled", found.controlled_mean, format!("mean; {control}; {how}"));
    Ok(())
}

/// The same of Gaussians fitted to them.
async fn frechet_prior(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let draws = draws(s).await?;
    let (own, n) = (s.about.own(), s.images.test.labels.len());
    let without = own.without();
    let [codes, prior, other] = [&draws.codes, &draws.prior, &draws.other].map(|z| Gaussian::fit(Rows::new(z, own.width())));
    let whose = s.about.prior();
    let how = format!("Gaussians fitted to q(z) and {whose}{without}, {n} draws of each");
    sheet.add("frechet_prior", frechet::distance(&codes, &prior), how);
    let how = format!("Gaussians fitted to {whose} and itself{without}, {n} draws of each");
    sheet.add("frechet_prior_null", frechet::distance(&other, &prior), how);
    Ok(())
}

/// Images for what is fitted, as many as test images: what chance alone makes of the distance depends on the number.
fn others(s: &Subject<'_>) -> Vec<f32> {
    let fitted = Rows::new(&s.images.fitted.x, s.images.shape.image.len());
    spread(fitted, fitted.len().min(s.images.test.labels.len()))
}

/// Means of squares of pixels as features of samples, how many there are of a sample, and what they are, for protocols.
pub fn pooled(about: &About, images: &Images) -> (impl Fn(&[f32]) -> Vec<f32> + use<>, usize, String) {
    squares(about, images, GRID)
}

/// The same with `grid` squares along the shorter side at least.
pub fn squares(about: &About, images: &Images, grid: usize) -> (impl Fn(&[f32]) -> Vec<f32> + use<>, usize, String) {
    debug_assert_eq!(about.pictures, images.shape.image.is_picture(), "said twice");
    let eye = Eye::new(images.shape.image, grid);
    (move |x: &[f32]| eye.see(x), eye.inputs(), eye.what())
}

/// Pictures from the prior beside test images, by the means of squares of pixels.
async fn frechet_pooled(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let pictures = pictures(s).await?;
    let (pooled, width, what) = pooled(&s.about, s.images);
    let (all, drawn) = ((pooled(&pictures), pooled(&others(s)), pooled(&s.images.test.x)), &s.about.drawn());
    samples(sheet, "frechet_pooled", &what, all, drawn, s.images.whose, width);
    Ok(())
}

/// The same by the features of the data set's classifier.
#[cfg(not(target_arch = "wasm32"))]
async fn frechet_classifier(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    use crate::classifier::{Classifier, FEATURES};

    let pictures = pictures(s).await?;
    let classifier = Classifier::shipped(s.about.data.and_then(|card| card.classifier).ok_or("the images have no classifier")?)?;
    let what = format!("the last hidden layer of this project's classifier of digits, 196-128-{FEATURES}-10; this is not FID");
    let features = |x: &[f32]| classifier.features(x);
    let (all, drawn) = ((features(&pictures), features(&others(s)), features(&s.images.test.x)), &s.about.drawn());
    samples(sheet, "frechet_classifier", &what, all, drawn, s.images.whose, FEATURES);
    Ok(())
}

/// How far pictures from the prior are from test images, and how far other images are, on features `width` wide.
fn samples(
    sheet: &mut Sheet,
    name: &str,
    what: &str,
    (pictures, others, test): (Vec<f32>, Vec<f32>, Vec<f32>),
    drawn: &str,
    whose: &str,
    width: usize,
) {
    let [of_pictures, of_others, of_test] = [&pictures, &others, &test].map(|features| Rows::new(features, width));
    let how = |n: usize, whose: &str| format!("features: {what}; {n} {whose} against {} test images", of_test.len());
    let (pictures, others, test) = (Gaussian::fit(of_pictures), Gaussian::fit(of_others), Gaussian::fit(of_test));
    sheet.add(name, frechet::distance(&pictures, &test), how(of_pictures.len(), drawn));
    sheet.add(&format!("{name}_null"), frechet::distance(&others, &test), how(of_others.len(), whose));
}

/// One draw from each posterior: of a choice one category, as its prior gives them; the code itself where it is a point.
fn drawn(mean: &[f32], logvar: &[f32], code: &[CodeGroup], seed: u64) -> Vec<f32> {
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
                CodeKind::Factor { .. } => out.extend(&mean[at]),
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
