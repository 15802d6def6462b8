//! The command line, run as a visitor runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn lab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn output(arguments: &[&str]) -> Output {
    lab(arguments).output().expect("the built binary runs")
}

/// A folder of this test's own, empty.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// Asserts exit status 2, one line on standard error that contains `expected`, and silence on standard output.
fn refused(arguments: &[&str], expected: &str) {
    println!("{arguments:?}");
    refusal(&output(arguments), expected);
}

fn refusal(output: &Output, expected: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains(expected), "expected {expected:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn wrong_arguments_are_refused_in_one_line() {
    refused(&[], "no command");
    refused(&["dance"], "'dance'");
    refused(&["methods", "--colour"], "'--colour'");
    refused(&["serve", "--port", "70000"], "70000");
    refused(&["serve", "--port", "many"], "many");
    refused(&["build"], "--out");
    refused(&["build", "--out", "x", "--base", "lab"], "begins and ends with /");
    refused(&["presets", "gioconda"], "there are mnist-vae, ");
    refused(&["presets", "--out", "no/such/folder"], "no/such/folder");
    refused(&["train"], "--method <ID>");
    refused(&["train"], "--epochs <N>");
    let train = |rest: &[&str], expected: &str| refused(&[&["train", "--method", "vae", "--epochs", "1"], rest].concat(), expected);
    train(&["--epochs", "0"], "--epochs");
    train(&["--engine", "steam"], "plan, cpu, burn");
    train(&["--set", "beta"], "KEY=VALUE");
    train(&["--set", "beta=-1"], "beta = -1: expected a number from 0.01 to 100");
    train(&["--set", "latent=2.5"], "latent = 2.5: expected a whole number");
    train(&["--set", "beta=2", "colour=3"], "no parameter \"colour\"");
    train(&["--set", "net=transformer"], "one of mlp, conv");
    train(&["--batch", "0"], "batch = 0");
    train(&["--batch", "many"], "batch = \"many\"");
    train(&["--seed", "-1"], "seed");
    refused(&["train", "--method", "gan", "--epochs", "1"], "\"gan\"");
    let more = ["train", "--method", "topk-sae", "--epochs", "1", "--set", "k=100", "features=64"];
    refused(&more, "k = 100: expected no more than features, of which there are 64");
    refused(&["train", "--epochs", "1", "--resume", "no/such/file"], "no/such/file");
    refused(&["train", "--epochs", "1", "--resume", "README.md", "--method", "vae"], "cannot be used with");
    train(&["--engine", "burn-cpu", "--checkpoint", "c.safetensors"], "need --engine plan or cpu");
    train(&["--checkpoint", "no/such/folder/c"], "no/such/folder");
    #[cfg(feature = "native")]
    refused(&["train", "--epochs", "1", "--resume", "assets/presets/mnist-vae.safetensors"], "weights only");
    let weights = "assets/presets/mnist-vae.safetensors";
    refused(&["export", "--weights", weights], "--onnx");
    refused(&["export", "--weights", "no/such/file", "--onnx", "target"], "no/such/file");
    refused(&["export", "--weights", "README.md", "--onnx", "target"], "not a safetensors file");
    refused(&["export", "--weights", weights, "--onnx", "a.onnx"], "expected two files, for encoder and decoder, or a folder");
    refused(&["export", "--weights", weights, "--onnx", "no/such/a.onnx", "b.onnx"], "there is no folder no/such");
    refused(&["export", "--weights", weights, "--torch", "model.txt"], "ends with .py");
    refused(&["export", "--weights", weights, "--saelens", "no/such/folder"], "there is no folder no/such");
    refused(&["export", "--weights", weights, "--saelens", "target"], "is no sparse autoencoder");
    refused(&["features", "--weights", weights, "--out", "a.txt"], "ends with .csv or .jsonl");
    refused(&["features", "--weights", "no/such/file", "--out", "a.csv"], "no/such/file");
    refused(&["import", "--weights", "no/such/file", "--out", "x"], "no/such/file");
    refused(&["import", "--weights", weights, "--out", "no/such/x"], "there is no folder no/such");
    refused(&["import", "--weights", weights, "--out", "x", "--data", "photographs"], "photographs");
    #[cfg(feature = "native")]
    refused(&["import", "--weights", "README.md", "--out", "x"], "not a whole safetensors file");
    refused(&["plan", "--method", "gan"], "\"gan\"");
    refused(&["plan", "--target", "abacus"], "software-quads");
    refused(&["plan", "--data", "photographs"], "photographs");
    #[cfg(feature = "native")]
    refused(&["plan", "--program", "dance"], "initialisation");
    #[cfg(feature = "native")]
    refused(&["plan", "--program", "tokens"], "vae does not have a codebook");
}

#[test]
fn missing_files_are_refused_before_anything_is_written() {
    let folder = scratch("missing");
    let out = folder.join("w.safetensors");
    let out = out.to_str().expect("the path is UTF-8");
    refused(&["train", "--method", "vae", "--epochs", "1", "--data", "no/such/folder", "--out", out], "no/such/folder");
    let nowhere = folder.join("nowhere").join("w.safetensors");
    refused(&["train", "--method", "vae", "--epochs", "1", "--out", nowhere.to_str().expect("UTF-8")], "nowhere");
    refused(&["train", "--method", "vae", "--epochs", "1", "--out", folder.to_str().expect("UTF-8")], "is a folder");
    let left = std::fs::read_dir(&folder).expect("the folder is readable").count();
    assert_eq!(left, 0, "something was written");
}

#[cfg(feature = "native")]
#[test]
fn a_run_ends_with_one_json_object_and_its_weights() {
    let out = scratch("run").join("w.safetensors");
    let mut train = lab(&[
        "train", "--method", "vae", "--epochs", "1", "--batch", "1000", "--seed", "2", "--engine", "cpu", "--json", "--quiet",
    ]);
    let output = train.args(["--set", "latent=2", "hidden=16", "--out"]).arg(&out).output().expect("the built binary runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["steps"], 60, "{report}");
    assert!(report["epochs"][0]["test"]["loss"].as_f64().is_some_and(|loss| loss < 400.0), "{report}");
    assert!(out.metadata().expect("the weights are written").len() > 4 * 784 * 16);

    let weights = out.to_str().expect("the path is UTF-8");
    let measure = ["measure", "--weights", weights, "--engine", "cpu", "--images", "300", "--json"];
    let output = lab(&measure).output().expect("the built binary runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let measured: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert!(measured["setup"].as_str().is_some_and(|setup| setup.contains("hidden=16")), "{measured}");
    let value =
        |name: &str| &measured["measures"].as_array().expect("a list").iter().find(|m| m["name"] == name).expect(name)["value"];
    assert_eq!(value("kl_d").as_array().expect("one a latent").len(), 2);
    // It learnt something: of ten digits, twice what guessing finds.
    assert!(value("linear_probe_accuracy").as_f64() > Some(0.2), "{measured}");

    std::fs::write(&out, &std::fs::read(&out).expect("readable")[..999]).expect("writable");
    refused(&measure, "this is not a whole safetensors file");
}

/// The listing of a small network is consistent in itself, counts what can be known, and says where each kernel's text is.
#[cfg(feature = "native")]
#[test]
fn a_plan_is_listed_with_its_kernels() {
    let folder = scratch("plan");
    let setup = ["--method", "vae", "--target", "software", "--set", "batch=32", "hidden=64", "latent=2"];
    let wgsl = folder.to_str().expect("the path is UTF-8");
    let output = output(&[&["plan"], &setup[..], &["--json", "--wgsl", wgsl]].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let listing: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let number = |value: &Value| value.as_u64().expect("a number");

    let mut kernels = vec![];
    for (level, dispatch) in list(&listing["dispatches"]).iter().enumerate() {
        assert_eq!(number(&dispatch["level"]), level as u64);
        let text = std::fs::read_to_string(folder.join(dispatch["file"].as_str().expect("a name"))).expect("it was written");
        let own = list(&dispatch["kernels"]);
        for kernel in &own {
            assert!(text.contains(&format!("\nfn {}(", kernel["function"].as_str().expect("a name"))), "{kernel}\n{text}");
        }
        assert!(text.contains("\n    let group = w.x;\n"), "what stands in braces is indented:\n{text}");
        let groups: u64 = own.iter().map(|k| number(&k["workgroups"])).sum();
        assert_eq!(groups, number(&dispatch["grid"][0]) * number(&dispatch["grid"][1]));
        kernels.extend(own);
    }
    // The first layer: 32 × 64 sums of 784 products, and a bias and a nonlinearity behind each.
    let layer = kernels.iter().find(|k| k["name"] == "matmul").expect("there are products");
    assert_eq!(number(&layer["flops"]), 32 * 64 * (2 * 784 + 2), "{layer}");
    assert_eq!(number(&layer["chain"]), 784 + 2, "{layer}");
    assert_eq!(number(&layer["read"]), 4 * (32 * 784 + 784 * 64 + 64), "{layer}");
    assert_eq!(number(&layer["written"]), 4 * 32 * 64, "{layer}");
    // Its gradient moves 784 × 64 weights by Adam, which reads and writes each with two moments.
    let moved = 4 * 3 * 784 * 64;
    assert!(kernels.iter().any(|k| k["written"].as_u64().is_some_and(|n| (moved..moved + 9999).contains(&n))), "{kernels:?}");

    let memory = list(&listing["memory"]);
    assert!(memory.iter().any(|r| r["what"] == "encoder.hidden.weight [784, 64]"), "{memory:?}");
    let span = |r: &Value| (number(&r["at"]), number(&r["at"]) + number(&r["floats"]));
    let life = |r: &Value| r["levels"].as_array().map_or((0, u64::MAX), |l| (number(&l[0]), number(&l[1])));
    for (i, a) in memory.iter().enumerate() {
        assert!(span(a).1 <= number(&listing["arena"]), "{a}");
        for b in &memory[..i] {
            let meet = |a: (u64, u64), b: (u64, u64)| a.0 < b.1 && b.0 < a.1;
            let together = life(a).0 <= life(b).1 && life(b).0 <= life(a).1;
            assert!(!(together && meet(span(a), span(b))), "{a} and {b} lie in the same place");
        }
    }
}

/// People see the same, for each program.
#[cfg(feature = "native")]
#[test]
fn a_plan_is_listed_for_people() {
    let output = output(&["plan", "--method", "vae", "--program", "decode", "--set", "batch=16"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    for words in ["program decode, 16 rows", "level 0: ", "kernel0 matmul", "sigmoid [16, 784]", "decoder."] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[cfg(feature = "native")]
#[test]
fn new_images_are_drawn_from_weights() {
    let folder = scratch("sample");
    let at = |name: &str| folder.join(name).to_str().expect("the path is UTF-8").to_owned();
    let draw = |weights: &str, rest: &[&str]| {
        let out = at("new.png");
        let output = output(&[&["sample", "--weights", weights, "--engine", "cpu", "--count", "5", "--out", &out], rest].concat());
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(out).expect("the picture is written")
    };
    let trained = |method: &str, values: &[&str]| {
        let out = at(method);
        let train = ["train", "--method", method, "--epochs", "1", "--batch", "1000", "--engine", "cpu", "--quiet", "--out", &out];
        let output = output(&[&train, &["--set", "hidden=16"][..], values].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        out
    };
    let vae = "assets/presets/mnist-vae.safetensors";
    let png = draw(vae, &[]);
    assert_eq!(&png[16..24], [0, 0, 0, 56, 0, 0, 0, 84], "five pictures of 28 pixels in rows of two");
    assert_eq!(png, draw(vae, &["--seed", "0", "--temperature", "1"]));
    assert_ne!(png, draw(vae, &["--seed", "1"]));
    // Without noise all that is left is the middle.
    assert_eq!(draw(vae, &["--temperature", "0"]), draw(vae, &["--temperature", "0", "--seed", "1"]));

    let cvae = trained("cvae", &["latent=2"]);
    assert_ne!(draw(&cvae, &["--label", "3"]), draw(&cvae, &["--label", "4"]));
    let told = trained("attribute-vae", &["latent=2", "--data", "moving-digits"]);
    assert_ne!(draw(&told, &["--factor", "Digit=3", "X=0"]), draw(&told, &["--factor", "Digit=3", "X=12"]));
    let host = trained("vae", &["latent=2"]);
    let flow = at("flow");
    let train = ["train", "--method", "latent-flow", "--set", "flow=16", "--host", &host, "--steps", "2", "--engine", "cpu"];
    assert!(output(&[&train[..], &["--out", &flow]].concat()).status.success());
    let film = draw(&flow, &["--steps", "3", "--film"]);
    assert_eq!(film[16..24], [0, 0, 0, 112, 0, 0, 0, 140], "five rows of the noise and three steps");
    assert_eq!(film, draw(&flow, &["--film", "--steps", "3", "--seed", "0"]));
    assert_ne!(draw(&flow, &["--steps", "1"]), draw(&flow, &["--steps", "8"]));
    let vq = trained("vq-vae", &["net=mlp", "prior_width=8"]);
    assert_ne!(draw(&vq, &[]), draw(&vq, &["--seed", "1"]));
    assert_eq!(draw(&vq, &["--temperature", "0"]), draw(&vq, &["--temperature", "0", "--seed", "1"]));

    let refuse = |weights: &str, rest: &[&str], expected: &str| {
        let out = at("refused.png");
        refused(&[&["sample", "--weights", weights, "--engine", "cpu", "--out", &out], rest].concat(), expected);
        assert!(!folder.join("refused.png").exists(), "something was written");
    };
    refuse(&cvae, &["--label", "10"], "class 10: expected 0 to 9");
    refuse(vae, &["--label", "3"], "no class");
    refuse(vae, &["--film"], "draws its images at once");
    refuse(&flow, &["--steps", "0"], "--steps");
    refuse(vae, &["--factor", "Digit=3"], "no factors are known");
    refuse(&told, &["--factor", "Colour=3"], "there are Digit, X, Y, Orientation");
    refuse(&told, &["--factor", "X=13"], "expected 0 to 12");
    refuse(&told, &["--factor", "X=far"], "expected a number");
    refuse(&told, &["--factor", "X"], "expected FACTOR=VALUE");
    refuse(vae, &["--temperature", "-1"], "expected a number from 0");
    refuse(vae, &["--count", "0"], "--count");
    refuse("assets/presets/mnist-dae.safetensors", &["--temperature", "0.5"], "Gaussian prior");
    refuse("assets/presets/mnist-vq.safetensors", &[], "no prior over its tokens");
    refuse("assets/presets/mnist-sae.safetensors", &[], "no prior from which");
}

#[test]
fn samples_without_weights_or_a_place_are_refused() {
    refused(&["sample", "--out", "x.png"], "--weights");
    refused(&["sample", "--weights", "README.md"], "--out");
    refused(&["sample", "--weights", "no/such/file", "--out", "x.png"], "no/such/file");
    refused(&["sample", "--weights", "README.md", "--out", "no/such/folder/x.png"], "no/such/folder");
}

/// What `cargo lab pack celeba --size 16` makes of a small CelebA, as `tests/import` holds it to.
#[cfg(feature = "native")]
const PACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/import/golden/packed");

/// Trains to the end and returns the report.
#[cfg(feature = "native")]
fn trained(arguments: &[&str]) -> (Value, String) {
    let output = lab(&[&["train", "--json", "--quiet"], arguments].concat()).output().expect("the built binary runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    (serde_json::from_slice(&output.stdout).expect("one JSON object"), stderr)
}

#[cfg(feature = "native")]
#[test]
fn packed_faces_are_trained_on() {
    let data = format!("celeba:{PACKED}");
    let small = ["--set", "latent=2", "hidden=16", "lr=0.005", "--batch", "8"];
    let (report, said) = trained(&[&["--method", "vae", "--data", &data, "--steps", "20"], &small[..]].concat());
    assert_eq!((report["steps"].as_u64(), said.as_str()), (Some(20), ""), "{report}");
    // In nats an image of 768 values that an untrained network puts at one half: log 2 each.
    let loss = report["epochs"].as_array().and_then(|e| e.last()).and_then(|e| e["test"]["loss"].as_f64());
    assert!(loss.is_some_and(|loss| loss < 768.0 * 2f64.ln()), "{report}");

    // Conditional, on an attribute of the set's and on one that is asked for.
    for (data, id) in [(data, "own:celeba"), (format!("celeba:Male:{PACKED}"), "own:celeba:Male")] {
        let (report, _) = trained(&[&["--method", "cvae", "--data", &data, "--steps", "3"], &small[..]].concat());
        assert!(report["setup"].as_str().is_some_and(|s| s.contains(&format!("data={id}&method=cvae"))), "{report}");
    }
    refused(&["train", "--method", "cvae", "--data", &format!("celeba:Wings:{PACKED}"), "--steps", "3"], "no factor Wings");
}

#[cfg(feature = "native")]
#[test]
fn more_images_than_there_is_room_for_pass_through_it_and_a_run_goes_on() {
    let folder = scratch("paged");
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (data, whole, half, cut) = (format!("celeba:{PACKED}"), path("whole"), path("half"), path("checkpoint"));
    // Room for twenty images of 768 values, with their label and forty attributes.
    let paged = ["--room", "0.0155", "--batch", "3"];
    let begin = |steps: &'static str| ["--method", "vae", "--set", "latent=2", "hidden=16", "--steps", steps];
    let from = ["--data", data.as_str()];
    let (_, said) = trained(&[&begin("40")[..], &paged, &from, &["--out", &whole]].concat());
    assert!(said.starts_with("note: ") && said.contains("about 20 are there at a time"), "{said}");
    trained(&[&begin("22")[..], &paged, &from, &["--out", &half, "--checkpoint", &cut]].concat());
    let (report, _) = trained(&["--resume", &cut, "--steps", "40", "--data", &data, "--room", "0.0155", "--out", &path("resumed")]);
    assert_eq!(report["steps"], 40);
    let weights = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).expect("written");
        latent_model::weights::read(&bytes).expect("weights")
    };
    assert!(weights("whole") == weights("resumed") && weights("whole") != weights("half"));
    refused(&["train", "--resume", &cut, "--steps", "40", "--data", "faces"], "was trained on own:celeba");
    refused(&["train", "--resume", &cut, "--steps", "22", "--data", &data], "nothing is left to train");
}

/// Activations in which directions were planted: each row is a sum of a few of them. The directions, and the file.
#[cfg(feature = "native")]
fn planted(rows: usize, dims: usize, directions: usize) -> (Vec<f32>, Vec<u8>) {
    let mut rng = latent_measure::rng::Rng::new(5);
    let unit = |rng: &mut latent_measure::rng::Rng| {
        let v: Vec<f32> = (0..dims).map(|_| rng.normal()).collect();
        let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        v.into_iter().map(move |x| x / length).collect::<Vec<_>>()
    };
    let planted_kd: Vec<f32> = (0..directions).flat_map(|_| unit(&mut rng)).collect();
    let mut values = Vec::with_capacity(2 * rows * dims);
    for _ in 0..rows {
        let mut row = vec![0.0f32; dims];
        for _ in 0..3 {
            let (k, strength) = (rng.below(directions), 4.0 + 0.1 * rng.below(80) as f32);
            row.iter_mut().zip(&planted_kd[k * dims..]).for_each(|(v, p)| *v += strength * p);
        }
        values.extend(row.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()));
    }
    (planted_kd, npy("<f2", rows, dims, values))
}

/// An array as NumPy saves it.
#[cfg(feature = "native")]
fn npy(descr: &str, rows: usize, dims: usize, values: Vec<u8>) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({rows}, {dims}), }}");
    let front = [b"\x93NUMPY\x01\0".to_vec(), (header.len() as u16).to_le_bytes().to_vec(), header.into_bytes()].concat();
    [front, values].concat()
}

#[cfg(feature = "native")]
#[test]
fn directions_planted_in_activations_are_found() {
    use latent_measure::Rows;
    use latent_measure::sparse::recovery;

    let (folder, dims) = (scratch("acts"), 32);
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (planted_kd, bytes) = planted(4000, dims, 40);
    std::fs::write(folder.join("acts.npy"), bytes).expect("writable");
    let truth: Vec<u8> = planted_kd.iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(folder.join("planted.npy"), npy("<f4", 40, dims, truth)).expect("writable");
    let rows: String = (0..4000).map(|i| format!("{{\"text\":\"row <<{i}>>\",\"label\":{}}}\n", i % 2)).collect();
    std::fs::write(folder.join("acts.jsonl"), rows).expect("writable");
    let (files, set) = ([path("acts.npy"), path("acts.jsonl"), path("planted.npy")], path("set"));
    let packed = lab(&["pack", "images", &files[0], &files[1], &files[2], "--out", &set, "--quiet"])
        .output()
        .expect("the built binary runs");
    let said = String::from_utf8_lossy(&packed.stdout).into_owned() + &String::from_utf8_lossy(&packed.stderr);
    assert!(said.contains("4000 rows of 32 numbers"), "{said}");

    let (data, out) = (format!("acts:{set}"), path("topk"));
    let small = ["--set", "features=64", "k=4", "lr=0.003", "--batch", "64", "--steps", "1500", "--engine", "cpu"];
    let (report, _) = trained(&[&["--method", "topk-sae", "--data", &data, "--out", &out], &small[..]].concat());
    assert!(report["setup"].as_str().is_some_and(|s| s.contains("data=acts:acts")), "{report}");
    let weights = latent_model::weights::read(&std::fs::read(&out).expect("written")).expect("weights");
    let atoms = weights.iter().find(|w| w.name == "sae.dictionary.w_dec").expect("a dictionary");
    let found = recovery(Rows::new(&planted_kd, dims), Rows::new(&atoms.values, dims));
    assert!(found.recovered > 0.9 && found.mean_max_cosine > 0.95, "{found:?}");
    // The same by the measure that the page takes.
    let measured =
        lab(&["measure", "--weights", &out, "--data", &data, "--engine", "cpu", "--json"]).output().expect("the built binary runs");
    let said: Value =
        serde_json::from_slice(&measured.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&measured.stderr)));
    let all = said["measures"].as_array().expect("measures");
    let value = |name: &str| all.iter().find(|m| m["name"] == name).and_then(|m| m["value"].as_f64());
    assert!(value("planted_recovered").is_some_and(|v| (v - found.recovered).abs() < 1e-6), "{said}");
    assert!(value("planted_cosine").is_some_and(|v| (v - found.mean_max_cosine).abs() < 1e-6), "{said}");

    // Pictures are asked for by method or parameter: a sentence says that there are none.
    refused(&["train", "--method", "vae", "--set", "net=conv", "--data", &data, "--steps", "1"], "needs pictures");
    refused(&["train", "--method", "vae", "--data", &format!("own:{set}"), "--steps", "0"], "--steps");
    refused(&["pack", "images", &files[0], "--out", &path("other"), "--size", "28"], "for pictures");
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let out = scratch("encode").join("codes.npz");
    let out = out.to_str().expect("the path is UTF-8");
    refused(&["encode", "--out", out], "--weights");
    refused(&["encode", "--weights", "no/such/file", "--out", out], "no/such/file");
    refused(&["encode", "--weights", "README.md", "--out", "codes.txt"], ".npz or .csv");
    refused(&["encode", "--weights", "README.md", "--out", "no/such/folder/c.npz"], "no/such/folder");
    #[cfg(feature = "native")]
    refused(
        &["encode", "--weights", "README.md", "--out", out, "--engine", "cpu"],
        "README.md: this is not a whole safetensors file",
    );
    assert!(!std::path::Path::new(out).exists(), "something was written");
}

#[test]
fn weights_that_cannot_be_measured_are_refused() {
    refused(&["measure"], "--weights");
    refused(&["measure", "--weights", "no/such/file"], "no/such/file");
    refused(&["measure", "--weights", "README.md", "--data", "no/such/folder"], "no/such/folder");
    refused(&["measure", "--weights", "README.md", "--images", "9"], "--images");
    #[cfg(feature = "native")]
    refused(&["measure", "--weights", "README.md", "--engine", "cpu"], "README.md: this is not a whole safetensors file");
    #[cfg(feature = "native")]
    refused(
        &["measure", "--weights", "assets/presets/mnist-vae.safetensors", "--engine", "cpu", "--images", "10001"],
        "10 to 10000",
    );
}

#[cfg(feature = "native")]
#[test]
fn foreign_data_and_a_missing_adapter_leave_nothing_behind() {
    let folder = scratch("foreign");
    let data = folder.join("data");
    std::fs::create_dir(&data).expect("writable");
    let out = folder.join("w.safetensors");
    let out = out.to_str().expect("the path is UTF-8");
    let train = ["train", "--method", "vae", "--epochs", "1", "--quiet", "--out", out];
    let foreign = [&train[..], &["--engine", "cpu", "--data", data.to_str().expect("UTF-8")]].concat();
    refused(&foreign, "-ubyte");
    for name in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
        std::fs::write(data.join(format!("{name}-ubyte.gz")), b"not a picture").expect("writable");
    }
    refused(&foreign, "-ubyte");

    // The Vulkan loader finds no driver where these name none.
    #[cfg(target_os = "linux")]
    {
        let mut command = lab(&train);
        command.env("VK_DRIVER_FILES", "/none").env("VK_ICD_FILENAMES", "/none").env("XDG_RUNTIME_DIR", &folder);
        refusal(&command.output().expect("the built binary runs"), "adapter");
    }
    assert_eq!(std::fs::read_dir(&folder).expect("readable").count(), 1, "something was written");
}

#[test]
fn help_is_no_error() {
    for arguments in [&["--help"][..], &["train", "--help"], &["serve", "--help"], &["--version"]] {
        let output = output(arguments);
        assert!(output.status.success() && !output.stdout.is_empty() && output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn data_sets_are_listed() {
    let text = String::from_utf8(output(&["data"]).stdout).expect("the list is UTF-8");
    let json: Value = serde_json::from_slice(&output(&["data", "--json"]).stdout).expect("one JSON value");
    let ids: Vec<&str> = json.as_array().expect("an array of cards").iter().filter_map(|card| card["id"].as_str()).collect();
    assert_eq!(ids, latent_catalog::set_ids());
    assert!(ids.iter().all(|id| text.contains(&format!("{id}  "))), "{text}");
}

#[test]
fn methods_are_listed_with_their_papers_and_parameters() {
    let text = String::from_utf8(output(&["methods"]).stdout).expect("the list is UTF-8");
    let json: Value = serde_json::from_slice(&output(&["methods", "--json"]).stdout).expect("one JSON value");
    let cards = json.as_array().expect("an array of cards");
    assert_eq!(cards.len(), latent_catalog::CARDS.len());
    for card in cards {
        let field = |key: &str| card[key].as_str().unwrap_or_else(|| panic!("{key} is missing in {card}"));
        assert!(text.contains(field("id")) && text.contains(field("label")) && text.contains(field("family")), "{card}");
        for paper in card["papers"].as_array().expect("papers") {
            assert!(text.contains(paper["title"].as_str().expect("a title")), "{paper}");
            assert!(text.contains(paper["part"].as_str().expect("what of it is here")), "{paper}");
        }
        for finding in card["findings"].as_array().expect("findings of the papers") {
            assert!(text.contains(&format!("finding: {}", finding.as_str().expect("an id"))), "{finding}");
        }
        let params = card["params"].as_array().expect("parameters");
        let keys: Vec<&str> = params.iter().map(|p| p["key"].as_str().expect("a key")).collect();
        assert!(["lr", "batch", "seed"].iter().all(|key| keys.contains(key)), "{keys:?}");
        for param in params {
            assert!(param["kind"]["type"].is_string() && param["default"].is_number() && param["live"].is_boolean(), "{param}");
            assert!(!param["help"].as_str().expect("help").is_empty(), "{param}");
            assert!(text.contains(&format!("--set {}=", param["key"].as_str().expect("a key"))), "{param}");
        }
    }
    let of = |id: &str| cards.iter().find(|card| card["id"] == id).map(|card| card["findings"].to_string()).expect("a card");
    assert!(of("iwae").contains("more-samples-tighter-bound") && !of("vae").contains("more-samples-tighter-bound"));
}

/// A running server on a free port; ends with the test.
struct Served {
    child: Child,
    port: u16,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves `root/dist` as it is.
fn serve(root: &std::path::Path, more: &[&str]) -> Served {
    let mut command = lab(&[&["serve", "--no-build", "--port", "0"], more].concat());
    let mut child = command.env("CARGO_MANIFEST_DIR", root).stdout(Stdio::piped()).spawn().expect("the built binary runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("the address is printed");
    let port = line.split("localhost:").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok());
    Served { port: port.unwrap_or_else(|| panic!("no address in {line:?}")), child }
}

/// Status line with headers, and body, of one request.
fn request(port: u16, line: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server answers");
    write!(stream, "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("the request is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer arrives");
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("headers end");
    (String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase(), answer[end + 4..].to_vec())
}

#[test]
fn the_server_serves_the_page_and_nothing_else() {
    let root = scratch("site");
    let dist = root.join("dist");
    std::fs::create_dir_all(dist.join("data")).expect("writable");
    let wasm: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
    for (name, bytes) in [("index.html", &b"<p>hello"[..]), ("a.wasm", &wasm), ("a.js", b"1"), ("data/x.gz", b"\x1f\x8b")] {
        std::fs::write(dist.join(name), bytes).expect("writable");
    }
    std::fs::write(root.join("secret.txt"), "secret").expect("writable");
    let served = serve(&root, &[]);

    for (path, kind, body) in [
        ("/", "text/html", &b"<p>hello"[..]),
        ("/index.html?v=1&method=vae", "text/html", b"<p>hello"),
        ("/a.wasm", "application/wasm", &wasm),
        ("/a.js", "text/javascript", b"1"),
        ("/data/x.gz", "application/gzip", b"\x1f\x8b"),
    ] {
        let (head, got) = request(served.port, &format!("GET {path}"));
        assert!(head.starts_with("http/1.1 200") && head.contains(&format!("content-type: {kind}")), "{path}: {head}");
        assert!(head.contains("cache-control: no-cache") && !head.contains("content-encoding"), "{path}: {head}");
        assert!(got == body, "{path}: {} bytes, expected {}", got.len(), body.len());
    }
    assert!(request(served.port, "HEAD /a.wasm").1.is_empty());
    for path in ["/nothing", "/../secret.txt", "/%2e%2e/secret.txt", "/data/"] {
        assert!(request(served.port, &format!("GET {path}")).0.starts_with("http/1.1 404"), "{path}");
    }
    assert!(request(served.port, "POST /").0.starts_with("http/1.1 405"));

    // Below a path, and there only.
    let below = serve(&root, &["--base", "/blog/lab/"]);
    for (path, status) in [("/blog/lab/", 200), ("/blog/lab/a.js?x", 200), ("/blog/lab", 404), ("/blog/a.js", 404), ("/a.js", 404)]
    {
        let (head, _) = request(below.port, &format!("GET {path}"));
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
    }

    let port = served.port.to_string();
    refused(&["serve", "--no-build", "--port", &port], &port);
}
