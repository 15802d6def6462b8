//! Files as they were.

use std::collections::HashMap;

use half::f16;
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};

use latent_player::{Examples, Player};
use latent_view::Rows;

use super::upgrade;

/// A model with `latent` latents, 784 pixels and 16 hidden units; weights are a fixed function of their place.
fn model(latent: usize, dtype: Dtype, metadata: &[(&str, &str)]) -> Vec<u8> {
    let shapes = [
        ("encoder.hidden", 784, 16),
        ("encoder.mean", 16, latent),
        ("encoder.logvar", 16, latent),
        ("decoder.hidden", latent, 16),
        ("decoder.out", 16, 784),
    ];
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, i, o) in shapes {
        for (part, shape) in [("weight", vec![i, o]), ("bias", vec![o])] {
            let n: usize = shape.iter().product();
            let numbers = (0..n).map(|k| ((k % 13) as f32 - 6.0) / 32.0);
            let bytes = match dtype {
                Dtype::F16 => numbers.flat_map(|v| f16::from_f32(v).to_le_bytes()).collect(),
                _ => numbers.flat_map(f32::to_le_bytes).collect(),
            };
            tensors.push((format!("{name}.{part}"), shape, bytes));
        }
    }
    let views = tensors.iter().map(|(n, s, b)| (n.clone(), TensorView::new(dtype, s.clone(), b).unwrap()));
    let metadata: HashMap<String, String> = metadata.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    serialize(views, Some(metadata)).unwrap()
}

const META: &[(&str, &str)] = &[("setup", "v=1&data=mnist&method=vae&latent=3&hidden=16"), ("kl", "1.5, 0.002, 0.7")];

/// What a figure does with such a file.
fn open(file: &[u8]) -> Result<Player, String> {
    Player::load(&upgrade(file)?)
}

#[test]
fn half_and_single_precision_models_agree() {
    let single = open(&model(3, Dtype::F32, META)).unwrap();
    let half = open(&model(3, Dtype::F16, META)).unwrap();
    assert_eq!((single.latent(), single.pixels()), (3, 784));
    assert_eq!(single.kl_d, vec![1.5, 0.002, 0.7]);
    // The weights are multiples of 1/32, which both formats hold exactly.
    let z = [0.3, -1.0, 2.0];
    assert_eq!(single.decode(&z), half.decode(&z));
    let decode = |z: &[f32]| single.decode(z).unwrap();
    assert!(decode(&z).iter().all(|v| (0.0..=1.0).contains(v)));
    let (mean, logvar) = single.encode(Rows::of(&vec![0.5; 784])).unwrap();
    assert_eq!((mean.len(), logvar.len()), (3, 3));
}

#[test]
fn images_that_nobody_knows_are_described_by_the_file() {
    let setup = ("setup", "data=own:cats&method=vae&latent=3");
    let player = open(&model(3, Dtype::F32, &[setup, ("image", "1,28,28"), ("classes", "Tom\nA, B")])).unwrap();
    assert_eq!((player.image, player.pixels()), ([1, 28, 28], 784));
    assert_eq!(player.classes, ["Tom", "A, B"]);
    assert_eq!(player.kl_d, [0.0; 3], "nobody has measured it");
    assert!(player.examples.is_none());
    let shelf = Examples::imagined(&player).unwrap();
    assert_eq!(shelf.images_np.len() % 784, 0);
    let mut pictures: Vec<&[u8]> = shelf.images_np.chunks(784).collect();
    assert!(shelf.labels_n.is_empty() && pictures.len() > 2);
    pictures.sort_unstable();
    assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]), "several pictures are the same");
}

#[test]
fn a_foreign_file_is_a_sentence() {
    let error = |bytes: &[u8]| open(bytes).err().expect("the model is refused");
    assert!(error(b"<!doctype html>").contains("safetensors"));
    assert!(error(&model(4, Dtype::F32, META)).contains("expected 4"));
    let with = |key, note| error(&model(3, Dtype::F32, &[META[0], (key, note)]));
    assert!(with("kl", "1,2,much").contains("much"));
    assert!(with("image", "1,28").contains("three numbers"));
    assert!(with("image", "1,14,14").contains("expected 196"));
    assert!(error(&model(3, Dtype::F32, &[("setup", "data=own:cats&method=vae&latent=3")])).contains("own:cats"));
    assert!(error(&model(3, Dtype::F32, &[("setup", "method=cvae&latent=3")])).contains("Conditional VAE"));
    let whole = model(3, Dtype::F32, META);
    assert!(error(&whole[..whole.len() / 2]).contains("safetensors"));
}
