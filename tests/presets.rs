//! The pretrained models are what `assets/presets/README.md` says they are, and the page's own player shows what Burn shows.
#![cfg(feature = "native")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use latent_lab::data::mnist;
use latent_lab::player::Player;
use latent_lab::train::{Engine, Rows, entry, weights};
use pollster::block_on;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets")
}

/// File name and recorded test loss of each row of the table.
fn recorded() -> Vec<(String, f32)> {
    let text = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = text.lines().filter(|l| l.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let loss = cells[3].split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{row}: the loss comes first in its cell"));
        (cells[1].trim_matches('`').to_string(), loss)
    })
    .collect()
}

#[test]
fn shipped_models_have_their_recorded_loss() {
    let files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".safetensors"))
        .collect();
    let recorded = recorded();
    assert_eq!(recorded.len(), files.len(), "one row a file: {files:?}");
    let data = Arc::new(mnist::from_folder(&folder().with_file_name("mnist")).unwrap());
    let test: Vec<f32> = data.test_images.iter().map(|b| f32::from(*b) / 255.0).collect();
    for (name, loss) in recorded {
        let bytes = std::fs::read(folder().join(&name)).unwrap();
        assert!(bytes.len() < 1_000_000, "{name} has {} bytes: the page should not wait for it", bytes.len());
        let player = Player::load(&bytes).unwrap();
        let mut burn = entry(&player.setup.method).unwrap().eager(&player.setup, Device::flex(), data.clone());
        burn.set_weights(&weights::read(&bytes).unwrap()).unwrap();

        // The recorded loss is one draw with the weights still at 32 bits; draws of this one have a standard deviation of 0.03.
        let labelled = Rows::labelled(&test, &data.test_labels);
        let got = block_on(burn.evaluate(labelled)).unwrap()[0];
        assert!((got - loss).abs() < 0.2, "{name}: test loss {got}, recorded {loss}");

        let (mean, logvar) = block_on(burn.encode(labelled)).unwrap();
        let latent = player.latent();
        for (d, recorded) in player.kl_d.iter().enumerate() {
            let of = |values: &[f32]| values.iter().skip(d).step_by(latent).map(|v| f64::from(*v)).collect::<Vec<_>>();
            let terms = of(&mean).into_iter().zip(of(&logvar)).map(|(m, l)| 0.5 * (m * m + l.exp() - l - 1.0));
            let kl = terms.sum::<f64>() / data.test_labels.len() as f64;
            assert!((kl - f64::from(*recorded)).abs() < 0.01, "{name}: KL of latent {d} is {kl}, recorded {recorded}");
        }

        let same = |a: &[f32], b: &[f32]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()));
        for i in 0..10 {
            let (m, l) = player.encode(&test[i * player.pixels()..(i + 1) * player.pixels()]);
            let row = i * latent..(i + 1) * latent;
            assert!(same(&m, &mean[row.clone()]) && same(&l, &logvar[row]), "{name}: the player encodes image {i} otherwise");
            assert!(same(&player.decode(&m), &block_on(burn.decode(&m)).unwrap()), "{name}: the player decodes image {i} otherwise");
        }
    }
}
