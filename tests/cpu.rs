//! The processor's engine is Burn: from equal weights and noise, both give the same terms, gradients, states and programs. With
//! `plan`, which compares Burn and the plan on the same setups, any two engines are the same, and the pair that differs is named.

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_data::Dataset;
use latent_engine::cpu::{self, CpuEngine, HostSupply};
use latent_engine::plan::{Given, PlanEngine};
use latent_engine::verify::difference;
use latent_engine::{Engine, Program};
use latent_experiment::Setup;
use latent_experiment::history::MetricRow;
use latent_gpu::{Data, Gpu};
use latent_registry::entry;
use latent_vocabulary::Family;

use crate::alike::{framed, weights_and_programs};
use crate::plan::{setups, stripes};

fn engine(setup: &Setup, data: &Dataset, keep: bool) -> CpuEngine {
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), data.factors.train_nk.clone());
    let params = setup.params().unwrap();
    let made =
        CpuEngine::given(cpu::tape, entry(&setup.method).unwrap(), &params, data.data_shape(), &images, Given::default(), keep);
    pollster::block_on(made).unwrap_or_else(|e| panic!("{}: {}", setup.to_query(), String::from(e)))
}

fn cpu_equals_burn(family: Family) {
    let data = stripes(20);
    for setup in setups(family) {
        equals_burn(&setup, &framed(&data, &setup.method));
    }
}

pub fn equals_burn(setup: &Setup, data: &Arc<Dataset>) {
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
    let programs = Program::ALL.into_iter().filter(|p| !matches!(p, Program::Train | Program::Evaluate | Program::Start));
    weights_and_programs("processor", setup, data, &mut cpu, &mut burn, programs);
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
fn cpu_equals_burn_for_encoders_alone() {
    cpu_equals_burn(Family::Siamese);
}

#[test]
fn cpu_equals_burn_for_codebooks() {
    cpu_equals_burn(Family::Vq);
}

#[test]
fn cpu_equals_burn_for_sparse_autoencoders() {
    cpu_equals_burn(Family::Sae);
}

/// A small network that learns quickly.
fn small() -> Setup {
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 8.0), ("hidden", 32.0), ("latent", 4.0), ("seed", 5.0)] {
        setup.set(key, value).unwrap();
    }
    setup
}

fn plan(setup: &Setup, data: &Dataset) -> PlanEngine {
    let gpu = Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"));
    let uploaded = Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let params = setup.params().unwrap();
    let made = PlanEngine::new(gpu, entry(&setup.method).unwrap(), &params, data.data_shape(), &uploaded);
    pollster::block_on(made).unwrap_or_else(|e| panic!("{}", String::from(e)))
}

fn rows(engine: &mut impl Engine, steps: u32) -> Vec<MetricRow> {
    engine.run_steps(steps).unwrap();
    pollster::block_on(engine.metrics()).unwrap()
}

fn near(got: &[MetricRow], want: &[MetricRow], why: &str) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        assert_eq!(got.step, want.step);
        let d = difference(&got.terms, &want.terms);
        assert!(d < 1e-4, "{why}: terms differ by {d} at step {}: {:?} {:?}", got.step, got.terms, want.terms);
    }
}

#[test]
fn the_same_seed_is_the_same_curve_as_the_plans() {
    let (setup, data) = (small(), stripes(60));
    let (mut cpu, mut plan) = (engine(&setup, &data, false), plan(&setup, &data));
    let (a, b) = (pollster::block_on(cpu.weights()).unwrap(), pollster::block_on(plan.weights()).unwrap());
    for (got, want) in a.iter().zip(&b) {
        assert!(difference(&got.values, &want.values) < 1e-5, "{} begins otherwise", got.name);
    }
    // Over the ends of three epochs.
    near(&rows(&mut cpu, 25), &rows(&mut plan, 25), "processor and plan");
}

#[test]
fn a_run_of_few_images_is_the_same_on_every_engine() {
    let (mut setup, data) = (small(), stripes(60));
    setup.set("train_images", 13.0).unwrap();
    equals_burn(&setup, &data);
    let (mut cpu, mut plan) = (engine(&setup, &data, false), plan(&setup, &data));
    let few = rows(&mut cpu, 25);
    near(&few, &rows(&mut plan, 25), "processor and plan");
    setup.set("train_images", 0.0).unwrap();
    assert_ne!(few[0].terms, rows(&mut engine(&setup, &data, false), 1)[0].terms, "they are not the first of all");
}

#[test]
fn a_run_goes_from_one_engine_to_the_other() {
    let (setup, data) = (small(), stripes(60));
    let mut whole = engine(&setup, &data, false);
    rows(&mut whole, 10);
    let state = pollster::block_on(whole.state()).unwrap().unwrap();
    let want = rows(&mut whole, 10);
    let mut on_plan = plan(&setup, &data);
    on_plan.set_state(&state).unwrap();
    near(&rows(&mut on_plan, 5), &want[..5], "from the processor to the plan");
    let state = pollster::block_on(on_plan.state()).unwrap().unwrap();
    let mut back = engine(&setup, &data, false);
    back.set_state(&state).unwrap();
    near(&rows(&mut back, 5), &want[5..], "from the plan to the processor");

    // On one engine it is the same run to the last bit.
    let mut cut = engine(&setup, &data, false);
    cut.set_state(&pollster::block_on(whole.state()).unwrap().unwrap()).unwrap();
    assert_eq!(rows(&mut cut, 10), rows(&mut whole, 10));
}

#[test]
fn a_live_control_acts_on_the_next_step() {
    let (setup, data) = (small(), stripes(60));
    let (mut still, mut moved) = (engine(&setup, &data, false), engine(&setup, &data, false));
    assert_eq!(rows(&mut still, 2), rows(&mut moved, 2));
    moved.set_live("beta", 4.0);
    let (a, b) = (rows(&mut still, 1).remove(0), rows(&mut moved, 1).remove(0));
    assert!(a.terms[0] < b.terms[0], "{a:?} {b:?}");
    assert_eq!(a.terms[1..], b.terms[1..], "the terms themselves are as they were");
}
