//! What the command line keeps, and what it takes for the same: images, runs, weights.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn lab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lab")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What it prints.
fn good(arguments: &[&str]) -> String {
    let output = lab(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", words(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(arguments: &[&str], expected: &str) {
    let output = lab(arguments);
    let said = words(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(said.starts_with("error: ") && said.contains(expected), "expected {expected:?}: {said}");
}

/// A folder of this test's own, empty.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kept-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// `n` grey images of 28 × 28 values of one pattern, packed; gives the folder.
fn packed(folder: &Path, name: &str, n: usize, pattern: usize) -> String {
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({n}, 28, 28), }}");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend((0..n * 784).map(|i| if (i % 28 + pattern * (i / 28)).is_multiple_of(5) { 220u8 } else { 10 }));
    let (file, out) = (folder.join(format!("{name}.npy")), folder.join(name));
    std::fs::write(&file, bytes).expect("writable");
    let place = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    good(&["pack", "images", &place(&file), "--out", &place(&out), "--size", "28", "--quiet"]);
    place(&out)
}

/// A path in a folder.
fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_run_goes_on_on_its_own_images_alone() {
    let folder = scratch("resume");
    let (one, two) = (packed(&folder, "one", 40, 1), packed(&folder, "two", 40, 2));
    let run = path(&folder, "run.safetensors");
    let small = ["--set", "hidden=16", "batch=8", "latent=2", "--quiet", "--json"];
    let begin = |data: &str| {
        good(&[&["train", "--method", "vae", "--data", data, "--steps", "2", "--checkpoint", &run], &small[..]].concat())
    };
    let resume = |data: &str, then: fn(&[&str])| {
        then(&["train", "--quiet", "--json", "--resume", &run, "--steps", "3", "--data", data]);
    };
    let goes_on = |data: &str| resume(data, |all| drop(good(all)));
    let other_images = |data: &str| resume(data, |all| refused(all, "not those that the run was trained on"));
    begin(&format!("cats:{one}"));
    other_images(&format!("cats:{two}"));
    // The option only says where they are: by their name, or as a folder alone.
    goes_on(&format!("cats:{one}"));
    goes_on(&one);
    resume(&format!("dogs:{one}"), |all| refused(all, "was trained on own:cats"));
    // The same images again, packed elsewhere, are the same.
    let again = packed(&folder, "again", 40, 1);
    goes_on(&format!("cats:{again}"));

    // So with folders of the four files.
    let other = folder.join("digits");
    std::fs::create_dir(&other).expect("writable");
    for name in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist").join(format!("{name}-ubyte.gz"));
        std::fs::copy(from, other.join(format!("{name}-ubyte.gz"))).expect("readable");
    }
    let other = path(&folder, "digits");
    begin(&other);
    goes_on("mnist");
    // Unpacked, with the first two labels in another order; the dot is Kaggle's.
    let labels = Path::new(&other).join("t10k-labels-idx1-ubyte.gz");
    let mut plain = Vec::new();
    let gzip = std::fs::read(&labels).expect("readable");
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*gzip), &mut plain).expect("gzip");
    plain.swap(8, 9);
    std::fs::remove_file(&labels).expect("there");
    std::fs::write(Path::new(&other).join("t10k-labels.idx1-ubyte"), plain).expect("writable");
    other_images(&other);
    begin(&other);
    other_images("mnist");
    goes_on(&other);
}

#[test]
fn the_same_run_makes_the_same_file() {
    let folder = scratch("bytes");
    let files: Vec<Vec<u8>> = ["a", "b"]
        .map(|name| {
            let out = path(&folder, name);
            let set = ["--set", "hidden=16", "latent=2", "--seed", "3", "--engine", "cpu", "--quiet"];
            good(&[&["train", "--method", "vae", "--data", "mnist", "--steps", "2", "--out", &out], &set[..]].concat());
            std::fs::read(&out).expect("written")
        })
        .into();
    assert!(files[0] == files[1], "they differ");
}

#[test]
fn weights_are_used_on_the_images_that_are_named() {
    let folder = scratch("data");
    let (mine, few) = (packed(&folder, "mine", 200, 3), packed(&folder, "few", 5, 1));
    let digits = "assets/presets/mnist-vae.safetensors";
    let codes = path(&folder, "codes.csv");
    let encode = |weights: &str, data: &str| {
        let said = good(&["encode", "--weights", weights, "--data", data, "--engine", "cpu", "--out", &codes]);
        serde_json::from_str::<serde_json::Value>(&said).expect("JSON")["images"].as_u64()
    };
    // Weights of a set that ships on packed images, by any name or none.
    assert_eq!(encode(digits, &format!("celeba:{mine}")), Some(20));
    assert_eq!(encode(digits, &mine), Some(20));
    good(&["measure", "--weights", digits, "--data", &format!("x:{mine}"), "--engine", "cpu", "--json"]);
    // And the other way round.
    let own = path(&folder, "own.safetensors");
    let small = ["--set", "hidden=16", "latent=2", "--engine", "cpu", "--quiet", "--json"];
    good(&[&["train", "--method", "vae", "--data", &format!("mine:{mine}"), "--steps", "2", "--out", &own], &small[..]].concat());
    assert_eq!(encode(&own, "mnist"), Some(10_000));
    assert_eq!(encode(&own, &mine), Some(20));
    refused(&["encode", "--weights", &own, "--engine", "cpu", "--out", &codes], "where are the packed images?");
    refused(&["encode", "--weights", digits, "--data", &path(&folder, ""), "--out", &codes], "`cargo lab pack images");
    refused(&["pack", "images", &path(&folder, "mine.npy"), "--out", &path(&folder, "x"), "--first", "0"], "--first");
    refused(&["measure", "--weights", digits, "--data", "faces", "--engine", "cpu"], "the weights are for 28 × 28 × 1");

    refused(
        &["measure", "--weights", &own, "--data", &format!("mine:{few}"), "--engine", "cpu"],
        "there are 5 test images, and measures need 10 at least",
    );
}
