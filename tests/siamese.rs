//! Encoders alone: classes that nobody told are in their codes, and all images come to one code where the gradient goes both ways.

use std::path::Path;

use latent_data::{Dataset, mnist};
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::{Engine, Rows};
use latent_experiment::Setup;
use latent_measure::Rows as Codes;
use latent_measure::probe::LinearProbe;
use latent_registry::entry;
use latent_vocabulary::shape::unit_values;
use pollster::block_on;

const STEPS: u32 = 300;
/// Test images that a probe is fitted to, and those that it is tested on.
const FITTED: usize = 1500;
const TESTED: usize = 500;

fn trained(query: &str, data: &Dataset, steps: u32) -> (CpuEngine, f32) {
    let (setup, notes) = Setup::from_query(&format!("v=1&data=mnist&method=simsiam&hidden=128&batch=64&{query}"), &[]);
    assert!(notes.is_empty(), "{notes:?}");
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), vec![]);
    let params = setup.params().unwrap();
    let made = CpuEngine::new(entry(&setup.method).unwrap(), &params, data.data_shape(), &images);
    let mut engine = block_on(made).unwrap_or_else(|e| panic!("{}", String::from(e)));
    let spread = engine.info().terms.iter().position(|term| term == "spread").unwrap();
    engine.run_steps(steps).unwrap();
    let last = block_on(engine.metrics()).unwrap().last().map_or(f32::NAN, |row| row.terms[spread]);
    (engine, last)
}

/// Share of test images whose digit a linear probe reads in their codes.
fn probed(engine: &mut CpuEngine, data: &Dataset) -> f64 {
    let n = FITTED + TESTED;
    let (codes, _) = block_on(engine.encode(Rows::of(&unit_values(&data.test_images[..n * 784])))).unwrap();
    let d = codes.len() / n;
    let (fitted, tested) = codes.split_at(FITTED * d);
    let probe = LinearProbe::fit(Codes::new(fitted, d), &data.test_labels[..FITTED], 10);
    probe.accuracy(Codes::new(tested, d), &data.test_labels[FITTED..n])
}

#[test]
fn codes_know_digits_that_nobody_told() {
    let data = mnist::FILES.from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist")).unwrap();
    let (mut trained_one, spread) = trained("latent=16", &data, STEPS);
    let (mut fresh, _) = trained("latent=16", &data, 0);
    let (after, before) = (probed(&mut trained_one, &data), probed(&mut fresh, &data));
    println!("linear probe {after:.3} after {STEPS} steps, {before:.3} before; spread {spread:.3}");
    assert!(after > before + 0.04 && after > 0.6, "{after} after {STEPS} steps, {before} before");
    assert!(spread > 0.5, "{spread}");
    let (_, collapsed) = trained("latent=16&gradient=both-ways", &data, STEPS);
    println!("spread {collapsed:.3} where the gradient goes both ways");
    assert!(collapsed < 0.1, "{collapsed}");
}
