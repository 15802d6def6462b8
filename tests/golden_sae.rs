//! Sparse autoencoders are right: terms, gradients and state of single steps against numbers that PyTorch computed in 64
//! bits. `golden/make_sae.py` says how, and makes the same weights and images from the same hash.
#![cfg(feature = "native")]

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Device;
use latent_lab::data::Dataset;
use latent_lab::nn::ImageShape;
use latent_lab::spec::Setup;
use latent_lab::train::{Weight, entry};
use serde::Deserialize;

/// Largest difference that rounding to 32 bits explains, relative to the tensor.
const TOLERANCE: f64 = 1e-4;
const IMAGES: usize = 6;

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

#[derive(Deserialize)]
struct Gradient {
    name: String,
    norm: f64,
    /// Scalar product with cos 0, cos 1, cos 2, …: a value in the wrong place changes it.
    wave: f64,
    sample: Vec<f64>,
}

fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The weights from which the script starts. About half of the features have not fired for thousands of inputs.
fn start(weights: &[Weight]) -> Vec<Weight> {
    let make = |(salt, w): (usize, &Weight)| {
        let n = w.values.len();
        let scale = if w.name == "sae.since_f" { 1e4 } else { 1.0 };
        let r = (n as f64).powf(-0.25);
        let value = |i: u32| {
            let v = r * (f64::from(mix((salt as u32).wrapping_mul(0x9e37_79b9).wrapping_add(i))) / 2f64.powi(31) - 1.0);
            (f64::from(v as f32) * scale) as f32
        };
        Weight { values: (0..n as u32).map(value).collect(), ..w.clone() }
    };
    weights.iter().enumerate().map(make).collect()
}

fn images() -> Arc<Dataset> {
    let shape = ImageShape::MNIST;
    let images: Vec<u8> = (0..(IMAGES * shape.len()) as u32).map(|i| mix(i) as u8).collect();
    let labels = vec![0; IMAGES];
    Arc::new(Dataset { shape, classes: 10, train_images: images.clone(), train_labels: labels.clone(), test_images: images, test_labels: labels })
}

fn assert_close(got: f64, want: f64, scale: f64, what: &str) {
    assert!((got - want).abs() <= TOLERANCE * scale, "{what}: {got} against {want}");
}

fn compare(what: &str, got: &Weight, want: &Gradient) {
    assert!(want.norm > 0.0, "{what} is zero, which proves nothing");
    let norm = got.values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let wave = got.values.iter().enumerate().map(|(i, v)| f64::from(*v) * (i as f64).cos()).sum::<f64>();
    assert_close(norm, want.norm, want.norm, what);
    assert_close(wave, want.wave, want.norm, what);
    let largest = want.sample.iter().fold(want.norm / (got.values.len() as f64).sqrt(), |m, v| m.max(v.abs()));
    for (i, v) in want.sample.iter().enumerate() {
        let at = mix(i as u32) as usize % got.values.len();
        assert_close(f64::from(got.values[at]), *v, largest, &format!("{what} at {at}"));
    }
}

#[test]
fn steps_equal_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/sae.json")).unwrap();
    for case in cases {
        let (setup, notes) = Setup::from_query(&case.query, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        let mut run = entry(&setup.method).unwrap().eager(&setup, Device::flex(), images());
        let start = start(&run.weights());
        for (i, step) in case.steps.iter().enumerate() {
            let name = format!("{}, step {i}", case.query);
            run.set_weights(&start);
            let (row, gradients) = run.advance_with_gradients();
            assert_eq!(row.terms.len(), step.terms.len(), "{name}");
            for (j, (got, want)) in row.terms.iter().zip(&step.terms).enumerate() {
                assert_close(f64::from(*got), *want, want.abs().max(1e-6), &format!("{name}: term {j}"));
            }
            for want in &step.gradients {
                let got = gradients.iter().find(|g| g.name == want.name).unwrap_or_else(|| panic!("{name}: {}", want.name));
                compare(&format!("{name}: gradient of {}", want.name), got, want);
            }
            let after = run.weights();
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
