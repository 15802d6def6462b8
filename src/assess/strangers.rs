//! Whether a model knows images of another kind: by how likely it finds them, and by what the lower level of its code has to explain alone.

use super::measure::{Measure, Sheet};
use super::subject::{About, Subject};
use latent_catalog::SETS;
use latent_data::{test_factors, unit};
use latent_engine::{Program, Rows};
use latent_measure::defects::auroc;
use latent_measure::manifold::nearest;
use latent_measure::pause::Pause;
use latent_measure::{Rows as Matrix, squared_distance};
use latent_registry::renderer;
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::data::{DataCard, Origin};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("stranger_auroc_likelihood", "Strangers: how well a low likelihood tells them (AUROC)"),
            ("stranger_auroc_levels", "Strangers: how well what the upper level fails to explain tells them (AUROC)"),
        ],
        applies: |about| about.card.prior && strange(about),
        run: |s, sheet| Box::pin(strangers(s, sheet)),
    },
    Measure {
        names: &[
            ("stranger_auroc_error", "Strangers: how well the error of copies tells them (AUROC)"),
            ("stranger_auroc_shifted", "Strangers: the same of copies of the mean of neighbours (AUROC)"),
            ("stranger_auroc_neighbours", "Strangers: how far from the mean of their neighbours they are (AUROC)"),
        ],
        applies: |about| about.decodes() && strange(about),
        run: |s, sheet| Box::pin(shifted(s, sheet)),
    },
];

/// There are strangers, and the encoder is told nothing of an image, as nothing is known of them.
fn strange(about: &About) -> bool {
    about.pictures && !about.code.iter().any(CodeGroup::is_told) && stranger(about).is_some()
}

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

/// Test images and as many strangers, which set these are of, and which of all are strangers.
struct Both {
    own: Vec<f32>,
    strange: Vec<f32>,
    of: &'static str,
    is_strange: Vec<bool>,
}

impl Both {
    /// `None` where strangers cannot be drawn.
    async fn draw(s: &Subject<'_>) -> Result<Option<Self>, String> {
        let card = stranger(&s.about).ok_or("there are no strangers")?;
        let Some(mut render) = renderer(card.id).await? else { return Ok(None) };
        let (test, shape) = (&s.images.test, s.images.shape.image);
        let n = test.labels.len().min(IMAGES);
        let mut bytes = vec![0; n * shape.bytes()];
        for (i, image) in bytes.chunks_exact_mut(shape.bytes()).enumerate() {
            s.pause.point().await;
            let factors = test_factors(&*render, i);
            render.image(&factors, image);
        }
        Ok(Some(Self {
            own: test.x[..n * shape.len()].to_vec(),
            strange: unit(&bytes).collect(),
            of: card.label,
            is_strange: (0..2 * n).map(|i| i >= n).collect(),
        }))
    }

    /// How well a score tells them, ½ where it cannot.
    fn told(&self, score_n: &[f64]) -> f64 {
        auroc(score_n, &self.is_strange).unwrap_or(0.5)
    }
}

/// Neighbours whose mean takes an image's place, and how often.
const NEAR: usize = 10;
const SHIFTS: usize = 3;

/// Each row in the place of the mean of the rows nearest to it (Yang, Rahardja & Fränti 2021, "Mean-shift outlier detection and filtering").
async fn means_of_neighbours(x_np: &[f32], width: usize, pause: &Pause) -> Vec<f32> {
    let rows = Matrix::new(x_np, width);
    let mut out = Vec::with_capacity(x_np.len());
    for i in 0..rows.len() {
        pause.point().await;
        let near = nearest(rows, i, NEAR);
        let mut mean = vec![0.0f32; width];
        for j in &near {
            mean.iter_mut().zip(rows.row(*j)).for_each(|(m, v)| *m += v / near.len() as f32);
        }
        out.extend(mean);
    }
    out
}

/// By what copies leave out: of each image, and of what its neighbours have in common, which no outlier is like.
async fn shifted(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(both) = Both::draw(s).await? else { return Ok(()) };
    let (x, width) = ([&both.own[..], &both.strange[..]].concat(), s.images.shape.image.len());
    let mut moved = x.clone();
    for _ in 0..SHIFTS {
        moved = means_of_neighbours(&moved, width, &s.pause).await;
    }
    let apart =
        |y: &[f32]| -> Vec<f64> { x.chunks_exact(width).zip(y.chunks_exact(width)).map(|(x, y)| squared_distance(x, y)).collect() };
    let n = both.is_strange.len() / 2;
    let how = format!("squared error of {n} test images against {n} of {:?}; ½ is chance", both.of);
    let shift = format!("each replaced by the mean of its {NEAR} nearest among all of them, {SHIFTS} times");
    let mut copies = vec![];
    for pictures in [&x, &moved] {
        let (mean, _) = s.model.encode(Rows::of(pictures)).await?;
        copies.push(s.model.decode(&mean).await?);
    }
    sheet.add("stranger_auroc_error", both.told(&apart(&copies[0])), format!("{how}; copies of themselves"));
    sheet.add("stranger_auroc_shifted", both.told(&apart(&copies[1])), format!("{how}; copies of what they are moved to: {shift}"));
    sheet.add(
        "stranger_auroc_neighbours",
        both.told(&apart(&moved)),
        format!("{how}; what they are moved to, without a model: {shift}"),
    );
    Ok(())
}

async fn strangers(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(drawn) = Both::draw(s).await? else { return Ok(()) };
    let n = drawn.is_strange.len() / 2;
    let both = [&drawn.own, &drawn.strange];
    let mut whole = vec![];
    for x in both {
        let Some(explained) = explained(s, Program::LogWeights, Rows::of(x), n).await? else { return Ok(()) };
        whole.extend(explained);
    }
    let how = format!(
        "{n} test images against {n} of {:?}, the mean of several posterior samples each; ½ is chance, below it the strangers are preferred",
        drawn.of
    );
    let unlikely: Vec<f64> = whole.iter().map(|bound| -bound).collect();
    sheet.add("stranger_auroc_likelihood", drawn.told(&unlikely), format!("by a low bound on ln p(x); {how}"));
    let mut above = vec![];
    for x in both {
        let Some(explained) = explained(s, Program::LogWeightsAbove, Rows::of(x), n).await? else { return Ok(()) };
        above.extend(explained);
    }
    let ratio: Vec<f64> = whole.iter().zip(&above).map(|(whole, above)| whole - above).collect();
    let how = format!("by how much the bound falls when the lower level is drawn from what the upper leads to expect; {how}");
    sheet.add("stranger_auroc_levels", drawn.told(&ratio), how);
    Ok(())
}
