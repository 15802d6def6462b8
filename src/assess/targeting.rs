//! Steering of one feature by the vector that changes the others least.

use super::measure::{Measure, Sheet};
use super::sparse::{Whole, whole_inputs};
use super::subject::{About, Subject};
use super::units::by_image;
use latent_engine::Rows as Asked;
use latent_measure::rng::Rng;
use latent_measure::{Rows, mean, sparse};

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("side_effect_decoder", "Change of other features by steering along a feature's direction"),
        ("side_effect_targeted", "The same along the direction that is fitted to what steering does"),
        ("side_effect_row", "The same along that direction without what any direction does taken off"),
        ("side_effect_sparing", "The same along the direction that the fitted map says spares the others"),
        ("steered_reached", "Share of features that all these directions can move so far"),
    ],
    applies: |about: &About| about.features() && !about.hosted && by_image(about),
    run: |s, sheet| Box::pin(aimed(s, sheet)),
}];

/// Steering vectors that the map is fitted to, and images on which each is tried.
const VECTORS: usize = 768;
const FITTED: usize = 8;
/// Directions that a vector is a mixture of.
const MIXED: usize = 4;
/// Features that are aimed at, and test images on which that is measured.
const AIMED: usize = 24;
const IMAGES: usize = 32;
/// A feature is to gain such a share of the largest activity that it had.
const GAIN: f32 = 0.5;
/// Steps of the search for how far to go, and how far at most, in lengths of the vectors that the map is fitted to.
const HALVINGS: usize = 9;
const FURTHEST: f32 = 16.0;
/// How much of what any vector does is taken off.
const LAMBDA: f64 = 1.0;
/// Ridge of the direction that spares others, as a share of what the map does along a direction on average.
const SPARING: f64 = 1.0;

/// See [`sparse::Effects`].
async fn aimed(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(Whole { atoms, scale, .. }) = whole_inputs(s).await? else { return Ok(()) };
    let codes = s.codes().await?;
    let d = s.images.shape.image.len();
    let width = atoms.len() / d;
    let act_nf = Rows::new(&codes.mean_fitted, width);
    let max_f: Vec<f32> = (0..width).map(|f| act_nf.column(f).fold(0.0, f32::max)).collect();
    let living: Vec<usize> = (0..width).filter(|f| max_f[*f] > 0.0).collect();
    let (fitted, test) = (&s.images.fitted, &s.images.test);
    let [n, m] = [fitted.labels.len().min(FITTED), test.labels.len().min(IMAGES)];
    if living.len() < 2 * MIXED {
        return Ok(());
    }
    // As long as a feature's part at half of its strength, on average.
    let reach = scale * GAIN * living.iter().map(|f| max_f[*f]).sum::<f32>() / living.len() as f32;
    let mut rng = Rng::new(s.seed);
    let (mut vectors, mut rows) = (vec![], vec![]);
    for _ in 0..VECTORS {
        let mut v = vec![0.0f32; d];
        for _ in 0..MIXED {
            let (f, by) = (living[rng.below(living.len())], rng.normal());
            v.iter_mut().zip(&atoms[f * d..(f + 1) * d]).for_each(|(v, a)| *v += by * a);
        }
        let length = v.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        v.iter_mut().for_each(|v| *v *= reach / length);
        for x in fitted.x.chunks_exact(d).take(n) {
            rows.extend(x.iter().zip(&v).map(|(x, v)| x + v));
        }
        vectors.extend(v);
    }
    let before = &codes.mean_fitted[..n * width];
    let (after, _) = s.model.encode(Asked::of(&rows)).await?;
    let changes: Vec<f32> = after
        .chunks_exact(n * width)
        .flat_map(|after| {
            let mut change = vec![0.0f32; width];
            for (after, before) in after.chunks_exact(width).zip(before.chunks_exact(width)) {
                change.iter_mut().zip(after.iter().zip(before)).for_each(|(c, (a, b))| *c += (a - b) / n as f32);
            }
            change
        })
        .collect();
    let map = sparse::effects_in_slices(Rows::new(&vectors, d), Rows::new(&changes, width), &s.pause).await;
    let before = codes.mean[..m * width].to_vec();
    let x: Vec<f32> = test.x[..m * d].to_vec();
    let every = living.len().div_ceil(AIMED).max(1);
    let spares = map.sparing_in_slices(SPARING, &s.pause).await;
    let (mut changed, mut tried): ([Vec<f64>; 4], usize) = Default::default();
    for f in living.iter().copied().step_by(every) {
        s.pause.point().await;
        tried += 1;
        let own = |all: &[f32]| all[f * d..(f + 1) * d].to_vec();
        let mut found: [Option<f64>; 4] = Default::default();
        let directions = [own(&atoms), map.targeted(f, LAMBDA), map.targeted(f, 0.0), own(&spares)];
        for (direction, found) in directions.iter().zip(&mut found) {
            let wanted = GAIN * max_f[f];
            let (mut low, mut high) = (0.0f32, FURTHEST * reach);
            for _ in 0..HALVINGS {
                let by = 0.5 * (low + high);
                let rows: Vec<f32> = x.chunks_exact(d).flat_map(|x| x.iter().zip(direction).map(|(x, v)| x + by * v)).collect();
                let (after, _) = s.model.encode(Asked::of(&rows)).await?;
                let (mut gained, mut others) = (0.0f32, 0.0f32);
                for (i, (a, b)) in after.iter().zip(&before).enumerate() {
                    if i % width == f { gained += a - b } else { others += (a - b).abs() }
                }
                if gained / m as f32 >= wanted {
                    (high, *found) = (by, Some(f64::from(others / m as f32 / max_f[f])));
                } else {
                    low = by;
                }
            }
        }
        if let [Some(decoder), Some(targeted), Some(row), Some(sparing)] = found {
            changed.iter_mut().zip([decoder, targeted, row, sparing]).for_each(|(all, one)| all.push(one));
        }
    }
    let [along, aside, row, sparing] = changed;
    if along.is_empty() {
        return Ok(());
    }
    let how = format!(
        "sum of what all other features change by, in units of the steered feature's largest activity, when it gains {GAIN} of that on average over {m} test images; mean over {} of \
         {tried} features that all these directions bring there",
        along.len()
    );
    let share = along.len() as f64 / tried as f64;
    sheet.add("side_effect_decoder", mean(along.into_iter()), format!("along the feature's own direction: {how}"));
    let map = format!(
        "M and b are a ridge regression of what {VECTORS} mixtures of {MIXED} directions change, each on {n} {}: {how}",
        s.images.whose
    );
    for (id, values, what) in [
        ("side_effect_targeted", aside, "M_j/‖M_j‖ − Mᵀb/‖Mᵀb‖"),
        ("side_effect_row", row, "M_j/‖M_j‖"),
        ("side_effect_sparing", sparing, "row j of M(MᵀM + ρI)⁻¹, ρ the mean of the diagonal of MᵀM"),
    ] {
        sheet.add(id, mean(values.into_iter()), format!("along {what}, where {map}"));
    }
    sheet.add("steered_reached", share, how);
    Ok(())
}
