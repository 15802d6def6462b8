//! Weights of others: what PyTorch has trained does here what it did there, and what is no network here is told in words.

use std::path::Path;

use latent_engine::verify::difference;
use latent_experiment::Setup;
use latent_native::Imported;
use latent_player::Player;
use latent_view::Rows;
use safetensors::tensor::{Dtype, TensorView};

use super::{CLOSE, read};

fn import(file: &[u8], otherwise: &Setup) -> Result<(Setup, Vec<u8>), String> {
    latent_native::import(&[("a file", file)], otherwise).map(|Imported { setup, file, .. }| (setup, file))
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange/foreign").join(name)
}

/// A file without a setup, of tensors by name and shape: zeros, or whole numbers.
fn file(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let zeros = vec![0u8; 8 << 20];
    let views = tensors.iter().map(|(name, shape)| {
        let n: usize = shape.iter().product();
        let (dtype, width) = if name.ends_with("tracked") { (Dtype::I64, 8) } else { (Dtype::F32, 4) };
        (*name, TensorView::new(dtype, shape.to_vec(), &zeros[..n * width]).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// What `make_foreign.py` has trained and saved.
fn does_here_what_it_did_there(name: &str, net: &str) {
    let theirs = std::fs::read(fixture(&format!("{name}.safetensors"))).unwrap();
    let (setup, ours) = import(&theirs, &Setup::new("mnist", "vae")).unwrap();
    let text = setup.to_query();
    let has = |pair: &str| text.contains(pair) || net == "mlp" && pair == "net=mlp";
    assert!(has(&format!("net={net}")) && text.contains("latent=3") && text.contains("hidden=16"), "{text}");
    let player = Player::load(&ours).unwrap();
    let expected = read(&fixture(&format!("{name}.expected.safetensors")));
    let of = |name: &str| expected.iter().find(|(own, ..)| own == name).unwrap().2.clone();
    let (mean, logvar) = player.encode(Rows::of(&of("x"))).unwrap();
    for (what, got, want) in [("mean", &mean, of("mean")), ("logvar", &logvar, of("logvar"))] {
        let d = difference(got, &want);
        assert!(d < CLOSE, "{what} of {name} differs by {d}");
    }
    let d = difference(&player.decode(&mean).unwrap(), &of("images"));
    assert!(d < CLOSE, "images of {name} differ by {d}");
    println!("{name}: {text}, images differ by {d:.1e}");
    // A method of the same networks is taken at its word.
    let (setup, _) = import(&theirs, &Setup::new("mnist", "beta-tc")).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(setup.method, "beta-tc");
}

#[test]
fn a_dense_vae_comes_in() {
    does_here_what_it_did_there("dense", "mlp");
}

#[test]
fn a_strided_vae_comes_in() {
    does_here_what_it_did_there("strided", "conv");
}

/// An autoencoder without variances is one here.
#[test]
fn one_head_is_a_plain_autoencoder() {
    let tensors: &[(&str, &[usize])] = &[
        ("enc.0.weight", &[32, 784]),
        ("enc.0.bias", &[32]),
        ("enc.2.weight", &[4, 32]),
        ("enc.2.bias", &[4]),
        ("dec.0.weight", &[32, 4]),
        ("dec.2.weight", &[784, 32]),
        ("dec.2.bias", &[784]),
    ];
    let (setup, _) = import(&file(tensors), &Setup::new("mnist", "vae")).unwrap();
    assert_eq!((setup.method.as_str(), setup.get("hidden"), setup.get("latent")), ("ae", 32.0, 4.0));
}

#[test]
fn what_fits_no_network_is_told_in_words() {
    let resnet: &[(&str, &[usize])] = &[
        ("conv1.weight", &[8, 3, 7, 7]),
        ("bn1.weight", &[8]),
        ("bn1.bias", &[8]),
        ("bn1.running_mean", &[8]),
        ("bn1.running_var", &[8]),
        ("bn1.num_batches_tracked", &[]),
        ("layer1.0.conv1.weight", &[8, 8, 3, 3]),
        ("layer1.0.conv2.weight", &[8, 8, 3, 3]),
        ("layer2.0.downsample.0.weight", &[16, 8, 1, 1]),
        ("fc.weight", &[10, 16]),
        ("fc.bias", &[10]),
    ];
    let why = import(&file(resnet), &Setup::new("mnist", "vae")).unwrap_err();
    println!("{why}");
    for sentence in [
        "conv1: a convolution of 7 × 7: those here are of 4 × 4, in steps of two",
        "layer1.0.conv1, layer1.0.conv2: a convolution of 3 × 3",
        "layer2.0.downsample.0: a convolution of 1 × 1",
        "fc: a dense layer from 16 to 10: no network here has one there",
        "bn1.bias, bn1.num_batches_tracked, bn1.running_mean and 2 more: of a layer that normalises",
    ] {
        assert!(why.contains(sentence), "{sentence:?} is not in {why}");
    }
    // One layer more than there is here.
    let deeper: &[(&str, &[usize])] = &[
        ("enc.0.weight", &[32, 784]),
        ("enc.2.weight", &[32, 32]),
        ("enc.4.weight", &[4, 32]),
        ("dec.0.weight", &[32, 4]),
        ("dec.2.weight", &[784, 32]),
    ];
    let why = import(&file(deeper), &Setup::new("mnist", "vae")).unwrap_err();
    assert_eq!(why, "enc.2: a dense layer from 32 to 32: no network here has one there");
}

#[test]
fn pickles_are_told_how_to_become_files() {
    for first in [&b"PK\x03\x04archive/data.pkl"[..], b"\x80\x02}q\x00"] {
        let why = import(first, &Setup::new("mnist", "vae")).unwrap_err();
        let lines: Vec<&str> = why.lines().collect();
        assert_eq!(lines.len(), 3, "{why}");
        assert_eq!(lines[1], "import torch, safetensors.torch;");
        assert!(lines[2].starts_with("safetensors.torch.save_file(torch.load("), "{why}");
    }
}
