//! A file of weights is enough: whoever has it, and neither Burn nor the method's code, gets what the engine gives.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use latent_compile::stored;
use latent_data::Dataset;
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::sampling::{self, step_rows};
use latent_engine::verify::difference;
use latent_engine::{Engine, Program, Rows};
use latent_experiment::Setup;
use latent_model::examples::Examples;
use latent_model::{programs, weights};
use latent_older::upgrade;
use latent_player::{Asked, Player};
use latent_registry::entry;
use latent_view::Coder;
use latent_vocabulary::code::{CodeGroup, CodeKind, NO_DECODER, decodes, from_note, levels};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::{Family, Precision};
use pollster::block_on;

use crate::alike::{framed, frames_for, tokens};
use crate::plan::{setups, stripes};

/// Images that both are shown: more than the player takes at a time.
const IMAGES: usize = 13;
const CLOSE: f64 = 1e-4;

pub(crate) fn engine(setup: &Setup, data: &Dataset) -> CpuEngine {
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), data.factors.train_nk.clone());
    let params = setup.params().unwrap();
    let made = CpuEngine::new(entry(&setup.method).unwrap(), &params, data.data_shape(), &images);
    block_on(made).unwrap_or_else(|e| panic!("{}: {}", setup.to_query(), String::from(e)))
}

pub(crate) fn saved(engine: &mut CpuEngine, setup: &Setup, data: &Dataset) -> Vec<u8> {
    let entry = entry(&setup.method).unwrap();
    block_on(Examples::of(data).write(entry, engine, setup, 20, Precision::Full)).unwrap()
}

/// Asks again until the player, which rests now and then, is done.
pub(crate) fn wait<T>(answer: impl Future<Output = T>) -> T {
    let mut answer = std::pin::pin!(answer);
    loop {
        if let Poll::Ready(done) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// The smallest network of each choice, trained a little, saved, and opened by who has nothing else.
fn the_file_is_enough(setup: &Setup, data: &Arc<Dataset>) {
    let name = setup.to_query();
    let mut engine = engine(setup, data);
    block_on(engine.start()).unwrap_or_else(|e| panic!("{name}: {}", String::from(e)));
    engine.run_steps(2).unwrap();
    block_on(engine.metrics()).unwrap();
    let file = saved(&mut engine, setup, data);
    assert_eq!(saved(&mut engine, setup, data), file, "{name}: equal weights are equal bytes");

    let notes = weights::metadata(&file).unwrap();
    assert_eq!(from_note(&notes["code"]).unwrap(), engine.info().code, "{name}");
    let bytes = stored::from_text(&notes["programs"]).unwrap();
    let stored = stored::read(&bytes).unwrap();
    let fixed: Vec<&str> = stored.iter().filter(|p| p.batch().is_some()).map(stored::Program::name).collect();
    println!(
        "{name}: {} programs of {} nodes, {} bytes",
        stored.len(),
        stored.iter().map(stored::Program::nodes).sum::<usize>(),
        bytes.len()
    );
    assert!(fixed.is_empty(), "{name}: {fixed:?} are for one number of rows");
    assert!(notes["programs"].len() < 40_000, "{name}: {} bytes of programs", notes["programs"].len());

    let player = Rc::new(Player::load(&file).unwrap_or_else(|e| panic!("{name}: {e}")));
    let mut asked = Asked(player.clone());
    let close = |what: &str, got: &[f32], want: &[f32]| {
        assert_eq!(got.len(), want.len(), "{name}: {what}");
        let d = difference(got, want);
        assert!(d < CLOSE, "{name}: {what} differs by {d}");
    };
    let images: Vec<f32> = data.test_images[..IMAGES * 784].iter().map(|b| f32::from(*b) / 255.0).collect();
    let k = data.factors.test_nk.len() / data.test_labels.len();
    let rows = Rows::labelled(&images, &data.test_labels[..IMAGES]).told(&data.factors.test_nk[..IMAGES * k]);
    let (mean, logvar) = block_on(engine.encode(rows)).unwrap();
    let (own_mean, own_logvar) = wait(asked.encode(rows)).unwrap();
    close("means", &own_mean, &mean);
    close("log-variances", &own_logvar, &logvar);
    let free: Vec<f32> = (0..3 * engine.info().latent).map(|i| (i as f32).sin()).collect();
    if decodes(&engine.info().code) {
        close("images", &wait(asked.decode(&mean)).unwrap(), &block_on(engine.decode(&mean)).unwrap());
        close("images of any codes", &wait(asked.decode(&free)).unwrap(), &block_on(engine.decode(&free)).unwrap());
    } else {
        let answers = [wait(asked.decode(&mean)), block_on(engine.decode(&mean))];
        assert_eq!(answers, [Err(NO_DECODER.into()), Err(NO_DECODER.into())], "{name}");
    }

    // Everything else that the method has.
    let token_n: Vec<f32> = engine.info().code.clone().iter().flat_map(tokens).collect();
    let ways = step_rows(&free, engine.info().latent as usize, 2, 3);
    let mut run = |what: Program, rows: Rows<'_>| block_on(engine.run(what, rows)).unwrap().map(|mut out| out.remove(0));
    let same = |what: &str, got: Result<Vec<f32>, String>, want: Option<Vec<f32>>| match (got, want) {
        (Ok(got), Some(want)) => close(what, &got, &want),
        (Err(_), None) => {}
        (got, want) => panic!("{name}: {what}: {} against {}", got.is_ok(), want.is_some()),
    };
    same("steps from noise", wait(asked.step(&ways)), run(Program::SampleStep, Rows::of(&ways)));
    same("tokens", wait(asked.tokens(rows)), run(Program::Tokens, rows));
    if !token_n.is_empty() {
        same("codes of tokens", wait(asked.from_tokens(&token_n)), run(Program::FromTokens, Rows::of(&token_n)));
    }
    same("ages", wait(asked.code_ages()), run(Program::CodeAges, Rows::of(&[0.0])));
    same("atoms", wait(asked.atoms()), run(Program::Atoms, Rows::of(&[0.0])));
    let hosted = player.table("HostImages", "images", rows, 784, 784);
    if let Some(want) = run(Program::HostImages, Rows::labelled(&images, &data.test_labels[..IMAGES])) {
        assert_eq!(hosted.map(|got| got.len()), Ok(want.len()), "{name}: images of the network that is taken apart");
    }
    assert_eq!(wait(asked.damaged(rows)).unwrap().is_some(), run(Program::Damaged, rows).is_some(), "{name}");
    if engine.info().code.iter().any(|group| matches!(group.kind, CodeKind::Grid { drawn: true, .. })) {
        let drawn = wait(asked.draw_tokens(3, 0.8, 7)).unwrap();
        let want = block_on(sampling::draw_tokens(&mut engine, 3, 0.8, 7)).unwrap();
        assert_eq!(drawn, want, "{name}: drawn tokens");
    }

    // The prior's noise is the engine's, run by run.
    let fresh = Player::load(&file).unwrap();
    let mut other = self::engine(setup, data);
    other.set_weights(&weights::read(&file).unwrap()).unwrap();
    let latent = engine.info().latent as usize;
    // Opening the file has run two programs.
    for what in [Program::Encode, Program::Encode] {
        block_on(other.run(what, Rows::of(&images[..784]))).unwrap();
    }
    let drawn = fresh.table("Prior", "z", Rows::of(&[0.0; 4]), 1, latent);
    if let Some(want) = block_on(other.run(Program::Prior, Rows::of(&[0.0; 4]))).unwrap() {
        // What depends on the step knows it from the file; this engine stands at the beginning.
        close("draws of the prior", &drawn.unwrap(), &want[0]);
    }
}

fn files_are_enough(family: Family) {
    let data = stripes(20);
    for setup in setups(family) {
        the_file_is_enough(&setup, &framed(&data, &setup.method));
    }
}

#[test]
fn files_are_enough_for_autoencoders() {
    files_are_enough(Family::Ae);
}

#[test]
fn files_are_enough_for_variational_autoencoders() {
    files_are_enough(Family::Vae);
}

#[test]
fn files_are_enough_for_encoders_alone() {
    files_are_enough(Family::Siamese);
}

#[test]
fn files_are_enough_for_codebooks() {
    files_are_enough(Family::Vq);
}

#[test]
fn files_are_enough_for_sparse_autoencoders() {
    files_are_enough(Family::Sae);
}

/// A dictionary of another network comes with the network.
#[test]
fn files_are_enough_for_dictionaries_of_other_networks() {
    let data = stripes(20);
    for method in ["relu-sae", "topk-sae", "gated-sae"] {
        for source in ["code", "hidden"] {
            let mut setup = setups(Family::Sae).into_iter().find(|s| s.method == method).unwrap();
            if setup.set_text("source", source).is_err() {
                continue;
            }
            let mut host = Setup::new("mnist", "vae");
            for (key, value) in [("latent", 5.0), ("hidden", 33.0)] {
                host.set(key, value).unwrap();
            }
            setup.host = Some(Box::new(host));
            the_file_is_enough(&setup, &data);
        }
    }
}

/// Files of before have no programs: the networks that figures knew are written from their tensors.
#[test]
fn files_of_before_still_open() {
    let data = stripes(20);
    let mut opened = vec![];
    for family in Family::ALL {
        for mut setup in setups(family) {
            // Inputs had no unit then.
            let _ = setup.set_text("inputs", "raw");
            let name = setup.to_query();
            // Clips and pairs are of later.
            if frames_for(&setup.method) != Frames::One {
                continue;
            }
            let mut engine = engine(&setup, &data);
            // Codes with levels, codes that nothing draws, and grids of one place are of later: all their files have programs.
            let one_place = |group: &CodeGroup| matches!(group.kind, CodeKind::Grid { height: 1, width: 1, .. });
            let code = &engine.info().code;
            // So are a code in units of its own, one of mixtures or of exact vectors, noise of a given scale, and a decoder with a window.
            let later = ["ard-vae", "soft-vq", "hybrid-vq", "sigma-vae", "vlae"].contains(&setup.method.as_str());
            if !levels(code).is_empty() || !decodes(code) || code.iter().any(one_place) || later {
                continue;
            }
            block_on(engine.start()).unwrap_or_else(|e| panic!("{name}: {}", String::from(e)));
            engine.run_steps(2).unwrap();
            block_on(engine.metrics()).unwrap();
            let tensors = block_on(engine.weights()).unwrap();
            let older = weights::write(&tensors, &[("setup", name.clone()), ("step", "2".into())]).unwrap();
            let newer = programs::add(&older, entry(&setup.method).unwrap(), data.data_shape(), &[]).unwrap();
            assert_eq!(weights::read(&newer).unwrap(), weights::read(&older).unwrap(), "{name}");
            let newer = Player::load(&newer).unwrap_or_else(|e| panic!("{name}: {e}"));
            let older = match upgrade(&older) {
                Ok(file) => Player::load(&file).unwrap_or_else(|e| panic!("{name}: {e}")),
                Err(why) => {
                    let unknown =
                        ["save it again", "the model has no tensor called", "has size"].iter().any(|words| why.contains(words));
                    assert!(unknown, "{name}: {why}");
                    continue;
                }
            };
            let images: Vec<f32> = data.test_images[..3 * 784].iter().map(|b| f32::from(*b) / 255.0).collect();
            let [a, b] = [&older, &newer].map(|player| player.encode(Rows::of(&images)).unwrap());
            assert!(difference(&a.0, &b.0) < CLOSE && difference(&a.1, &b.1) < CLOSE, "{name}: other codes");
            let [x, y] = [&older, &newer].map(|player| player.decode(&b.0).unwrap());
            assert!(difference(&x, &y) < CLOSE, "{name}: other images");
            assert_eq!(older.kind(), newer.kind(), "{name}");
            if older.places() > 0 {
                assert_eq!(older.tokens(Rows::of(&images)), newer.tokens(Rows::of(&images)), "{name}");
            }
            opened.push(setup.method.clone());
        }
    }
    opened.dedup();
    assert!(opened.len() >= 22, "{opened:?}");
}
