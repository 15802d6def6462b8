//! Samples by how their codes are drawn, and what a model makes of its own samples.

use super::images::spread;
use super::measure::{Measure, Sheet};
use super::prior::pooled;
use super::subject::{About, Subject};
use latent_engine::{Program, Rows as Asked};
use latent_measure::frechet::{self, Gaussian};
use latent_measure::manifold;
use latent_measure::probe::vote;
use latent_measure::rng::Rng;
use latent_measure::sampler::{How, chosen, fitted};
use latent_measure::{Rows, image};
use latent_vocabulary::code::{CodeKind, levels};

/// Samples of each way at most: neighbours are looked for among all pairs.
const MOST: usize = 1000;
/// Neighbours that make up the reach of a sample or an image (Naeem et al. 2020).
const NEIGHBOURS: usize = 5;
/// How often a picture is copied.
const ROUNDS: usize = 10;
/// Neighbours that vote on what a picture is.
const VOTERS: usize = 10;
/// Codes that are averaged, and how often.
const AVERAGED: [usize; 2] = [4, 16];
const AVERAGES: usize = 200;

/// The six numbers of one way of drawing.
macro_rules! by {
    ($how:ident, $id:literal, $name:literal, $applies:ident) => {
        Measure {
            names: &[
                (concat!("frechet_by_", $id), concat!("Fréchet distance of samples from the ", $name, ", pooled values")),
                (
                    concat!("judged_distance_by_", $id),
                    concat!("Fréchet distance of samples from the ", $name, ", what the judge makes of them"),
                ),
                (concat!("precision_by_", $id), concat!("Precision of samples from the ", $name)),
                (concat!("recall_by_", $id), concat!("Recall of samples from the ", $name)),
                (concat!("density_by_", $id), concat!("Density of samples from the ", $name)),
                (concat!("coverage_by_", $id), concat!("Coverage of samples from the ", $name)),
            ],
            applies: $applies,
            run: |s, sheet| Box::pin(by(s, sheet, How::$how, concat!("the ", $name))),
        }
    };
}

pub const MEASURES: &[Measure] = &[
    by!(Prior, "prior", "prior", chosen_from),
    by!(Truncated, "truncated", "middle of the prior", chosen_from),
    by!(Hubs, "hubs", "hubs of the prior", chosen_from),
    by!(Steady, "steady", "prior where the decoder is steady", chosen_from),
    by!(Gaussian, "gaussian", "Gaussian fitted to codes", fitted_to),
    by!(Mixture, "mixture", "mixture fitted to codes", fitted_to),
    by!(Kernel, "kernel", "kernel density of codes", fitted_to),
    by!(Aggregate, "aggregate", "aggregate posterior", clouds),
    by!(Riemannian, "riemannian", "law that is uniform in the posteriors' geometry", clouds),
    by!(Flow, "flow", "flow of particles to codes", fitted_to),
    Measure {
        names: &[
            ("generated_loss", "Loss on samples from the prior"),
            ("generated_gap", "Loss on samples from the prior, less that on test images"),
        ],
        applies: chosen_from,
        run: |s, sheet| Box::pin(generated(s, sheet)),
    },
    Measure {
        names: &[
            ("copied_confidence_first", "Agreement of the neighbours of copies"),
            ("copied_confidence_last", "Agreement of the neighbours of copies of copies"),
            ("copied_label_kept", "Copies of copies whose neighbours have the label of the image"),
            ("copied_change", "Change in the last of ten copies, beside that in the first"),
        ],
        applies: |about| fitted_to(about) && about.pictures,
        run: |s, sheet| Box::pin(copied(s, sheet)),
    },
    Measure {
        names: &[
            ("average_length_4", "Length of the average of 4 codes, beside that of a code"),
            ("average_length_16", "Length of the average of 16 codes, beside that of a code"),
            ("average_contrast_16", "Contrast of the average of 16 codes, decoded, beside that of a code"),
            ("restored_contrast_16", "Contrast of the average of 16 codes at the length of a code, beside that of a code"),
        ],
        applies: |about| fitted_to(about) && about.pictures,
        run: |s, sheet| Box::pin(averaged(s, sheet)),
    },
];

/// Codes are numbers of one level that the encoder finds out.
fn fitted_to(about: &About) -> bool {
    let numbers =
        about.code.iter().all(|group| matches!(group.kind, CodeKind::Gaussian | CodeKind::Point | CodeKind::Steps { .. }));
    numbers && levels(&about.code).is_empty() && about.decodes()
}

fn clouds(about: &About) -> bool {
    fitted_to(about) && about.code.iter().all(|group| group.kind == CodeKind::Gaussian)
}

/// And there is a prior to choose from.
fn chosen_from(about: &About) -> bool {
    fitted_to(about) && about.card.prior
}

/// `n` codes drawn in such a way.
async fn drawn(s: &mut Subject<'_>, how: How, n: usize) -> Result<Vec<f32>, String> {
    let latent = s.model.info().latent as usize;
    if !how.of_prior() {
        let codes = s.codes().await?;
        return Ok(fitted(how, n, Rows::new(&codes.mean_fitted, latent), &codes.logvar_fitted, s.seed, &s.pause).await);
    }
    s.model.draw_from(0);
    let outputs = s.model.run(Program::Prior, Asked::of(&vec![0.0; how.candidates(n)])).await?;
    let prior = outputs.and_then(|o| o.into_iter().next()).ok_or("the method has no prior")?;
    let (model, pause) = (&mut *s.model, &s.pause);
    chosen(how, n, Rows::new(&prior, latent), s.seed, async |z: &[f32]| model.decode(z).await, pause).await
}

/// Samples of one way beside test images.
async fn by(s: &mut Subject<'_>, sheet: &mut Sheet, how: How, name: &str) -> Result<(), String> {
    let len = s.images.shape.image.len();
    let n = s.images.test.labels.len().min(MOST);
    let z_nd = drawn(s, how, n).await?;
    let raw = s.model.decode(&z_nd).await?;
    let tests = spread(Rows::new(&s.images.test.x, len), n);
    let (features, width, what) = pooled(&s.about, s.images);
    let [images, samples] = [&tests, &raw].map(|x| features(x));
    let [images_nf, samples_nf] = [&images, &samples].map(|x| Rows::new(x, width));
    let of = format!("{n} samples from {name} against {n} test images; features: {what}");
    let distance = frechet::distance(&Gaussian::fit(samples_nf), &Gaussian::fit(images_nf));
    let court = s.court().await;
    let [(judged_images, hidden), (judged_samples, _)] = [&tests, &raw].map(|x| court.features(x));
    let [a, b] = [&judged_samples, &judged_images].map(|f| Gaussian::fit(Rows::new(f, hidden)));
    let judged = frechet::distance(&a, &b);
    let near = manifold::neighbours(images_nf, samples_nf, NEIGHBOURS, &s.pause).await;
    let id = how.id();
    sheet.add(&format!("frechet_by_{id}"), distance, of.clone());
    let how =
        format!("{n} samples from {name} against {n} test images; features: the hidden numbers of the judge; {}", court.said());
    sheet.add(&format!("judged_distance_by_{id}"), judged, how);
    for (what, value, meaning) in [
        ("precision", near.precision, "share of the samples within reach of an image"),
        ("recall", near.recall, "share of the images within reach of a sample"),
        ("density", near.density, "images that reach a sample, in parts of the neighbours"),
        ("coverage", near.coverage, "share of the images that reach a sample"),
    ] {
        sheet.add(&format!("{what}_by_{id}"), value, format!("{meaning}, to its neighbour {NEIGHBOURS}; {of}"));
    }
    Ok(())
}

/// The method's own objective on what it draws.
async fn generated(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let n = s.images.test.labels.len();
    let z_nd = drawn(s, How::Prior, n).await?;
    let samples = s.model.decode(&z_nd).await?;
    let of = |values: Vec<f32>| values.first().copied().map(f64::from).ok_or("the method has no objective");
    s.model.draw_from(0);
    let own = of(s.model.evaluate(Asked::of(&samples)).await?)?;
    s.model.draw_from(0);
    let test = of(s.model.evaluate(s.images.test.rows()).await?)?;
    let how = format!("{n} samples decoded from the prior; the method's own loss");
    sheet.add("generated_loss", own, how.clone());
    sheet.add("generated_gap", own - test, format!("{how}, less that of {n} test images"));
    Ok(())
}

/// What copies of copies come to, as a vote of the nearest images sees it.
async fn copied(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let (test, fitted, len) = (&s.images.test, &s.images.fitted, s.images.shape.image.len());
    let n = test.labels.len().min(MOST);
    let x = spread(Rows::new(&test.x, len), n);
    let labels = spread(Rows::new(&test.labels, 1), n);
    let first = spread(Rows::new(&codes.reconstruction, len), n);
    let (features, width, what) = pooled(&s.about, s.images);
    let known = features(&fitted.x);
    let known_nf = Rows::new(&known, width);
    // Of each picture: the share of its neighbours that agree, and on what.
    let mut votes = vec![];
    let (mut last, mut changes) = (first.clone(), vec![image::mse(&x, &first).sqrt()]);
    for round in 1..=ROUNDS {
        if round > 1 {
            let (mean, _) = s.model.encode(Asked::labelled(&last, &labels)).await?;
            let next = s.model.decode(&mean).await?;
            changes.push(image::mse(&last, &next).sqrt());
            last = next;
        }
        if round == 1 || round == ROUNDS {
            let pictures = features(&last);
            let mut all = Vec::with_capacity(n);
            for picture in Rows::new(&pictures, width).iter() {
                s.pause.point().await;
                let (label, share) = vote(known_nf, &fitted.labels, picture, VOTERS);
                all.push((share, label));
            }
            votes.push(all);
        }
    }
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / n as f64;
    let how = format!(
        "{n} test images decoded from the mean of their code, once and {ROUNDS} times over; their {VOTERS} nearest of {} {}; features: {what}",
        fitted.labels.len(),
        s.images.whose
    );
    for (id, votes) in ["copied_confidence_first", "copied_confidence_last"].iter().zip(&votes) {
        sheet.add(id, mean(votes.iter().map(|(share, _)| *share).collect()), format!("share that has the commonest label; {how}"));
    }
    let kept = |(vote, label): (&(f64, u8), &u8)| f64::from(u8::from(vote.1 == *label));
    let same = votes.last().map_or(f64::NAN, |votes| mean(votes.iter().zip(&labels).map(kept).collect()));
    sheet.add("copied_label_kept", same, format!("share whose commonest label at the end is that of the image; {how}"));
    sheet.add("copied_change", changes[ROUNDS - 1] / changes[0], format!("root mean square of the change; {how}"));
    Ok(())
}

/// What averages of codes come to.
async fn averaged(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let (latent, len) = (s.model.info().latent as usize, s.images.shape.image.len());
    let mean_nd = Rows::new(&codes.mean, latent);
    let n = mean_nd.len();
    let middle: Vec<f32> = (0..latent).map(|k| (mean_nd.column(k).map(f64::from).sum::<f64>() / n as f64) as f32).collect();
    let length = |z: &[f32]| z.iter().zip(&middle).map(|(v, m)| f64::from(v - m).powi(2)).sum::<f64>().sqrt();
    let usual = mean_nd.iter().map(length).sum::<f64>() / n as f64;
    let mut rng = Rng::new(s.seed);
    let mut average = |k: usize| -> Vec<f32> {
        let at: Vec<usize> = (0..k).map(|_| rng.below(n)).collect();
        (0..latent).map(|d| at.iter().map(|i| mean_nd.row(*i)[d]).sum::<f32>() / k as f32).collect()
    };
    let how = format!("lengths from the mean of {n} codes of test images; mean of {AVERAGES} averages of codes drawn among them");
    let mut last = vec![];
    for k in AVERAGED {
        last = (0..AVERAGES).map(|_| average(k)).collect();
        let ratio = last.iter().map(|z| length(z)).sum::<f64>() / AVERAGES as f64 / usual;
        sheet.add(&format!("average_length_{k}"), ratio, how.clone());
    }
    let contrast = |x: &[f32]| {
        let of = |x: &[f32]| {
            let mean = x.iter().map(|v| f64::from(*v)).sum::<f64>() / len as f64;
            (x.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / len as f64).sqrt()
        };
        x.chunks_exact(len).map(of).sum::<f64>() / (x.len() / len) as f64
    };
    let single = contrast(&codes.reconstruction);
    let restored = |z: &Vec<f32>| {
        let by = (usual / length(z).max(f64::MIN_POSITIVE)) as f32;
        z.iter().zip(&middle).map(|(v, m)| m + by * (v - m)).collect::<Vec<f32>>()
    };
    let stretched: Vec<f32> = last.iter().flat_map(restored).collect();
    let plain: Vec<f32> = last.into_iter().flatten().collect();
    let [plain, stretched] = [s.model.decode(&plain).await?, s.model.decode(&stretched).await?];
    let how = format!("standard deviation of the values of a picture, mean; {AVERAGES} averages and {n} test images");
    sheet.add("average_contrast_16", contrast(&plain) / single, how.clone());
    sheet.add(
        "restored_contrast_16",
        contrast(&stretched) / single,
        format!("{how}; averages moved away from the mean code until they are as long as a code is"),
    );
    Ok(())
}
