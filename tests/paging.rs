//! Training on more images than the device has room for: each is seen once an epoch and arrives as it is, a run cut in two is
//! the same run, and neither memory nor device holds more than was allowed.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_data::own::Loaded;
use latent_data::pages::{Pages, Reading};
use latent_data::{Dataset, Factors};
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::feed::Supply;
use latent_engine::order::epoch_order;
use latent_engine::plan::{Given, PlanEngine};
use latent_engine::verify::difference;
use latent_engine::verify::verify;
use latent_engine::window::Window;
use latent_engine::{Engine, Rows, RunState};
use latent_experiment::Setup;
use latent_experiment::history::MetricRow;
use latent_gpu::{Data, Gpu};
use latent_native::open_gpu;
use latent_protocol::{Command, EngineChoice, Event};
use latent_registry::entry;
use latent_session::Session;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

/// Images of the set, and bytes of one.
const IMAGES: usize = 230;
const LEN: usize = 32;
/// Room for sixty of them.
const ROOM: u64 = 60 * (LEN as u64 + 1);
const BATCH: usize = 8;

/// Image `i`: its number, and words that follow from it.
fn image(i: usize) -> Vec<u8> {
    (0..LEN).map(|p| if p == 0 { i as u8 } else { (i * 7 + p * 31) as u8 }).collect()
}

fn label(i: usize) -> u8 {
    (i % 5) as u8
}

/// The images, and the most that was asked for at a time.
#[derive(Default)]
struct Source {
    most: Cell<usize>,
    asked: Cell<usize>,
    broken: Cell<bool>,
}

impl Pages for Source {
    fn read(&self, range: Range<usize>) -> Reading<'_> {
        self.most.set(self.most.get().max(range.len()));
        self.asked.set(self.asked.get() + range.len());
        let images = if self.broken.get() { Err("shard-0003.bin: gone".into()) } else { Ok(range.flat_map(image).collect()) };
        Box::pin(std::future::ready(images))
    }
}

/// The set without its training images.
fn set() -> Dataset {
    let shape = SampleShape { channels: 1, height: 4, width: 8 };
    let (test_images, test_labels) = ((0..20).flat_map(image).collect(), (0..20).map(label).collect());
    let train_labels = (0..IMAGES).map(label).collect();
    Dataset { id: "own:many".into(), shape, classes: 5, train_labels, test_images, test_labels, ..Dataset::default() }
}

/// What is known of an image besides its class.
fn factors(i: usize) -> [u8; 3] {
    [i % 4, i / 4 % 7, i % 2].map(|v| v as u8)
}

/// The set, with that.
fn told() -> Dataset {
    let all = |n: usize| (0..n).flat_map(factors).collect();
    let known =
        Factors { sizes: vec![4, 7, 2], ordered: vec![false, true, false], train_nk: all(IMAGES), test_nk: all(20), names: vec![] };
    Dataset { factors: known, ..set() }
}

/// Factors come with the images that they are of, whichever page these are in: on the device, and in memory.
#[test]
fn factors_come_with_their_images() {
    let (gpu, source) = (block_on(open_gpu()).unwrap(), Rc::new(Source::default()));
    let mut setup = Setup::new("own:many", "attribute-vae");
    for (key, value) in [("batch", BATCH as f64), ("hidden", 16.0), ("latent", 2.0)] {
        setup.set(key, value).unwrap();
    }
    let (entry, params, shape) = (entry("attribute-vae").unwrap(), setup.params().unwrap(), told().data_shape());
    let window = Window::new(gpu.clone(), &told(), source.clone(), ROOM).unwrap();
    assert!(window.data().bytes() <= ROOM.next_multiple_of(16) && window.data().images < IMAGES / 3);
    let supply = Supply::Window(Rc::new(window));
    let mut plan = block_on(PlanEngine::supplied(gpu, entry, &params, shape, &supply, Given::default())).unwrap();
    let images = HostSupply::paged(&told(), source, ROOM).unwrap();
    let mut cpu = block_on(CpuEngine::new(entry, &params, shape, &images)).unwrap();
    cpu.set_weights(&block_on(plan.weights()).unwrap()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..IMAGES.div_ceil(BATCH) {
        let rows = [steps(&mut plan, 1), steps(&mut cpu, 1)].map(|mut rows| rows.remove(0));
        let apart = (rows[0].terms[0] - rows[1].terms[0]).abs() / rows[0].terms[0];
        assert!(apart < 1e-3, "step {}: {:?} and {:?}", rows[0].step, rows[0].terms, rows[1].terms);
        let [images, _, known] = block_on(plan.minibatch()).unwrap();
        for (values, given) in images.chunks_exact(LEN).zip(known.chunks_exact(3)) {
            let i = (values[0] * 255.0).round() as usize;
            assert_eq!(given, factors(i).map(f32::from), "image {i}");
            seen.insert(i);
        }
    }
    assert_eq!(seen.len(), IMAGES);
    // Test images have theirs behind all others.
    let data = told();
    let x = data.shape.floats(&data.test_images);
    let rows = Rows::labelled(&x, &data.test_labels).told(&data.factors.test_nk);
    let (code, _) = block_on(plan.encode(rows)).unwrap();
    let own = code.chunks_exact(code.len() / 20).map(|z| z[z.len() - 6..].to_vec());
    for (i, z) in own.enumerate() {
        let kind = |k: usize| f32::from(u8::from(i % 4 == k));
        assert_eq!(z, [kind(0), kind(1), kind(2), kind(3), (i / 4 % 7) as f32 / 6.0, (i % 2) as f32], "image {i}");
    }
}

/// A method that reads labels.
fn setup() -> Setup {
    let mut setup = Setup::new("own:many", "cvae");
    for (key, value) in [("batch", BATCH as f64), ("hidden", 16.0), ("latent", 2.0), ("lr", 0.01)] {
        setup.set(key, value).unwrap();
    }
    setup
}

fn engine(gpu: &Rc<Gpu>, source: &Rc<Source>, setup: &Setup) -> PlanEngine {
    let window = Window::new(gpu.clone(), &set(), source.clone(), ROOM).unwrap();
    assert!(window.data().bytes() <= ROOM.next_multiple_of(16) && window.data().images < IMAGES / 3);
    let supply = Supply::Window(Rc::new(window));
    let entry = entry(&setup.method).unwrap();
    block_on(PlanEngine::supplied(gpu.clone(), entry, &setup.params().unwrap(), set().data_shape(), &supply, Given::default()))
        .unwrap()
}

/// Takes `n` steps, as many at a time as can be taken.
fn steps(engine: &mut impl Engine, n: u32) -> Vec<MetricRow> {
    let mut rows = vec![];
    while rows.len() < n as usize {
        let ready = block_on(engine.ready(n - rows.len() as u32)).unwrap();
        engine.run_steps(ready).unwrap();
        rows.extend(block_on(engine.metrics()).unwrap());
    }
    rows
}

#[test]
fn of_images_in_pages_a_run_sees_as_many_as_it_asks_for() {
    let (gpu, source) = (block_on(open_gpu()).unwrap(), Rc::new(Source::default()));
    let mut few = setup();
    few.set("train_images", 100.0).unwrap();
    let mut plan = engine(&gpu, &source, &few);
    let images = HostSupply::paged(&set(), source, ROOM).unwrap();
    let mut cpu = block_on(CpuEngine::new(entry("cvae").unwrap(), &few.params().unwrap(), set().data_shape(), &images)).unwrap();
    cpu.set_weights(&block_on(plan.weights()).unwrap()).unwrap();
    let mut seen = vec![];
    // Two epochs, and they end with a step.
    for _ in 0..2 * 100 / BATCH {
        let rows = [steps(&mut plan, 1), steps(&mut cpu, 1)].map(|mut rows| rows.remove(0));
        let apart = (rows[0].terms[0] - rows[1].terms[0]).abs() / rows[0].terms[0];
        assert!(apart < 1e-3, "step {}: {:?} and {:?}", rows[0].step, rows[0].terms, rows[1].terms);
        let [images, ..] = block_on(plan.minibatch()).unwrap();
        seen.extend(images.chunks_exact(LEN).map(|values| (values[0] * 255.0).round() as usize));
    }
    for epoch in seen.chunks_exact(100) {
        let each: std::collections::BTreeSet<_> = epoch.iter().collect();
        assert_eq!(each.len(), 100, "each once an epoch");
    }
    assert_eq!(seen[..100].iter().collect::<std::collections::BTreeSet<_>>(), seen[100..].iter().collect());
}

#[test]
fn each_image_is_seen_once_an_epoch_and_arrives_as_it_is() {
    let (gpu, source) = (block_on(open_gpu()).unwrap(), Rc::new(Source::default()));
    let mut engine = engine(&gpu, &source, &setup());
    let mut seen = vec![];
    for _ in 0..(2 * IMAGES).div_ceil(BATCH) {
        steps(&mut engine, 1);
        let [images, labels, factors] = block_on(engine.minibatch()).unwrap();
        assert_eq!(factors, [0.0; 0], "nobody asks for them");
        for (values, given) in images.chunks_exact(LEN).zip(labels) {
            let bytes: Vec<u8> = values.iter().map(|v| (v * 255.0).round() as u8).collect();
            let i = usize::from(bytes[0]);
            assert_eq!((bytes, given), (image(i), f32::from(label(i))));
            seen.push(i);
        }
    }
    for epoch in seen.chunks_exact(IMAGES) {
        let mut sorted = epoch.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..IMAGES).collect::<Vec<_>>());
    }
    assert_ne!(seen[..IMAGES], seen[IMAGES..2 * IMAGES]);
    // Neighbours in the set are not neighbours in time, as they would be if it were walked through.
    let apart = seen.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) > 12).count();
    assert!(apart > seen.len() / 2, "{apart} of {}", seen.len());
    // What passes through memory at a time is a page; an epoch reads what the last one has not left behind.
    assert!(source.most.get() <= 15, "{} images at once", source.most.get());
    assert!(source.asked.get() <= 2 * IMAGES, "{} images read", source.asked.get());
}

/// The processor's engine keeps a window of the same size in its own memory: the same images at the same steps.
#[test]
fn the_processor_reads_the_same_pages() {
    let (gpu, source) = (block_on(open_gpu()).unwrap(), Rc::new(Source::default()));
    let mut plan = engine(&gpu, &source, &setup());
    let own = Rc::new(Source::default());
    let supply = HostSupply::paged(&set(), own.clone(), ROOM).unwrap();
    let params = setup().params().unwrap();
    let made = CpuEngine::new(entry(&setup().method).unwrap(), &params, set().data_shape(), &supply);
    let mut cpu = block_on(made).unwrap();
    cpu.set_state(&block_on(plan.state()).unwrap().unwrap()).unwrap();
    let n = (2 * IMAGES).div_ceil(BATCH) as u32;
    for (got, want) in steps(&mut cpu, n).iter().zip(steps(&mut plan, n)) {
        let d = difference(&got.terms, &want.terms);
        assert!(d < 1e-3, "step {}: terms differ by {d}", got.step);
    }
    assert!(own.most.get() <= 15, "{} images at once", own.most.get());
}

/// Where all images are on the device: minibatches that reach over several epochs, and positions that no word can count.
#[test]
fn whole_sets_are_seen_in_the_order_of_their_epochs() {
    let gpu = block_on(open_gpu()).unwrap();
    for (images, batch, step) in [(20, 128, 0), (20, 128, 40_000_003), (230, 100, 50_000_001), (230, 8, 28)] {
        let bytes: Vec<u8> = (0..images).flat_map(image).collect();
        let labels: Vec<u8> = (0..images).map(label).collect();
        let uploaded = Data::upload(&gpu, &bytes, &labels, &[]).unwrap();
        let mut setup = setup();
        setup.set("batch", batch as f64).unwrap();
        let mut engine =
            block_on(PlanEngine::new(gpu.clone(), entry("cvae").unwrap(), &setup.params().unwrap(), set().data_shape(), &uploaded))
                .unwrap();
        let state = block_on(engine.state()).unwrap().unwrap();
        engine.set_state(&RunState { step, ..state }).unwrap();
        // As a few steps of one submission leave it, and those after it.
        for (steps, done) in [(3, 3), (1, 4), (9, 13)] {
            engine.run_steps(steps).unwrap();
            let [seen, given, _] = block_on(engine.minibatch()).unwrap();
            let from = (step + done - 1) * batch;
            for (i, (values, given)) in seen.chunks_exact(LEN).zip(given).enumerate() {
                let at = from + i as u64;
                let (epoch, place) = (at / images as u64, (at % images as u64) as usize);
                let want = epoch_order(0, epoch as u32, images as u32)[place] as usize;
                let number = (values[0] * 255.0).round() as usize;
                assert_eq!((number, given), (want, f32::from(label(want))), "{images} images, batch {batch}, position {at}");
            }
        }
    }
}

/// Eager Burn, which walks through the epochs one image after another, is the same run.
#[test]
fn a_batch_larger_than_the_set_is_burns() {
    let gpu = block_on(open_gpu()).unwrap();
    let (images, labels) = ((0..20).flat_map(image).collect(), (0..20).map(label).collect());
    let factors = Factors { train_nk: (0..20).flat_map(factors).collect(), ..told().factors };
    let data = Arc::new(Dataset { train_images: images, train_labels: labels, factors, ..set() });
    for method in ["cvae", "cvq", "attribute-vae"] {
        let mut setup = Setup::new("own:many", method);
        setup.set("batch", 128.0).unwrap();
        let report =
            block_on(verify(gpu.clone(), Device::flex(), entry(method).unwrap(), &setup.params().unwrap(), &data, 3)).unwrap();
        assert!(report.loss < 1e-4 && report.gradient < 1e-4, "{report:?}");
    }
}

#[test]
fn a_run_cut_in_two_is_the_same_run() {
    let (gpu, source) = (block_on(open_gpu()).unwrap(), Rc::new(Source::default()));
    let mut whole = engine(&gpu, &source, &setup());
    let rows = steps(&mut whole, 70);
    let mut first = engine(&gpu, &source, &setup());
    assert_eq!(steps(&mut first, 41), rows[..41]);
    let state = block_on(first.state()).unwrap().unwrap();
    // Another window, in which nothing lies where it lay.
    let mut second = engine(&gpu, &source, &setup());
    second.set_state(&state).unwrap();
    assert_eq!(steps(&mut second, 29), rows[41..]);
    assert!(rows[69].terms[0] < rows[0].terms[0]);
}

#[test]
fn paging_costs_no_dispatch_and_says_what_is_wrong() {
    let (gpu, source) = (block_on(open_gpu()).unwrap(), Rc::new(Source::default()));
    let images: Vec<u8> = (0..IMAGES).flat_map(image).collect();
    let uploaded = Data::upload(&gpu, &images, &set().train_labels, &[]).unwrap();
    let (entry, shape) = (entry("cvae").unwrap(), set().data_shape());
    let mut whole = block_on(PlanEngine::new(gpu.clone(), entry, &setup().params().unwrap(), shape, &uploaded)).unwrap();
    let mut paged = engine(&gpu, &source, &setup());
    assert_eq!(whole.info().dispatches, paged.info().dispatches);
    assert_eq!(block_on(whole.ready(500)), Ok(500), "where all images are there nothing has to be read");

    assert!(paged.run_steps(1).unwrap_err().contains("images of step 1 are not on the device"));
    source.broken.set(true);
    assert!(block_on(paged.ready(1)).unwrap_err().contains("shard-0003.bin: gone"));
    source.broken.set(false);
    assert_eq!(steps(&mut paged, 3).len(), 3);

    let mut large = setup();
    large.set("batch", 200.0).unwrap();
    let window = Window::new(gpu.clone(), &set(), source.clone(), ROOM).unwrap();
    let refused = block_on(PlanEngine::supplied(
        gpu.clone(),
        entry,
        &large.params().unwrap(),
        shape,
        &Supply::Window(Rc::new(window)),
        Given::default(),
    ));
    let words = String::from(refused.err().unwrap());
    assert!(words.contains("batch of 200 is too large"), "{words}");
    assert!(Window::new(gpu, &set(), source, 100).err().unwrap().contains("no room"));
}

#[test]
fn methods_that_start_from_data_start_from_what_is_there() {
    let (gpu, source) = (block_on(open_gpu()).unwrap(), Rc::new(Source::default()));
    let mut setup = Setup::new("own:many", "cvq");
    for (key, value) in [("batch", BATCH as f64), ("codes", 16.0), ("width", 8.0)] {
        setup.set(key, value).unwrap();
    }
    let mut engine = engine(&gpu, &source, &setup);
    assert_eq!(steps(&mut engine, 12).len(), 12);
}

#[test]
fn a_session_pages_and_a_benchmark_beside_it_changes_nothing() {
    let run = |bench: bool| {
        let events: Rc<RefCell<Vec<Event>>> = Rc::default();
        let sink = events.clone();
        let mut session = Session::new(move |e| sink.borrow_mut().push(e));
        assert!(block_on(session.open(EngineChoice::Plan, [None, None])));
        session.limit_room(ROOM);
        let note = Some("some at a time".to_owned());
        block_on(session.set_data(Loaded { data: set(), pages: Some(Rc::new(Source::default())), note }));
        block_on(session.command(Command::Start { run: 1, setup: setup(), weights: None }));
        for part in [20, 25] {
            block_on(session.command(Command::Step { run: 1, steps: part }));
            while block_on(session.turn()) {}
            if bench {
                block_on(session.command(Command::Bench { setup: setup(), steps: 30 }));
            }
        }
        events.take()
    };
    let (alone, beside) = (run(false), run(true));
    assert!(alone.iter().any(|e| matches!(e, Event::DataReady { data, .. } if data.train == IMAGES as u32)));
    assert!(alone.iter().any(|e| matches!(e, Event::Warning { message } if message == "some at a time")));
    assert!(beside.iter().any(|e| matches!(e, Event::Benched { report: Ok(report) } if report.steps == 30)));
    let rows = |events: &[Event]| {
        let rows = events.iter().filter_map(|e| if let Event::Metrics { rows, .. } = e { Some(rows.clone()) } else { None });
        rows.flatten().collect::<Vec<_>>()
    };
    assert_eq!(rows(&alone).len(), 45);
    assert_eq!(rows(&alone), rows(&beside));
}
