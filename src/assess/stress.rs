//! What a code bears: that only its first numbers are kept, that its numbers are rounded, that they are shaken.

use super::measure::{Measure, Sheet};
use super::subject::{About, Subject};
use latent_measure::rng::Rng;
use latent_measure::{Rows, cluster, deviations, image, moments};
use latent_vocabulary::code::CodeKind;

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[("mse_first_*", "Squared error of a value from the first * numbers of the code")],
        applies: numbers,
        run: |s, sheet| Box::pin(first(s, sheet)),
    },
    Measure {
        names: &[("mse_levels_*", "Squared error of a value where each number of the code has * values")],
        applies: numbers,
        run: |s, sheet| Box::pin(rounded(s, sheet)),
    },
    Measure {
        names: &[("mse_shaken", "Squared error of a value from shaken codes")],
        applies: numbers,
        run: |s, sheet| Box::pin(shaken(s, sheet)),
    },
];

/// Values that numbers are rounded to.
const LEVELS: [usize; 3] = [4, 16, 64];
/// Codes that the values are found from at most.
const SEEN: usize = 2000;
/// How far codes are shaken, in standard deviations of each number.
const SHAKEN: f32 = 0.5;

/// All numbers are amounts that the encoder has found, and something is made of them.
pub(super) fn numbers(about: &About) -> bool {
    about.decodes()
        && about.code.iter().all(|group| matches!(group.kind, CodeKind::Gaussian | CodeKind::Point | CodeKind::Steps { .. }))
}

/// The numbers of the code one by one: each of all codes.
fn columns(z_nd: &[f32], d: usize) -> impl Iterator<Item = Vec<f32>> + '_ {
    (0..d).map(move |k| Rows::new(z_nd, d).column(k).collect())
}

async fn error_of(s: &mut Subject<'_>, z_nd: &[f32]) -> Result<f64, String> {
    let copy = s.model.decode(z_nd).await?;
    Ok(image::mse(&s.images.test.x, &copy))
}

/// The first 1, 2, 4, … numbers.
async fn first(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, d) = (s.codes().await?, s.model.info().latent as usize);
    let means: Vec<f32> = columns(&codes.mean_fitted, d).map(|column| moments(column.iter().copied()).0 as f32).collect();
    let n = s.images.test.labels.len();
    for kept in std::iter::successors(Some(1usize), |k| Some(2 * k)).take_while(|k| *k < d).chain([d]) {
        let mut z_nd = codes.mean.clone();
        z_nd.chunks_exact_mut(d).for_each(|z| z[kept..].copy_from_slice(&means[kept..]));
        let how = format!(
            "{n} test samples decoded from the mean of their code, of whose {d} numbers those behind the first {kept} are at their mean"
        );
        sheet.add(&format!("mse_first_{kept}"), error_of(s, &z_nd).await?, how);
    }
    Ok(())
}

/// Each number at the nearest of a few values of its own.
async fn rounded(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, d) = (s.codes().await?, s.model.info().latent as usize);
    let seen = &codes.mean_fitted[..codes.mean_fitted.len().min(SEEN * d)];
    for levels in LEVELS {
        let mut z_nd = codes.mean.clone();
        for (k, column) in columns(seen, d).enumerate() {
            let values = cluster::values_in_slices(&column, levels, s.seed, &s.pause).await;
            let nearest = |z: f32| values.iter().copied().min_by(|a, b| (a - z).abs().total_cmp(&(b - z).abs())).unwrap_or(z);
            z_nd.chunks_exact_mut(d).for_each(|z| z[k] = nearest(z[k]));
        }
        let bits = d as f64 * (levels as f64).log2();
        let how = format!(
            "values found by k-means for each of the {d} numbers, from {} codes of {}; {bits:.0} bits a sample, without further coding; {} test samples",
            seen.len() / d,
            s.images.whose,
            s.images.test.labels.len()
        );
        sheet.add(&format!("mse_levels_{levels}"), error_of(s, &z_nd).await?, how);
    }
    Ok(())
}

async fn shaken(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, d) = (s.codes().await?, s.model.info().latent as usize);
    let spreads = deviations(Rows::new(&codes.mean, d));
    let mut rng = Rng::new(s.seed);
    let mut z_nd = codes.mean.clone();
    for z in z_nd.chunks_exact_mut(d) {
        z.iter_mut().zip(&spreads).for_each(|(z, spread)| *z += SHAKEN * spread * rng.normal());
    }
    let how = format!(
        "{} test samples decoded from the mean of their code with normal noise of {SHAKEN} standard deviations of each number",
        s.images.test.labels.len()
    );
    sheet.add("mse_shaken", error_of(s, &z_nd).await?, how);
    Ok(())
}
