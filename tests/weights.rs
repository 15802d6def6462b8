//! Files of weights and checkpoints as others see them: the command line writes them, Python reads them, and a run that was
//! cut in two is the same run.

use std::path::{Path, PathBuf};
use std::process::Command;

use latent_engine::Weight;
use latent_model::checkpoint::Checkpoint;
use latent_model::weights;
use serde_json::Value;

/// One JSON object: the metadata, and each tensor's type, shape and bytes as hexadecimal digits.
const PYTHON: &str = r#"
import json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework="np") as file:
    tensors = {name: file.get_tensor(name) for name in file.keys()}
    print(json.dumps({
        "metadata": file.metadata(),
        "tensors": {name: [str(t.dtype), list(t.shape), t.tobytes().hex()] for name, t in tensors.items()},
    }))
"#;

/// One JSON object: each array's type, shape and bytes as hexadecimal digits.
const NUMPY: &str = r#"
import json, sys
import numpy
with numpy.load(sys.argv[1], allow_pickle=False) as arrays:
    print(json.dumps({name: [a.dtype.str, list(a.shape), a.tobytes().hex()] for name, a in arrays.items()}))
"#;

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

fn train(arguments: &[&str], files: &[(&str, &Path)]) {
    lab(&[&["train", "--quiet", "--json"], arguments].concat(), files);
}

fn lab(arguments: &[&str], files: &[(&str, &Path)]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    let output = command.output().expect("the built binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What Python's own package for such files finds in one.
fn read_by_python(file: &Path) -> Value {
    python(PYTHON, file)
}

fn python(script: &str, file: &Path) -> Value {
    let python = std::env::var("LATENT_LAB_PYTHON").unwrap_or_else(|_| "python3".into());
    let output = Command::new(&python).args(["-c", script]).arg(file).output();
    let output = output.unwrap_or_else(|e| panic!("{python} does not start: {e}; `cargo lab test` sets it up"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{python} cannot read {}: {words}; `cargo lab test` sets its packages up", file.display());
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).expect("the file is written")
}

fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes.into_iter().map(|b| format!("{b:02x}")).collect()
}

const SMALL: &[&str] = &["--method", "vae", "--data", "toy", "--set", "latent=2", "hidden=16", "batch=512", "optimizer=adamw"];

#[test]
fn python_reads_names_and_values() {
    let folder = scratch("python");
    let (whole, half) = (folder.join("whole.safetensors"), folder.join("half.safetensors"));
    train(&[SMALL, &["--epochs", "1", "--engine", "cpu"]].concat(), &[("--out", &whole)]);
    train(&[SMALL, &["--epochs", "1", "--engine", "cpu", "--bits", "16"]].concat(), &[("--out", &half)]);
    let ours: Vec<Weight> = weights::read(&read(&whole)).expect("our own file");
    let names: Vec<&str> = ours.iter().map(|w| w.name.as_str()).collect();
    let part = |module: &str, layers: &[&str]| -> Vec<String> {
        layers.iter().flat_map(|layer| ["bias", "weight"].map(|field| format!("{module}.{layer}.{field}"))).collect()
    };
    assert_eq!(
        names,
        [part("decoder", &["hidden", "out"]), part("encoder", &["hidden", "logvar", "mean"])].concat(),
        "as in the Burn module"
    );
    for (file, dtype) in [(&whole, "float32"), (&half, "float16")] {
        let theirs = read_by_python(file);
        assert!(
            theirs["metadata"]["setup"]
                .as_str()
                .is_some_and(|s| s.starts_with("v=1&data=toy&method=vae") && s.contains("hidden=16")),
            "{theirs}"
        );
        assert!(theirs["metadata"]["step"].as_str().and_then(|s| s.parse::<u64>().ok()) > Some(0));
        let tensors = theirs["tensors"].as_object().expect("an object");
        let (shown, parameters): (Vec<&str>, Vec<&str>) =
            tensors.keys().map(String::as_str).partition(|name| name.starts_with("examples."));
        assert_eq!(parameters, names, "the same tensors");
        assert_eq!(shown, ["code_labels", "codes", "images", "labels"].map(|part| format!("examples.{part}")), "for figures");
        // The two files come of two runs, which the seed makes one.
        for w in &ours {
            let bytes = match dtype {
                "float32" => hex(w.values.iter().flat_map(|v| v.to_le_bytes())),
                _ => hex(w.values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes())),
            };
            assert_eq!(tensors[&w.name], serde_json::json!([dtype, w.shape, bytes]), "{}", w.name);
        }
    }
}

#[test]
fn eight_bits_are_rows_of_whole_numbers_for_python_as_well() {
    let folder = scratch("eight");
    let file = folder.join("eight.safetensors");
    train(
        &["--method", "vae", "--data", "toy", "--set", "hidden=64", "batch=512", "--epochs", "1", "--engine", "cpu", "--bits", "8"],
        &[("--out", &file)],
    );
    let theirs = read_by_python(&file);
    let bytes = |name: &str, dtype: &str| -> Vec<u8> {
        let tensor = &theirs["tensors"][name];
        assert_eq!(tensor[0], dtype, "{name}");
        let digits = tensor[2].as_str().expect("hexadecimal digits").as_bytes();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    };
    let mut of_eight = 0;
    for w in weights::read(&read(&file)).expect("our own file") {
        assert_eq!(theirs["tensors"][&w.name][1], serde_json::json!(w.shape), "{}", w.name);
        if theirs["tensors"][&w.name][0] != "int8" {
            continue;
        }
        of_eight += 1;
        let scales = bytes(&format!("{}.scale", w.name), "float32");
        let scales: Vec<f32> = scales.chunks(4).map(|c| f32::from_le_bytes(c.try_into().unwrap())).collect();
        let whole = bytes(&w.name, "int8");
        let (width, rows) = (whole.len() / scales.len(), whole.iter().enumerate());
        let want: Vec<f32> = rows.map(|(i, q)| scales[i / width] * f32::from(q.cast_signed())).collect();
        assert_eq!(w.values, want, "{}: the row's scale times the whole number", w.name);
    }
    assert!(of_eight >= 2, "the two large layers: {:?}", theirs["tensors"].as_object().map(|t| t.keys().collect::<Vec<_>>()));
}

#[test]
fn numpy_reads_codes() {
    let folder = scratch("codes");
    let [weights, npz, csv] = ["w.safetensors", "codes.npz", "codes.csv"].map(|name| folder.join(name));
    train(&[SMALL, &["--epochs", "1", "--engine", "cpu"]].concat(), &[("--out", &weights)]);
    for out in [&npz, &csv] {
        lab(&["encode", "--engine", "cpu"], &[("--weights", &weights), ("--out", out)]);
    }
    let table = String::from_utf8(read(&csv)).expect("text");
    let mut rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    assert_eq!(rows.next().expect("a header"), ["image", "label", "mean_0", "mean_1", "logvar_0", "logvar_1"]);
    let rows: Vec<Vec<f32>> = rows.map(|row| row.iter().map(|v| v.parse().expect("a number")).collect()).collect();
    assert!(rows.len() > 100 && rows.iter().any(|row| row[1] > 0.0), "{} rows", rows.len());
    let floats =
        |columns: std::ops::Range<usize>| hex(rows.iter().flat_map(|row| row[columns.clone()].to_vec()).flat_map(f32::to_le_bytes));
    let theirs = python(NUMPY, &npz);
    let n = rows.len();
    assert_eq!(theirs["mean"], serde_json::json!(["<f4", [n, 2], floats(2..4)]));
    assert_eq!(theirs["logvar"], serde_json::json!(["<f4", [n, 2], floats(4..6)]));
    assert_eq!(theirs["label"], serde_json::json!(["|u1", [n], hex(rows.iter().map(|row| row[1] as u8))]));
    assert_eq!(theirs.as_object().map(serde_json::Map::len), Some(3));
}

#[test]
fn a_run_cut_in_two_is_the_same_run() {
    let folder = scratch("resume");
    let file = |name: &str| folder.join(format!("{name}.safetensors"));
    let (whole, first, second) = (file("whole"), file("first"), file("second"));
    train(&[SMALL, &["--epochs", "2"]].concat(), &[("--checkpoint", &whole)]);
    train(&[SMALL, &["--epochs", "1"]].concat(), &[("--checkpoint", &first)]);
    train(&["--epochs", "2"], &[("--resume", &first), ("--checkpoint", &second)]);
    let checkpoint = |path: &Path| Checkpoint::read(&read(path)).expect("our own file").expect("a checkpoint");
    let (whole, halves) = (checkpoint(&whole), checkpoint(&second));
    assert_eq!(whole.setup, halves.setup);
    assert_eq!(whole.history.train, halves.history.train, "the curve");
    assert_eq!((whole.state.step, whole.state.weights), (halves.state.step, halves.state.weights));
    assert_eq!(whole.state.moments, halves.state.moments);

    // A checkpoint is a file of weights, for Python as well.
    let theirs = read_by_python(&second);
    let tensors = theirs["tensors"].as_object().expect("an object");
    for w in weights::read(&read(&second)).expect("our own file") {
        assert_eq!(tensors[&w.name][2], hex(w.values.iter().flat_map(|v| v.to_le_bytes())), "{}", w.name);
    }
    assert_eq!(theirs["metadata"]["step"], halves.state.step.to_string());
}

/// A run that was kept before the code was cut into libraries goes on, to the weights that it came to then: formats, names and what a
/// step does are what they were. Bit by bit on the driver that wrote them; others round differently.
#[test]
fn a_checkpoint_of_an_earlier_state_goes_on_as_it_did() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/files");
    let now = scratch("earlier").join("now.safetensors");
    train(&["--steps", "40"], &[("--resume", &files.join("checkpoint.safetensors")), ("--out", &now)]);
    let [then, now] = [files.join("after.safetensors"), now].map(|file| weights::read(&read(&file)).expect("our own file"));
    assert_eq!(then.len(), now.len());
    for (then, now) in then.iter().zip(&now) {
        assert_eq!((&then.name, &then.shape), (&now.name, &now.shape));
        let apart = then.values.iter().zip(&now.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-3, "{}: {apart} apart", then.name);
    }
}
