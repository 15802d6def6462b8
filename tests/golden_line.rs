//! Every objective of the autoencoder and VAE lines, and of encoders alone, equals PyTorch's: terms, gradients and state of one step
//! (`golden/make_line.py`); and the identities between them hold exactly.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::alike::frames_for;
use crate::golden::case::{Case, TOLERANCE, compare_gradients, compare_terms, images, start_with};
use burn::tensor::Device;
use latent_catalog::CARDS;
use latent_data::Dataset;
use latent_engine::eager::EagerEngine;
use latent_engine::{Engine, Program, Rows, Weight};
use latent_experiment::Setup;
use latent_experiment::history::MetricRow;
use latent_nn::method::IMPORTANCE_SAMPLES;
use latent_registry::entry;
use latent_vocabulary::Family;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

/// The network of a link with the case's weights, before its first step.
fn run(query: &str) -> EagerEngine {
    let (setup, notes) = Setup::from_query(query, &[]);
    assert!(notes.is_empty(), "{notes:?}");
    let frames = match frames_for(&setup.method) {
        Frames::Clip(_) => Frames::Clip(4),
        other => other,
    };
    let data = Arc::new(Dataset { frames, ..Dataset::clone(&images(SampleShape::MNIST)) });
    let mut run = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), data);
    // Mean squares are positive.
    let begin = |name: &str, value: f32| if ["square_d", "told_d"].contains(&name) { value.abs() } else { value };
    let start = start_with(&block_on(run.weights()).unwrap(), begin);
    run.set_weights(&start).unwrap();
    run
}

#[test]
fn objectives_equal_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/line.json")).unwrap();
    let mut seen = BTreeSet::new();
    for case in cases {
        let name = &case.query;
        let mut run = run(name);
        let (row, gradients) = block_on(run.step_with_gradients()).unwrap();
        compare_terms(name, &row, &case.steps[0]);
        compare_gradients(name, &gradients, &case.gradients);
        let weights = block_on(run.weights()).unwrap();
        for want in &case.state {
            let got = weights.iter().find(|w| w.name == want.name).unwrap();
            let scale = want.values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            for (got, want_value) in got.values.iter().zip(&want.values) {
                assert!(
                    (f64::from(*got) - want_value).abs() < TOLERANCE * scale,
                    "{name}: {} is {got}, not {want_value}",
                    want.name
                );
            }
        }
        seen.insert(Setup::from_query(name, &[]).0.method);
    }
    let line = CARDS.iter().filter(|c| matches!(c.family, Family::Ae | Family::Vae | Family::Siamese));
    assert_eq!(seen, line.map(|c| c.id.to_string()).collect(), "every method has a case");
}

/// First step with given parameters behind the common ones.
fn step(query: &str) -> (MetricRow, Vec<Weight>) {
    block_on(run(&format!("v=1&data=mnist&hidden=16&latent=3&batch=4&seed=5&{query}")).step_with_gradients()).unwrap()
}

/// The first step is the same but for a factor: loss and all gradients.
fn assert_same(a: &str, b: &str, factor: f32) {
    let ((row_a, gradients_a), (row_b, gradients_b)) = (step(a), step(b));
    let (x, y) = (row_a.terms[0], factor * row_b.terms[0]);
    assert!((x - y).abs() < 1e-5 * y.abs(), "{a}: {x}, {b}: {y}");
    assert_eq!(gradients_a.len(), gradients_b.len());
    for (x, y) in gradients_a.iter().zip(&gradients_b) {
        let scale = y.values.iter().fold(0.0f32, |m, v| m.max((factor * v).abs()));
        assert!(scale > 0.0, "{b}: the gradient of {} is zero, which proves nothing", y.name);
        let worst = x.values.iter().zip(&y.values).fold(0.0f32, |m, (x, y)| m.max((x - factor * y).abs()));
        assert!(worst < 1e-4 * scale, "{a} and {b}: the gradient of {} differs by {worst} of {scale}", x.name);
    }
}

#[test]
fn special_cases_are_the_vae() {
    assert_same("method=beta-vae&objective=fixed&beta=1", "method=vae", 1.0);
    assert_same("method=beta-vae&objective=autogen&copies=3", "method=vae&beta=0.25", 4.0);
    assert_same("method=info-vae&alpha=0&lambda=1", "method=vae", 1.0);
}

/// With one sample the bound is the ELBO whose KL is estimated by that sample: all four have the same step.
#[test]
fn one_importance_sample_is_the_elbo() {
    let (row, _) = step("method=iwae&k=1");
    assert_eq!(row.terms[3], 0.0, "nothing is gained over the ELBO");
    // β-TCVAE with equal weights adds up to the same estimate, by another road.
    let (other, _) = step("method=beta-tc&alpha=1&beta=1&gamma=1");
    assert!((row.terms[0] - other.terms[0]).abs() < 1e-5 * row.terms[0], "{} and {}", row.terms[0], other.terms[0]);
    assert_same("method=iwae&k=1&bound=ciwae&beta=0.3", "method=iwae&k=1", 1.0);
    assert_same("method=iwae&k=6&bound=ciwae&beta=0", "method=iwae&k=6", 1.0);
    assert_same("method=iwae&k=6&bound=miwae&m=1", "method=iwae&k=6", 1.0);
    assert_same("method=iwae&k=6&bound=piwae&m=1", "method=iwae&k=6", 1.0);
}

/// The importance weights of a code of two levels: their mean is the ELBO that training takes by closed forms, and the bound of several
/// together lies above it.
#[test]
fn weights_of_two_levels_average_to_the_elbo() {
    let mut run = run("v=1&data=mnist&hidden=16&latent=3&upper=2&batch=4&seed=5&method=ladder-vae&warmup=0");
    let images = images(SampleShape::MNIST);
    let test: Vec<f32> = images.test_images.iter().map(|b| f32::from(*b) / 255.0).collect::<Vec<_>>().repeat(100);
    let loss = f64::from(block_on(run.evaluate(Rows::of(&test))).unwrap()[0]);
    let log_w = block_on(run.run(Program::LogWeights, Rows::of(&test))).unwrap().unwrap().remove(0);
    let log_w: Vec<f64> = log_w.into_iter().map(f64::from).collect();
    let mean = log_w.iter().sum::<f64>() / log_w.len() as f64;
    assert!((mean + loss).abs() < 0.1, "{mean} nats by weights, {} by closed forms", -loss);
    let bound = |w: &[f64]| {
        let most = w.iter().copied().fold(f64::MIN, f64::max);
        most + (w.iter().map(|v| (v - most).exp()).sum::<f64>() / w.len() as f64).ln()
    };
    let rows: Vec<&[f64]> = log_w.chunks(IMPORTANCE_SAMPLES).collect();
    let tight = rows.iter().map(|row| bound(row)).sum::<f64>() / rows.len() as f64;
    assert!(tight > mean + 0.05, "{tight} nats by {IMPORTANCE_SAMPLES} together, {mean} by one");
}

/// On frozen weights the bound rises with k, as the mean over many draws.
#[test]
fn the_bound_rises_with_k() {
    let test: Vec<f32> = images(SampleShape::MNIST).test_images.iter().map(|b| f32::from(*b) / 255.0).collect();
    let many = test.repeat(50);
    let loss = |k: usize| {
        let query = format!("v=1&data=mnist&hidden=16&latent=3&batch=4&seed=5&method=iwae&k={k}");
        block_on(run(&query).evaluate(Rows::of(&many))).unwrap()[0]
    };
    let losses = [1, 2, 5, 20, 50].map(loss);
    assert!(losses.windows(2).all(|w| w[1] < w[0]), "{losses:?}");
}

/// Where the codes are samples of the prior, MMD² reads zero on average, whatever the batch.
#[test]
fn codes_of_the_prior_are_at_no_distance_from_it() {
    let mut run = run("v=1&data=mnist&hidden=16&latent=3&batch=4&seed=5&method=info-vae&lambda=1&lr=0.00001");
    let mut weights = block_on(run.weights()).unwrap();
    for head in weights.iter_mut().filter(|w| w.name.starts_with("encoder.mean") || w.name.starts_with("encoder.logvar")) {
        head.values.fill(0.0);
    }
    run.set_weights(&weights).unwrap();
    run.run_steps(200).unwrap();
    let mmd = run.info().terms.iter().position(|t| t == "mmd").unwrap();
    let readings: Vec<f32> = block_on(run.metrics()).unwrap().iter().map(|row| row.terms[mmd]).collect();
    let mean = readings.iter().sum::<f32>() / readings.len() as f32;
    // With the pairs of a code with itself it would be 2(1 − E k)/4 = 0.27.
    assert!(readings.len() == 200 && mean.abs() < 0.04, "{mean}");
}

/// What the help of the weight decay says: it takes everything that has a gradient, not matrices alone.
#[test]
fn weight_decay_shrinks_all_that_is_trained() {
    for (link, name) in [
        ("method=ae&hidden=16&likelihood=gaussian-learnt", "likelihood.log_sigma"),
        ("method=ae&hidden=16", "encoder.mean.bias"),
        ("method=jump-relu&features=64", "log_threshold"),
        ("method=vq-vae&update=gradient&codes=11&width=8&hidden=16&prior=none", "codebook.vectors_kd"),
    ] {
        let after = |decay: f64| {
            let mut run = run(&format!("v=1&data=mnist&batch=4&seed=5&optimizer=adamw&lr=0.01&{link}&weight_decay={decay}"));
            let of = |weights: Vec<Weight>| {
                weights.into_iter().find(|w| w.name.ends_with(name)).unwrap_or_else(|| panic!("no {name}")).values
            };
            let start = of(block_on(run.weights()).unwrap());
            run.run_steps(1).unwrap();
            (start, of(block_on(run.weights()).unwrap()))
        };
        let ((start, kept), (_, decayed)) = (after(0.0), after(1.0));
        assert!(start.iter().any(|w| w.abs() > 1e-3), "{link}: nothing to decay");
        for (w, (kept, decayed)) in start.iter().zip(kept.iter().zip(&decayed)) {
            assert!((kept - decayed - 0.01 * w).abs() < 1e-5, "{link}: {w} went to {kept} without, to {decayed} with decay");
        }
    }
}
