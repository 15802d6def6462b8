//! What other tools are given is what we have: every program of every method, as ONNX in onnxruntime and as a module in PyTorch.

mod dictionaries;
mod foreign;
mod layers;
mod onnx;
mod torch;

use std::path::{Path, PathBuf};
use std::process::Command;

use latent_compile::Graph;
use latent_compile::graph::{Id, Op};
use latent_compile::stored::{self, Program};
use latent_engine::Engine;
use latent_engine::verify::difference;
use latent_experiment::Setup;
use latent_interpret::{Noise, Tape};
use latent_model::weights;
use latent_player::File;
use latent_vocabulary::Family;
use latent_vocabulary::code::{CodeGroup, from_note};
use pollster::block_on;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::alike::{factors, framed, tokens};
use crate::plan::{setups, stripes};
use crate::programs::{engine, saved};

/// Rows that programs are run on: files are for any number.
const ROWS: [usize; 2] = [1, 6];
const CLOSE: f64 = 1e-4;

/// A tensor with its name.
type Named = (String, Vec<usize>, Vec<f32>);

/// What a program was given, and what it gave.
struct Example {
    given: Vec<Named>,
    gave: Vec<Named>,
}

/// A model of a small network that was trained a little, as a file.
fn model(setup: &Setup) -> Vec<u8> {
    let data = framed(&stripes(20), &setup.method);
    let mut engine = engine(setup, &data);
    block_on(engine.start()).unwrap();
    engine.run_steps(2).unwrap();
    block_on(engine.metrics()).unwrap();
    saved(&mut engine, setup, &data)
}

/// All setups of a family, each with its file.
fn models(family: Family) -> impl Iterator<Item = (Setup, Vec<u8>)> {
    setups(family).into_iter().map(|setup| {
        let file = model(&setup);
        (setup, file)
    })
}

fn programs(file: &[u8]) -> Vec<Program> {
    let notes = weights::metadata(file).unwrap();
    stored::read(&stored::from_text(&notes["programs"]).unwrap()).unwrap()
}

/// Runs a program on our own processor.
fn example(setup: &Setup, file: &[u8], program: &Program, rows: usize) -> Example {
    let notes = weights::metadata(file).unwrap();
    let code: Vec<CodeGroup> = from_note(&notes["code"]).unwrap();
    let (opened, made) = (File::open(file).unwrap(), program.at(rows).unwrap());
    let g = &made.graph;
    let draws: Vec<Id> = g.ids().filter(|id| matches!(g.node(*id).op, Op::Random { .. })).collect();
    let mut given = vec![];
    let mut leaves: Vec<Vec<f32>> = vec![];
    for (id, name) in g.ids().zip(program.leaves()) {
        let shape = g.shape(id).to_vec();
        let len: usize = shape.iter().product();
        let card = setup.card().unwrap();
        let values = match name {
            "input" if matches!(program.name(), "FromTokens" | "TokenLogits") => {
                let one: Vec<f32> = code.iter().flat_map(tokens).collect();
                (0..rows).flat_map(|_| one.clone()).collect()
            }
            "input" if matches!(program.name(), "Decode" | "SampleStep") => (0..len).map(|i| (i as f32 * 0.7).sin()).collect(),
            "input" => {
                stripes(20).test_images.iter().chain(&stripes(20).train_images).map(|b| f32::from(*b) / 255.0).take(len).collect()
            }
            "label" => (0..len).map(|i| (i * 3 % 10) as f32).collect(),
            "factors" => factors(rows).test_nk.iter().map(|v| f32::from(*v)).collect(),
            "step" => vec![notes["step"].parse().unwrap()],
            "controls" => card.all_params().filter(|p| p.live).map(|p| setup.get(p.key) as f32).collect(),
            _ => opened.values(name, &shape).unwrap(),
        };
        assert_eq!(values.len(), len, "{name} of {}", program.name());
        let input = match program.name() {
            "Decode" => "z",
            "SampleStep" => "z_at_by",
            "FromTokens" | "TokenLogits" => "tokens",
            _ => "x",
        };
        match name {
            "input" => given.push((input.to_string(), shape, values.clone())),
            "label" | "factors" => given.push((name.into(), shape, values.clone())),
            _ => {}
        }
        leaves.push(values);
    }
    let wanted: Vec<Id> = made.outputs.iter().chain(&draws).copied().collect();
    let mut tape = Tape::new(g, &wanted, &[]);
    tape.run(&mut leaves, Noise { step: 1, seed: 3, salt: 1 });
    let of = |i: usize| tape.output(i).to_vec();
    let gave =
        program.outputs().zip(&made.outputs).enumerate().map(|(i, (name, id))| (name.to_string(), g.shape(*id).to_vec(), of(i)));
    let gave: Vec<Named> = gave.collect();
    for (i, id) in draws.iter().enumerate() {
        let name = if draws.len() == 1 { "noise".into() } else { format!("noise_{}", i + 1) };
        given.push((name, noise_shape(g, *id), of(gave.len() + i)));
    }
    Example { given, gave }
}

/// Noise is asked for in the shape that its only reader gives it.
fn noise_shape(g: &Graph, id: Id) -> Vec<usize> {
    let readers: Vec<Id> = g.ids().filter(|other| g.node(*other).args.contains(&id)).collect();
    match readers[..] {
        [only] if g.node(only).op == Op::Reshape => g.shape(only).to_vec(),
        _ => g.shape(id).to_vec(),
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(path: &Path, tensors: &[Named]) {
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|(_, _, values)| values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

fn read(path: &Path) -> Vec<Named> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats =
        |view: &TensorView<'_>| view.data().chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
    tensors.iter().map(|(name, view)| (name.to_string(), view.shape().to_vec(), floats(&view))).collect()
}

/// Compares what another tool gave, in files of `folder`, with what is given here: a case is what it is, the file, and the results, which are
/// there under the names that `called` has for them. Returns the largest difference.
fn compare(folder: &Path, cases: &[(String, String, Vec<Named>)], called: impl Fn(usize, &str) -> String) -> f64 {
    let (mut most, mut failed) = (0.0f64, vec![]);
    for (what, out, gave) in cases {
        let theirs = read(&folder.join(out));
        assert_eq!(theirs.len(), gave.len(), "{what}");
        for (i, (name, shape, values)) in gave.iter().enumerate() {
            let called = called(i, name);
            let (_, own, got) = theirs.iter().find(|(own, ..)| *own == called).unwrap_or_else(|| panic!("{what} has no {called}"));
            assert_eq!(own, shape, "{what}: {name}");
            let d = difference(got, values);
            if !(d < CLOSE) {
                failed.push(format!("{what}: {name} differs by {d}"));
            }
            most = most.max(d);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    most
}

/// Runs a script of this folder; returns what it prints.
fn python(script: &str, arguments: &[&Path]) -> String {
    let python = std::env::var("LATENT_LAB_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange").join(script);
    let output = Command::new(&python).arg(script).args(arguments).output();
    let output = output.unwrap_or_else(|e| panic!("{python} does not start: {e}; `cargo lab test` sets it up"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}\n{python} fails; `cargo lab test` sets its packages up");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
