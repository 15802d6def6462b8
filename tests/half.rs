//! Steps that keep activations in 16 bits: they learn as others do, within what that rounding explains; and who cannot take them says so.

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_catalog::CARDS;
use latent_data::Dataset;
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::plan::PlanEngine;
use latent_engine::verify::{TOLERANCE, TOLERANCE_OF_HALVES, verify};
use latent_engine::{Engine, half};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_registry::entry;
use latent_vocabulary::Family;

use crate::alike::framed;
use crate::plan::stripes;

/// Steps that are compared, and how far apart the means of the last of them may be, relative to the larger.
const STEPS: u32 = 25;
const LAST: usize = 5;
const APART: f64 = 0.02;

fn gpu() -> Rc<Gpu> {
    Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"))
}

fn setup(method: &str, changes: &[&str]) -> Setup {
    let mut setup = Setup::new("mnist", method);
    for pair in changes {
        setup.set_pair(pair).unwrap();
    }
    setup
}

/// The objective of each step, and how many activations it has in 16 bits.
fn curve(gpu: &Rc<Gpu>, setup: &Setup, data: &Dataset) -> (Vec<f64>, u64) {
    let uploaded = Data::upload(gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let (entry, params) = (entry(&setup.method).unwrap(), setup.params().unwrap());
    let built = pollster::block_on(PlanEngine::new(gpu.clone(), entry, &params, data.data_shape(), &uploaded));
    let mut engine = built.unwrap_or_else(|e| panic!("{}: {}", setup.to_query(), String::from(e)));
    engine.run_steps(STEPS).unwrap();
    let rows = pollster::block_on(engine.metrics()).unwrap();
    (rows.iter().map(|row| f64::from(row.terms[0])).collect(), engine.info().halves)
}

/// Trains with and without, and returns how far apart they come to be, and by how much training has moved the loss meanwhile.
fn compared(gpu: &Rc<Gpu>, method: &str, changes: &[&str]) -> [f64; 2] {
    let (whole, halved) = (setup(method, changes), setup(method, &[changes, &["precision=f16"]].concat()));
    let data = framed(&stripes(256), method);
    let ((all, none), (less, halves)) = (curve(gpu, &whole, &data), curve(gpu, &halved, &data));
    assert_eq!(none, 0, "32 bits are the default");
    assert!(halves > 0, "{}: nothing is in 16 bits", halved.to_query());
    let end = |curve: &[f64]| curve[curve.len() - LAST..].iter().sum::<f64>() / LAST as f64;
    let (a, b) = (end(&all), end(&less));
    let scale = a.abs().max(b.abs());
    let (apart, moved) = ((a - b).abs() / scale, (all[0] - a).abs() / scale);
    println!("{:60} {a:12.4} {b:12.4} {apart:.1e}, moved by {moved:.1e}", whole.to_query());
    assert!(apart < APART, "{}: {a} in 32 bits, {b} in 16", whole.to_query());
    [apart, moved]
}

#[test]
fn runs_in_16_bits_learn_as_others_do() {
    let gpu = gpu();
    for family in [Family::Vae, Family::Ae, Family::Vq, Family::Sae, Family::Siamese] {
        let all: Vec<_> = CARDS.iter().filter(|c| c.family == family && !c.hosted && !c.of_stream).collect();
        for card in [all[0], all[all.len() - 1]] {
            let [apart, moved] = compared(&gpu, card.id, &["batch=64"]);
            assert!(apart < moved, "{}: the rounding is smaller than what is learnt", card.id);
        }
    }
    compared(&gpu, "vae", &["net=conv", "channels=8", "batch=16"]);
}

#[test]
fn gradients_in_16_bits_are_burns_within_what_rounding_explains() {
    let gpu = gpu();
    for (method, changes) in [("vae", &["batch=64"][..]), ("vae", &["net=conv", "channels=8", "batch=16"])] {
        let setup = setup(method, &[changes, &["precision=f16"]].concat());
        let (entry, params, data) = (entry(method).unwrap(), setup.params().unwrap(), stripes(128));
        let report = pollster::block_on(verify(gpu.clone(), Device::flex(), entry, &params, &data, 3)).unwrap();
        println!("{}: {report:?}", setup.to_query());
        assert_eq!(report.tolerance, TOLERANCE_OF_HALVES);
        assert!(report.agrees(), "{report:?}");
        assert!(report.gradient > TOLERANCE[1], "something has been rounded: {report:?}");
    }
}

#[test]
fn who_computes_in_32_bits_refuses() {
    let (halved, data) = (setup("vae", &["precision=f16", "batch=16"]), Arc::clone(&stripes(32)));
    let (entry, params) = (entry("vae").unwrap(), halved.params().unwrap());
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), data.factors.train_nk.clone());
    let refused = pollster::block_on(CpuEngine::new(entry, &params, data.data_shape(), &images)).err().map(String::from);
    assert_eq!(refused.as_deref(), Some(half::NOT_BY_PROCESSOR));
    assert_eq!(half::refuse(&params, half::NOT_BY_BURN), Err(half::NOT_BY_BURN.into()));
    assert_eq!(half::refuse(&setup("vae", &[]).params().unwrap(), half::NOT_BY_BURN), Ok(()));
}
