//! Burn is right: losses, gradients and optimisers of eager runs against numbers that PyTorch computed in 64 bits.
//! `golden/make_golden.py` says how, and makes the same inputs from the same hash.
#![cfg(feature = "native")]

use std::sync::Arc;

use burn::tensor::Device;
use latent_lab::data::Dataset;
use latent_lab::nn::ImageShape;
use latent_lab::spec::Setup;
use latent_lab::train::{Engine, Weight, entry};
use pollster::block_on;
use serde::Deserialize;

/// Largest difference that rounding to 32 bits explains, relative to the tensor.
const TOLERANCE: f64 = 1e-4;
const IMAGES: usize = 6;

#[derive(Deserialize)]
struct Case {
    query: String,
    /// Channels, height and width.
    image: [usize; 3],
    steps: Vec<Step>,
    /// Of the first step.
    gradients: Vec<Gradient>,
    /// How far the parameters went in all steps.
    moved: Vec<Sample>,
}

#[derive(Deserialize)]
struct Step {
    terms: Vec<f64>,
    kl_d: Vec<f64>,
}

#[derive(Deserialize)]
struct Gradient {
    name: String,
    shape: Vec<usize>,
    norm: f64,
    /// Scalar product with cos 0, cos 1, cos 2, …: a value in the wrong place changes it.
    wave: f64,
    sample: Vec<f64>,
}

#[derive(Deserialize)]
struct Sample {
    name: String,
    /// Elements here and there.
    sample: Vec<f64>,
}

fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The weights from which the script starts.
fn start(weights: &[Weight]) -> Vec<Weight> {
    let make = |(salt, w): (usize, &Weight)| {
        let n = w.values.len();
        let r = (n as f64).powf(-0.25);
        let value = |i: u32| (r * (f64::from(mix((salt as u32).wrapping_mul(0x9e37_79b9).wrapping_add(i))) / 2f64.powi(31) - 1.0)) as f32;
        Weight { values: (0..n as u32).map(value).collect(), ..w.clone() }
    };
    weights.iter().enumerate().map(make).collect()
}

fn images(shape: ImageShape) -> Arc<Dataset> {
    let images: Vec<u8> = (0..(IMAGES * shape.len()) as u32).map(|i| mix(i) as u8).collect();
    let labels = vec![0; IMAGES];
    Arc::new(Dataset {
        shape,
        classes: 10,
        train_images: images.clone(),
        train_labels: labels.clone(),
        test_images: images,
        test_labels: labels,
        ..Dataset::default()
    })
}

/// The elements that the script stored.
fn sample(values: &[f32], n: usize) -> impl Iterator<Item = f64> + '_ {
    (0..n as u32).map(move |i| f64::from(values[mix(i) as usize % values.len()]))
}

fn assert_close(got: f64, want: f64, scale: f64, what: &str) {
    assert!((got - want).abs() <= TOLERANCE * scale, "{what}: {got} against {want}");
}

#[test]
fn eager_runs_equal_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/vae.json")).unwrap();
    for case in cases {
        let (setup, notes) = Setup::from_query(&case.query, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        let [channels, height, width] = case.image;
        let data = images(ImageShape { channels, height, width });
        let name = format!("{} on {:?}", case.query, case.image);
        let mut run = entry(&setup.method).unwrap().eager(&setup, Device::flex(), data);
        let start = start(&block_on(run.weights()).unwrap());
        run.set_weights(&start).unwrap();

        for (i, step) in case.steps.iter().enumerate() {
            let (row, gradients) = block_on(run.step_with_gradients()).unwrap();
            for (got, want) in row.terms.iter().zip(&step.terms) {
                assert_close(f64::from(*got), *want, want.abs(), &format!("{name}: a term of step {i}"));
            }
            let scale = step.kl_d.iter().fold(0.0f64, |m, v| m.max(*v));
            assert_eq!((row.terms.len(), row.kl_d.len()), (step.terms.len(), step.kl_d.len()));
            for (got, want) in row.kl_d.iter().zip(&step.kl_d) {
                assert_close(f64::from(*got), *want, scale, &format!("{name}: KL of a latent of step {i}"));
            }
            if i == 0 {
                compare_gradients(&name, &gradients, &case.gradients);
            }
        }

        assert_eq!(case.moved.len(), start.len());
        for ((want, from), to) in case.moved.iter().zip(&start).zip(&block_on(run.weights()).unwrap()) {
            assert_eq!(want.name, to.name);
            let moved: Vec<f32> = to.values.iter().zip(&from.values).map(|(a, b)| a - b).collect();
            let n = want.sample.len();
            // On average: Adam makes a full step of a gradient that is nothing but rounding.
            let off: f64 = sample(&moved, n).zip(&want.sample).map(|(a, b)| (a - b).abs()).sum();
            let whole: f64 = want.sample.iter().map(|v| v.abs()).sum();
            assert!(off < 5e-4 * whole, "{name}: {} moved otherwise, by {off} of {whole}", to.name);
        }
    }
}

fn compare_gradients(name: &str, got: &[Weight], want: &[Gradient]) {
    assert_eq!(got.len(), want.len(), "{name}");
    for (got, want) in got.iter().zip(want) {
        assert_eq!((&got.name, &got.shape), (&want.name, &want.shape), "{name}");
        let what = format!("{name}: gradient of {}", want.name);
        assert!(want.norm > 0.0, "{what} is zero, which proves nothing");
        let norm = got.values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        assert_close(norm, want.norm, want.norm, &what);
        let wave: f64 = got.values.iter().enumerate().map(|(i, v)| f64::from(*v) * (i as f64).cos()).sum();
        assert_close(wave, want.wave, want.norm, &what);
        for (got, want_value) in sample(&got.values, want.sample.len()).zip(&want.sample) {
            assert_close(got, *want_value, want.norm, &what);
        }
    }
}
