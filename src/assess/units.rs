//! What single numbers of a code stand for.

use super::measure::{Measure, Sheet};
use super::subject::{About, Subject};
use latent_measure::{Rows, units};
use latent_vocabulary::code::{CodeGroup, CodeKind};

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[("monosemanticity", "Monosemanticity: how alike images are that move one unit")],
        applies: by_image,
        run: |s, sheet| Box::pin(monosemanticity(s, sheet)),
    },
    Measure {
        names: &[("class_coverage", "Coverage: how well one unit tells a class (F1)")],
        applies: by_image,
        run: |s, sheet| Box::pin(coverage(s, sheet)),
    },
];

/// The code is one row of numbers an image, each with a meaning of its own.
pub(super) fn by_image(about: &About) -> bool {
    let whole = |group: &CodeGroup| match group.kind {
        CodeKind::Features { height, width, .. } => height * width == 1,
        kind => !matches!(kind, CodeKind::Grid { .. }),
    };
    about.code.iter().filter(|group| !group.is_told()).all(whole)
}

/// How alike the images are that a unit answers to.
async fn monosemanticity(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let (own, d) = (s.about.own(), s.images.shape.image.len());
    let act = own.columns(&codes.mean);
    // What most images have in common makes all alike.
    let x_nd = Rows::new(&s.images.test.x, d);
    let mut mean_d = vec![0.0f64; d];
    x_nd.iter().for_each(|x| mean_d.iter_mut().zip(x).for_each(|(m, v)| *m += f64::from(*v) / x_nd.len() as f64));
    let shown: Vec<f32> = x_nd.iter().flat_map(|x| x.iter().zip(&mean_d).map(|(v, m)| (f64::from(*v) - m) as f32)).collect();
    let scores = units::monosemanticity_in_slices(Rows::new(&act, own.width()), Rows::new(&shown, d), &s.pause).await;
    let known: Vec<f64> = scores.iter().copied().filter(|v| v.is_finite()).collect();
    let how = format!(
        "similarity of images, weighted by a unit's activity (from 0 to 1), mean over {} of {} units that vary; similarity is the cosine of \
         {} test images less their mean",
        known.len(),
        scores.len(),
        x_nd.len()
    );
    sheet.add("monosemanticity", known.iter().sum::<f64>() / known.len() as f64, how);
    Ok(())
}

/// How well the best unit tells each class.
async fn coverage(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let (own, fitted, test) = (s.about.own(), &s.images.fitted.labels, &s.images.test.labels);
    let (fitted_nf, test_nf) = (own.columns(&codes.mean_fitted), own.columns(&codes.mean));
    let classes = s.images.classes();
    let [fitted_nf, test_nf] = [&fitted_nf, &test_nf].map(|z| Rows::new(z, own.width()));
    let value = units::coverage_in_slices((fitted_nf, fitted), (test_nf, test), classes, &s.pause).await;
    let how = format!(
        "F1 of the best of {} units with its best threshold, either way, mean over {classes} classes; chosen on {} {}, counted on {} test images",
        own.width(),
        fitted.len(),
        s.images.whose,
        test.len()
    );
    sheet.add("class_coverage", value, how);
    Ok(())
}
