//! Sparse autoencoders are right: terms, gradients and state of single steps against numbers that PyTorch computed in 64
//! bits. `golden/make_sae.py` says how, and makes the same weights and images from the same hash.

use std::collections::BTreeMap;

use crate::golden::case::{Gradient, assert_close, compare_gradients, images, sample, start_with};
use burn::tensor::Device;
use latent_engine::{Engine, Weight};
use latent_experiment::Setup;
use latent_registry::entry;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    query: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    terms: Vec<f64>,
    gradients: Vec<Gradient>,
    /// Parameters after the step that the optimiser does not move.
    state: BTreeMap<String, Vec<f64>>,
}

/// About half of the features have not fired for thousands of inputs. Where lengths choose, the encoder is loud enough for a choice.
fn start(method: &str, weights: &[Weight]) -> Vec<Weight> {
    start_with(weights, |name, value| {
        let factor = match name {
            "sae.since_f" | "twin_since_f" => 1e4,
            "sae.dictionary.w_enc" if method == "top-afa" => 5.0,
            _ => return value,
        };
        (f64::from(value) * factor) as f32
    })
}

#[test]
fn steps_equal_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/sae.json")).unwrap();
    for case in cases {
        let (setup, notes) = Setup::from_query(&case.query, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        let mut run = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), images(SampleShape::MNIST));
        let start = start(&setup.method, &block_on(run.weights()).unwrap());
        for (i, step) in case.steps.iter().enumerate() {
            let name = format!("{}, step {i}", case.query);
            run.set_weights(&start).unwrap();
            let (row, gradients) = block_on(run.step_with_gradients()).unwrap();
            assert_eq!(row.terms.len(), step.terms.len(), "{name}");
            for (j, (got, want)) in row.terms.iter().zip(&step.terms).enumerate() {
                assert_close(f64::from(*got), *want, want.abs().max(1e-6), &format!("{name}: term {j}"));
            }
            compare_gradients(&name, &gradients, &step.gradients);
            let after = block_on(run.weights()).unwrap();
            for (state, want) in &step.state {
                let got = after.iter().find(|w| w.name == *state).unwrap_or_else(|| panic!("{name}: {state}"));
                let scale = want.iter().fold(0.0f64, |m, v| m.max(v.abs()));
                let got: Vec<f64> = if want.len() == got.values.len() {
                    got.values.iter().map(|v| f64::from(*v)).collect()
                } else {
                    // Of a large one the script stores a sample.
                    sample(&got.values, want.len()).collect()
                };
                assert_eq!(got.len(), want.len(), "{name}: {state}");
                for (got, want) in got.iter().zip(want) {
                    assert_close(*got, *want, scale, &format!("{name}: {state}"));
                }
            }
        }
    }
}

/// AuxK changes the gradient of what belongs to dead features, and of the origin that the encoder looks from; of nothing else.
#[test]
fn revival_moves_dead_features_and_the_origin() {
    let gradients = |aux: f64| {
        let link = format!("v=1&data=mnist&method=topk-sae&features=64&k=5&batch=3&dead_after=2&seed=5&aux={aux}");
        let (setup, notes) = Setup::from_query(&link, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        let mut run = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), images(SampleShape::MNIST));
        let start = start(&setup.method, &block_on(run.weights()).unwrap());
        run.set_weights(&start).unwrap();
        let since_f = start.iter().find(|w| w.name == "sae.since_f").unwrap().values.clone();
        (since_f, block_on(run.step_with_gradients()).unwrap().1)
    };
    let ((since_f, with), (_, without)) = (gradients(1.0), gradients(1e-4));
    let dead = |f: usize| since_f[f] > 2.0;
    assert!((0..64).any(dead) && !(0..64).all(dead));
    for (a, b) in with.iter().zip(&without).filter(|(a, _)| a.name.starts_with("sae.dictionary")) {
        let scale = a.values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let moved = |i: usize| (a.values[i] - b.values[i]).abs() > 1e-4 * scale;
        // Rows are features; the encoder's columns are.
        let feature = |i: usize| if a.name.ends_with("w_enc") { i % 64 } else { i / (a.values.len() / 64) };
        let all = 0..a.values.len();
        if a.name.ends_with("b_dec") {
            assert!(all.clone().any(moved), "the origin is moved");
        } else {
            assert!(all.clone().any(moved), "{} is moved", a.name);
            assert!(all.clone().all(|i| dead(feature(i)) || !moved(i)), "{} of living features is left alone", a.name);
        }
    }
}
