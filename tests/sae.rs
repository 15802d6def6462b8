//! Sparse autoencoders on the plan: dead features, the live k, the threshold outside training.

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_catalog::CARDS;
use latent_data::{Dataset, unit};
use latent_engine::plan::PlanEngine;
use latent_engine::verify::{difference, verify};
use latent_engine::{Engine, Program, Rows};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_registry::entry;
use latent_vocabulary::shape::SampleShape;
use latent_vocabulary::{HIDDEN, LATENT, LIKELIHOOD, NET};

use crate::alike::framed;

fn gpu() -> Rc<Gpu> {
    Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"))
}

/// Spots, each image others, no two alike.
fn spots(n: usize) -> Arc<Dataset> {
    let image = |i: usize| (0..784).map(move |p| ((p * p + 37 * i * p + 11 * i) % 251) as u8);
    let images: Vec<u8> = (0..n).flat_map(image).collect();
    Arc::new(Dataset::of(SampleShape::MNIST, 10, images, vec![0; n]))
}

fn engine(gpu: &Rc<Gpu>, setup: &Setup, data: &Dataset) -> PlanEngine {
    let uploaded = Data::upload(gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let params = setup.params().unwrap();
    let e = PlanEngine::new(gpu.clone(), entry(&setup.method).unwrap(), &params, data.data_shape(), &uploaded);
    pollster::block_on(e).unwrap()
}

fn setup(method: &str, values: &[(&str, f64)]) -> Setup {
    let mut setup = Setup::new("mnist", method);
    for (key, value) in [("features", 64.0), ("batch", 5.0)].iter().chain(values) {
        setup.set(key, *value).unwrap();
    }
    setup
}

fn term(e: &PlanEngine, row: &[f32], name: &str) -> f32 {
    row[e.info().terms.iter().position(|t| t == name).unwrap()]
}

#[test]
fn dead_features_are_revived_as_burn_would() {
    let (gpu, data) = (gpu(), spots(20));
    for method in [
        "topk-sae",
        "batch-topk",
        "matryoshka",
        "archetypal-sae",
        "aligned-sae",
        "variational-sae",
        "top-afa",
        "scope-sae",
        "specialised-sae",
    ] {
        let mut setup = setup(method, &[("dead_after", 1.0), ("aux", 1.0)]);
        for (key, value) in [("k", 3.0), ("k_start", 3.0)] {
            if setup.card().unwrap().param(key).is_some() {
                setup.set(key, value).unwrap();
            }
        }
        let report =
            pollster::block_on(verify(gpu.clone(), Device::flex(), entry(method).unwrap(), &setup.params().unwrap(), &data, 4))
                .unwrap();
        assert!(report.loss < 1e-4 && report.gradient < 1e-4, "{report:?}");
        let mut e = engine(&gpu, &setup, &data);
        e.run_steps(2).unwrap();
        let last = pollster::block_on(e.metrics()).unwrap().pop().unwrap().terms;
        assert!(term(&e, &last, "dead") > 0.0 && term(&e, &last, "revival") > 0.0, "{method}: {last:?}");
    }
}

#[test]
fn k_moves_while_it_trains_and_stays_with_the_weights() {
    let (gpu, data) = (gpu(), spots(20));
    let mut e = engine(&gpu, &setup("topk-sae", &[]), &data);
    let image: Vec<f32> = data.test_images[..784].iter().map(|b| f32::from(*b) / 255.0).collect();
    for k in [9.0, 4.0] {
        e.set_live("k", k);
        e.run_steps(1).unwrap();
        let row = pollster::block_on(e.metrics()).unwrap().remove(0).terms;
        assert_eq!(term(&e, &row, "l0"), k);
        let code = pollster::block_on(e.run(Program::Encode, Rows::of(&image))).unwrap().unwrap().remove(0);
        assert_eq!(code.iter().filter(|v| **v > 0.0).count() as f32, k);
    }
}

#[test]
fn a_batch_shares_its_budget_and_single_images_a_threshold() {
    let (gpu, data) = (gpu(), spots(40));
    let mut e = engine(&gpu, &setup("batch-topk", &[("k", 6.0), ("batch", 20.0)]), &data);
    e.run_steps(30).unwrap();
    let row = pollster::block_on(e.metrics()).unwrap().pop().unwrap().terms;
    assert!((term(&e, &row, "l0") - 6.0).abs() < 1e-4, "{row:?}");
    let images: Vec<f32> = data.test_images.iter().map(|b| f32::from(*b) / 255.0).collect();
    let alone = pollster::block_on(e.evaluate(Rows::of(&images))).unwrap();
    assert!((term(&e, &alone, "l0") - 6.0).abs() < 2.0, "{alone:?}");
    let code = pollster::block_on(e.run(Program::Encode, Rows::of(&images))).unwrap().unwrap().remove(0);
    let counts: Vec<usize> = code.chunks_exact(64).map(|f| f.iter().filter(|v| **v > 0.0).count()).collect();
    assert!(counts.iter().any(|c| *c != counts[0]), "every image has {} features", counts[0]);
}

/// A card says whether another method can stand on its network: exactly those that say so draw as a host what they draw by themselves.
#[test]
fn hosts_are_what_their_methods_are() {
    for card in CARDS {
        let data = framed(&spots(3), card.id);
        let images: Vec<f32> = unit(&data.test_images).collect();
        let hosts = card.hosts || card.hosts_code;
        // Of sets that nobody knows, who asks for clips or pairs finds them.
        let mut host = Setup::new("own:spots", card.id);
        for p in [LATENT, HIDDEN].iter().filter(|p| card.param(p.key).is_some()) {
            host.set(p.key, 16.0).unwrap();
        }
        let mut sae = setup("topk-sae", &[("k", 4.0)]);
        sae.data = "own:spots".into();
        sae.host = Some(Box::new(host.clone()));
        for (source, may) in [("code", hosts), ("encoder", card.hosts), ("decoder", card.hosts)] {
            sae.set_text("source", source).unwrap();
            assert_eq!(sae.check().is_ok(), may, "{}: {source}", card.id);
        }
        sae.set_text("source", "code").unwrap();
        // Spots have no factors to tell, and nobody stands on one who stands on another.
        if card.factors || card.hosted || !hosts && [LATENT, NET, HIDDEN, LIKELIHOOD].iter().any(|p| card.param(p.key).is_none()) {
            assert!(!hosts, "{} has other networks", card.id);
            continue;
        }
        let eager = |setup: &Setup| entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), data.clone());
        let (mut network, mut apart) = (eager(&host), eager(&sae));
        let drawn = pollster::block_on(async {
            let (mean, _) = network.encode(Rows::of(&images)).await.unwrap();
            let want = network.decode(&mean).await.unwrap();
            apart.adopt(&network.weights().await.unwrap()).await.ok()?;
            let got = apart.run(Program::HostImages, Rows::of(&images)).await.unwrap().unwrap().remove(0);
            Some(difference(&got, &want))
        });
        assert_eq!(drawn.is_some_and(|d| d < 1e-4), hosts, "{}: {drawn:?}", card.id);
    }
}

#[test]
fn a_trained_network_is_taken_apart_and_stays_as_it_is() {
    let (gpu, data) = (gpu(), spots(40));
    let mut host = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 20.0), ("hidden", 32.0), ("latent", 6.0)] {
        host.set(key, value).unwrap();
    }
    let mut vae = engine(&gpu, &host, &data);
    vae.run_steps(20).unwrap();
    let trained = pollster::block_on(vae.weights()).unwrap();
    let image: Vec<f32> = unit(&data.test_images[..784]).collect();
    let layers = ["code", "encoder", "decoder"];
    let local = ["code", "encoder", "decoder", "layers"].map(|layer| ("topk-sae", "source", layer, "fvu"));
    let across = layers.map(|layer| ("transcoder", "layer", layer, "fvu"));
    let end_to_end = layers.map(|layer| ("e2e-sae", "layer", layer, "loss"));
    for (method, key, source, falls) in local.into_iter().chain(across).chain(end_to_end) {
        let mut setup = setup(method, &[("batch", 20.0)]);
        if method != "e2e-sae" {
            setup.set("k", 4.0).unwrap();
        }
        setup.set_text(key, source).unwrap();
        setup.host = Some(Box::new(host.clone()));
        let report =
            pollster::block_on(verify(gpu.clone(), Device::flex(), entry(method).unwrap(), &setup.params().unwrap(), &data, 2))
                .unwrap();
        assert!(report.loss < 1e-4 && report.gradient < 1e-4, "{method}, {source}: {report:?}");

        let mut e = engine(&gpu, &setup, &data);
        pollster::block_on(e.adopt(&trained)).unwrap();
        let image = Rows::of(&image);
        let (mean, _) = pollster::block_on(vae.encode(image)).unwrap();
        let want = pollster::block_on(vae.decode(&mean)).unwrap();
        let got = pollster::block_on(e.run(Program::HostImages, image)).unwrap().expect("a network is taken apart").remove(0);
        assert!(difference(&got, &want) < 1e-4, "{source}: the network by itself draws something else");
        e.run_steps(200).unwrap();
        let rows = pollster::block_on(e.metrics()).unwrap();
        let left = |row: usize| term(&e, &rows[row].terms, falls);
        assert!(left(199) < 0.7 * left(0), "{method}, {source}: {} became {}", left(0), left(199));
        let hosted: Vec<_> = pollster::block_on(e.weights()).unwrap().into_iter().filter(|w| w.name.contains(".host.")).collect();
        let kept = trained.iter().filter(|w| hosted.iter().any(|h| h.name.ends_with(&w.name) && h.values == w.values)).count();
        assert_eq!(
            kept,
            trained.len() - 2,
            "{source}: all of the host's weights but the head for variances are there, and untouched"
        );

        let mut other = trained.clone();
        other[0].shape = vec![1, 784 * 32];
        let refused = String::from(pollster::block_on(e.adopt(&other)).unwrap_err());
        assert!(refused.contains("encoder.hidden.weight"), "{refused}");
    }
}

/// p falls from 1 as far as it should, and the penalty's size stays: what a step leaves behind is what the next begins with.
#[test]
fn a_falling_p_leaves_the_penalty_as_large_as_it_was() {
    let (gpu, data) = (gpu(), spots(40));
    let fixed = [("lambda", 0.5), ("anneal", 30.0), ("batch", 20.0), ("lr", 1e-5)];
    let penalties = |p: f64| {
        let mut e = engine(&gpu, &setup("p-annealing", &[&fixed[..], &[("p", p)]].concat()), &data);
        e.run_steps(60).unwrap();
        let rows = pollster::block_on(e.metrics()).unwrap();
        let scale = pollster::block_on(e.weights()).unwrap().into_iter().find(|w| w.name == "scale").unwrap().values[0];
        (term(&e, &rows[0].terms, "sparsity"), term(&e, &rows[59].terms, "sparsity"), scale)
    };
    let (_, l1, unscaled) = penalties(1.0);
    let (first, annealed, scale) = penalties(0.2);
    assert!((unscaled - 1.0).abs() < 1e-4, "with p = 1 nothing is adapted: {unscaled}");
    assert!((scale - 1.0).abs() > 0.05, "p has fallen, and c has moved: {scale}");
    assert!((annealed / l1 - 1.0).abs() < 0.2, "{first} at the start, {l1} with p = 1, {annealed} with p = 0.2");
}

/// With no freedom, a direction is a mixture of the candidates: it lies in the cone that they span, whatever was trained.
#[test]
fn archetypal_directions_are_mixtures_of_the_candidates() {
    let (gpu, data) = (gpu(), spots(200));
    let mut e = engine(&gpu, &setup("archetypal-sae", &[("delta", 0.0), ("k", 4.0), ("batch", 20.0), ("lr", 0.01)]), &data);
    e.run_steps(50).unwrap();
    let before = pollster::block_on(e.weights()).unwrap();
    e.run_steps(1).unwrap();
    let after = pollster::block_on(e.weights()).unwrap();
    let of = |weights: &[latent_engine::Weight], name: &str| weights.iter().find(|w| w.name == name).unwrap().values.clone();
    let (logit_fc, candidate_ca) = (of(&before, "mixture_fc"), of(&before, "candidate_ca"));
    assert_eq!(candidate_ca, of(&after, "candidate_ca"), "candidates stay");
    let direction_fa = of(&after, "sae.dictionary.w_dec");
    for (f, (logit_c, direction_a)) in logit_fc.chunks_exact(64).zip(direction_fa.chunks_exact(784)).enumerate() {
        let weight = |(c, l): (usize, &f32)| if c == f { 8.0f64.exp() } else { (10.0 * f64::from(*l)).exp() };
        let weight_c: Vec<f64> = logit_c.iter().enumerate().map(weight).collect();
        let mut mixed_a = vec![0.0; 784];
        for (w, candidate_a) in weight_c.iter().zip(candidate_ca.chunks_exact(784)) {
            mixed_a.iter_mut().zip(candidate_a).for_each(|(m, c)| *m += w * f64::from(*c));
        }
        let length = mixed_a.iter().map(|m| m * m).sum::<f64>().sqrt();
        let furthest = mixed_a.iter().zip(direction_a).map(|(m, d)| (m / length - f64::from(*d)).abs()).fold(0.0, f64::max);
        assert!(furthest < 1e-4, "a direction is {furthest} away from the mixture");
    }
}
