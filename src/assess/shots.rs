//! Telling classes from a few examples of each, by codes as they are.

use super::measure::{Measure, Sheet, any};
use super::subject::Subject;
use latent_measure::rng::Rng;
use latent_measure::{Rows, probe};

pub const MEASURES: &[Measure] = &[Measure {
    names: &[("five_shot_accuracy", "Five examples of each class: share of labels right")],
    applies: any,
    run: |s, sheet| Box::pin(five(s, sheet)),
}];

/// Examples of each class.
const SHOTS: usize = 5;
/// Times that examples are drawn.
const EPISODES: usize = 100;
/// The method's parameter, where it has one, of how many of the last classes it has never seen.
const UNSEEN: &str = "unseen";

/// The classes that the model has not learnt, where there are any; else all.
async fn five(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let classes = s.images.classes();
    let unseen = s.about.card.param(UNSEEN).map_or(0, |param| s.setup.usize(param.key));
    let kept = if unseen == 0 { classes } else { unseen.min(classes.saturating_sub(1)) };
    let first = classes - kept;
    let (codes, own) = (s.codes().await?, s.about.own());
    let (fitted_nd, test_nd, width) = (own.columns(&codes.mean_fitted), own.columns(&codes.mean), own.width());
    let (fitted_nd, test_nd) = (Rows::new(&fitted_nd, width), Rows::new(&test_nd, width));
    let of = |class: usize| -> Vec<usize> {
        let labels = &s.images.fitted.labels;
        (0..labels.len()).filter(|i| usize::from(labels[*i]) == class).collect()
    };
    let examples: Vec<Vec<usize>> = (first..classes).map(of).collect();
    if kept < 2 || examples.iter().any(|own| own.len() < SHOTS) {
        return Ok(());
    }
    let asked: Vec<usize> = (0..test_nd.len()).filter(|i| usize::from(s.images.test.labels[*i]) >= first).collect();
    let test_md: Vec<f32> = asked.iter().flat_map(|i| test_nd.row(*i)).copied().collect();
    let label_m: Vec<u8> = asked.iter().map(|i| s.images.test.labels[*i]).collect();
    let (mut rng, mut sum) = (Rng::new(s.seed), 0.0);
    for _ in 0..EPISODES {
        s.pause.point().await;
        let (mut shown, mut label) = (vec![], vec![]);
        for (class, own) in (first..).zip(&examples) {
            for at in &rng.permutation(own.len())[..SHOTS] {
                shown.extend_from_slice(fitted_nd.row(own[*at]));
                label.push(class as u8);
            }
        }
        sum += probe::nearest_mean_accuracy((Rows::new(&shown, width), &label), (Rows::new(&test_md, width), &label_m), classes);
    }
    let whose = if unseen == 0 { "all classes" } else { "the classes that were never learnt" };
    let how = format!(
        "{SHOTS} {} of each of {kept} classes ({whose}), {} test images by the nearest mean code{}; mean over {EPISODES} draws of examples; chance: {:.3}",
        s.images.whose,
        asked.len(),
        own.without(),
        1.0 / kept as f64
    );
    sheet.add("five_shot_accuracy", sum / EPISODES as f64, how);
    Ok(())
}
