//! Cases that PyTorch computed, and their comparison with eager runs. Weights and images are made here from the same hash as
//! there.
#![allow(dead_code, reason = "each test reads its part of a case")]

use std::sync::Arc;

use crate::alike::factors;
use latent_data::Dataset;
use latent_engine::Weight;
use latent_experiment::history::MetricRow;
use latent_vocabulary::shape::SampleShape;
use serde::Deserialize;

/// Largest difference that rounding to 32 bits explains, relative to the tensor.
pub const TOLERANCE: f64 = 1e-4;
pub const IMAGES: usize = 6;

/// One network, its first steps, and what PyTorch says they are.
#[derive(Deserialize)]
pub struct Case {
    pub query: String,
    /// Channels, height and width.
    pub image: [usize; 3],
    pub steps: Vec<Step>,
    /// Of the first step.
    pub gradients: Vec<Gradient>,
    /// How far the parameters went in all steps.
    #[serde(default)]
    pub moved: Vec<Sample>,
    /// State after the first step.
    #[serde(default)]
    pub state: Vec<State>,
}

#[derive(Deserialize)]
pub struct Step {
    pub terms: Vec<f64>,
    pub kl_d: Vec<f64>,
}

#[derive(Deserialize)]
pub struct Gradient {
    pub name: String,
    #[serde(default)]
    pub shape: Option<Vec<usize>>,
    pub norm: f64,
    /// Scalar product with cos 0, cos 1, cos 2, …: a value in the wrong place changes it.
    pub wave: f64,
    pub sample: Vec<f64>,
}

#[derive(Deserialize)]
pub struct Sample {
    pub name: String,
    /// Elements here and there.
    pub sample: Vec<f64>,
}

#[derive(Deserialize)]
pub struct State {
    pub name: String,
    pub values: Vec<f64>,
}

/// The hash behind all numbers.
pub fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The weights from which the script starts.
pub fn start(weights: &[Weight]) -> Vec<Weight> {
    start_with(weights, |_, value| value)
}

/// The weights from which a script starts that makes something else of some of them, by their name.
pub fn start_with(weights: &[Weight], of: impl Fn(&str, f32) -> f32) -> Vec<Weight> {
    let make = |(salt, w): (usize, &Weight)| {
        let n = w.values.len();
        let r = (n as f64).powf(-0.25);
        let value =
            |i: u32| (r * (f64::from(mix((salt as u32).wrapping_mul(0x9e37_79b9).wrapping_add(i))) / 2f64.powi(31) - 1.0)) as f32;
        Weight { values: (0..n as u32).map(|i| of(&w.name, value(i))).collect(), ..w.clone() }
    };
    weights.iter().enumerate().map(make).collect()
}

pub fn images(shape: SampleShape) -> Arc<Dataset> {
    let images: Vec<u8> = (0..(IMAGES * shape.len()) as u32).map(|i| mix(i) as u8).collect();
    let labels: Vec<u8> = (0..IMAGES).map(|i| (i % 10) as u8).collect();
    Arc::new(Dataset { factors: factors(IMAGES), ..Dataset::of(shape, 10, images, labels) })
}

/// The elements that the script stored.
pub fn sample(values: &[f32], n: usize) -> impl Iterator<Item = f64> + '_ {
    (0..n as u32).map(move |i| f64::from(values[mix(i) as usize % values.len()]))
}

pub fn assert_close(got: f64, want: f64, scale: f64, what: &str) {
    assert!((got - want).abs() <= TOLERANCE * scale, "{what}: {got} against {want}");
}

/// Compares the terms of one step.
pub fn compare_terms(name: &str, row: &MetricRow, step: &Step) {
    assert_eq!((row.terms.len(), row.kl_d.len()), (step.terms.len(), step.kl_d.len()), "{name}");
    // Adam makes whole steps of gradients that are nothing but rounding, and processors round differently: with each step two
    // runs drift further apart.
    let drift = row.step.max(1) as f64;
    for (i, (got, want)) in row.terms.iter().zip(&step.terms).enumerate() {
        // A term may be the small difference of numbers around one.
        assert_close(f64::from(*got), *want, drift * want.abs().max(0.01), &format!("{name}: term {i} of step {}", row.step));
    }
    let scale = drift * step.kl_d.iter().fold(0.0f64, |m, v| m.max(*v));
    for (got, want) in row.kl_d.iter().zip(&step.kl_d) {
        assert_close(f64::from(*got), *want, scale, &format!("{name}: KL of a latent of step {}", row.step));
    }
}

pub fn compare_gradients(name: &str, got: &[Weight], want: &[Gradient]) {
    for want in want {
        let got = got.iter().find(|got| got.name == want.name).unwrap_or_else(|| panic!("{name} has no {}", want.name));
        assert!(want.shape.as_ref().is_none_or(|shape| *shape == got.shape), "{name}: {} is {:?}", want.name, got.shape);
        let what = format!("{name}: gradient of {}", want.name);
        assert!(want.norm > 0.0, "{what} is zero, which proves nothing");
        let norm = got.values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        assert_close(norm, want.norm, want.norm, &what);
        let wave: f64 = got.values.iter().enumerate().map(|(i, v)| f64::from(*v) * (i as f64).cos()).sum();
        assert_close(wave, want.wave, want.norm, &what);
        let largest = want.sample.iter().fold(want.norm / (got.values.len() as f64).sqrt(), |m, v| m.max(v.abs()));
        for (got, want_value) in sample(&got.values, want.sample.len()).zip(&want.sample) {
            assert_close(got, *want_value, largest, &what);
        }
    }
}
