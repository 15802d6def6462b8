//! A classifier that reads codes in place of pictures: as good, at a fraction of the work?

use super::eye::Eye;
use super::measure::{Measure, Sheet};
use super::subject::Subject;
use super::units::by_image;
use latent_measure::judge::{HIDDEN, Judge};
use latent_measure::{Rows, deviations};

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("class_from_code", "Classes told by a network on codes"),
        ("class_from_pixels", "Classes told by the same network on all values"),
        ("class_from_shrunk", "Classes told by the same network on pictures shrunk to the size of the code"),
        ("class_cost", "Work of that network on codes, beside that on all values"),
    ],
    applies: |about| about.pictures && about.latents() && by_image(about),
    run: |s, sheet| Box::pin(told(s, sheet)),
}];

/// The same network is trained on codes, on all values, and on pictures shrunk to about as many numbers as the code has ("MedVAE: Efficient Automated Interpretation
/// of Medical Images with Large-Scale Generalizable Autoencoders": what reads latents should do as well as what reads images, and better than on images
/// that were made as small).
async fn told(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    if s.images.classes() < 2 {
        return Ok(());
    }
    let own = s.about.own();
    let (shape, width, classes) = (s.images.shape.image, own.width(), s.images.classes());
    let shrunk = (1..=shape.height.min(shape.width))
        .map(|grid| Eye::new(shape, grid))
        .min_by_key(|eye| (eye.inputs().abs_diff(width), eye.inputs()))
        .ok_or("a picture without pixels")?;
    let parts = [&s.images.fitted, &s.images.test];
    let scaled = |z: &[f32]| scale(&own.columns(&codes.mean_fitted), &own.columns(z), width);
    let n = s.images.test.labels.len();
    let whole = shape.len();
    let spent = |inputs: usize| (HIDDEN * (inputs + classes)) as f64;
    for (id, inputs, [fit, test], what) in [
        (
            "class_from_code",
            width,
            [scaled(&codes.mean_fitted), scaled(&codes.mean)],
            format!("the {width} numbers of the code, each divided by its standard deviation"),
        ),
        ("class_from_pixels", whole, parts.map(|part| part.x.clone()), format!("all {whole} values")),
        (
            "class_from_shrunk",
            shrunk.inputs(),
            parts.map(|part| shrunk.see(&part.x)),
            format!("the {} {}", shrunk.inputs(), shrunk.what()),
        ),
    ] {
        let judge =
            Judge::train(Rows::new(&fit, inputs), Rows::new(&s.images.fitted.labels, 1), &[classes], s.seed, &s.pause).await;
        let said = judge.verdicts(Rows::new(&test, inputs));
        let right = said.iter().zip(&s.images.test.labels).filter(|(a, b)| a == b).count() as f64 / n as f64;
        let how = format!(
            "share of {n} test images; a network with {HIDDEN} hidden numbers on {what}, trained on {} {}",
            s.images.fitted.labels.len(),
            s.images.whose
        );
        sheet.add(id, right, how);
    }
    let how = format!("multiplications of an image once its code is known: {} and {}", spent(width), spent(whole));
    sheet.add("class_cost", spent(width) / spent(whole), how);
    Ok(())
}

/// Each number divided by its standard deviation among `fitted`.
fn scale(fitted: &[f32], z_nd: &[f32], d: usize) -> Vec<f32> {
    let spread_d = deviations(Rows::new(fitted, d));
    z_nd.iter().zip(spread_d.iter().cycle()).map(|(z, s)| z / s.max(1e-6)).collect()
}
