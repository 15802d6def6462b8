//! Every method's file on the command line: `lab encode`, `lab measure` and `lab sample` give what the engine gave that saved it.

use std::path::{Path, PathBuf};

use latent_data::Dataset;
use latent_data::own::{self, Room};
use latent_engine::cpu::CpuEngine;
use latent_engine::sampling::{self, Draw};
use latent_engine::verify::difference;
use latent_engine::{Engine, Rows};
use latent_experiment::Setup;
use latent_native::{
    EncodeOptions, EngineKind, FeatureFile, FeaturesOptions, Given, MeasureOptions, SampleOptions, encode, features, measure,
    sample,
};
use latent_packed::{FORMAT, META, Meta, OnDisk, PackedFactor, ShardBuilder, Split, shard_name};
use latent_protocol::Table;
use latent_vocabulary::Family;
use latent_vocabulary::code::{NO_DECODER, decodes};
use latent_vocabulary::data::Own;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::measured::Quantity;
use pollster::block_on;

use crate::alike::frames_for;
use crate::plan::{setups, stripes};
use crate::programs::{engine, saved};

/// Images to train on, and as many others to test with.
const IMAGES: usize = 20;
const DATA: &str = "own:stripes";
const CLOSE: f64 = 1e-4;

/// Small images as somebody packed them: what commands are given needs no others.
fn packed(folder: &Path, frames: Frames) {
    std::fs::create_dir_all(folder).unwrap();
    let values = (0..10).map(|v| v.to_string()).collect();
    let named = |name: &str, n: usize| PackedFactor { name: name.into(), values: (0..n).map(|v| v.to_string()).collect() };
    let meta = Meta {
        format: FORMAT,
        title: "Stripes".into(),
        credit: String::new(),
        channels: 1,
        height: 28,
        width: 28,
        factors: vec![PackedFactor { name: "Digit".into(), values }, named("Kind", 3), named("Lit", 2)],
        label: 0,
        source: "made".into(),
        items: 2 * IMAGES as u64,
        frames,
        vectors: None,
    };
    std::fs::write(folder.join(META), meta.to_json()).unwrap();
    let (data, mut builder) = (stripes(2 * IMAGES), ShardBuilder::default());
    for (i, (image, label)) in data.train_images.chunks_exact(784).zip(&data.train_labels).enumerate() {
        builder.push(if i < IMAGES { Split::Train } else { Split::Test }, &[*label, *label % 3, *label % 2], image);
    }
    std::fs::write(folder.join(shard_name(0)), builder.finish(&meta, true, 2 * IMAGES as u64, 0)).unwrap();
}

fn load(folder: &Path) -> Dataset {
    let (files, room) = (OnDisk { folder: folder.into() }, Room { bytes: 1 << 20, paged: false });
    block_on(own::load(files, Own::parse(DATA).unwrap(), room, |_, _| true)).unwrap().unwrap().data
}

/// The numbers of a table of codes, a row an image.
fn numbers(table: &str, column: &str) -> Vec<f32> {
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let of: Vec<usize> = (0..names.len()).filter(|i| names[*i].starts_with(column)).collect();
    lines.flat_map(|line| of.iter().map(|i| line[*i].parse().unwrap()).collect::<Vec<f32>>()).collect()
}

fn mean_square(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / a.len() as f64
}

fn commands_give_what_the_engine_gave(setup: &Setup, data: &Dataset, given: &Given, folder: &Path) {
    let name = setup.to_query();
    let mut engine = engine(setup, data);
    block_on(engine.start()).unwrap_or_else(|e| panic!("{name}: {}", String::from(e)));
    engine.run_steps(2).unwrap();
    block_on(engine.metrics()).unwrap();
    let weights = folder.join(format!("{}.safetensors", setup.method));
    std::fs::write(&weights, saved(&mut engine, setup, data)).unwrap();
    let (given, kind) = (Some(given.clone()), EngineKind::Cpu);

    let out = folder.join("codes.csv");
    let options = EncodeOptions {
        weights: weights.clone(),
        data: given.clone(),
        training: false,
        engine: kind,
        out: out.clone(),
        table: Table::Csv,
    };
    encode(&options).unwrap_or_else(|e| panic!("{name}: {e}"));
    let table = std::fs::read_to_string(out).unwrap();
    let images: Vec<f32> = data.test_images.iter().map(|b| f32::from(*b) / 255.0).collect();
    let (mean, logvar) = block_on(engine.encode(Rows::labelled(&images, &data.test_labels).told(&data.factors.test_nk))).unwrap();
    for (what, want) in [("mean", &mean), ("logvar", &logvar)] {
        let got = numbers(&table, what);
        assert_eq!(got.len(), want.len(), "{name}: {what}");
        assert!(want.is_empty() || difference(&got, want) < CLOSE, "{name}: {what} differs");
    }

    let options = MeasureOptions {
        weights: weights.clone(),
        against: None,
        data: given.clone(),
        engine: kind,
        sizes: latent_assess::Sizes { images: None, seed: 0 },
    };
    let report = measure(&options).unwrap_or_else(|e| panic!("{name}: {e}"));
    if !decodes(&engine.info().code) {
        let of = |id: &str| report.measures.iter().any(|measured| measured.name == id);
        assert_eq!([of("mse"), of("linear_probe_accuracy"), of("knn_accuracy")], [false, true, true], "{name}");
        let draw = Draw { count: 5, temperature: 1.0, seed: 3, choice: None, told: vec![], steps: 4 };
        let options = SampleOptions { weights, data: given, engine: kind, draw, factors: vec![], film: false };
        assert!(sample(&options).is_err_and(|why| why.contains(NO_DECODER)), "{name}");
        return;
    }
    let decoded = block_on(engine.decode(&mean)).unwrap();
    let inside: Vec<f32> = decoded.iter().map(|v| v.clamp(0.0, 1.0)).collect();
    let got = report.measures.iter().find(|measured| measured.name == "mse").map(|measured| &measured.value);
    let Some(Quantity::Number(got)) = got else { panic!("{name}: {got:?}") };
    // What a dictionary gives is clamped.
    let apart = [&decoded, &inside].map(|decoded| (got / mean_square(decoded, &images) - 1.0).abs());
    assert!(apart.iter().any(|apart| *apart < CLOSE), "{name}: squared error {got}, {apart:?} apart");

    let draw = Draw { count: 5, temperature: 1.0, seed: 3, choice: None, told: vec![], steps: 4 };
    let got = sample(&SampleOptions { weights, data: given, engine: kind, draw: draw.clone(), factors: vec![], film: false });
    match (got, block_on(sampling::images(&mut fresh(setup, data, &mut engine, draw.seed), &draw))) {
        (Ok(got), Ok(want)) => {
            assert_eq!(got.frames[0].len(), 5 * 784, "{name}");
            assert!(difference(&got.frames[0], &want) < CLOSE, "{name}: samples differ");
        }
        (Err(got), Err(want)) => assert!(got.contains(&want), "{name}: {got}"),
        (got, want) => panic!("{name}: samples {} against {}", got.is_ok(), want.is_ok()),
    }
}

/// The same network on an engine that has drawn nothing yet.
fn fresh(setup: &Setup, data: &Dataset, trained: &mut CpuEngine, seed: u32) -> CpuEngine {
    let mut setup = setup.clone();
    setup.set("seed", f64::from(seed)).unwrap();
    let mut other = engine(&setup, data);
    other.set_weights(&block_on(trained.weights()).unwrap()).unwrap();
    other
}

#[test]
fn every_method_is_on_the_command_line_what_it_was() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("saved");
    let _ = std::fs::remove_dir_all(&folder);
    let sets = [Frames::One, Frames::Clip(2), Frames::Pair].map(|frames| {
        let images = folder.join(frames.count().to_string() + if frames == Frames::Pair { "-pair" } else { "" });
        packed(&images, frames);
        let (data, given) = (load(&images), (DATA.to_string(), Some(images)));
        assert_eq!((data.train_labels.len(), data.test_labels.len(), data.classes), (IMAGES, IMAGES, 10));
        (data, given)
    });
    let mut methods = vec![];
    for mut setup in Family::ALL.into_iter().flat_map(setups) {
        if !methods.contains(&setup.method) {
            methods.push(setup.method.clone());
            setup.data = DATA.into();
            let (data, given) = sets.iter().find(|(data, _)| data.frames == frames_for(&setup.method)).unwrap();
            commands_give_what_the_engine_gave(&setup, data, given, &folder);
        }
    }
    assert_eq!(methods.len(), latent_catalog::CARDS.len(), "every method");
}

/// The table of features says what the codes of the test images say.
#[test]
fn features_on_the_command_line_are_those_of_the_codes() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("saved-features");
    let _ = std::fs::remove_dir_all(&folder);
    let images = folder.join("images");
    packed(&images, Frames::One);
    let data = load(&images);
    let mut setup = Setup::new(DATA, "topk-sae");
    for (key, value) in [("features", 64.0), ("k", 4.0), ("batch", 10.0)] {
        setup.set(key, value).unwrap();
    }
    let mut engine = engine(&setup, &data);
    block_on(engine.start()).unwrap();
    engine.run_steps(5).unwrap();
    block_on(engine.metrics()).unwrap();
    let weights = folder.join("topk.safetensors");
    std::fs::write(&weights, saved(&mut engine, &setup, &data)).unwrap();
    let write = |name: &str, file| {
        let out = folder.join(name);
        let given = Some((DATA.to_string(), Some(images.clone())));
        let report =
            features(&FeaturesOptions { weights: weights.clone(), data: given, samples: 2000, out: out.clone(), file }).unwrap();
        assert_eq!((&report["features"], &report["samples"]), (&64.into(), &IMAGES.into()), "{report}");
        std::fs::read_to_string(out).unwrap()
    };
    let (csv, jsonl) = (write("features.csv", FeatureFile::Csv), write("features.jsonl", FeatureFile::Jsonl));
    let values: Vec<f32> = data.test_images.iter().map(|b| f32::from(*b) / 255.0).collect();
    let (codes, _) = block_on(engine.encode(Rows::labelled(&values, &data.test_labels))).unwrap();
    let (density, most) = (numbers(&csv, "density"), numbers(&csv, "max"));
    let mut living = 0;
    for (f, line) in jsonl.lines().enumerate() {
        let act: Vec<f32> = codes.iter().skip(f).step_by(64).copied().collect();
        let (on, max) = (act.iter().filter(|a| **a != 0.0).count(), act.iter().copied().fold(0.0, f32::max));
        assert!((density[f] - on as f32 / IMAGES as f32).abs() < 1e-6 && (most[f] - max).abs() < 1e-4, "feature {f}");
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        let top = told["top"].as_array().unwrap();
        assert_eq!((told["feature"].as_u64(), top.len()), (Some(f as u64), on.min(12)), "{line}");
        for row in top {
            let sample = row["sample"].as_u64().unwrap() as usize;
            assert!((row["activation"].as_f64().unwrap() - f64::from(act[sample])).abs() < 1e-4, "{line}");
        }
        living += usize::from(on > 0);
    }
    assert!(jsonl.lines().count() == 64 && living > 3, "{living} of 64 live");
}
