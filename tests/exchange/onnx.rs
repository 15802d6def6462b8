//! Programs as ONNX give in onnxruntime what they give here.

use latent_exchange::{Model, onnx};
use latent_vocabulary::Family;

use super::{ROWS, compare, example, models, programs, python, scratch, write};

/// Writes every program of every setup with examples at two batch sizes, has onnxruntime run them all, and compares.
fn onnxruntime_agrees(family: Family) {
    let folder = scratch(&format!("onnx-{family:?}"));
    let mut cases = vec![];
    let (mut bytes, mut failed) = (0, vec![]);
    for (n, (setup, file)) in models(family).enumerate() {
        let model = Model::open(&file).unwrap();
        for program in programs(&file) {
            let case = format!("{n}-{}", program.name());
            let what = format!("{} of {}", program.name(), setup.to_query());
            let written = match onnx::write(&model, program.name()) {
                Ok(written) => written,
                Err(e) => {
                    failed.push(format!("{what}: {e}"));
                    continue;
                }
            };
            bytes += written.len();
            std::fs::write(folder.join(format!("{case}.onnx")), written).unwrap();
            for rows in ROWS {
                let example = example(&setup, &file, &program, rows);
                write(&folder.join(format!("{case}.{rows}.in")), &example.given);
                cases.push((what.clone(), format!("{case}.{rows}.out"), example.gave));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    print!("{}", python("run_onnx.py", &[&folder]));
    let most = compare(&folder, &cases, |_, name| name.into());
    println!("{family:?}: {} runs, {bytes} bytes of files, largest difference {most:.1e}", cases.len());
}

#[test]
fn onnxruntime_agrees_on_autoencoders() {
    onnxruntime_agrees(Family::Ae);
}

#[test]
fn onnxruntime_agrees_on_variational_autoencoders() {
    onnxruntime_agrees(Family::Vae);
}

#[test]
fn onnxruntime_agrees_on_encoders_alone() {
    onnxruntime_agrees(Family::Siamese);
}

#[test]
fn onnxruntime_agrees_on_codebooks() {
    onnxruntime_agrees(Family::Vq);
}

#[test]
fn onnxruntime_agrees_on_sparse_autoencoders() {
    onnxruntime_agrees(Family::Sae);
}

/// The command writes a model that ships, of eight bits, as two files or, into a folder, as one for each program.
#[test]
fn the_command_writes_files() {
    let folder = scratch("onnx-command");
    let weights = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets/mnist-vae.safetensors");
    let [encoder, decoder] = ["encoder.onnx", "decoder.onnx"].map(|name| folder.join(name));
    let lab = |places: &[&std::path::Path]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lab"));
        command.arg("export").arg("--weights").arg(&weights).arg("--onnx").args(places);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    lab(&[&encoder, &decoder]);
    let all = folder.join("all");
    std::fs::create_dir(&all).unwrap();
    lab(&[&all]);
    let read = |file: &std::path::Path| std::fs::read(file).unwrap();
    assert!(read(&encoder).len() > 400_000, "28 × 28 pixels to 400 units and on, 4 bytes a number");
    assert_eq!(read(&encoder), read(&all.join("Encode.onnx")), "the same model is the same bytes");
    assert_eq!(read(&decoder), read(&all.join("Decode.onnx")));
    assert!(std::fs::read_dir(&all).unwrap().count() > 2);
    print!("{}", python("run_onnx.py", &[&all]));
}
