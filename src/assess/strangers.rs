//! Whether a model knows images of another kind: by how likely it finds them, and by what the lower level of its code has to explain alone.

use super::measure::{Measure, Sheet};
use super::subject::{About, Subject};
use latent_catalog::SETS;
use latent_data::{test_factors, unit};
use latent_engine::{Program, Rows};
use latent_measure::defects::auroc;
use latent_registry::renderer;
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::data::{DataCard, Origin};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("stranger_auroc_likelihood", "Strangers: how well a low likelihood tells them (AUROC)"),
        ("stranger_auroc_levels", "Strangers: how well what the upper level fails to explain tells them (AUROC)"),
    ],
    applies: |about| about.pictures && about.card.prior && !about.code.iter().any(CodeGroup::is_told) && stranger(about).is_some(),
    run: |s, sheet| Box::pin(strangers(s, sheet)),
}];

/// Images of each kind at most.
const IMAGES: usize = 200;

/// The first other set of rendered images of the same shape.
fn stranger(about: &About) -> Option<&'static DataCard> {
    let own = about.data?;
    let rendered = |card: &DataCard| card.origin == Origin::Rendered && card.frames == Frames::One;
    SETS.iter().copied().find(|card| card.id != own.id && rendered(card) && SampleShape::of(card) == SampleShape::of(own))
}

/// Mean over the samples of each image's log-weights, in nats; `None` where the method has no such program.
async fn explained(s: &mut Subject<'_>, what: Program, rows: Rows<'_>, n: usize) -> Result<Option<Vec<f64>>, String> {
    let Some(outputs) = s.model.run(what, rows).await? else { return Ok(None) };
    let weights = outputs.into_iter().next().ok_or("importance weights without an output")?;
    let mean = |row: &[f32]| row.iter().map(|w| f64::from(*w)).sum::<f64>() / row.len() as f64;
    Ok(Some(weights.chunks_exact(weights.len() / n).map(mean).collect()))
}

async fn strangers(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let card = stranger(&s.about).ok_or("there are no strangers")?;
    let Some(mut render) = renderer(card.id).await? else { return Ok(()) };
    let (test, shape) = (&s.images.test, s.images.shape.image);
    let n = test.labels.len().min(IMAGES);
    let mut bytes = vec![0; n * shape.bytes()];
    for (i, image) in bytes.chunks_exact_mut(shape.bytes()).enumerate() {
        s.pause.point().await;
        let factors = test_factors(&*render, i);
        render.image(&factors, image);
    }
    let strange: Vec<f32> = unit(&bytes).collect();
    let own = test.x[..n * shape.len()].to_vec();
    let is_strange: Vec<bool> = (0..2 * n).map(|i| i >= n).collect();
    let both = [&own, &strange];
    let mut whole = vec![];
    for x in both {
        let Some(explained) = explained(s, Program::LogWeights, Rows::of(x), n).await? else { return Ok(()) };
        whole.extend(explained);
    }
    let how = format!(
        "{n} test images against {n} of {:?}, the mean of several posterior samples each; ½ is chance, below it the strangers are preferred",
        card.label
    );
    let unlikely: Vec<f64> = whole.iter().map(|bound| -bound).collect();
    sheet.add(
        "stranger_auroc_likelihood",
        auroc(&unlikely, &is_strange).unwrap_or(0.5),
        format!("by a low bound on ln p(x); {how}"),
    );
    let mut above = vec![];
    for x in both {
        let Some(explained) = explained(s, Program::LogWeightsAbove, Rows::of(x), n).await? else { return Ok(()) };
        above.extend(explained);
    }
    let ratio: Vec<f64> = whole.iter().zip(&above).map(|(whole, above)| whole - above).collect();
    let how = format!("by how much the bound falls when the lower level is drawn from what the upper leads to expect; {how}");
    sheet.add("stranger_auroc_levels", auroc(&ratio, &is_strange).unwrap_or(0.5), how);
    Ok(())
}
