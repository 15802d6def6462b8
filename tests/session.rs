//! The session: commands in, events out, as the page sees it. Runs on the native GPU; a software Vulkan adapter will do.

mod files;
mod slices;

use std::cell::RefCell;
use std::rc::Rc;

use latent_data::Dataset;
use latent_engine::Weight;
use latent_experiment::Setup;
use latent_experiment::history::MetricRow;
use latent_model::checkpoint::Checkpoint;
use latent_model::weights;
use latent_protocol::{Command, EngineChoice, Event, Export, Table};
use latent_session::Session;
use latent_view::{Codes, Images, View};
use latent_view::{Decode, Embed, Measures, Reconstruct};
use latent_vocabulary::Precision;
use latent_vocabulary::measured::{Measured, Quantity};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};
use latent_vocabulary::shape::SampleShape;
use serde_bytes::ByteBuf;

struct Bench {
    session: Session,
    events: Rc<RefCell<Vec<Event>>>,
}

fn stripes(n: usize) -> Dataset {
    let images: Vec<u8> = (0..n * 784).map(|i| if (i % 28 + i / 784) % 5 < 2 { 220 } else { 10 }).collect();
    let labels: Vec<u8> = (0..n).map(|i| (i % 10) as u8).collect();
    Dataset { id: "mnist".into(), ..Dataset::of(SampleShape::MNIST, 10, images, labels) }
}

fn small() -> Setup {
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 8.0), ("hidden", 32.0), ("latent", 3.0), ("lr", 0.01)] {
        setup.set(key, value).unwrap();
    }
    setup
}

/// The place of a parameter among those of a setup's method.
pub fn param(setup: &Setup, key: &str) -> u8 {
    setup.card().unwrap().all_params().position(|p| p.key == key).unwrap() as u8
}

impl Bench {
    fn open() -> Self {
        Self::open_on(EngineChoice::Plan)
    }

    fn open_on(engine: EngineChoice) -> Self {
        Self::open_with(engine, 40)
    }

    /// With so many images to train on, and as many to test on.
    fn open_with(engine: EngineChoice, images: usize) -> Self {
        let events: Rc<RefCell<Vec<Event>>> = Rc::default();
        let sink = events.clone();
        let mut session = Session::new(move |e| sink.borrow_mut().push(e));
        assert!(pollster::block_on(session.open(engine, [None, None])), "a GPU adapter; on Debian: mesa-vulkan-drivers");
        pollster::block_on(session.set_data(stripes(images)));
        let bench = Self { session, events };
        let events = bench.take();
        assert!(
            matches!(&events[..], [Event::Ready { .. }, Event::DataReady { data, .. }] if (data.train as usize, data.test as usize) == (images, images)),
            "{events:?}"
        );
        bench
    }

    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.borrow_mut())
    }

    fn tell(&mut self, command: Command) {
        pollster::block_on(self.session.command(command));
    }

    /// Turns until there is nothing left to do, at most `n`.
    fn turns(&mut self, n: usize) -> Vec<Event> {
        for _ in 0..n {
            if !pollster::block_on(self.session.turn()) {
                break;
            }
        }
        self.take()
    }

    fn start(&mut self, run: u32, setup: Setup, weights: Option<ByteBuf>) -> Vec<Event> {
        self.tell(Command::Start { run, setup, weights });
        self.take()
    }

    /// A file of the run; empty if the run is gone.
    fn save(&mut self, run: u32, what: Export) -> ByteBuf {
        self.tell(Command::Save { run, what });
        let saved = |event| if let Event::Saved { bytes, .. } = event { Some(bytes) } else { None };
        self.take().into_iter().rev().find_map(saved).unwrap_or_default()
    }

    /// Trains exactly `steps` steps and returns their metrics.
    fn steps(&mut self, run: u32, steps: u32) -> Vec<MetricRow> {
        self.tell(Command::Step { run, steps });
        rows(&self.turns(1000))
    }
}

fn rows(events: &[Event]) -> Vec<MetricRow> {
    events.iter().filter_map(|e| if let Event::Metrics { rows, .. } = e { Some(rows.clone()) } else { None }).flatten().collect()
}

fn measured(events: &[Event]) -> Vec<(u64, &Vec<Measured>)> {
    let sheet = |e| match e {
        &Event::Viewed { slot: 1, step, view: View::Sheet(ref sheet), .. } => Some((step, sheet)),
        _ => None,
    };
    events.iter().filter_map(sheet).collect()
}

#[test]
fn trains_pauses_and_goes_on() {
    let mut b = Bench::open();
    assert!(matches!(&b.start(1, small(), None)[..], [Event::Built { run: 1, info }] if info.latent == 3 && info.batch == 8));
    assert!(b.turns(3).is_empty(), "a new run does not train by itself");

    b.tell(Command::Train { run: 1 });
    let events = b.turns(12);
    let first = rows(&events);
    assert!(!first.is_empty() && first.iter().zip(1..).all(|(r, step)| r.step == step), "no metric is lost");
    b.tell(Command::Pause { run: 1 });
    let events = b.take();
    let last = rows(&events);
    let Some(Event::Paused { run: 1, step }) = events.last() else { panic!("{events:?}") };
    assert_eq!(*step, (first.len() + last.len()) as u64, "pausing hands over what was on its way");
    assert!(events.iter().any(|e| matches!(e, Event::TestMetrics { terms, .. } if terms.len() == 3)));
    assert!(b.turns(3).is_empty(), "pausing is not stepping");

    let more = b.steps(1, 5);
    assert_eq!(more.iter().map(|r| r.step).collect::<Vec<_>>(), (step + 1..=step + 5).collect::<Vec<_>>());
}

#[test]
fn the_same_seed_gives_the_same_curve_after_a_restart() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    let whole = b.steps(1, 30);
    b.start(2, small(), None);
    let mut parts = b.steps(2, 11);
    parts.extend(b.steps(2, 19));
    assert_eq!(whole, parts);
    assert!(whole[29].terms[0] < whole[0].terms[0]);
}

/// A run at the edge: SGD at the smallest rate trains it, at the largest three steps are the end.
fn at_the_edge(b: &mut Bench) {
    let mut setup = small();
    for (key, value) in [("optimizer", 2.0), ("lr", 1e-5)] {
        setup.set(key, value).unwrap();
    }
    b.start(1, setup.clone(), None);
    let mut tensors = weights::read(&b.save(1, Export::Weights(Precision::Full))).unwrap();
    let out = tensors.iter_mut().find(|w| w.name == "decoder.out.weight").unwrap();
    out.values.iter_mut().for_each(|v| *v *= 100.0);
    let file = ByteBuf::from(weights::write(&tensors, &[]).unwrap());
    assert!(matches!(b.start(2, setup, Some(file))[..], [Event::Built { run: 2, .. }]));
    b.tell(Command::Step { run: 2, steps: 3 });
    let events = b.turns(10);
    assert!(matches!(events.last(), Some(Event::Paused { run: 2, step: 3 })), "{events:?}");
    b.tell(Command::Set { run: 2, param: param(&small(), "lr"), value: 0.1 });
}

#[test]
fn a_run_that_diverges_has_failed_and_is_in_no_file() {
    let mut b = Bench::open();
    at_the_edge(&mut b);
    b.tell(Command::Step { run: 2, steps: 3 });
    let events = b.turns(10);
    let [metrics @ .., Event::RunFailed { run: 2, message }] = &events[..] else { panic!("{events:?}") };
    assert!(metrics.iter().all(|e| matches!(e, Event::Metrics { .. })) && rows(metrics).len() == 3, "{events:?}");
    assert!(message.contains("at step 6") && message.contains("learning rate"), "{message}");

    // Asked to pause while the bad news are on their way. A slow device takes one step a turn: a few until the weights are ruined.
    for _ in 0..4 {
        b.tell(Command::Train { run: 2 });
        pollster::block_on(b.session.turn());
        b.take();
        b.tell(Command::Pause { run: 2 });
        let events = b.take();
        assert!(matches!(&events[..], [Event::RunFailed { run: 2, .. }]), "{events:?}");
    }
    for what in [Export::Checkpoint, Export::Weights(Precision::Half)] {
        b.tell(Command::Save { run: 2, what });
        let events = b.take();
        assert!(matches!(&events[..], [Event::Warning { message }] if message.contains("has become NaN")), "{what:?}: {events:?}");
    }
    b.start(3, small(), None);
    assert_eq!(b.steps(3, 2).len(), 2, "the next run is a new one");
}

#[test]
fn whoever_asks_for_another_run_has_left_the_one_that_trains() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    b.tell(Command::Train { run: 1 });
    b.turns(3);
    // What is wrong is seen before anything is given up.
    assert!(matches!(b.start(2, Setup::new("mnist", "sorcery"), None)[..], [Event::RunFailed { run: 2, .. }]));
    assert!(b.turns(3).is_empty(), "nobody can stop run 1 any more: it rests");
    b.steps(1, 1);
    assert_eq!(b.steps(1, 2).len(), 2);

    // What is wrong is seen when the old network has made room.
    let file = b.save(1, Export::Weights(Precision::Full));
    let mut other = small();
    other.set("latent", 4.0).unwrap();
    b.tell(Command::Train { run: 1 });
    assert!(matches!(b.start(3, other, Some(file))[..], [Event::RunFailed { run: 3, .. }]));
    assert!(b.turns(3).is_empty() && b.steps(1, 1).is_empty() && b.steps(3, 1).is_empty(), "no run is left");
    assert!(matches!(b.start(4, small(), None)[..], [Event::Built { run: 4, .. }]));
    assert_eq!(b.steps(4, 2).len(), 2);
}

#[test]
fn sgd_has_no_second_moments_and_takes_no_room_for_them() {
    let mut b = Bench::open();
    let bytes = |events: Vec<Event>| match &events[..] {
        [Event::Built { info, .. }] => (info.bytes, info.parameters),
        other => panic!("{other:?}"),
    };
    let (adam, parameters) = bytes(b.start(1, small(), None));
    let mut setup = small();
    setup.set("optimizer", 2.0).unwrap();
    let (sgd, _) = bytes(b.start(2, setup.clone(), None));
    assert!(adam - sgd >= 4 * parameters, "{adam} and {sgd} bytes for {parameters} parameters");

    b.steps(2, 3);
    let mut checkpoint = Checkpoint::read(&b.save(2, Export::Checkpoint)).unwrap().unwrap();
    assert!(checkpoint.state.moments[1].is_empty());
    // Checkpoints of earlier versions have them, all zero.
    checkpoint.state.moments[1] = checkpoint.state.moments[0].clone();
    checkpoint.state.moments[1].iter_mut().for_each(|w| w.values.fill(0.0));
    let rest = b.steps(2, 3);
    let events = b.start(3, setup, Some(ByteBuf::from(checkpoint.write().unwrap())));
    assert!(matches!(&events[..], [Event::Resumed { step: 3, .. }, Event::Built { .. }]), "{events:?}");
    assert_eq!(b.steps(3, 3), rest);
}

#[test]
fn commands_for_an_old_run_do_nothing() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    b.start(2, small(), None);
    b.tell(Command::Train { run: 1 });
    b.tell(Command::Set { run: 1, param: param(&small(), "beta"), value: 3.0 });
    assert!(b.turns(3).is_empty());
}

#[test]
fn bad_requests_are_events_and_leave_the_run_alone() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    let mut bad = small();
    bad.values.insert("latent".into(), 1e9);
    assert!(matches!(&b.start(2, bad, None)[..], [Event::RunFailed { run: 2, message }] if message.contains("latent")));
    assert!(matches!(&b.start(3, small(), Some(ByteBuf::from(vec![1, 2, 3])))[..],
        [Event::RunFailed { run: 3, message }] if message.contains("safetensors")));
    assert_eq!(b.steps(1, 2).len(), 2, "run 1 is still there");
    b.tell(Command::Set { run: 1, param: param(&small(), "beta"), value: -1.0 });
    b.tell(Command::Set { run: 1, param: u8::MAX, value: 1.0 });
    let warnings = b.take();
    assert!(matches!(&warnings[..], [Event::Warning { .. }, Event::Warning { .. }]), "{warnings:?}");
    b.tell(Command::Watch { slot: 1, query: Decode { z_nd: f32_bytes(&[0.0; 4]) }.into() });
    let events = b.turns(3);
    assert!(matches!(&events[..], [Event::Warning { message }] if message.contains("rows of 3")), "{events:?}");
    assert_eq!(b.steps(1, 2).len(), 2, "and goes on");
}

#[test]
fn views_follow_the_weights_and_the_latest_query_wins() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    for z in 0..40 {
        b.tell(Command::Watch { slot: 7, query: Decode { z_nd: f32_bytes(&[z as f32; 3]) }.into() });
    }
    b.tell(Command::Watch { slot: 8, query: Embed { from: 0, count: 12 }.into() });
    b.tell(Command::Watch { slot: 9, query: Reconstruct { first: 38, count: 5 }.into() });
    let before = b.turns(10);
    assert_eq!(before.len(), 3, "one answer a slot, not one a query");
    let decoded = |events: &[Event]| {
        events.iter().rev().find_map(|e| match e {
            Event::Viewed { slot: 7, view: View::Images(Images { n: 1, width: 28, height: 28, pixels, .. }), .. } => {
                Some(pixels.clone())
            }
            _ => None,
        })
    };
    for e in &before {
        match e {
            Event::Viewed { slot: 8, view: View::Codes(Codes { n, latent, mean_nd, logvar_nd, labels }), .. } => {
                assert_eq!((*n, *latent, labels.len()), (12, 3, 12));
                assert_eq!((bytes_f32(mean_nd).len(), bytes_f32(logvar_nd).len()), (36, 36));
            }
            // Two of the five exist, each once as it is and once rebuilt.
            Event::Viewed { slot: 9, view: View::Images(Images { n, pixels, .. }), .. } => {
                assert_eq!((*n, pixels.len()), (4, 4 * 784));
                assert_eq!(pixels[..784], stripes(40).test_images[38 * 784..39 * 784]);
            }
            _ => {}
        }
    }
    b.tell(Command::Step { run: 1, steps: 20 });
    let after = b.turns(1000);
    assert_ne!(decoded(&before).unwrap(), decoded(&after).unwrap(), "the same code decodes otherwise after training");
    b.tell(Command::Unwatch { slot: 7 });
    b.tell(Command::Step { run: 1, steps: 2 });
    assert!(decoded(&b.turns(1000)).is_none());
}

#[test]
fn bench_counts_what_it_did() {
    let mut b = Bench::open();
    b.tell(Command::Bench { setup: small(), steps: 6 });
    let events = b.turns(20);
    let [Event::Benched { report: Ok(report) }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((report.steps, report.batch), (6, 8));
    assert!((1..=6).contains(&report.submits), "{report:?}");
    assert!(report.total_ms > 0.0 && report.loss.is_finite() && report.dispatches <= 24);
    b.tell(Command::Bench { setup: Setup::new("faces", "vae"), steps: 6 });
    let events = b.take();
    assert!(matches!(&events[..], [Event::Benched { report: Err(why) }] if why.contains("faces")), "{events:?}");
}

#[test]
fn test_metrics_are_of_images_from_all_of_the_test_set() {
    // The first 1,100 are blank, which a network soon knows; the others are noise, which it never does.
    let noise = |i: usize| (i as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0];
    let images: Vec<u8> = (0..3000 * 784).map(|i| if i < 1100 * 784 { 0 } else { noise(i) }).collect();
    let data = Dataset { id: "mnist".into(), ..Dataset::of(SampleShape::MNIST, 10, images, vec![0; 3000]) };
    let mut b = Bench::open();
    pollster::block_on(b.session.set_data(data));
    b.take();
    b.start(1, small(), None);
    b.tell(Command::Step { run: 1, steps: 30 });
    let events = b.turns(1000);
    let tested = events.iter().rev().find_map(|e| match e {
        Event::TestMetrics { step: 30, count, terms, .. } => Some((*count, f64::from(terms[1]))),
        _ => None,
    });
    let (count, tested) = tested.expect("a pause is tested");
    assert!([256, 1024].contains(&count), "{count}");
    b.tell(Command::Watch { slot: 1, query: Measures { images: 1500, press: 1, only: vec![], of_training: false }.into() });
    let events = b.turns(10_000);
    let [(30, sheet)] = measured(&events)[..] else { panic!("{events:?}") };
    let Some(Quantity::Number(all)) = sheet.iter().find(|m| m.name == "reconstruction").map(|m| m.value.clone()) else {
        panic!("{sheet:?}")
    };
    // Blank ones alone take a quarter of it.
    assert!(tested > 0.5 * all, "{tested} nats on {count} images, {all} on others of them");
}

#[test]
fn eager_burn_answers_the_same_commands() {
    let mut b = Bench::open_on(EngineChoice::Burn);
    assert!(matches!(&b.start(1, small(), None)[..], [Event::Built { run: 1, info }] if info.latent == 3 && info.dispatches == 0));
    let first = b.steps(1, 20);
    assert_eq!(first.iter().map(|r| r.step).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert!(first[19].terms[0] < first[0].terms[0] && first[0].kl_d.len() == 3);

    b.tell(Command::Set { run: 1, param: param(&small(), "beta"), value: 100.0 });
    let [loss, reconstruction, kl] = b.steps(1, 1)[0].terms[..] else { panic!("three terms") };
    assert!((loss - reconstruction - 100.0 * kl).abs() < 1e-3 * loss, "a live control acts on the next step");
    b.tell(Command::Watch { slot: 7, query: Decode { z_nd: f32_bytes(&[0.3; 6]) }.into() });
    b.tell(Command::Watch { slot: 8, query: Embed { from: 0, count: 12 }.into() });
    b.tell(Command::Watch { slot: 9, query: Decode { z_nd: f32_bytes(&[0.0; 4]) }.into() });
    let views = b.turns(5);
    assert!(
        matches!(&views[..], [
        Event::Viewed { slot: 7, view: View::Images(Images { n: 2, .. }), .. },
        Event::Viewed { slot: 8, view: View::Codes(Codes { n: 12, latent: 3, .. }), .. },
        Event::Warning { message },
    ] if message.contains("rows of 3")),
        "{views:?}"
    );

    // Burn hands its optimiser's state out nowhere but natively: what it calls a checkpoint are its weights.
    let weights = b.save(1, Export::Checkpoint);
    assert!(matches!(b.start(2, small(), Some(weights))[..], [Event::Built { .. }]));
    let (again, fresh) = (b.steps(2, 1), first[0].terms[0]);
    assert!(again[0].terms[0] < fresh, "the weights came back: {} against {fresh} from noise", again[0].terms[0]);
}

#[test]
fn clipping_and_a_decay_that_moves_are_the_same_on_both_engines() {
    let mut setup = small();
    for (key, value) in [("optimizer", 1.0), ("clip", 1.0), ("lr", 0.05)] {
        setup.set(key, value).unwrap();
    }
    let mut plan = Bench::open();
    plan.start(1, setup.clone(), None);
    let file = plan.save(1, Export::Weights(Precision::Full));
    let curve = |b: &mut Bench, decay: f64| {
        b.start(2, setup.clone(), Some(file.clone()));
        let mut rows = b.steps(2, 2);
        b.tell(Command::Set { run: 2, param: param(&small(), "weight_decay"), value: decay });
        rows.extend(b.steps(2, 4));
        rows.into_iter().map(|row| f64::from(row.terms[0])).collect::<Vec<_>>()
    };
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs() / b).fold(0.0, f64::max);
    let (still, moved) = (curve(&mut plan, 0.01), curve(&mut plan, 1.0));
    let burn = curve(&mut Bench::open_on(EngineChoice::Burn), 1.0);
    assert!(apart(&burn, &moved) < 0.1 * apart(&still, &moved), "plan {moved:?}, without the move {still:?}, Burn {burn:?}");
}

#[test]
fn both_engines_are_compared_on_request() {
    let mut b = Bench::open_on(EngineChoice::Burn);
    b.tell(Command::Verify { setup: small(), steps: 2 });
    let events = b.turns(20);
    let [Event::Verified { report }] = &events[..] else { panic!("{events:?}") };
    assert!(report.steps == 2 && report.loss < 1e-4 && report.gradient < 1e-4, "{report:?}");
    assert!(report.loss > 0.0 || report.gradient > 0.0, "two engines never round alike: {report:?}");
    let mut b = Bench::open();
    b.tell(Command::Verify { setup: small(), steps: 2 });
    assert!(matches!(&b.take()[..], [Event::Warning { message }] if message.contains("eager Burn")));
}

#[test]
fn a_sparse_autoencoder_takes_apart_what_was_trained_before_it() {
    let mut b = Bench::open();
    let mut setup = Setup::new("mnist", "topk-sae");
    for (key, value) in [("batch", 8.0), ("features", 64.0), ("k", 3.0), ("source", 2.0)] {
        setup.set(key, value).unwrap();
    }
    setup.host = Some(Box::new(small()));
    let refused = b.start(1, setup.clone(), None);
    assert!(matches!(&refused[..], [Event::RunFailed { run: 1, message }] if message.contains("no trained vae")), "{refused:?}");

    b.start(2, small(), None);
    b.steps(2, 20);
    assert!(matches!(&b.start(3, setup.clone(), None)[..], [Event::Built { run: 3, .. }]));
    assert_eq!(b.steps(3, 5).len(), 5);
    b.tell(Command::Watch { slot: 1, query: Measures { images: 20, press: 1, only: vec![], of_training: false }.into() });
    let measured = b.turns(10_000).into_iter().find_map(|e| match e {
        Event::Viewed { slot: 1, view: View::Sheet(sheet), .. } => sheet.into_iter().find(|m| m.name == "loss_recovered"),
        _ => None,
    });
    let Some(Quantity::Number(share)) = measured.map(|m| m.value) else { panic!("not measured with the host's layer replaced") };
    assert!(share.is_finite(), "{share}");
    b.tell(Command::Unwatch { slot: 1 });
    // The host is remembered while one sparse autoencoder follows another.
    setup.set("features", 128.0).unwrap();
    assert!(matches!(&b.start(4, setup.clone(), None)[..], [Event::Built { run: 4, .. }]));
    setup.host.as_mut().unwrap().set("latent", 4.0).unwrap();
    let refused = b.start(5, setup, None);
    assert!(matches!(&refused[..], [Event::RunFailed { run: 5, .. }]), "{refused:?}");
}

#[test]
fn what_learns_to_repair_is_shown_at_its_work() {
    for (method, whole) in [("mae", 0.25), ("dae", 0.0)] {
        let mut b = Bench::open();
        let mut setup = Setup::new("mnist", method);
        for (key, value) in [("latent", 3.0), ("hidden", 16.0), ("batch", 10.0)] {
            setup.set(key, value).unwrap();
        }
        b.start(1, setup, None);
        b.tell(Command::Watch { slot: 9, query: Reconstruct { first: 0, count: 4 }.into() });
        let events = b.turns(10);
        let pixels = events.iter().find_map(|e| match e {
            Event::Viewed { slot: 9, view: View::Images(Images { n: 12, pixels, .. }), .. } => Some(pixels),
            _ => None,
        });
        let (originals, seen) = (&stripes(40).test_images[..4 * 784], &pixels.expect("three times four images")[8 * 784..]);
        let same = originals.iter().zip(seen).filter(|(a, b)| a.abs_diff(**b) <= 1).count() as f64 / originals.len() as f64;
        assert!(same >= whole - 0.05 && same < 0.9, "{method}: {same} of the pixels are as they were");
    }
}
