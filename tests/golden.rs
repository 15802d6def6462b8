//! Burn is right: losses, gradients and Adam of eager runs against numbers that PyTorch computed in 64 bits.
//! `golden/make_golden.py` says how, and makes the same inputs from the same hash.
#![cfg(feature = "native")]

#[path = "golden/case.rs"]
mod case;

use burn::tensor::Device;
use case::{Case, compare_gradients, compare_terms, images, sample, start};
use latent_lab::nn::ImageShape;
use latent_lab::spec::Setup;
use latent_lab::train::entry;

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
        let start = start(&run.weights());
        run.set_weights(&start);

        for (i, step) in case.steps.iter().enumerate() {
            let (row, gradients) = run.advance_with_gradients();
            compare_terms(&name, &row, step);
            if i == 0 {
                compare_gradients(&name, &gradients, &case.gradients);
            }
        }

        assert_eq!(case.moved.len(), start.len());
        for ((want, from), to) in case.moved.iter().zip(&start).zip(&run.weights()) {
            assert_eq!(want.name, to.name);
            let moved: Vec<f32> = to.values.iter().zip(&from.values).map(|(a, b)| a - b).collect();
            let n = want.sample.len();
            // On average: Adam makes a full step of a gradient that is nothing but rounding.
            let off: f64 = sample(&moved, n).zip(&want.sample).map(|(a, b)| (a - b).abs()).sum::<f64>() / n as f64;
            assert!(off < 1e-3 * setup.get("lr"), "{name}: {} moved otherwise, by {off} on average", to.name);
        }
    }
}
