//! Images that come from noise in steps: the same on every engine and from the file alone, a few at a time as at once, and where the codes of
//! the trained network lie.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use burn::tensor::Device;
use latent_data::Dataset;
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::plan::PlanEngine;
use latent_engine::sampling::{self, Draw, step, step_rows};
use latent_engine::verify::{difference, verify};
use latent_engine::{Engine, Program, Rows, Weight};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_measure::frechet::{self, Gaussian};
use latent_model::weights;
use latent_player::{Asked, Player};
use latent_protocol::{Command, EngineChoice, Event, Export};
use latent_registry::entry;
use latent_session::Session;
use latent_view::{Question, Sample, Tests, Way};
use latent_vocabulary::Precision;
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};
use pollster::block_on;

use crate::alike::framed;
use crate::cpu::equals_burn;
use crate::plan::stripes;

const LATENT: usize = 3;
const CLOSE: f64 = 1e-4;

/// A flow on the codes of a VAE.
fn setup() -> Setup {
    let query = format!("?data=mnist&method=latent-flow&flow=32&batch=20&lr=0.003&host=vae&host.latent={LATENT}&host.hidden=16");
    let (setup, notes) = Setup::from_query(&query, &[]);
    assert_eq!((notes.len(), setup.check()), (0, Ok(())));
    setup
}

fn cpu(data: &Dataset) -> CpuEngine {
    let (setup, factors) = (setup(), data.factors.train_nk.clone());
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), factors);
    block_on(CpuEngine::new(entry(&setup.method).unwrap(), &setup.params().unwrap(), data.data_shape(), &images))
        .unwrap_or_else(|e| panic!("{}", String::from(e)))
}

fn draw(steps: u32) -> Draw {
    Draw { count: 5, temperature: 1.0, seed: 0, choice: None, told: vec![], steps }
}

/// Asks again until the player, which rests now and then, is done.
fn wait<T>(answer: impl Future<Output = T>) -> T {
    let mut answer = std::pin::pin!(answer);
    loop {
        if let Poll::Ready(done) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

#[test]
fn every_engine_and_the_file_draw_the_same() {
    let (gpu, data, setup) = (Rc::new(block_on(Gpu::open()).unwrap()), stripes(20), setup());
    let mut cpu = cpu(&data);
    cpu.run_steps(30).unwrap();
    block_on(cpu.metrics()).unwrap();
    let own = block_on(cpu.weights()).unwrap();
    let uploaded = Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let (flow, params) = (entry(&setup.method).unwrap(), setup.params().unwrap());
    let mut plan = block_on(PlanEngine::new(gpu.clone(), flow, &params, data.data_shape(), &uploaded)).unwrap();
    let mut burn = flow.eager(&params, Device::flex(), data.clone());
    plan.set_weights(&own).unwrap();
    burn.set_weights(&own).unwrap();
    let file = crate::programs::saved(&mut cpu, &setup, &data);

    let z: Vec<f32> = (0..4 * LATENT).map(|i| (i as f32).sin()).collect();
    let way = |engine: &mut dyn FnMut(&[f32], u32) -> Vec<f32>| (0..8).fold(z.clone(), |z, taken| engine(&z, taken));
    let want = way(&mut |z, taken| block_on(step(&mut cpu, z, taken, 8)).unwrap());
    let of_plan = way(&mut |z, taken| block_on(step(&mut plan, z, taken, 8)).unwrap());
    let of_burn = way(&mut |z, taken| block_on(step(&mut burn, z, taken, 8)).unwrap());
    let player = Player::load(&file).unwrap();
    let of_file = way(&mut |z, taken| player.step(&step_rows(z, LATENT, taken, 8)).unwrap());
    for (who, got) in [("plan", of_plan), ("Burn", of_burn), ("file", of_file)] {
        let d = difference(&got, &want);
        assert!(d < CLOSE, "{who}: codes differ by {d} after eight steps");
    }
    assert!(difference(&want, &z) > 0.1, "they have gone somewhere");

    // From their own noise, which is that of the seed.
    let fresh = |weights: &[Weight]| {
        let mut engine = self::cpu(&data);
        engine.set_weights(weights).unwrap();
        engine
    };
    let films = block_on(sampling::films(&mut fresh(&own), &draw(3))).unwrap();
    assert_eq!((films.len(), films[0].len()), (4, 5 * 784));
    assert_eq!(block_on(sampling::images(&mut fresh(&own), &draw(3))).unwrap(), films[3]);
    let mut other = block_on(PlanEngine::new(gpu, flow, &params, data.data_shape(), &uploaded)).unwrap();
    other.set_weights(&own).unwrap();
    let d = difference(&block_on(sampling::images(&mut other, &draw(3))).unwrap(), &films[3]);
    assert!(d < CLOSE, "images differ by {d}");
    let error = block_on(step(&mut crate::programs::engine(&Setup::new("mnist", "vae"), &data), &[0.0; 20], 0, 1)).unwrap_err();
    assert_eq!(error, "the method takes no steps from noise");
}

/// What noise becomes lies where the codes lie, and the trained network is what it was.
#[test]
fn noise_is_carried_to_the_codes() {
    let data = stripes(300);
    let mut engine = cpu(&data);
    let before = block_on(engine.weights()).unwrap();
    for _ in 0..30 {
        engine.run_steps(50).unwrap();
        block_on(engine.metrics()).unwrap();
    }
    for (after, before) in block_on(engine.weights()).unwrap().iter().zip(&before) {
        assert_eq!(after.values == before.values, after.name.starts_with("host."), "{}", after.name);
    }
    let (codes, _) = block_on(engine.encode(Rows::of(&data.shape.floats(&data.test_images)))).unwrap();
    let noise = block_on(engine.run(Program::Prior, Rows::of(&[0.0; 300]))).unwrap().unwrap().remove(0);
    let drawn = (0..32).fold(noise.clone(), |z, taken| block_on(step(&mut engine, &z, taken, 32)).unwrap());
    let of = |z: &[f32]| Gaussian::fit(latent_measure::Rows::new(z, LATENT));
    let apart = |z: &[f32]| frechet::distance(&of(z), &of(&codes));
    println!("Fréchet distance {} of noise, {} of draws", apart(&noise), apart(&drawn));
    assert!(apart(&drawn) < 0.05 * apart(&noise), "{} of noise, {} of draws", apart(&noise), apart(&drawn));
}

/// The question is answered a few steps at a time as at once.
#[test]
fn a_way_may_be_asked_for_in_parts() {
    let (data, setup) = (stripes(20), setup());
    let file = crate::programs::saved(&mut cpu(&data), &setup, &data);
    let player = Rc::new(Player::load(&file).unwrap());
    let mut asked = Asked(player);
    let z: Vec<f32> = (0..2 * LATENT).map(|i| (i as f32).cos()).collect();
    let mut ask = |z: &[f32], taken: u32, more: u32| -> Way {
        wait(Sample { z_nd: f32_bytes(z), taken, steps: 6, more }.answer(&mut asked, Tests::default())).unwrap()
    };
    let whole = ask(&z, 0, 6);
    assert_eq!((whole.n, whole.taken, whole.pixels.len()), (14, 0, 14 * 784));
    let first = ask(&z, 0, 4);
    let rest = ask(&bytes_f32(&first.z_nd), 4, 4);
    assert_eq!((first.n, rest.n, rest.taken), (10, 6, 4), "no more than there are");
    assert_eq!(rest.z_nd, whole.z_nd);
    assert_eq!([&first.pixels[..], &rest.pixels[2 * 784..]].concat(), whole.pixels.to_vec());
}

/// In a session it stands on the network that was trained before, and says so where there is none.
#[test]
fn a_flow_stands_on_the_run_before() {
    let events: Rc<RefCell<Vec<Event>>> = Rc::default();
    let sink = events.clone();
    let mut session = Session::new(move |e| sink.borrow_mut().push(e));
    assert!(block_on(session.open(EngineChoice::Cpu, [None, None])));
    block_on(session.set_data(Dataset { id: "mnist".into(), ..Dataset::clone(&stripes(40)) }));
    let (flow, host) = (setup(), *setup().host.unwrap());
    block_on(session.command(Command::Start { run: 1, setup: flow.clone(), weights: None }));
    let refused =
        events.take().into_iter().find_map(|e| if let Event::RunFailed { message, .. } = e { Some(message) } else { None });
    assert!(refused.as_ref().is_some_and(|why| why.starts_with("there is no trained vae here to build on")), "{refused:?}");

    block_on(session.command(Command::Start { run: 2, setup: host, weights: None }));
    block_on(session.command(Command::Step { run: 2, steps: 3 }));
    while block_on(session.turn()) {}
    let file = |session: &mut Session, run| block_on(session.export(run, Export::Weights(Precision::Full))).unwrap().unwrap().1;
    let of_host = weights::read(&file(&mut session, 2)).unwrap();
    block_on(session.command(Command::Start { run: 3, setup: flow, weights: None }));
    block_on(session.command(Command::Step { run: 3, steps: 3 }));
    while block_on(session.turn()) {}
    let own = weights::read(&file(&mut session, 3)).unwrap();
    let stood_on: Vec<&Weight> = of_host.iter().filter(|w| !w.name.starts_with("encoder.logvar")).collect();
    assert!(stood_on.len() >= 8);
    for want in stood_on {
        let got = own.iter().find(|w| w.name == format!("host.{}", want.name)).unwrap_or_else(|| panic!("no host.{}", want.name));
        assert_eq!(got.values, want.values, "{}", want.name);
    }
}

/// Networks of a method's own are as good to stand on as the plain ones, on every engine.
#[test]
fn a_flow_stands_on_codes_of_any_network() {
    let gpu = Rc::new(block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"));
    for host in ["lowrank", "qlae", "ladder-vae", "mgp-vae", "mvae"] {
        let query = format!("v=1&data=own:strips&method=latent-flow&flow=16&batch=7&seed=3&host={host}&host.hidden=16");
        let (setup, notes) = Setup::from_query(&query, &[]);
        assert_eq!((notes.len(), setup.check()), (0, Ok(())), "{host}");
        let data = framed(&stripes(20), host);
        equals_burn(&setup, &data);
        let (entry, params) = (entry("latent-flow").unwrap(), setup.params().unwrap());
        let report = block_on(verify(gpu.clone(), Device::flex(), entry, &params, &data, 3)).unwrap();
        assert!(report.loss < 1e-4 && report.gradient < 1e-4, "{host}: {report:?}");
    }
}
