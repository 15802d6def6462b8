//! A model as a module of PyTorch: it loads, gives what the model gives here, and trains on as it would here.
//!
//! `cargo lab test --full` installs PyTorch and runs these; without it they are ignored.

use std::path::Path;

use latent_compile::graph::{Id, Op};
use latent_engine::order::epoch_order;
use latent_engine::stored::objective;
use latent_engine::verify::difference;
use latent_engine::{Engine, Weight};
use latent_experiment::Setup;
use latent_interpret::{Noise, Tape};
use latent_model::weights;
use latent_native::pytorch;
use latent_registry::entry;
use latent_vocabulary::Family;
use pollster::block_on;

use super::{ROWS, compare, example, models, programs, python, read, scratch, write};
use crate::plan::stripes;
use crate::programs::{engine, saved};

/// Writes every setup as a module with examples of all its programs, has PyTorch run them, and compares.
fn pytorch_agrees(family: Family) {
    let folder = scratch(&format!("torch-{family:?}"));
    let (mut cases, mut failed, mut without) = (vec![], vec![], vec![]);
    for (n, (setup, file)) in models(family).enumerate() {
        let case = format!("{n}-{}", setup.method);
        let written = match pytorch(&file, &format!("{case}.safetensors")) {
            Ok(written) => written,
            Err(e) => {
                failed.push(format!("{}: {e}", setup.to_query()));
                continue;
            }
        };
        without.extend(written.missing.map(|why| format!("{}: {why}", setup.to_query())));
        std::fs::write(folder.join(format!("{case}.py")), written.module).unwrap();
        std::fs::write(folder.join(format!("{case}.safetensors")), written.state).unwrap();
        for program in programs(&file) {
            for rows in ROWS {
                let example = example(&setup, &file, &program, rows);
                let name = format!("{case}.{}.{rows}", program.name());
                write(&folder.join(format!("{name}.in")), &example.given);
                cases.push((format!("{} of {}", program.name(), setup.to_query()), format!("{name}.out"), example.gave));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    println!("without an objective: {without:#?}");
    print!("{}", python("run_torch.py", &[Path::new("run"), &folder]));
    let most = compare(&folder, &cases, |i, _| i.to_string());
    println!("{family:?}: {} runs, largest difference {most:.1e}", cases.len());
}

#[test]
#[ignore = "needs PyTorch: `cargo lab test --full`"]
fn pytorch_agrees_on_autoencoders() {
    pytorch_agrees(Family::Ae);
}

#[test]
#[ignore = "needs PyTorch: `cargo lab test --full`"]
fn pytorch_agrees_on_variational_autoencoders() {
    pytorch_agrees(Family::Vae);
}

#[test]
#[ignore = "needs PyTorch: `cargo lab test --full`"]
fn pytorch_agrees_on_encoders_alone() {
    pytorch_agrees(Family::Siamese);
}

#[test]
#[ignore = "needs PyTorch: `cargo lab test --full`"]
fn pytorch_agrees_on_codebooks() {
    pytorch_agrees(Family::Vq);
}

#[test]
#[ignore = "needs PyTorch: `cargo lab test --full`"]
fn pytorch_agrees_on_sparse_autoencoders() {
    pytorch_agrees(Family::Sae);
}

/// Ten steps of the exported objective are ten of ours: the same images in the same order, the same noise, the same optimiser.
fn trains_on(net: &str) {
    const BATCH: usize = 7;
    let folder = scratch(&format!("torch-train-{net}"));
    let data = stripes(BATCH);
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", BATCH as f64), ("hidden", 33.0), ("latent", 5.0), ("channels", 4.0), ("seed", 3.0)] {
        setup.set(key, value).unwrap();
    }
    setup.set_text("net", net).unwrap();
    let mut engine = engine(&setup, &data);
    block_on(engine.start()).unwrap();
    let written = pytorch(&saved(&mut engine, &setup, &data), "model.safetensors").unwrap();
    std::fs::write(folder.join("model.py"), written.module).unwrap();
    std::fs::write(folder.join("model.safetensors"), written.state).unwrap();
    std::fs::write(folder.join("rate"), setup.get("lr").to_string()).unwrap();

    let made = objective(entry("vae").unwrap(), &setup.params().unwrap(), data.data_shape(), BATCH).unwrap();
    let outputs = made.outputs();
    let g = made.recorded(&outputs).graph;
    let draws: Vec<Id> = g.ids().filter(|id| matches!(g.node(*id).op, Op::Random { .. })).collect();
    let [draw] = draws[..] else { panic!("a VAE draws once") };
    for step in 0..10u32 {
        let order = epoch_order(3, step, BATCH as u32);
        let image = |i: &u32| data.train_images[*i as usize * 784..][..784].iter().map(|b| f32::from(*b) / 255.0);
        let x = order.iter().flat_map(image).collect();
        let mut tape = Tape::new(g, &[draw], &[]);
        let mut none: Vec<Vec<f32>> = tape.leaves().iter().map(|n| vec![0.0; *n]).collect();
        tape.run(&mut none, Noise { step, seed: 3, salt: 0 });
        let noise = ("noise".to_string(), vec![BATCH, 5], tape.output(0).to_vec());
        write(&folder.join(format!("step.{step}")), &[("x".into(), vec![BATCH, 784], x), noise]);
    }
    engine.run_steps(10).unwrap();
    let ours: Vec<f32> = block_on(engine.metrics()).unwrap().iter().map(|row| row.terms[0]).collect();
    let theirs: Vec<f32> =
        python("run_torch.py", &[Path::new("train"), &folder]).lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((ours.len(), theirs.len()), (10, 10));
    println!("{net}: ours {ours:?}, theirs {theirs:?}");
    let apart = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs() / a.abs()).fold(0.0, f32::max);
    assert!(apart < 1e-3, "{apart} apart");
    // The weights as well: theirs are the other way round.
    let after = read(&folder.join("after.safetensors"));
    for Weight { name, shape, values } in block_on(engine.weights()).unwrap() {
        let (_, _, got) = after.iter().find(|(own, ..)| *own == name).unwrap();
        let got: Vec<f32> = match shape[..] {
            [rows, columns] => (0..rows * columns).map(|i| got[i % columns * rows + i / columns]).collect(),
            _ => got.clone(),
        };
        let d = difference(&got, &values);
        assert!(d < 1e-2, "{name} differs by {d}");
    }
}

#[test]
#[ignore = "needs PyTorch: `cargo lab test --full`"]
fn pytorch_trains_a_vae_on() {
    trains_on("mlp");
}

#[test]
#[ignore = "needs PyTorch: `cargo lab test --full`"]
fn pytorch_trains_a_convolutional_vae_on() {
    trains_on("conv");
}

/// The file of tensors is one that `load_state_dict` takes: dense weights are `[out, in]`, names are ours.
#[test]
fn the_state_dict_has_pytorchs_layouts() {
    let data = stripes(20);
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 7.0), ("hidden", 33.0), ("latent", 5.0)] {
        setup.set(key, value).unwrap();
    }
    let mut engine = engine(&setup, &data);
    let file = saved(&mut engine, &setup, &data);
    let written = pytorch(&file, "w.safetensors").unwrap();
    assert_eq!(written.missing, None);
    let (ours, theirs) = (weights::read(&file).unwrap(), weights::read(&written.state).unwrap());
    assert_eq!(ours.len(), theirs.len());
    for (own, their) in ours.iter().zip(&theirs) {
        assert_eq!(own.name, their.name);
        let mut shape = own.shape.clone();
        shape.reverse();
        assert_eq!(shape, their.shape, "{}", own.name);
    }
    let first = |all: &[Weight]| all.iter().find(|w| w.name == "encoder.mean.weight").unwrap().values.clone();
    assert_eq!(first(&ours)[1], first(&theirs)[33], "[in, out] against [out, in]");
    for line in [
        "class Vae(nn.Module):",
        "self.encoder.hidden = nn.Linear(784, 33)",
        "def loss(self, x: Tensor, noise: Tensor | None = None)",
    ] {
        assert!(written.module.contains(line), "{line} is not in\n{}", written.module);
    }
}
