//! What is measured by running a model is the same on the plan and on eager Burn. Runs on the native GPU; a software Vulkan
//! adapter will do.

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_data::{Dataset, unit};
use latent_engine::eager::EagerEngine;
use latent_engine::plan::PlanEngine;
use latent_engine::verify::difference;
use latent_engine::{Engine, Program, Rows};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_measure::rng::Rng;
use latent_registry::entry;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

fn setup(method: &str, values: &[(&str, f64)]) -> Setup {
    let mut setup = Setup::new("mnist", method);
    for (key, value) in values {
        setup.set(key, *value).unwrap();
    }
    setup
}

/// Both engines, with equal weights.
fn engines(setup: &Setup, data: &Arc<Dataset>) -> (PlanEngine, EagerEngine) {
    let gpu = Rc::new(block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"));
    let (entry, uploaded) = (
        entry(&setup.method).unwrap(),
        Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap(),
    );
    let mut plan = block_on(PlanEngine::new(gpu, entry, &setup.params().unwrap(), data.data_shape(), &uploaded)).unwrap();
    let mut eager = entry.eager(&setup.params().unwrap(), Device::flex(), data.clone());
    eager.set_weights(&block_on(plan.weights()).unwrap()).unwrap();
    (plan, eager)
}

/// Images of rectangles, hardly two alike but those that are `dark`.
fn rectangles(n: usize, dark: impl Fn(usize) -> bool) -> Arc<Dataset> {
    let mut rng = Rng::new(4);
    let image = |i: usize| {
        let [x, y, width, height] = [rng.below(20), rng.below(20), 4 + rng.below(8), 4 + rng.below(8)];
        let grey = if dark(i) { 0 } else { 100 + rng.below(150) as u8 };
        let lit = move |p: &usize| (x..x + width).contains(&(p % 28)) && (y..y + height).contains(&(p / 28));
        (0..784).map(move |p| if lit(&p) { grey } else { 0 }).collect::<Vec<u8>>()
    };
    let images = (0..n).flat_map(image).collect();
    Arc::new(Dataset::of(SampleShape::MNIST, 10, images, (0..n).map(|i| (i % 10) as u8).collect()))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

async fn prior_of(engine: &mut impl Engine, images: Rows<'_>) -> (f64, Vec<f64>) {
    let terms = engine.evaluate(images).await.unwrap();
    let at = engine.info().terms.iter().position(|name| name == "prior").unwrap();
    // One image after the other, from the tokens and what the prior says of each.
    let tokens = engine.run(Program::Tokens, images).await.unwrap().unwrap().remove(0);
    let logits = engine.run(Program::TokenLogits, Rows::of(&tokens)).await.unwrap().unwrap().remove(0);
    let codes = logits.len() / tokens.len();
    let nll = |(token, logits): (&f32, &[f32])| {
        let most = logits.iter().copied().fold(f32::MIN, f32::max);
        let sum: f64 = logits.iter().map(|l| f64::from(l - most).exp()).sum();
        sum.ln() - f64::from(logits[*token as usize] - most)
    };
    let each: Vec<f64> = tokens.iter().zip(logits.chunks_exact(codes)).map(nll).collect();
    let places = tokens.len() / (images.values.len() / 784);
    (f64::from(terms[at]), each.chunks_exact(places).map(|image| image.iter().sum()).collect())
}

#[test]
fn the_prior_over_tokens_is_of_all_images() {
    const BATCH: usize = 40;
    let data = rectangles(520, |i| i % BATCH < 32);
    let setup = setup("vq-vae", &[("width", 9.0), ("codes", 21.0), ("prior_width", 8.0), ("batch", BATCH as f64), ("seed", 3.0)]);
    let (mut plan, mut eager) = engines(&setup, &data);
    // A prior with opinions.
    let mut weights = block_on(plan.weights()).unwrap();
    let out = weights.iter_mut().find(|w| w.name == "prior.out.weight").unwrap();
    out.values.iter_mut().for_each(|v| *v *= 20.0);
    plan.set_weights(&weights).unwrap();
    eager.set_weights(&weights).unwrap();
    let images: Vec<f32> = unit(&data.test_images).collect();
    let rows = Rows::labelled(&images, &data.test_labels);
    let (on_plan, each) = block_on(prior_of(&mut plan, rows));
    let (on_burn, each_on_burn) = block_on(prior_of(&mut eager, rows));
    let want = mean(&each);
    assert_eq!((each.len(), each_on_burn.len()), (520, 520));
    assert!((mean(&each_on_burn) / want - 1.0).abs() < 1e-4);
    assert!((on_plan / want - 1.0).abs() < 1e-4, "{on_plan} on the plan, {want} image by image");
    assert!((on_burn / want - 1.0).abs() < 1e-4, "{on_burn} on Burn, {want} image by image");
    // What the first 32 of each minibatch would give is something else.
    let first: Vec<f64> = each.chunks(BATCH).flat_map(|batch| &batch[..batch.len().min(32)]).copied().collect();
    assert!((mean(&first) / want - 1.0).abs() > 1e-2, "the images are too much alike to tell");
}

/// Terms that are of a batch as a whole are taken of batches of the size of training's.
#[test]
fn terms_of_a_batch_are_the_same_on_both_engines() {
    const BATCH: f64 = 96.0;
    let data = rectangles(1000, |_| false);
    let setup = setup("beta-tc", &[("hidden", 33.0), ("latent", 5.0), ("batch", BATCH), ("seed", 3.0)]);
    let (mut plan, mut eager) = engines(&setup, &data);
    // A code that tells the images well apart.
    let mut weights = block_on(plan.weights()).unwrap();
    let head = weights.iter_mut().find(|w| w.name.contains("encoder") && w.name.ends_with("mean.weight")).unwrap();
    head.values.iter_mut().for_each(|v| *v *= 100.0);
    plan.set_weights(&weights).unwrap();
    eager.set_weights(&weights).unwrap();
    let images: Vec<f32> = unit(&data.test_images).collect();
    let rows = Rows::labelled(&images, &data.test_labels);
    let (on_plan, on_burn) = (block_on(plan.evaluate(rows)).unwrap(), block_on(eager.evaluate(rows)).unwrap());
    for (name, (a, b)) in plan.info().terms.iter().zip(on_plan.iter().zip(&on_burn)) {
        assert!((a - b).abs() < 1e-3 * (1.0 + b.abs()), "{name}: {a} on the plan, {b} on Burn");
    }
    let at = plan.info().terms.iter().position(|name| name == "information").unwrap();
    let most = BATCH.ln() as f32;
    assert!(on_plan[at] < most && on_plan[at] > 0.5 * most, "{} of at most {most} nats", on_plan[at]);
}

/// The share of a host's quality that features keep is measured from a layer of zeros, whatever the dictionary's origin.
#[test]
fn a_host_is_silenced_by_zeros() {
    let data = rectangles(40, |_| false);
    let host = setup("vae", &[("hidden", 32.0), ("latent", 6.0), ("batch", 20.0)]);
    let mut network = entry("vae").unwrap().eager(&host.params().unwrap(), Device::flex(), data.clone());
    let trained = block_on(network.weights()).unwrap();
    let image: Vec<f32> = unit(&data.test_images[33 * 784..34 * 784]).collect();
    for source in ["code", "encoder", "decoder"] {
        let mut apart = setup("topk-sae", &[("k", 4.0), ("features", 64.0), ("batch", 20.0)]);
        apart.set_text("source", source).unwrap();
        apart.host = Some(Box::new(host.clone()));
        let (mut plan, mut eager) = engines(&apart, &data);
        block_on(plan.adopt(&trained)).unwrap();
        let mut weights = block_on(plan.weights()).unwrap();
        let origin = weights.iter_mut().find(|w| w.name == "sae.dictionary.b_dec").unwrap();
        origin.values.iter_mut().for_each(|v| *v += 1.0);
        eager.set_weights(&weights).unwrap();
        let [on_plan, on_burn] = [
            block_on(plan.run(Program::HostImages, Rows::of(&image))).unwrap().unwrap(),
            block_on(eager.run(Program::HostImages, Rows::of(&image))).unwrap().unwrap(),
        ];
        assert!(difference(&on_plan[1], &on_burn[1]) < 1e-4, "{source}: the origin of a dictionary is no part of its host");
        assert!(difference(&on_plan[0], &on_burn[0]) < 1e-4, "{source}");
        assert!(difference(&on_plan[0], &on_plan[1]) > 1e-3, "{source}: nothing was silenced");
        if source == "code" {
            let want = block_on(network.decode(&[0.0; 6])).unwrap();
            assert!(difference(&on_plan[1], &want) < 1e-4, "a code of zeros is drawn otherwise");
        }
    }
}
