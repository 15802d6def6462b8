//! The processor's engine is Burn: from equal weights and noise, both give the same terms, gradients, states and programs. With
//! `plan`, which compares Burn and the plan on the same setups, any two engines are the same, and the pair that differs is named.

use std::sync::Arc;

use burn::tensor::Device;
use latent_data::Dataset;
use latent_engine::cpu::{self, CpuEngine};
use latent_engine::plan::Given;
use latent_engine::program::Input;
use latent_engine::verify::difference;
use latent_engine::{Engine, Program, Rows};
use latent_experiment::Setup;
use latent_registry::entry;
use latent_vocabulary::Family;

use crate::plan::{setups, stripes, tokens};

fn engine(setup: &Setup, data: &Dataset, keep: bool) -> CpuEngine {
    let images = CpuEngine::whole(data.train_images.clone(), data.train_labels.clone());
    let params = setup.params().unwrap();
    let made =
        CpuEngine::given(cpu::tape, entry(&setup.method).unwrap(), &params, data.data_shape(), &images, Given::default(), keep);
    pollster::block_on(made).unwrap_or_else(|e| panic!("{}: {}", setup.to_query(), String::from(e)))
}

fn cpu_equals_burn(family: Family) {
    let data = stripes(20);
    for setup in setups(family) {
        equals_burn(&setup, &data);
    }
}

fn equals_burn(setup: &Setup, data: &Arc<Dataset>) {
    let name = setup.to_query();
    println!("{name}");
    let mut cpu = engine(setup, data, true);
    let mut burn = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), data.clone());
    // Four steps cross the end of an epoch: 28 of 20 images.
    for step in 1..=4 {
        burn.set_weights(&pollster::block_on(cpu.weights()).unwrap()).unwrap();
        cpu.run_steps(1).unwrap();
        let got = pollster::block_on(cpu.metrics()).unwrap().pop().unwrap();
        let (want, gradients) = pollster::block_on(burn.step_with_gradients()).unwrap();
        let d = difference(&got.terms, &want.terms).max(difference(&got.kl_d, &want.kl_d));
        assert!(d < 1e-4, "{name}: processor and Burn: terms differ by {d} at step {step}: {got:?} {want:?}");
        for got in cpu.gradients().unwrap() {
            let want = gradients.iter().find(|w| w.name == got.name).unwrap();
            let d = difference(&got.values, &want.values);
            assert!(d < 1e-4, "{name}: processor and Burn: the gradient of {} differs by {d} at step {step}", got.name);
        }
    }
    // The optimiser and the states: what both have made of the last step.
    let weights = pollster::block_on(cpu.weights()).unwrap();
    for ((got, want), info) in weights.iter().zip(&pollster::block_on(burn.weights()).unwrap()).zip(&cpu.info().tensors) {
        let mean = got.values.iter().zip(&want.values).map(|(a, b)| (a - b).abs()).sum::<f32>() / got.values.len() as f32;
        if info.trained {
            assert!(mean < 0.01 * setup.get("lr") as f32, "{name}: {} moved otherwise, by {mean} on average", got.name);
        } else {
            assert!(difference(&got.values, &want.values) < 1e-4, "{name}: the state {} differs", got.name);
        }
    }
    burn.set_weights(&weights).unwrap();
    let codes: Vec<f32> = (0..3 * cpu.info().latent).map(|i| (i as f32).sin()).collect();
    let token_n: Vec<f32> = cpu.info().code.iter().flat_map(tokens).collect();
    let images: Vec<f32> = data.test_images[..19 * 784].iter().map(|b| f32::from(*b) / 255.0).collect();
    for what in Program::ALL.into_iter().filter(|p| !matches!(p, Program::Train | Program::Evaluate | Program::Start)) {
        let rows = match what.input() {
            Input::Images => Rows::labelled(&images, &data.test_labels),
            Input::Codes => Rows::of(&codes),
            Input::Tokens => Rows::of(&token_n),
            Input::Count => Rows::of(&[0.0]),
        };
        if rows.values.is_empty() {
            continue;
        }
        let (got, want) = (pollster::block_on(cpu.run(what, rows)).unwrap(), pollster::block_on(burn.run(what, rows)).unwrap());
        assert_eq!(got.is_some(), want.is_some(), "{name}: {what:?}");
        for (got, want) in got.iter().flatten().zip(want.iter().flatten()) {
            // Noise outside training is counted by each engine for itself.
            if !matches!(what, Program::Prior | Program::Damaged | Program::LogWeights) {
                let d = difference(got, want);
                assert!(d < 1e-3, "{name}: processor and Burn: {what:?} differs by {d}");
            }
        }
    }
}

#[test]
fn cpu_equals_burn_for_autoencoders() {
    cpu_equals_burn(Family::Ae);
}

#[test]
fn cpu_equals_burn_for_variational_autoencoders() {
    cpu_equals_burn(Family::Vae);
}

#[test]
fn cpu_equals_burn_for_codebooks() {
    cpu_equals_burn(Family::Vq);
}

#[test]
fn cpu_equals_burn_for_sparse_autoencoders() {
    cpu_equals_burn(Family::Sae);
}
