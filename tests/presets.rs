//! The models that ship are what the files beside them say, and the player shows what Burn shows.
#![cfg(feature = "native")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use latent_lab::data::unit;
use latent_lab::player::{Examples, Model, Player};
use latent_lab::spec::{PRESETS, Preset};
use latent_lab::train::eager::EagerEngine;
use latent_lab::train::{Engine, Rows, entry, native, weights};
use pollster::block_on;
use serde_json::Value;

fn file(preset: &Preset, end: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/presets/{}{end}", preset.id))
}

#[test]
fn the_table_has_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets");
    let names = fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let strangers: Vec<String> =
        names.filter(|name| !name.ends_with(".md") && Preset::find(name.split('.').next().unwrap()).is_none()).collect();
    assert!(strangers.is_empty(), "no line of the table has {strangers:?}");
}

#[test]
fn models_are_worth_what_is_recorded() {
    for preset in PRESETS {
        let bytes = fs::read(file(preset, ".safetensors")).unwrap();
        assert!(bytes.len() < 1_000_000, "{} has {} bytes: nobody should wait for it", preset.id, bytes.len());
        let player = Player::load(&bytes).unwrap();
        assert_eq!(player.setup, preset.setup(), "{}", preset.id);
        let data = Arc::new(native::load(&player.setup.data, None).unwrap());
        let test: Vec<f32> = unit(&data.test_images).collect();
        let labelled = Rows::labelled(&test, &data.test_labels);
        let mut burn = entry(&player.setup.method).unwrap().eager(&player.setup, Device::flex(), data.clone());
        burn.set_weights(&weights::read(&bytes).unwrap()).unwrap();

        let record: Value = serde_json::from_slice(&fs::read(file(preset, ".json")).unwrap()).unwrap();
        let recorded =
            |when: &str| record["test"][when]["loss"].as_f64().unwrap_or_else(|| panic!("{}: no loss {when}", preset.id));
        let (trained, shipped) = (recorded("as_trained"), recorded("as_shipped"));
        let got = f64::from(block_on(burn.evaluate(labelled)).unwrap()[0]);
        // One draw of each posterior: draws of these losses have a standard deviation of 0.0003 of them.
        assert!((got / shipped - 1.0).abs() < 2e-3, "{}: test loss {got}, recorded {shipped}", preset.id);
        assert!((shipped / trained - 1.0).abs() < 5e-3, "{}: fewer bits make {shipped} of {trained}", preset.id);

        if let Model::Vector(model) = &player.model
            && model.is_cloud()
        {
            let (mean, logvar) = block_on(burn.encode(labelled)).unwrap();
            for (d, recorded) in player.kl_d.iter().enumerate() {
                let of = |values: &[f32]| values.iter().skip(d).step_by(model.latent).map(|v| f64::from(*v)).collect::<Vec<_>>();
                let terms = of(&mean).into_iter().zip(of(&logvar)).map(|(m, l)| 0.5 * (m * m + l.exp() - l - 1.0));
                let kl = terms.sum::<f64>() / data.test_labels.len() as f64;
                assert!((kl - f64::from(*recorded)).abs() < 0.01, "{}: KL of latent {d} is {kl}, recorded {recorded}", preset.id);
            }
        }
        the_player_agrees(preset, &player, &mut burn, &test);
    }
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()))
}

/// Codes and images of the first test images.
fn the_player_agrees(preset: &Preset, player: &Player, burn: &mut EagerEngine, test: &[f32]) {
    const IMAGES: usize = 10;
    let images = &test[..IMAGES * player.pixels()];
    let latent = player.latent();
    assert_eq!(player.code(), burn.info().code, "{}", preset.id);
    let (mean, logvar) = block_on(burn.encode(Rows::of(images))).unwrap();
    let decoded = block_on(burn.decode(&mean)).unwrap();
    for (i, x) in images.chunks_exact(player.pixels()).enumerate() {
        let (m, l) = player.encode(x);
        let row = i * latent..(i + 1) * latent;
        let want = logvar.get(row.clone()).unwrap_or_default();
        assert!(same(&m, &mean[row.clone()]) && same(&l, want), "{}: the player encodes image {i} otherwise", preset.id);
        let want = &decoded[i * player.pixels()..(i + 1) * player.pixels()];
        assert!(same(&player.decode(&mean[row]), want), "{}: the player decodes image {i} otherwise", preset.id);
    }
}

#[test]
fn examples_go_with_their_models() {
    for preset in PRESETS {
        let player = Player::load(&fs::read(file(preset, ".safetensors")).unwrap()).unwrap();
        let bytes = fs::read(file(preset, ".examples.safetensors")).unwrap();
        let examples = Examples::load(&bytes, player.pixels(), player.latent()).unwrap();
        assert!(examples.labels_n.len() >= 8, "{}", preset.id);
        let is_vector = matches!(player.model, Model::Vector(_));
        assert_eq!(examples.code_labels_n.len(), if is_vector { 1000 } else { 0 }, "{}", preset.id);
        // The first image is the first of its class in the test set; its code is the player's own.
        let data = native::load(&player.setup.data, None).unwrap();
        let first = data.test_labels.iter().position(|l| *l == examples.labels_n[0]).unwrap();
        let image = &data.test_images[first * player.pixels()..(first + 1) * player.pixels()];
        assert_eq!(&examples.images_np[..player.pixels()], image, "{}", preset.id);
        if is_vector {
            let got = &examples.codes_nd[first * player.latent()..(first + 1) * player.latent()];
            let want = player.encode(&unit(image).collect::<Vec<_>>()).0;
            assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 2e-3 * (1.0 + b.abs())), "{}: {got:?}, {want:?}", preset.id);
        }
        assert!(Examples::load(&bytes, player.pixels() + 1, player.latent()).is_err());
        assert!(Examples::load(&bytes[..bytes.len() / 2], player.pixels(), player.latent()).is_err());
        let still = fs::read(file(preset, ".png")).unwrap();
        assert!(still.starts_with(b"\x89PNG") && still.len() < 100_000, "{}: {} bytes", preset.id, still.len());
    }
}
