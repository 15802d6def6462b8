//! A model in front of a judge, against attacks, noise and handwriting that it has not seen.

use super::counterfactual::unit;
use super::court::Court;
use super::measure::{Measure, Sheet};
use super::stress::numbers;
use super::subject::Subject;
use latent_engine::Rows as Asked;
use latent_measure::judge::Judge;
use latent_measure::rng::Rng;
use latent_measure::{Rows, image, mean, moments, sparse};

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("judged_clean", "Pictures of which the judge tells the class"),
            ("judged_copied", "The same of copies"),
            ("judged_attacked", "The same of pictures that were changed against it"),
            ("judged_restored", "The same of copies of those"),
        ],
        applies: |about| about.pictures && about.decodes() && !about.card.factors,
        run: |s, sheet| Box::pin(attacked(s, sheet)),
    },
    Measure {
        names: &[
            ("zeroth_cosine_code", "Gradient by trying, in the code: cosine to the true one"),
            ("zeroth_cosine_pixels", "Gradient by trying, in pixels: cosine to the true one"),
            ("judged_noisy", "Noisy pictures of which the judge tells the class"),
            ("judged_denoised", "The same of copies of noisy pictures"),
        ],
        applies: |about| about.pictures && numbers(about),
        run: |s, sheet| Box::pin(tried(s, sheet)),
    },
    Measure {
        names: &[
            ("shifted_plain", "Changed handwriting that a judge tells, trained on images"),
            ("shifted_random", "The same, trained on images and decoded variants by chance"),
            ("shifted_hard", "The same, trained on images and the variants that are hardest for it"),
            ("unshifted_plain", "Plain test images that a judge tells, trained on images"),
            ("unshifted_hard", "The same, trained on images and the variants that are hardest for it"),
        ],
        applies: |about| about.pictures && numbers(about),
        run: |s, sheet| Box::pin(natural(s, sheet)),
    },
];

/// Images that are attacked, by how much a value may change, in how many steps, and how long these are.
const ATTACKED: usize = 300;
const EPSILON: f32 = 0.15;
const STEPS: usize = 10;
const LENGTH: f32 = 0.04;

/// Share of pictures of which the judge tells the class.
fn right(court: &Court, k: usize, x: &[f32], labels: &[u8]) -> f64 {
    let questions = court.asked.len();
    let said = court.verdicts(x);
    mean(labels.iter().enumerate().map(|(i, label)| f64::from(u8::from(said[i * questions + k] == *label))))
}

/// Copies, of pictures with these labels.
async fn copies(s: &mut Subject<'_>, x: &[f32], labels: &[u8]) -> Result<Vec<f32>, String> {
    let (mean, _) = s.model.encode(Asked::labelled(x, labels)).await?;
    s.model.decode(&mean).await
}

/// The model as a filter before the judge, which is attacked along its own gradient (Madry et al. 2018 for the attack; "Variational Inference with
/// Latent Space Quantization for Adversarial Resilience"). The attack is projected gradient descent; it does not know the filter.
async fn attacked(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let court = s.court().await;
    let Some(k) = court.class() else { return Ok(()) };
    let len = s.images.shape.image.len();
    let n = s.images.test.labels.len().min(ATTACKED);
    let (x, labels) = (&s.images.test.x[..n * len], &s.images.test.labels[..n]);
    let mut changed = x.to_vec();
    for ((x, changed), label) in x.chunks_exact(len).zip(changed.chunks_exact_mut(len)).zip(labels) {
        s.pause.point().await;
        for _ in 0..STEPS {
            let slope = court.slope(changed, k, usize::from(*label));
            for ((v, x), g) in changed.iter_mut().zip(x).zip(slope) {
                let up = if g == 0.0 { 0.0 } else { LENGTH * g.signum() };
                *v = (*v + up).clamp(x - EPSILON, x + EPSILON).clamp(0.0, 1.0);
            }
        }
    }
    let (x, labels) = (x.to_vec(), labels.to_vec());
    let (copied, restored) = (copies(s, &x, &labels).await?, copies(s, &changed, &labels).await?);
    let how = format!(
        "{n} test images; each value may change by {EPSILON}, in {STEPS} steps of {LENGTH} up the gradient of the judge's cross-entropy; {}",
        court.said_of_classes(k)
    );
    for (id, x, what) in [
        ("judged_clean", &x, "as they are"),
        ("judged_copied", &copied, "decoded from the mean of their code"),
        ("judged_attacked", &changed, "attacked"),
        ("judged_restored", &restored, "attacked, then decoded from the mean of their code"),
    ] {
        sheet.add(id, right(&court, k, x, &labels), format!("{what}; {how}"));
    }
    Ok(())
}

/// Images whose gradients are compared, directions that are tried for one, and how far.
const COMPARED: usize = 48;
const QUERIES: usize = 16;
const AWAY: f32 = 0.01;
/// Standard deviation of the noise, and images that it is put on.
const NOISE: f32 = 0.4;
const NOISY: usize = 500;

/// `d/q·Σ (L(v + μu) − L(v))/μ·u` of directions on the sphere, up to a factor (Zhang et al. 2022, "How to Robustify Black-Box ML Models? A Zeroth-Order
/// Optimization Perspective"), from the values of the loss at `v` and along each direction.
fn zeroth(at: f64, along: &[f64], direction_qd: &[f32], d: usize) -> Vec<f64> {
    let mut sum_d = vec![0.0; d];
    for (loss, u) in along.iter().zip(direction_qd.chunks_exact(d)) {
        sum_d.iter_mut().zip(u).for_each(|(s, u)| *s += (loss - at) / f64::from(AWAY) * f64::from(*u));
    }
    sum_d
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Directions by chance, of length one.
fn sphere(rng: &mut Rng, q: usize, d: usize) -> Vec<f32> {
    let one = |rng: &mut Rng| unit(&(0..d).map(|_| rng.normal()).collect::<Vec<f32>>());
    (0..q).flat_map(|_| one(rng)).collect()
}

/// How near a gradient by trying comes to the true one, of a judge that is only asked: with respect to the code of a decoder in front of it, and to pixels.
async fn tried(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, court) = (s.codes().await?, s.court().await);
    let Some(k) = court.class() else { return Ok(()) };
    let (d, len) = (s.model.info().latent as usize, s.images.shape.image.len());
    let n = s.images.test.labels.len().min(COMPARED);
    let labels = s.images.test.labels.clone();
    let loss = |x: &[f32], label: u8| -> Vec<f64> {
        court.probabilities(x, k).iter().map(|p| -p[usize::from(label)].max(1e-12).ln()).collect()
    };
    let spread = codes.mean_fitted.chunks_exact(d).flatten().copied();
    // A step that is as small beside codes as it is beside pixels.
    let unit = moments(spread).1.sqrt().max(1e-6) as f32;
    let mut rng = Rng::new(s.seed);
    let (mut in_code, mut in_pixels) = (vec![], vec![]);
    for (i, label) in labels.iter().enumerate().take(n) {
        s.pause.point().await;
        let z = &codes.mean[i * d..(i + 1) * d];
        let around = |by: f32, u: &[f32]| z.iter().zip(u).map(|(z, u)| z + by * unit * u).collect::<Vec<f32>>();
        let chance = sphere(&mut rng, QUERIES, d);
        let mut rows = z.to_vec();
        chance.chunks_exact(d).for_each(|u| rows.extend(around(AWAY, u)));
        for at in 0..d {
            let axis: Vec<f32> = (0..d).map(|j| f32::from(u8::from(j == at))).collect();
            rows.extend([around(AWAY, &axis), around(-AWAY, &axis)].concat());
        }
        let losses = loss(&s.model.decode(&rows).await?, *label);
        let (guess, axes) = losses[1..].split_at(QUERIES);
        let whole: Vec<f64> = axes.chunks_exact(2).map(|pair| pair[0] - pair[1]).collect();
        in_code.push(cosine(&zeroth(losses[0], guess, &chance, d), &whole));
        let x = &codes.reconstruction[i * len..(i + 1) * len];
        let chance = sphere(&mut rng, QUERIES, len);
        let rows: Vec<f32> = chance.chunks_exact(len).flat_map(|u| x.iter().zip(u).map(|(x, u)| x + AWAY * u)).collect();
        let slope: Vec<f64> = court.slope(x, k, usize::from(*label)).into_iter().map(f64::from).collect();
        in_pixels.push(cosine(&zeroth(loss(x, *label)[0], &loss(&rows, *label), &chance, len), &slope));
    }
    let defined = |all: Vec<f64>| mean(all.into_iter().filter(|v| v.is_finite()));
    let how = |space: &str| {
        format!(
            "of the judge's cross-entropy with respect to {space} of {n} copies of test images; {QUERIES} directions by chance, each one question; {}",
            court.said_of_classes(k)
        )
    };
    sheet.add("zeroth_cosine_code", defined(in_code), how(&format!("the {d} numbers of the code")));
    sheet.add("zeroth_cosine_pixels", defined(in_pixels), how(&format!("the {len} values")));
    let n = labels.len().min(NOISY);
    let noisy: Vec<f32> = s.images.test.x[..n * len].iter().map(|v| (v + NOISE * rng.normal()).clamp(0.0, 1.0)).collect();
    let denoised = copies(s, &noisy, &labels[..n]).await?;
    let how = format!("{n} test images with normal noise of {NOISE}, values kept in [0, 1]; {}", court.said_of_classes(k));
    sheet.add("judged_noisy", right(&court, k, &noisy, &labels[..n]), how.clone());
    sheet.add("judged_denoised", right(&court, k, &denoised, &labels[..n]), format!("decoded from the mean of their code; {how}"));
    Ok(())
}

/// Images that the judges of this measure learn from, directions along which variants lie, how far in standard deviations, and how many of each image are kept.
const TAUGHT: usize = 500;
const DIRECTIONS: usize = 6;
const FAR: f32 = 1.2;
const KEPT: usize = 2;
/// How far handwriting leans, in pixels for each row.
const SLANT: f64 = 0.35;

/// A judge that also learns from variants of its images ("Robust Training Using Natural Transformation"): decoded from codes that are moved along the
/// directions in which images of one class differ most, those kept that are hardest for it as it was before. What it is asked then leans and has thicker or thinner strokes.
async fn natural(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, court) = (s.codes().await?, s.court().await);
    let Some(k) = court.class() else { return Ok(()) };
    let (d, len, classes) = (s.model.info().latent as usize, s.images.shape.image.len(), s.images.classes());
    let n = s.images.fitted.labels.len().min(TAUGHT);
    let labels = s.images.fitted.labels.clone();
    // Codes less the mean of their class.
    let mean_of = super::judge::means(&codes, &court, k, d);
    let within: Vec<f32> = codes
        .mean_fitted
        .chunks_exact(d)
        .zip(&labels)
        .flat_map(|(z, label)| {
            let mean = mean_of[usize::from(*label)].as_deref().unwrap_or(z).to_vec();
            z.iter().zip(mean).map(|(z, m)| z - m).collect::<Vec<f32>>()
        })
        .collect();
    let (basis, _) = sparse::principal_in_slices(Rows::new(&within, d), DIRECTIONS.min(d), &s.pause).await;
    let spreads: Vec<f32> = basis
        .iter()
        .map(|b| {
            let along = within.chunks_exact(d).map(|z| z.iter().zip(b).map(|(z, b)| f64::from(*z) * b).sum::<f64>() as f32);
            moments(along.collect::<Vec<f32>>().into_iter()).1.sqrt() as f32
        })
        .collect();
    let mut z_nd = vec![];
    for z in codes.mean_fitted[..n * d].chunks_exact(d) {
        for (b, spread) in basis.iter().zip(&spreads) {
            for by in [-FAR, FAR] {
                z_nd.extend(z.iter().zip(b).map(|(z, b)| z + by * spread * *b as f32));
            }
        }
    }
    let variants = s.model.decode(&z_nd).await?;
    let each = 2 * basis.len();
    let (seen, inputs) = court.seen(&s.images.fitted.x[..n * len]);
    let (of_variants, _) = court.seen(&variants);
    let teach = async |extra: &[f32], extra_labels: &[u8], s: &Subject<'_>| {
        let (x, y) = ([&seen[..], extra].concat(), [&labels[..n], extra_labels].concat());
        Judge::train(Rows::new(&x, inputs), Rows::new(&y, 1), &[classes], s.seed, &s.pause).await
    };
    let again: Vec<f32> = (0..KEPT).flat_map(|_| seen.clone()).collect();
    let of_again: Vec<u8> = (0..KEPT).flat_map(|_| labels[..n].to_vec()).collect();
    let plain = teach(&again, &of_again, s).await;
    let mut rng = Rng::new(s.seed);
    let (mut random, mut hard, mut of_kept) = (vec![], vec![], vec![]);
    for (i, own) in of_variants.chunks_exact(each * inputs).enumerate() {
        s.pause.point().await;
        let label = usize::from(labels[i]);
        let mut order: Vec<(f32, usize)> = own.chunks_exact(inputs).map(|x| plain.probabilities(x)[label]).zip(0..).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        for ((_, at), chance) in order.into_iter().zip(rng.permutation(each)).take(KEPT) {
            hard.extend(&own[at * inputs..(at + 1) * inputs]);
            random.extend(&own[chance * inputs..(chance + 1) * inputs]);
            of_kept.push(labels[i]);
        }
    }
    let (random, hard) = (teach(&random, &of_kept, s).await, teach(&hard, &of_kept, s).await);
    let (test, shape) = (&s.images.test, s.images.shape.image);
    let shape = [shape.channels, shape.height, shape.width];
    let shifted = [
        image::slanted(&test.x, shape, SLANT),
        image::slanted(&test.x, shape, -SLANT),
        image::stroked(&test.x, shape, true),
        image::stroked(&test.x, shape, false),
    ];
    let tells = |judge: &Judge, x: &[f32]| {
        let (x, _) = court.seen(x);
        let said = judge.verdicts(Rows::new(&x, inputs));
        mean(said.iter().zip(&test.labels).map(|(a, b)| f64::from(u8::from(a == b))))
    };
    let moved = |judge: &Judge| mean(shifted.iter().map(|x| tells(judge, x)));
    let how = format!(
        "{} test images; a judge as elsewhere on {}, taught by {n} {} and {KEPT} more of each: {{}}",
        test.labels.len(),
        court.sees(),
        s.images.whose
    );
    let variants = format!(
        "decoded from codes moved by {FAR} standard deviations along the {} directions in which those of a class differ most",
        basis.len()
    );
    let (same, by_chance, hardest) = (
        "the same again".to_owned(),
        format!("variants by chance, {variants}"),
        format!("the variants hardest for it, {variants}"),
    );
    let leans = format!("leaning by {SLANT} pixels a row either way, or with thicker or thinner strokes, mean over the four");
    for (id, value, more) in [
        ("shifted_plain", moved(&plain), &same),
        ("shifted_random", moved(&random), &by_chance),
        ("shifted_hard", moved(&hard), &hardest),
    ] {
        sheet.add(id, value, format!("{leans}; {}", how.replace("{}", more)));
    }
    for (id, value, more) in
        [("unshifted_plain", tells(&plain, &test.x), &same), ("unshifted_hard", tells(&hard, &test.x), &hardest)]
    {
        sheet.add(id, value, how.replace("{}", more));
    }
    Ok(())
}
