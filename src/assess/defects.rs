//! Whether a model that has seen sound images shows where others are damaged: its copy leaves the damage out.

use super::measure::{Measure, Sheet};
use super::subject::Subject;
use latent_engine::Rows;
use latent_measure::defects::{auroc, best_dice, overlap_of_highest, scratch, smoothed};
use latent_measure::rng::Rng;
use latent_vocabulary::shape::SampleShape;

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("defect_auroc", "Scratches: how well errors of the copy tell their pixels (AUROC)"),
        ("defect_dice", "Scratches: how well errors of the copy cover them (Dice)"),
        ("defect_image_auroc", "Scratches: how well the copy's error tells scratched images (AUROC)"),
        ("defect_wrong_reason", "Scratches: share of the images found whose largest errors lie elsewhere"),
    ],
    applies: |about| about.pictures && about.decodes(),
    run: |s, sheet| Box::pin(found(s, sheet)),
}];

/// Images that are scratched at most.
const IMAGES: usize = 300;
/// An image counts as found whose error more than this share of the sound ones stay below.
const SOUND: f64 = 0.95;
/// Overlap of the largest errors with the scratch below which they lie elsewhere.
const ELSEWHERE: f64 = 0.1;

/// Absolute errors of copies, mean over channels and over each pixel's neighbourhood, an image each.
fn maps(x: &[f32], copy: &[f32], shape: SampleShape) -> Vec<Vec<f64>> {
    let plane = shape.height * shape.width;
    let of = |(x, copy): (&[f32], &[f32])| {
        let error = |p: usize| {
            let each = (0..shape.channels).map(|c| f64::from((x[c * plane + p] - copy[c * plane + p]).abs()));
            each.sum::<f64>() / shape.channels as f64
        };
        smoothed(&(0..plane).map(error).collect::<Vec<_>>(), [shape.height, shape.width])
    };
    x.chunks_exact(shape.len()).zip(copy.chunks_exact(shape.len())).map(of).collect()
}

async fn found(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (shape, test) = (s.images.shape.image, &s.images.test);
    let n = test.labels.len().min(IMAGES);
    let mut x = test.x[..n * shape.len()].to_vec();
    let mut rng = Rng::new(s.seed);
    let drawn: Vec<Vec<bool>> = x
        .chunks_exact_mut(shape.len())
        .map(|image| scratch(image, [shape.channels, shape.height, shape.width], &mut rng))
        .collect();
    let factors = s.images.shape.factors.len();
    let told = if test.factor_nk.is_empty() { &[][..] } else { &test.factor_nk[..n * factors] };
    let (z_nd, _) = s.model.encode(Rows::labelled(&x, &test.labels[..n]).told(told)).await?;
    let copy = s.model.decode(&z_nd).await?;
    let damaged = maps(&x, &copy, shape);
    s.pause.point().await;
    let codes = s.codes().await?;
    let sound = maps(&test.x[..n * shape.len()], &codes.reconstruction[..n * shape.len()], shape);
    s.pause.point().await;
    let (all, meant) = (damaged.concat(), drawn.concat());
    let how = format!(
        "one straight scratch on each of {n} test images; errors of the copy from the mean code, absolute, mean of a pixel and its neighbours"
    );
    if let Some(auroc) = auroc(&all, &meant) {
        sheet.add("defect_auroc", auroc, format!("of all pixels; {how}; chance is 0.5"));
    }
    sheet.add("defect_dice", best_dice(&all, &meant), format!("at the best threshold for all pixels together; {how}"));
    let score = |map: &Vec<f64>| map.iter().sum::<f64>() / map.len() as f64;
    let (damaged_n, mut sound_n): (Vec<f64>, Vec<f64>) = (damaged.iter().map(score).collect(), sound.iter().map(score).collect());
    let scores: Vec<f64> = damaged_n.iter().chain(&sound_n).copied().collect();
    let which: Vec<bool> = (0..2 * n).map(|i| i < n).collect();
    if let Some(auroc) = auroc(&scores, &which) {
        sheet.add(
            "defect_image_auroc",
            auroc,
            format!("of the mean error of an image, against the same images without; {how}; chance is 0.5"),
        );
    }
    sound_n.sort_by(f64::total_cmp);
    let from = sound_n[((SOUND * n as f64) as usize).min(n - 1)];
    let hits: Vec<usize> = (0..n).filter(|i| damaged_n[*i] > from).collect();
    if !hits.is_empty() {
        let elsewhere = hits.iter().filter(|i| overlap_of_highest(&damaged[**i], &drawn[**i]) < ELSEWHERE).count();
        let how = format!(
            "{} of {n} images have a mean error that {SOUND} of the sound ones stay below; share of these whose largest errors, as many pixels as \
             the scratch has, overlap with it by less than {ELSEWHERE} of their union; {how}",
            hits.len()
        );
        sheet.add("defect_wrong_reason", elsewhere as f64 / hits.len() as f64, how);
    }
    Ok(())
}
