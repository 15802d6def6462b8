//! Samples that are made of several pictures: whoever shows one shows a film strip, what is missing in it is black, and is filled in.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use latent_data::clips::Clips;
use latent_data::{Dataset, Rendering, mnist};
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::verify::difference;
use latent_engine::{Engine, Program, Rows};
use latent_experiment::Setup;
use latent_player::{Asked, Player};
use latent_registry::entry;
use latent_view::{Question, Reconstruct, Tests};
use latent_vocabulary::code::levels;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

use crate::alike::framed;
use crate::plan::stripes;
use crate::programs::{engine, saved, wait};

/// The frames of an image of tests: its left half and its right.
fn halves(image_p: &[u8]) -> [Vec<u8>; 2] {
    [0, 14].map(|from| image_p.chunks_exact(28).flat_map(|line| &line[from..from + 14]).copied().collect())
}

#[test]
fn reconstructions_show_what_was_missing() {
    for (query, always) in [("method=mgp-vae&drop=0.5", false), ("method=mvae", true)] {
        let (setup, _) = Setup::from_query(&format!("v=1&data=own:strips&{query}&hidden=16&batch=8"), &[]);
        let data = framed(&stripes(20), &setup.method);
        let mut engine = engine(&setup, &data);
        let player = Rc::new(Player::load(&saved(&mut engine, &setup, &data)).unwrap());
        let mut asked = Asked(player);
        let tests =
            Tests { shape: SampleShape::MNIST, images: &data.test_images, labels: &data.test_labels, factors: &[], beside: None };
        let n = 12;
        let shown = wait(Reconstruct { first: 0, count: n as u32 }.answer(&mut asked, tests)).unwrap();
        assert_eq!((shown.n, shown.width, shown.height), (3 * n as u32, 28, 28), "{query}");
        let (mut missing, mut there) = (0, 0);
        for i in 0..n {
            let image = |k: usize| &shown.pixels[(k * n + i) * 784..][..784];
            let (original, seen) = (halves(image(0)), halves(image(2)));
            let gone: Vec<bool> = seen.iter().map(|frame| frame.iter().all(|v| *v == 0)).collect();
            for (frame, gone) in gone.iter().enumerate() {
                assert!(*gone || seen[frame] == original[frame], "{query}: frame {frame} of image {i}");
            }
            assert!(!always || gone.iter().filter(|gone| **gone).count() == 1, "{query}: one picture of each pair alone");
            missing += gone.iter().filter(|gone| **gone).count();
            there += gone.iter().filter(|gone| !**gone).count();
        }
        assert!(missing > 5 && there > 5, "{query}: {missing} frames are missing and {there} are there");
    }
}

/// A missing frame says nothing: codes are the same whatever it was, and without any frame they are the prior's.
#[test]
fn what_is_missing_says_nothing() {
    for query in ["method=mgp-vae", "method=mgp-vae&dynamics=none", "method=mvae", "method=mvae&joint=mixture"] {
        let (setup, _) = Setup::from_query(&format!("v=1&data=own:strips&{query}&hidden=16&batch=8"), &[]);
        let data = framed(&stripes(20), &setup.method);
        let mut engine = engine(&setup, &data);
        engine.run_steps(3).unwrap();
        block_on(engine.metrics()).unwrap();
        let x: Vec<f32> = data.test_images[..2 * 784].iter().map(|v| f32::from(*v) / 255.0).collect();
        let without = |x: &[f32], frame: usize| -> Vec<f32> {
            x.iter().enumerate().map(|(i, v)| if i % 28 / 14 == frame { 0.0 } else { *v }).collect()
        };
        let mut encoded = |x: &[f32]| block_on(engine.encode(Rows::of(x))).unwrap();
        // Two images of which the right halves are missing and the left ones are those of the first.
        let first: Vec<f32> = (0..784).map(|i| x[if i % 28 < 14 { i } else { 784 + i }]).collect();
        assert_ne!(first, x[..784]);
        assert_eq!(encoded(&without(&first, 1)), encoded(&without(&x[..784], 1)), "{query}");
        assert_ne!(encoded(&without(&x[..784], 0)).0, encoded(&without(&x[..784], 1)).0, "{query}: either says something");
        let (mean, logvar) = encoded(&vec![0.0; 784]);
        assert!(mean.iter().chain(&logvar).all(|v| v.abs() < 1e-6), "{query}: {mean:?} {logvar:?}");
    }
}

/// Digits in flight, a few of them.
fn films(images: usize) -> Arc<Dataset> {
    let digits = Arc::new(mnist::FILES.from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist")).unwrap());
    let make = || -> Box<dyn latent_data::Render> { Box::new(Clips::new(digits.clone())) };
    let mut all = Rendering::new(make()).in_parallel(make);
    all.train_images.truncate(images * all.shape.bytes());
    all.train_labels.truncate(images);
    let k = all.factors.names.len();
    all.factors.train_nk.truncate(images * k);
    Arc::new(all)
}

/// Clips of eight frames are learnt, codes have the first frame and what comes after, and the bound that importance samples give is about the
/// loss.
#[test]
fn clips_are_learnt() {
    let data = films(512);
    let (setup, _) = Setup::from_query("v=1&data=digit-clips&method=mgp-vae&hidden=64&batch=32&lr=0.003&drop=0.2&planes=4", &[]);
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), data.factors.train_nk.clone());
    let (entry, params) = (entry(&setup.method).unwrap(), setup.params().unwrap());
    let mut engine = block_on(CpuEngine::new(entry, &params, data.data_shape(), &images)).map_err(String::from).unwrap();
    assert_eq!((data.frames, levels(&engine.info().code)), (Frames::Clip(8), vec![0..8, 8..64]));
    let x = data.shape.floats(&data.test_images[..200 * data.shape.bytes()]);
    let before = block_on(engine.evaluate(Rows::of(&x))).unwrap()[0];
    engine.run_steps(150).unwrap();
    block_on(engine.metrics()).unwrap();
    let terms = block_on(engine.evaluate(Rows::of(&x))).unwrap();
    assert!(terms[0] < 0.6 * before, "{} nats, after {before}", terms[0]);
    let log_w = block_on(engine.run(Program::LogWeights, Rows::of(&x))).unwrap().unwrap().remove(0);
    let mean = f64::from(log_w.iter().sum::<f32>()) / log_w.len() as f64;
    assert!(
        (mean + f64::from(terms[0])).abs() < 0.02 * f64::from(terms[0]),
        "{mean} nats by weights, {} by closed forms",
        -terms[0]
    );
    // A code is decoded to what it was encoded from, and moves on from its first frame.
    let (code, _) = block_on(engine.encode(Rows::of(&x))).unwrap();
    let decoded = block_on(engine.decode(&code)).unwrap();
    assert_eq!(decoded.len(), x.len());
    let mut other = code.clone();
    other[0] += 1.0;
    let moved = block_on(engine.decode(&other)).unwrap();
    let frame = |of: &[f32], t: usize| -> Vec<f32> {
        of[..16 * 128].chunks_exact(128).flat_map(|line| &line[t * 16..][..16]).copied().collect()
    };
    for t in [0, 1] {
        assert!(difference(&frame(&decoded, t), &frame(&moved, t)) > 1e-3, "frame {t} follows the first frame's code");
    }
}
