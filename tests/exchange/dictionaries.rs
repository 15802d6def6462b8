//! Sparse autoencoders of other libraries do here what they did there, and SAELens takes ours as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use latent_catalog::CARDS;
use latent_data::Dataset;
use latent_engine::Engine;
use latent_engine::verify::difference;
use latent_exchange::{Model, sae};
use latent_experiment::Setup;
use latent_model::weights;
use latent_native::{Imported, import};
use latent_player::Player;
use latent_view::Rows;
use latent_vocabulary::Family;
use latent_vocabulary::plan::{Normalise, Normalised};
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

use super::{CLOSE, Named, compare, python, read, scratch, write};
use crate::programs::{engine, saved};

/// Numbers of a row.
const A: usize = 12;

/// What `make_dictionaries.py` has written.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange/dictionaries")
}

fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    let inside = std::fs::read_dir(folder().join(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = inside.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect();
    files.sort();
    files
}

fn bring(files: &[(String, Vec<u8>)], otherwise: &Setup) -> Result<Imported, String> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    import(&files, otherwise)
}

fn brought(name: &str) -> Imported {
    // OpenAI's k is in no tensor.
    let mut otherwise = Setup::new("mnist", "topk-sae");
    otherwise.set("k", 5.0).unwrap();
    bring(&files(name), &otherwise).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What a file makes of rows: features, and the rows that these stand for.
fn run(file: &[u8], x: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let player = Player::load(file).unwrap();
    let (features, _) = player.encode(Rows::of(x)).unwrap();
    let output = player.decode(&features).unwrap();
    (features, output)
}

fn expected() -> BTreeMap<String, Vec<f32>> {
    read(&folder().join("expected.safetensors")).into_iter().map(|(name, _, values)| (name, values)).collect()
}

#[test]
fn dictionaries_of_others_do_here_what_they_did_there() {
    let expected = expected();
    for (name, method, library) in [
        ("saelens-standard", "relu-sae", "SAELens"),
        ("saelens-topk", "topk-sae", "SAELens"),
        ("saelens-topk-unit", "topk-sae", "SAELens"),
        ("saelens-jumprelu", "jump-relu", "SAELens"),
        ("saelens-gated", "gated-sae", "SAELens"),
        ("saelens-batchtopk", "batch-topk", "SAELens"),
        ("saelens-before-6", "topk-sae", "SAELens"),
        ("dl-relu", "relu-sae", "dictionary_learning"),
        ("dl-new", "relu-sae", "dictionary_learning"),
        ("dl-topk", "topk-sae", "dictionary_learning"),
        ("dl-batchtopk", "batch-topk", "dictionary_learning"),
        ("dl-matryoshka", "batch-topk", "dictionary_learning"),
        ("dl-gated", "gated-sae", "dictionary_learning"),
        ("dl-jumprelu", "jump-relu", "Gemma Scope"),
        ("gemma", "jump-relu", "Gemma Scope"),
        ("sparsify", "topk-sae", "sparsify"),
        ("openai", "topk-sae", "OpenAI"),
    ] {
        let made = brought(name);
        let setup = &made.setup;
        assert_eq!((setup.method.as_str(), setup.get("features")), (method, 64.0), "{name}");
        assert_eq!(setup.data, "acts:dictionary", "{name}");
        let k = setup.card().unwrap().param("k").map(|_| setup.get("k"));
        assert!(k.is_none_or(|k| k == 5.0), "{name}: k = {k:?}");
        assert!(made.notes[0].contains(library) && made.notes[0].contains("64 features of 12 numbers"), "{:?}", made.notes);
        let (features, output) = run(&made.file, &expected["x"]);
        let apart = [("features", &features), ("output", &output)].map(|(what, got)| {
            let want = &expected[&format!("{name}.{what}")];
            assert_eq!(got.len(), want.len(), "{name}: {what}");
            assert_eq!(got.iter().filter(|f| **f != 0.0).count(), want.iter().filter(|f| **f != 0.0).count(), "{name}: {what}");
            let d = difference(got, want);
            assert!(d < CLOSE, "{name}: {what} differ by {d}");
            d
        });
        println!("{name}: {}, features and output differ by {apart:?}", setup.to_query());
        // Its directions, as rows for who has no activations.
        let directions = made.directions.unwrap();
        assert!(directions.starts_with(b"\x93NUMPY") && directions.len().is_multiple_of(64) && directions.len() > 64 * A * 4);
    }
}

/// An archive of the folder, whose files have other names, is the same dictionary.
#[test]
fn names_of_files_say_nothing() {
    let name = "saelens-jumprelu";
    let renamed: Vec<(String, Vec<u8>)> = (0..).zip(files(name)).map(|(i, (_, bytes))| (format!("{i}"), bytes)).collect();
    let archive = sae::folder("whatever", &renamed).unwrap();
    let from_zip = bring(&[("a.zip".into(), archive)], &Setup::new("mnist", "vae")).unwrap();
    let expected = expected();
    assert!(difference(&run(&from_zip.file, &expected["x"]).0, &expected[&format!("{name}.features")]) < CLOSE);
    // Without the config its encoder is taken to be Gemma Scope's, which it is here.
    let alone = files(name).into_iter().filter(|(name, _)| name.ends_with("safetensors")).collect::<Vec<_>>();
    let alone = bring(&alone, &Setup::new("mnist", "vae")).unwrap();
    assert!(alone.notes.iter().any(|note| note.contains("No cfg.json")), "{:?}", alone.notes);
    assert_eq!(run(&alone.file, &expected["x"]), run(&from_zip.file, &expected["x"]));
}

#[test]
fn a_dictionary_of_the_pictures_on_show_is_one_of_these() {
    let tensors: Vec<Named> =
        [("bias", vec![784]), ("encoder.weight", vec![64, 784]), ("encoder.bias", vec![64]), ("decoder.weight", vec![784, 64])]
            .into_iter()
            .map(|(name, shape): (&str, Vec<usize>)| {
                let n = shape.iter().product::<usize>();
                (name.to_string(), shape, (0..n).map(|i| (i as f32).sin()).collect())
            })
            .collect();
    let path = scratch("dictionary-of-digits").join("ae.safetensors");
    write(&path, &tensors);
    let made = bring(&[("ae".into(), std::fs::read(path).unwrap())], &Setup::new("mnist", "vae")).unwrap();
    assert_eq!((made.setup.data.as_str(), made.setup.method.as_str()), ("mnist", "relu-sae"));
}

#[test]
fn what_is_no_dictionary_of_here_is_told_in_words() {
    let refusal = |files: &[(String, Vec<u8>)]| bring(files, &Setup::new("mnist", "vae")).err().unwrap();
    let mut skip = files("sparsify");
    skip.retain(|(name, _)| name.ends_with("json"));
    let why = refusal(&skip);
    assert!(why.contains("safetensors"), "{why}");
    let mut wide = files("saelens-topk-unit");
    for (name, bytes) in &mut wide {
        if name.ends_with("json") {
            *bytes = String::from_utf8(bytes.clone()).unwrap().replace("\"topk\"", "\"temporal\"").into_bytes();
        }
    }
    let why = refusal(&wide);
    assert!(why.contains("its architecture is temporal"), "{why}");
    // A dictionary that is cut off is damaged, and no other file.
    let mut cut = files("gemma");
    cut[0].1.truncate(900);
    refusal(&cut);
    for n in (0..files("gemma")[0].1.len()).step_by(211) {
        let mut cut = files("gemma");
        cut[0].1.truncate(n);
        refusal(&cut);
    }
}

/// Rows of numbers, each others, and setups of every sparse autoencoder on them.
fn rows(n: usize) -> Dataset {
    let shape = SampleShape::vector(A);
    let value = |i: usize| ((i * 7919 + i / A * 31) % 64) as f32 / 16.0 - 2.0;
    let bytes = (0..n * A).flat_map(|i| half::f16::from_f32(value(i)).to_le_bytes());
    let labels = (0..n).map(|i| (i % 2) as u8).collect();
    Dataset { id: "moons".into(), ..Dataset::of(shape, 2, bytes.collect(), labels) }
}

/// Every sparse autoencoder that learns rows, trained a little.
fn ours() -> impl Iterator<Item = (Setup, Vec<u8>)> {
    let data = rows(40);
    let cards = CARDS.iter().filter(|card| card.family == Family::Sae && !card.hosted);
    cards
        .flat_map(|card| {
            let mut setup = Setup::new("moons", card.id);
            for (key, value) in [("batch", 20.0), ("features", 64.0), ("k", 4.0), ("dead_after", 20.0), ("lr", 3e-3)] {
                let _ = setup.set(key, value);
            }
            setup.settle();
            let mut tied = setup.clone();
            let tied = tied.set_text("encoder", "tied").is_ok().then_some(tied);
            let mut by_feature = setup.clone();
            let by_feature = by_feature.set_text("budget", "feature").is_ok().then_some(by_feature);
            [Some(setup), tied, by_feature].into_iter().flatten().collect::<Vec<_>>()
        })
        .map(move |setup| {
            let mut engine = engine(&setup, &data);
            block_on(engine.start()).unwrap();
            engine.run_steps(12).unwrap();
            block_on(engine.metrics()).unwrap();
            let file = saved(&mut engine, &setup, &data);
            (setup, file)
        })
}

fn export(file: &[u8], rows: Option<Normalised>) -> Result<Vec<(String, Vec<u8>)>, String> {
    sae::write(&Model::open(file).unwrap(), rows)
}

/// What is written for SAELens comes back as the same run; which methods it has no rule for is said.
#[test]
fn what_is_written_for_saelens_comes_back() {
    let x: Vec<f32> = (0..9 * A).map(|i| ((i * 37) % 29) as f32 / 7.0 - 2.0).collect();
    let mut back = vec![];
    for (setup, file) in ours() {
        let name = setup.to_query();
        let files = match export(&file, None) {
            Ok(files) => files,
            Err(why) => {
                assert!(
                    why.starts_with("SAELens has no dictionary") && ["k-sparse", "top-afa"].contains(&&*setup.method),
                    "{name}: {why}"
                );
                continue;
            }
        };
        let made = bring(&files, &Setup::new("mnist", "vae")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (mut ours, theirs) = (run(&file, &x), run(&made.file, &x));
        // There the features are of rows as they come; with directions of length one they are in their unit.
        ours.0.iter_mut().for_each(|f| *f *= unit(&file));
        for (what, a, b) in [("features", &ours.0, &theirs.0), ("output", &ours.1, &theirs.1)] {
            let d = difference(a, b);
            assert!(d < CLOSE, "{name}: {what} differ by {d}");
        }
        assert!(ours.0.iter().any(|f| *f > 0.0), "{name}: nothing fires");
        if made.setup.method == setup.method {
            let mut same = Setup { data: setup.data.clone(), ..made.setup.clone() };
            // The scale of the inputs has gone into the weights.
            same.set_text("inputs", "unit").unwrap();
            let tied = setup.to_query().contains("tied");
            assert!(tied || !same.needs_rebuild(&setup), "{name} came back as {}", made.setup.to_query());
        }
        back.push(setup.method);
    }
    for method in ["relu-sae", "topk-sae", "batch-topk", "jump-relu", "gated-sae", "matryoshka", "p-annealing", "archetypal-sae"] {
        assert!(back.iter().any(|m| m == method), "{method}: {back:?}");
    }
}

/// What a dictionary of ours divides its rows by.
fn unit(file: &[u8]) -> f32 {
    weights::read(file).unwrap().iter().find(|w| w.name == "sae.source.unit").expect("inputs are in units").values[0]
}

/// A dictionary of rows that were multiplied by a number is written for the rows as they were.
#[test]
fn what_was_done_to_the_rows_is_folded() {
    let (setup, file) = ours().find(|(setup, _)| setup.method == "topk-sae").unwrap();
    let scaled = Normalised { how: Normalise::ExpectedAverageOnlyIn, scale: 0.25 };
    let made = bring(&export(&file, Some(scaled)).unwrap(), &setup).unwrap();
    let x: Vec<f32> = (0..6 * A).map(|i| ((i * 37) % 29) as f32 / 7.0 - 2.0).collect();
    let raw: Vec<f32> = x.iter().map(|v| v / 0.25).collect();
    let (ours, theirs) = (run(&file, &x), run(&made.file, &raw));
    // With directions of length one, features and rows are those of before times one number.
    let times = |values: &[f32], by: f32| values.iter().map(|v| v * by / 0.25).collect::<Vec<f32>>();
    assert!(difference(&times(&ours.0, unit(&file)), &theirs.0) < CLOSE && difference(&times(&ours.1, 1.0), &theirs.1) < CLOSE);
    let named = export(&file, Some(Normalised { how: Normalise::LayerNorm, scale: 1.0 })).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&named[0].1).unwrap();
    assert_eq!(config["normalize_activations"], "layer_norm");
    assert!(bring(&named, &setup).unwrap().notes.iter().any(|note| note.contains("layer_norm")));
}

/// The activations of a network are written for as they are in the network, and several layers side by side are refused.
#[test]
fn what_takes_a_network_apart_is_of_its_activations() {
    for source in ["code", "layers"] {
        let (mut setup, host) = (Setup::new("mnist", "topk-sae"), Setup::new("mnist", "ae"));
        setup.set("features", 64.0).unwrap();
        setup.set_text("source", source).unwrap();
        setup.host = Some(Box::new(host));
        let file = super::model(&setup);
        let written = export(&file, None);
        if source == "layers" {
            assert_eq!(written.err().as_deref(), Some("SAELens has no dictionary of several layers"));
            continue;
        }
        let weights = weights::read(&file).unwrap();
        let scale = weights.iter().find(|w| w.name == "sae.source.host.scale").unwrap().values[0];
        let made = bring(&written.unwrap(), &Setup::new("mnist", "vae")).unwrap();
        let origin =
            |file: &[u8]| weights::read(file).unwrap().into_iter().find(|w| w.name == "sae.dictionary.b_dec").unwrap().values;
        let there: Vec<f32> = origin(&file).iter().map(|b| b * scale).collect();
        assert!(scale != 1.0 && difference(&origin(&made.file), &there) < CLOSE, "{scale}");
    }
}

#[test]
fn only_sparse_autoencoders_are_written_for_saelens() {
    let vae = super::model(&Setup::new("mnist", "vae"));
    assert!(export(&vae, None).unwrap_err().contains("is no sparse autoencoder"));
    assert!(weights::metadata(&vae).unwrap().contains_key("setup"));
}

#[test]
#[ignore = "needs SAELens: `cargo lab test --full`"]
fn saelens_takes_ours_as_they_are() {
    let folder = scratch("saelens");
    let x: Vec<f32> = (0..9 * A).map(|i| ((i * 37) % 29) as f32 / 7.0 - 2.0).collect();
    let mut cases = vec![];
    for (n, (setup, file)) in ours().enumerate() {
        let Ok(files) = export(&file, None) else { continue };
        let name = format!("{n:02}-{}", setup.method);
        std::fs::create_dir_all(folder.join(&name)).unwrap();
        files.iter().for_each(|(file, bytes)| std::fs::write(folder.join(&name).join(file), bytes).unwrap());
        write(&folder.join(format!("{name}.in")), &[("x".into(), vec![9, A], x.clone())]);
        let (features, output) = run(&file, &x);
        let gave = vec![("features".into(), vec![9, 64], features), ("output".into(), vec![9, A], output)];
        cases.push((setup.to_query(), format!("{name}.out"), gave));
    }
    print!("{}", python("run_saelens.py", &[&folder]));
    let most = compare(&folder, &cases, |_, name| name.into());
    println!("{} dictionaries, largest difference {most:.1e}", cases.len());
}
