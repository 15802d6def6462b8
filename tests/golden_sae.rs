//! Sparse autoencoders are right: terms, gradients and state of single steps against numbers that PyTorch computed in 64
//! bits. `golden/make_sae.py` says how, and makes the same weights and images from the same hash.

use std::collections::BTreeMap;

use crate::golden::case::{Gradient, assert_close, compare_gradients, images, start_with};
use burn::tensor::Device;
use latent_lab::nn::ImageShape;
use latent_lab::spec::Setup;
use latent_lab::train::{Engine, Weight, entry};
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

/// About half of the features have not fired for thousands of inputs.
fn start(weights: &[Weight]) -> Vec<Weight> {
    start_with(weights, |name, value| if name == "sae.since_f" { (f64::from(value) * 1e4) as f32 } else { value })
}

#[test]
fn steps_equal_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/sae.json")).unwrap();
    for case in cases {
        let (setup, notes) = Setup::from_query(&case.query, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        let mut run = entry(&setup.method).unwrap().eager(&setup, Device::flex(), images(ImageShape::MNIST));
        let start = start(&block_on(run.weights()).unwrap());
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
                assert_eq!(got.values.len(), want.len(), "{name}: {state}");
                for (got, want) in got.values.iter().zip(want) {
                    assert_close(f64::from(*got), *want, scale, &format!("{name}: {state}"));
                }
            }
        }
    }
}
