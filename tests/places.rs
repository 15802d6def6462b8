//! Samples that are no pictures: places and other vectors, through every engine, and what is asked of their models.

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_catalog::CARDS;
use latent_data::{Dataset, Make, Rendering, SETS};
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::plan::PlanEngine;
use latent_engine::verify::verify;
use latent_engine::{Engine, Program, Rows};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_protocol::{Command, EngineChoice, Event};
use latent_registry::entry;
use latent_session::Session;
use latent_view::{Decode, Locate, Reconstruct, View};
use latent_vocabulary::drawing::Drawing;
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};
use latent_vocabulary::shape::{SampleShape, Values};

use crate::cpu::equals_burn;

/// Vectors of `dims` numbers, each others, kept as their shape says.
fn vectors(dims: usize, n: usize) -> Arc<Dataset> {
    let shape = SampleShape::vector(dims);
    let value = |i: usize| ((i * 7919 + i / dims * 31) % 64) as f32 / 16.0 - 2.0;
    let bytes = (0..n * dims).flat_map(|i| match shape.values() {
        Values::Half => half::f16::from_f32(value(i)).to_le_bytes().to_vec(),
        Values::Unit | Values::Real => value(i).to_le_bytes().to_vec(),
    });
    let labels = (0..n).map(|i| (i % 2) as u8).collect();
    // By that name a setup knows that it has no pictures.
    Arc::new(Dataset { id: "moons".into(), ..Dataset::of(shape, 2, bytes.collect(), labels) })
}

fn setup(method: &str) -> Setup {
    let mut setup = Setup::new("moons", method);
    let small = [("batch", 7.0), ("hidden", 24.0), ("latent", 2.0), ("features", 64.0), ("codes", 8.0), ("code", 8.0), ("k", 3.0)];
    for (key, value) in small {
        // Not every method has each of them.
        let _ = setup.set(key, value);
    }
    setup.settle();
    setup
}

fn gpu() -> Rc<Gpu> {
    Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"))
}

/// The set called `id`, rendered.
fn rendered(id: &str) -> Arc<Dataset> {
    let set = SETS.iter().find(|set| set.card.id == id).unwrap();
    let Make::Rendered(render) = set.make else { panic!("{id} is rendered") };
    Arc::new(Rendering::new(render()).in_parallel(render))
}

#[test]
fn every_method_but_those_of_pictures_learns_from_places_as_burn_does() {
    let data = vectors(2, 20);
    // Points have no factors that a method could be told, and no frames.
    for card in CARDS.iter().filter(|card| !card.pictures && !card.factors && !card.clips && !card.pairs) {
        let setup = setup(card.id);
        assert_eq!((setup.method.as_str(), setup.check()), (card.id, Ok(())));
        equals_burn(&setup, &data);
    }
}

#[test]
fn the_plan_takes_vectors_of_every_kind() {
    let gpu = gpu();
    for (dims, method) in [(2, "vae"), (3, "ae"), (6, "vae"), (7, "topk-sae"), (6, "topk-sae"), (2, "vq-vae")] {
        let (data, setup) = (vectors(dims, 20), setup(method));
        let params = setup.params().unwrap();
        let report = pollster::block_on(verify(gpu.clone(), Device::flex(), entry(method).unwrap(), &params, &data, 4)).unwrap();
        assert!(report.loss < 1e-4 && report.gradient < 1e-4, "{dims} numbers, {method}: {report:?}");
    }
}

#[test]
fn both_engines_fetch_the_numbers_themselves() {
    let gpu = gpu();
    for dims in [2, 6, 7] {
        let (data, setup) = (vectors(dims, 20), setup("ae"));
        let (params, entry) = (setup.params().unwrap(), entry("ae").unwrap());
        let all = data.shape.floats(&data.train_images);
        let uploaded = Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
        let mut plan = pollster::block_on(PlanEngine::new(gpu.clone(), entry, &params, data.data_shape(), &uploaded))
            .map_err(String::from)
            .unwrap();
        plan.run_steps(1).unwrap();
        let [x, ..] = pollster::block_on(plan.minibatch()).unwrap();
        assert_eq!(x.len(), 7 * dims);
        for row in x.chunks_exact(dims) {
            assert!(all.chunks_exact(dims).any(|known| known == row), "{dims} numbers: {row:?} is no sample");
        }
    }
}

#[test]
fn what_is_drawn_is_learnt_from_its_name() {
    let mut drawing = Drawing::default();
    (0..40).for_each(|i| assert!(drawing.add(i % 2, [i as f32 / 20.0 - 1.0, if i % 2 == 0 { 1.0 } else { -1.0 }])));
    let data = latent_native::load(&drawing.id(), None).unwrap();
    assert_eq!((data.id.as_str(), data.classes, data.train_labels.len()), (drawing.id().as_str(), 2, 8192));
    let x = data.shape.floats(&data.train_images);
    for (place, label) in x.chunks_exact(2).zip(&data.train_labels) {
        let side = if *label == 0 { 1.0 } else { -1.0 };
        assert!((place[1] - side).abs() < 0.4 && place[0].abs() < 1.4, "{place:?} of class {label}");
    }
    // The same link, the same points; and a setup knows that they are points.
    assert_eq!(latent_native::load(&drawing.id(), None).unwrap(), data);
    let (setup, notes) = Setup::from_query(&format!("data={}&method=ae&latent=1", drawing.id()), &[]);
    assert_eq!((notes, setup.check(), setup.of_pictures()), (vec![], Ok(()), false));
    assert!(latent_native::load("drawn:!", None).is_err());
}

/// Trains a setup on the processor and gives the root mean square of how far test points lie from their reconstructions.
fn error_after(data: &Arc<Dataset>, query: &str, steps: u32) -> f32 {
    let (setup, notes) = Setup::from_query(query, &[]);
    assert_eq!((notes, setup.check()), (vec![], Ok(())));
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), data.factors.train_nk.clone());
    let params = setup.params().unwrap();
    let engine = CpuEngine::new(entry(&setup.method).unwrap(), &params, data.data_shape(), &images);
    let mut engine = pollster::block_on(engine).map_err(String::from).unwrap();
    for _ in 0..steps / 100 {
        engine.run_steps(100).unwrap();
        let rows = pollster::block_on(engine.metrics()).unwrap();
        assert_eq!(rows.len(), 100);
    }
    let x = data.shape.floats(&data.test_images);
    let (z, _) = pollster::block_on(engine.encode(Rows::labelled(&x, &data.test_labels))).unwrap();
    let copy = pollster::block_on(engine.run(Program::Decode, Rows::of(&z))).unwrap().unwrap().remove(0);
    let sum: f32 = x.iter().zip(&copy).map(|(a, b)| (a - b).powi(2)).sum();
    (sum / data.test_labels.len() as f32).sqrt()
}

#[test]
fn as_many_latents_as_the_sheet_has_dimensions_are_enough() {
    let roll = rendered("s-curve");
    let error = |latent: usize| error_after(&roll, &format!("data=s-curve&method=ae&latent={latent}&hidden=128"), 1500);
    let [one, two] = [1, 2].map(error);
    assert!(two < 0.2 && one > 2.0 * two, "one latent: {one}, two: {two}");
}

#[test]
fn a_session_answers_in_numbers_and_in_pictures() {
    let events: Rc<std::cell::RefCell<Vec<Event>>> = Rc::default();
    let sink = events.clone();
    let mut session = Session::new(move |e| sink.borrow_mut().push(e));
    assert!(pollster::block_on(session.open(EngineChoice::Plan, [None, None])), "a GPU adapter; on Debian: mesa-vulkan-drivers");
    let data = rendered("moons");
    pollster::block_on(session.set_data(Dataset::clone(&data)));
    let setup = setup("vae");
    pollster::block_on(session.command(Command::Start { run: 1, setup, weights: None }));
    let asked = [
        (0, Locate { count: 9, z_nd: f32_bytes(&[0.0, 0.5, 1.0, -1.0]) }.into()),
        (1, Reconstruct { first: 0, count: 3 }.into()),
        (2, Decode { z_nd: f32_bytes(&[0.0, 0.5]) }.into()),
    ];
    for (slot, query) in asked {
        pollster::block_on(session.command(Command::Watch { slot, query }));
    }
    (0..6).for_each(|_| {
        pollster::block_on(session.turn());
    });
    let events = events.borrow();
    let view = |wanted: u32| {
        let found = events.iter().rev().find_map(|e| match e {
            Event::Viewed { slot, view, .. } if *slot == wanted => Some(view.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{wanted}: {events:?}"))
    };
    let View::Places(places) = view(0) else { panic!("{:?}", view(0)) };
    assert_eq!(bytes_f32(&places.x_nd), data.shape.floats(&data.test_images[..9 * 8]));
    assert_eq!((places.dims, places.copy_nd.len(), places.label_n.len(), places.decoded_nd.len()), (2, 9 * 8, 9, 2 * 8));
    let View::Images(pictures) = view(1) else { panic!("{:?}", view(1)) };
    assert_eq!((pictures.n, pictures.width, pictures.channels, pictures.pixels.len()), (6, 32, 1, 6 * 1024));
    let View::Images(picture) = view(2) else { panic!("{:?}", view(2)) };
    let decoded = bytes_f32(&places.decoded_nd);
    assert_eq!(picture.pixels.to_vec(), latent_view::drawn(data.shape, &decoded[..2]), "the same code, as numbers and as a dot");
}

#[test]
fn what_needs_pictures_is_refused_in_a_sentence_and_gives_way() {
    let refused = |query: &str| Setup::from_query(query, &[]).0.check().unwrap_err().to_string();
    assert_eq!(refused("data=moons&method=mae"), "method mae learns pictures: moons has none");
    assert_eq!(refused("data=moons&method=vae&net=conv"), "net = conv needs pictures: moons has none");
    assert_eq!(refused("data=moons&method=vae&likelihood=bernoulli"), "likelihood = bernoulli needs pictures: moons has none");
    let (mut setup, _) = Setup::from_query("data=moons&method=vae&net=conv&hidden=32", &[]);
    assert_eq!(setup.settle(), ["net = conv needs pictures: moons has none"]);
    assert_eq!((setup.check(), setup.to_query().as_str()), (Ok(()), "v=1&data=moons&method=vae&hidden=32"));
    let (mut setup, _) = Setup::from_query("data=moons&method=mae", &[]);
    assert_eq!(setup.settle(), ["method mae learns pictures: moons has none"]);
    assert_eq!(setup.method, "vae");
    // Without a word, points are judged by squares.
    let (setup, _) = Setup::from_query("data=moons&method=vae", &[]);
    let spec = setup.card().unwrap().param("likelihood").unwrap();
    assert_eq!(
        (spec.format(setup.get("likelihood")), spec.format(setup.params().unwrap().get("likelihood"))),
        ("gaussian".into(), "gaussian".into())
    );
}

#[test]
fn measures_of_points_are_those_that_mean_something() {
    use latent_assess::{Images, Sizes, assess};
    use latent_vocabulary::measured::Quantity;

    let data = rendered("rings");
    let (setup, _) = Setup::from_query("data=rings&method=vae&latent=2&hidden=32", &[]);
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), data.factors.train_nk.clone());
    let params = setup.params().unwrap();
    let engine = CpuEngine::new(entry("vae").unwrap(), &params, data.data_shape(), &images);
    let mut engine = pollster::block_on(engine).map_err(String::from).unwrap();
    engine.run_steps(50).unwrap();
    let drawn = Images::draw(&data, Sizes { images: Some(400), seed: 0 }).unwrap();
    let measures = pollster::block_on(assess(&mut engine, &setup, &drawn, 0)).unwrap();
    let names: Vec<&str> = measures.iter().map(|m| m.name.as_str()).collect();
    for known in ["mse", "nll_k1", "mmd_imq", "frechet_pooled", "linear_probe_accuracy", "knn_accuracy"] {
        assert!(names.contains(&known), "{known}: {names:?}");
    }
    assert!(!names.iter().any(|name| ["ssim", "psnr"].contains(name)), "{names:?}");
    for m in &measures {
        let finite = match &m.value {
            Quantity::Count(_) => true,
            Quantity::Number(v) => v.is_finite(),
            Quantity::Each(all) => all.iter().all(|v| v.is_finite()),
        };
        assert!(finite && !m.protocol.contains("[0, 1]") && !m.protocol.contains("pixel"), "{m:?}");
    }
}
