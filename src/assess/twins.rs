//! A network beside the same of another seed.

use super::images::Images;
use super::measure::Sheet;
use super::subject::About;
use latent_engine::{Engine, Rows as Asked, Weight};
use latent_experiment::Setup;
use latent_measure::matched::by_correlation;
use latent_measure::relative::{carried, found, relative};
use latent_measure::rng::Rng;
use latent_measure::{Rows, image, sparse};
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::measured::Measured;

use super::sparse::dictionary;

/// Images whose codes the others are compared with, and images that are looked for, at most.
const ANCHORS: usize = 100;
const MOST: usize = 500;

/// Measures the network in `engine` beside the one with the weights `twin`, as from another seed: dictionaries by their features, other
/// codes by where the same images lie. The engine has its own weights again afterwards.
///
/// # Errors
/// If the weights are of another network, their codes cannot be compared, or the engine fails.
pub async fn beside(engine: &mut impl Engine, setup: &Setup, images: &Images, twin: &[Weight]) -> Result<Vec<Measured>, String> {
    let about = About::of(setup, &engine.info().code, &images.id, images.shape, false)?;
    let own = engine.weights().await?;
    let mut sheet = Sheet::default();
    if about.features() {
        stability(&mut sheet, twin, &own)?;
        spaces(engine, &about, images, (twin, &own), &mut sheet).await?;
        return Ok(sheet.rows);
    }
    let numbers = |group: &CodeGroup| {
        matches!(group.kind, CodeKind::Gaussian | CodeKind::Point | CodeKind::Steps { .. } | CodeKind::Embedding)
    };
    if !about.code.iter().all(numbers) {
        return Err(
            "two networks are compared by features of a dictionary, or by codes that are numbers which the encoder finds out"
                .into(),
        );
    }
    let latent = engine.info().latent as usize;
    let n = images.test.labels.len().min(MOST);
    let anchors = images.fitted.labels.len().min(ANCHORS);
    let [anchor, test] =
        [(&images.fitted, anchors), (&images.test, n)].map(|(part, n)| part.rows().some(images.shape.image.len(), 0..n));
    let here = codes(engine, anchor, test).await?;
    engine.set_weights(twin)?;
    let there = codes(engine, anchor, test).await;
    engine.set_weights(&own)?;
    let there = there?;
    let [here_z, there_z] = [&here, &there].map(|(_, z)| Rows::new(z, latent));
    let [here_a, there_a] = [&here, &there].map(|(a, _)| Rows::new(a, latent));
    let pause = engine.pause();
    let how = format!(
        "share of {n} test images whose code is, among those of the same images from the other seed, the nearest to its own, by the cosine"
    );
    sheet.add("twin_found", found(here_z, there_z, &pause).await, how.clone());
    let [here_r, there_r] = [relative(here_z, here_a), relative(there_z, there_a)];
    let by = found(Rows::new(&here_r, anchors), Rows::new(&there_r, anchors), &pause).await;
    sheet.add(
        "twin_found_relative",
        by,
        format!("{how}, of codes written as cosines to those of {anchors} {} images", images.whose),
    );
    if about.decodes() {
        let x = &test.floats();
        let native = error(engine, x, here_z.values()).await?;
        let how = format!(
            "squared error a value of {n} test images that one seed encodes and the other decodes; its own codes: {native:.4}"
        );
        sheet.add("twin_stitched", error(engine, x, there_z.values()).await?, how.clone());
        let across = carried(there_z, there_a, here_a);
        let how = format!("{how}; codes are carried over to the same cosines to {anchors} {} images", images.whose);
        sheet.add("twin_stitched_relative", error(engine, x, &across).await?, how);
        sheet.add("twin_own", native, format!("squared error a value of {n} test images that one seed encodes and decodes"));
    }
    Ok(sheet.rows)
}

/// Mean codes of two lots of images.
async fn codes(engine: &mut impl Engine, anchor: Asked<'_>, test: Asked<'_>) -> Result<(Vec<f32>, Vec<f32>), String> {
    Ok((engine.encode(anchor).await?.0, engine.encode(test).await?.0))
}

/// The squared error a value of what the engine makes of codes.
async fn error(engine: &mut impl Engine, x: &[f32], z_nd: &[f32]) -> Result<f64, String> {
    Ok(image::mse(x, &engine.decode(z_nd).await?))
}

/// How alike two dictionaries are.
///
/// # Errors
/// If they are of different inputs, or the first has more features.
fn stability(sheet: &mut Sheet, a: &[Weight], b: &[Weight]) -> Result<(), String> {
    let (Some((a_fa, a_inputs)), Some((b_ga, b_inputs))) = (dictionary(a), dictionary(b)) else {
        return Err("only sparse autoencoders can be compared feature by feature".into());
    };
    let (features, others) = (a_fa.len() / a_inputs, b_ga.len() / b_inputs);
    if a_inputs != b_inputs || features > others {
        return Err(format!("{features} features of {a_inputs} inputs cannot be matched with {others} of {b_inputs}"));
    }
    let found = sparse::stability(Rows::new(a_fa, a_inputs), Rows::new(b_ga, b_inputs));
    let how = format!("{features} features matched one to one with {others} others by the Hungarian algorithm");
    sheet.add("stability_cosine", found.mean_cosine, format!("mean cosine of the directions; {how}"));
    sheet.add("stability_shared", found.shared, format!("share with a cosine of at least {}; {how}", sparse::SHARED));
    Ok(())
}

/// Whether features that are active alike lie alike.
///
/// # Errors
/// If the engine fails.
async fn spaces(
    engine: &mut impl Engine,
    about: &About,
    images: &Images,
    (twin, own): (&[Weight], &[Weight]),
    sheet: &mut Sheet,
) -> Result<(), String> {
    let (Some((a_fa, inputs)), Some((b_ga, _))) = (dictionary(twin), dictionary(own)) else { return Ok(()) };
    let Some(width) = about.code.iter().find_map(CodeGroup::features).map(|grid| grid.features) else { return Ok(()) };
    let n = images.test.labels.len().min(MOST);
    let test = images.test.rows().some(images.shape.image.len(), 0..n);
    let here = engine.encode(test).await?.0;
    engine.set_weights(twin)?;
    let there = engine.encode(test).await;
    engine.set_weights(own)?;
    let there = there?.0;
    let other = a_fa.len() / inputs;
    let matched = by_correlation(Rows::new(&there, other), Rows::new(&here, width));
    let pairs: Vec<(usize, usize)> = matched.pairs.iter().map(|pair| (pair.at[0], pair.at[1])).collect();
    let mut drawn = Rng::new(0).permutation(pairs.len());
    drawn.truncate(pairs.len());
    let chance: Vec<(usize, usize)> = pairs.iter().zip(drawn).map(|((i, _), at)| (*i, pairs[at].1)).collect();
    let [a, b] = [a_fa, b_ga].map(|rows| Rows::new(rows, inputs));
    let how = format!(
        "correlation, over pairs of features, of the cosines of their directions in one dictionary with those of their partners in the other; {} partners by the correlation of \
         activity on {n} test images",
        pairs.len()
    );
    sheet.add("twin_spaces", sparse::alike_spaces(a, b, &pairs), how.clone());
    sheet.add("twin_spaces_chance", sparse::alike_spaces(a, b, &chance), format!("partners by chance; {how}"));
    Ok(())
}
