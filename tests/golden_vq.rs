//! Tokenising autoencoders: one step of each against numbers that PyTorch computed in 64 bits (`golden/make_vq.py`), and what
//! must hold exactly: tokens and vectors are each other's inverse, and no place sees itself or what comes after it.

use crate::golden::case::{Gradient, IMAGES, Sample, assert_close, compare_gradients, images, mix, sample, start_with};
use burn::tensor::{Device, Tensor, TensorData};
use latent_engine::eager::EagerEngine;
use latent_engine::{Engine, Program, Rows, Weight, sampling};
use latent_experiment::Setup;
use latent_nn::straight_through::{rotate, straight_through};
use latent_registry::entry;
use latent_vocabulary::code::CodeKind;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;
use serde::Deserialize;

const METHODS: [&str; 8] = ["vq-vae", "cvq", "fsq", "bsq", "rvq", "soft-vq", "vq-wae", "hybrid-vq"];

#[derive(Deserialize)]
struct Case {
    query: String,
    /// All parameters, in module order.
    names: Vec<String>,
    terms: Vec<f64>,
    gradients: Vec<Gradient>,
    /// State after the step.
    state: Vec<Sample>,
    /// What was added to trained parameters besides the optimiser's step.
    added: Vec<Sample>,
}

/// The weights from which the script starts: state must be positive.
fn start(weights: &[Weight]) -> Vec<Weight> {
    start_with(weights, |name, value| match name.rsplit('.').next() {
        Some("usage_k") => (value + 1.0) * 0.002,
        // Below zero: never chosen so far.
        Some("age_k") => {
            if value > 0.0 {
                3.0
            } else {
                -1.0
            }
        }
        _ => value,
    })
}

/// Eager Burn on a setup, from the script's weights.
fn run(query: &str) -> EagerEngine {
    let (setup, notes) = Setup::from_query(query, &[]);
    assert!(notes.is_empty(), "{query}: {notes:?}");
    let mut run = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), images(SampleShape::MNIST));
    let weights = start(&block_on(run.weights()).unwrap());
    run.set_weights(&weights).unwrap();
    run
}

/// Small versions of every method.
fn small(method: &str) -> EagerEngine {
    let size = if ["fsq", "bsq"].contains(&method) { "" } else { "&codes=11" };
    run(&format!("v=1&data=mnist&method={method}{size}&width=8&prior_width=8&batch=4&seed=5"))
}

fn pixels() -> Vec<f32> {
    images(SampleShape::MNIST).test_images.iter().map(|b| f32::from(*b) / 255.0).collect()
}

fn one(run: &mut EagerEngine, what: Program, rows: &[f32]) -> Vec<f32> {
    block_on(run.run(what, Rows::of(rows))).unwrap().unwrap().remove(0)
}

#[test]
fn a_step_equals_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/vq.json")).unwrap();
    for case in cases {
        let name = &case.query;
        let mut run = run(name);
        let before = block_on(run.weights()).unwrap();
        assert_eq!(before.iter().map(|w| &w.name).collect::<Vec<_>>(), case.names.iter().collect::<Vec<_>>(), "{name}");
        let (row, gradients) = block_on(run.step_with_gradients()).unwrap();
        let after = block_on(run.weights()).unwrap();

        assert_eq!(row.terms.len(), case.terms.len(), "{name}");
        for (i, (got, want)) in row.terms.iter().zip(&case.terms).enumerate() {
            assert_close(f64::from(*got), *want, want.abs(), &format!("{name}: term {i}"));
        }
        compare_gradients(name, &gradients, &case.gradients);
        let find = |weights: &[Weight], name: &str| weights.iter().find(|w| w.name == name).unwrap().values.clone();
        for want in &case.state {
            let got = find(&after, &want.name);
            let scale = want.sample.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            for (got, value) in sample(&got, want.sample.len()).zip(&want.sample) {
                assert_close(got, *value, scale, &format!("{name}: {} after the step", want.name));
            }
        }
        for want in &case.added {
            let moved: Vec<f32> = find(&after, &want.name).iter().zip(find(&before, &want.name)).map(|(a, b)| a - b).collect();
            for (got, value) in sample(&moved, want.sample.len()).zip(&want.sample) {
                // The optimiser's own step is at most the learning rate, 1e-5.
                assert!((got - value).abs() < 2e-5, "{name}: {} was moved by {got}, not {value}", want.name);
            }
        }
    }
}

#[test]
fn forward_both_estimators_are_the_code() {
    let rows = |salt: u32| {
        Tensor::<2>::from_data(
            TensorData::new((0..60).map(|i| mix(salt + i) as f32 / 2e9 - 1.0).collect(), [12, 5]),
            &Device::flex(),
        )
    };
    let (z, q) = (rows(1), rows(1000));
    let want = q.clone().into_data().try_into_vec::<f32>().unwrap();
    for got in [straight_through(z.clone(), q.clone()), rotate(z.clone(), q.clone()), rotate(-q.clone(), q)] {
        for (got, want) in got.into_data().try_into_vec::<f32>().unwrap().iter().zip(&want) {
            assert!((got - want).abs() < 1e-6, "{got} against {want}");
        }
    }
}

#[test]
fn tokens_are_the_code_and_decode_to_the_reconstruction_of_training() {
    for method in METHODS {
        let mut run = small(method);
        let images = pixels();
        let tokens = one(&mut run, Program::Tokens, &images);
        let code = one(&mut run, Program::FromTokens, &tokens);
        let encoded = one(&mut run, Program::Encode, &images);
        // Of a mixture of codes a token names the largest part, of an exact vector what is nearest.
        let mixed = ["soft-vq", "hybrid-vq"].contains(&method);
        let same = code.iter().zip(&encoded).all(|(a, b)| (a - b).abs() < 1e-6);
        assert_eq!(same, !mixed, "{method}: whether the code is what its tokens say");
        let code = if mixed { encoded } else { code };
        assert!(tokens.iter().any(|t| *t != tokens[0]), "{method}: all tokens are equal, which proves nothing");

        let mean = one(&mut run, Program::Decode, &code);
        let nll = |x: f32, m: f32| -f64::from(x * m.ln() + (1.0 - x) * (1.0 - m).ln());
        let want = images.iter().zip(&mean).map(|(x, m)| nll(*x, *m)).sum::<f64>() / IMAGES as f64;
        let labels = vec![0; IMAGES];
        let got = f64::from(block_on(run.evaluate(Rows::labelled(&images, &labels))).unwrap()[1]);
        assert!((got - want).abs() < 1e-4 * want, "{method}: {got} in training, {want} from tokens");
    }
}

#[test]
fn every_token_of_a_codebook_without_vectors_has_its_own() {
    for (query, numbers) in
        [("fsq&levels=8-6-5", 3), ("fsq&levels=7-5-5-5-5", 5), ("bsq&bits=12", 12), ("bsq&bits=6&surface=cube", 6)]
    {
        let mut run = run(&format!("v=1&data=mnist&method={query}&width=8&prior=none"));
        let CodeKind::Grid { codes, .. } = run.info().code[0].kind else { panic!("{query} has no grid") };
        let places = run.info().code[0].places().unwrap();
        let tokens: Vec<f32> = (0..codes.next_multiple_of(places)).map(|t| (t % codes) as f32).collect();
        let values = one(&mut run, Program::FromTokens, &tokens);
        let mut vectors: Vec<Vec<i32>> =
            values.chunks(numbers).take(codes as usize).map(|v| v.iter().map(|x| (x * 1000.0).round() as i32).collect()).collect();
        assert!(vectors.iter().flatten().all(|x| x.abs() <= 1000), "{query}");
        vectors.sort();
        vectors.dedup();
        assert_eq!(vectors.len(), codes as usize, "{query}: two tokens have the same vector");
    }
}

#[test]
fn no_token_sees_itself_or_the_ones_after_it() {
    for query in ["vq-vae&codes=11", "vq-vae&codes=11&net=mlp", "vq-vae&codes=11&prior=ungated", "rvq&codes=7&levels=3"] {
        let mut run = run(&format!("v=1&data=mnist&method={query}&width=8&prior_width=8&seed=5"));
        let n = run.info().code[0].places().unwrap() as usize;
        let tokens: Vec<f32> = (0..n as u32).map(|i| (mix(i) % 7) as f32).collect();
        let before = one(&mut run, Program::TokenLogits, &tokens);
        let codes = before.len() / n;
        for place in [0, 1, n / 2, n - 2] {
            let mut other = tokens.clone();
            other[place] = (other[place] + 3.0) % 7.0;
            let after = one(&mut run, Program::TokenLogits, &other);
            let behind = (place + 1) * codes;
            assert_eq!(before[..behind], after[..behind], "{query}: place {place} changed what is before it, or itself");
            assert_ne!(
                before[behind..behind + codes],
                after[behind..behind + codes],
                "{query}: place {place} is not seen by the next"
            );
        }
    }
}

#[test]
fn drawn_tokens_follow_the_prior() {
    for method in METHODS {
        let mut run = small(method);
        let likeliest = block_on(sampling::draw_tokens(&mut run, 2, 0.0, 1)).unwrap();
        let logits = one(&mut run, Program::TokenLogits, &likeliest);
        let codes = logits.len() / likeliest.len();
        for (token, logits) in likeliest.iter().zip(logits.chunks(codes)) {
            assert!(logits.iter().all(|l| *l <= logits[*token as usize]), "{method}: not the likeliest token");
        }
        let drawn = block_on(sampling::draw_tokens(&mut run, 2, 1.0, 1)).unwrap();
        assert_eq!(drawn, block_on(sampling::draw_tokens(&mut run, 2, 1.0, 1)).unwrap(), "{method}: the same seed");
        assert_ne!(drawn, block_on(sampling::draw_tokens(&mut run, 2, 1.0, 2)).unwrap(), "{method}: another seed");
        assert!(drawn.iter().all(|t| (*t as usize) < codes && t.fract() == 0.0), "{method}");
        let pixels = block_on(sampling::draw_images(&mut run, 2, 1.0, 1)).unwrap();
        assert!(pixels.len() == 2 * 784 && pixels.iter().all(|p| (0.0..=1.0).contains(p)), "{method}");
    }
    let mut vae = run("v=1&data=mnist&method=vae&hidden=16&batch=4");
    assert!(block_on(sampling::draw_tokens(&mut vae, 1, 1.0, 1)).unwrap_err().contains("no tokens"));
}

/// With random codes and moving averages: nothing was chosen before the first step, and what is not chosen stays where it is.
#[test]
fn a_code_that_is_never_chosen_stays() {
    for link in [
        "method=vq-vae&start=random&codes=512&revive=0",
        "method=vq-vae&start=random&codes=512&revive=0&update=gradient",
        "method=bsq",
        "method=fsq",
    ] {
        let (setup, notes) = Setup::from_query(&format!("v=1&data=mnist&{link}&width=8&prior=none&batch=4&seed=5"), &[]);
        assert!(notes.is_empty(), "{link}: {notes:?}");
        let mut run = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), images(SampleShape::MNIST));
        let named = |weights: &[Weight], end: &str| weights.iter().find(|w| w.name.ends_with(end)).map(|w| w.values.clone());
        let before = block_on(run.weights()).unwrap();
        assert_eq!(named(&before, "codebook.sum_kd"), named(&before, "codebook.vectors_kd").filter(|_| !link.contains("gradient")));

        run.run_steps(2).unwrap();
        let rows = block_on(run.metrics()).unwrap();
        let in_use = run.info().terms.iter().position(|t| t == "in use").unwrap();
        let used = rows.iter().map(|row| row.terms[in_use] as usize).collect::<Vec<_>>();
        let after = block_on(run.weights()).unwrap();
        let age_k = named(&after, ".age_k").unwrap();
        assert!(used[0] == 0 && used[1] > 0 && used[1] < age_k.len(), "{link}: {used:?} of {} in use", age_k.len());

        let Some(from) = named(&before, "codebook.vectors_kd") else { continue };
        let to = named(&after, "codebook.vectors_kd").unwrap();
        let dim = from.len() / age_k.len();
        let moved = |k: usize| (k * dim..(k + 1) * dim).map(|i| (to[i] - from[i]).abs()).fold(0.0, f32::max);
        let (never, chosen): (Vec<_>, Vec<_>) = (0..age_k.len()).partition(|k| age_k[*k] < 0.0);
        assert!(never.iter().all(|k| moved(*k) < 1e-6), "{link}: {:?}", never.iter().map(|k| moved(*k)).collect::<Vec<_>>());
        assert!(!never.is_empty() && chosen.iter().any(|k| moved(*k) > 1e-5), "{link}: nothing was learnt");
    }
}
