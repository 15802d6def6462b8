//! Burn is right: losses, gradients and optimisers of eager runs against numbers that PyTorch computed in 64 bits.
//! `golden/make_golden.py` says how, and makes the same inputs from the same hash.

pub mod case;

use burn::tensor::Device;
use case::{Case, compare_gradients, compare_terms, images, sample, start};
use latent_engine::Engine;
use latent_experiment::Setup;
use latent_registry::entry;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

#[test]
fn eager_runs_equal_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/vae.json")).unwrap();
    for case in cases {
        let (setup, notes) = Setup::from_query(&case.query, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        let [channels, height, width] = case.image;
        let data = images(SampleShape { channels, height, width });
        let name = format!("{} on {:?}", case.query, case.image);
        let mut run = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), data);
        let start = start(&block_on(run.weights()).unwrap());
        run.set_weights(&start).unwrap();

        for (i, step) in case.steps.iter().enumerate() {
            let (row, gradients) = block_on(run.step_with_gradients()).unwrap();
            compare_terms(&name, &row, step);
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
