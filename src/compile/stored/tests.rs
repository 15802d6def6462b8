use std::collections::BTreeSet;

use super::*;
use crate::graph::{Binary, Unary};
use crate::loops::reduction::Reduction;

/// `x · w + b`, its largest number, what is next to it, and the last row of more rows than there are.
fn graph(n: usize) -> (Graph, Vec<(&'static str, Id)>) {
    let mut g = Graph::default();
    let leaves = [g.leaf(&[5, 3]), g.leaf(&[3]), g.leaf(&[4]), g.leaf(&[n, 5])];
    let xw = g.matmul(leaves[3], leaves[0]).unwrap();
    let y = g.add(xw, leaves[1]);
    let most = g.reduce(Reduction::Max, y, &[1]);
    let row = g.constant(vec![1.0, 2.0, f32::INFINITY], &[1, 3]);
    let more = g.concat(&[y, row], 0);
    let more = g.stop_gradient(more);
    let last = g.slice(more, &[n, 0], &[1, 1], &[1, 3]);
    let flat = g.reshape(y, &[3 * n]);
    (g, vec![("y", y), ("most", most), ("last", last), ("flat", flat)])
}

const LEAVES: [&str; 4] = ["weight", "bias", "unused", "input"];

fn stored() -> Program {
    let ((a, outputs), (b, others)) = (graph(7), graph(11));
    let [a, b] = [(&a, &outputs, 7), (&b, &others, 11)].map(|(graph, outputs, batch)| Recorded { graph, outputs, batch });
    Program::between("double", &LEAVES, a, b).unwrap().unwrap()
}

fn ops(g: &Graph) -> Vec<String> {
    g.ids().map(|id| format!("{:?}", g.node(id))).collect()
}

#[test]
fn two_recordings_make_a_program_for_any_batch() {
    let program = stored();
    assert_eq!(program.leaves().collect::<Vec<_>>(), ["weight", "bias", "input"], "what nothing reads is left out");
    assert_eq!(program.outputs().collect::<Vec<_>>(), ["y", "most", "last", "flat"]);
    let bytes = write(std::slice::from_ref(&program));
    assert!(bytes.len() < 250, "{} bytes", bytes.len());
    let read = read(&bytes).unwrap();
    assert_eq!(read, std::slice::from_ref(&program));
    assert_eq!(write(&read), bytes);
    for n in [1, 2, 7, 50] {
        let (made, again) = (program.at(n).unwrap(), read[0].at(n).unwrap());
        assert_eq!(ops(&made.graph), ops(&again.graph));
        let shapes: Vec<&[usize]> = made.outputs.iter().map(|id| made.graph.shape(*id)).collect();
        assert_eq!(shapes, [&[n, 3][..], &[n, 1], &[1, 3], &[3 * n]]);
    }
}

#[test]
fn what_depends_on_the_batch_otherwise_keeps_its_own() {
    let mean = |n: usize| {
        let mut g = Graph::default();
        let x = g.leaf(&[n, 2]);
        let sum = g.sum(x, &[0]);
        let mean = g.scale(sum, 1.0 / n as f32);
        (g, vec![("mean", mean)])
    };
    let ((a, outputs), (b, others)) = (mean(4), mean(6));
    let [a, b] = [(&a, &outputs, 4), (&b, &others, 6)].map(|(graph, outputs, batch)| Recorded { graph, outputs, batch });
    assert_eq!(Program::between("mean", &["input"], a, b), Ok(None));
    let fixed = Program::fixed("mean", &["input"], a).unwrap();
    let read = read(&write(&[fixed])).unwrap();
    assert_eq!(read[0].batch(), Some(4));
    assert!(read[0].at(4).is_ok() && read[0].at(5).unwrap_err().contains("5 rows"));
}

#[test]
fn who_trains_is_told_where_no_gradient_passes() {
    let (graph, outputs) = graph(7);
    let of = Recorded { graph: &graph, outputs: &outputs, batch: 7 };
    let stops = |program: Program| {
        let program = read(&write(&[program])).unwrap().remove(0);
        ops(&program.at(7).unwrap().graph).iter().filter(|op| op.contains("StopGradient")).count()
    };
    assert_eq!(stops(Program::trained("Loss", &LEAVES, of).unwrap()), 1);
    assert_eq!(stops(Program::fixed("double", &LEAVES, of).unwrap()), 0);
}

#[test]
fn operations_have_names_of_their_own() {
    let unary = Unary::NAMES.iter().map(|(_, name)| *name);
    let binary = Binary::NAMES.iter().map(|(_, name)| *name);
    let all: Vec<&str> = unary.chain(binary).collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
    for name in all {
        let op = names::join(name, &[]).unwrap().unwrap();
        assert_eq!(names::split(&op), Some((name, vec![])));
        assert_eq!(names::join(name, &[1]), Ok(None));
    }
}

/// A program of one node on leaves of some shapes, as a stranger may write it.
fn one(name: &str, numbers: &[usize], leaves: &[&[usize]], shape: &[usize]) -> Result<(), String> {
    let sizes = |n: &[usize]| n.iter().map(|n| Size::fixed(*n)).collect::<Vec<_>>();
    let step = Step { name: name.into(), numbers: sizes(numbers), args: (0..leaves.len()).collect(), shape: sizes(shape) };
    let leaves = leaves.iter().enumerate().map(|(i, shape)| (format!("leaf {i}"), sizes(shape))).collect();
    let outputs = vec![("y".into(), step.args.len())];
    let program = Program { name: "one".into(), leaves, constants: vec![], steps: vec![step], outputs, batch: None };
    read(&write(&[program])).map(|_| ())
}

#[test]
fn what_does_not_fit_is_refused_in_a_sentence() {
    let refused = |name: &str, numbers: &[usize], leaves: &[&[usize]], shape: &[usize], why: &str| {
        let error = one(name, numbers, leaves, shape).expect_err(name);
        assert!(error.contains(why), "{name}: {error}");
    };
    assert_eq!(one("MatMul", &[], &[&[2, 3], &[3, 4]], &[2, 4]), Ok(()));
    assert_eq!(one("reduce", &[0, 1], &[&[2, 3]], &[2, 1]), Ok(()));
    assert_eq!(one("Conv2d", &[2, 2, 1, 1, 1, 1], &[&[2, 3, 8, 8], &[5, 3, 4, 4]], &[2, 5, 4, 4]), Ok(()));
    refused("Explode", &[], &[&[2]], &[2], "no operation \"Explode\"");
    let fit = "does not fit its arguments";
    refused("MatMul", &[], &[&[2, 3], &[4, 4]], &[2, 4], fit);
    refused("MatMul", &[], &[&[3], &[3]], &[3], fit);
    refused("Add", &[], &[&[3]], &[3], fit);
    refused("Add", &[], &[&[3], &[1]], &[3], fit);
    refused("Exp", &[1], &[&[3]], &[3], fit);
    refused("reduce", &[4, 1], &[&[2, 3]], &[2, 1], fit);
    refused("reduce", &[0, 2], &[&[2, 3]], &[2, 3], fit);
    refused("reduce", &[], &[&[2, 3]], &[2, 3], fit);
    refused("k-th largest", &[0], &[&[2, 3], &[2]], &[2, 1], fit);
    refused("rank", &[0, 5], &[&[2, 3]], &[2, 3], fit);
    refused("Permute", &[0, 0], &[&[2, 2]], &[2, 2], fit);
    refused("Slice", &[1, 1], &[&[3]], &[3], fit);
    refused("Slice", &[0, 0], &[&[3]], &[3], fit);
    refused("Slice", &[0, usize::MAX >> 33], &[&[3]], &[3], fit);
    refused("Concat", &[1], &[&[2, 3], &[1, 3]], &[3, 3], fit);
    refused("Constant", &[0], &[], &[3], fit);
    refused("Fill", &[f32::NAN.to_bits() as usize], &[], &[3], fit);
    refused("Advance", &[32], &[&[3], &[3]], &[3], fit);
    refused("Conv2d", &[0, 2, 1, 1, 1, 1], &[&[2, 3, 8, 8], &[5, 3, 4, 4]], &[2, 5, 4, 4], fit);
    refused("Conv2d", &[1, 1, 0, 0, 1, 1], &[&[2, 3, 8, 8], &[5, 3, 9, 9]], &[2, 5, 1, 1], fit);
    refused("Gather", &[0], &[&[2, 3], &[4, 5]], &[4, 5], fit);
    refused("Fill", &[0], &[], &[0], "is empty");
    refused("Fill", &[0], &[], &[1; 9], "9 dimensions");
    refused("Fill", &[0], &[], &[1 << 16, 1 << 16], "too large");
    refused("Fill", &[0], &[], &[1 << 30, 1 << 30, 1 << 30], "too large");
    refused("Fill", &[0], &[], &[1; 40], "40 sizes");
    // Little memory, and hours: a product of 2²⁶ rows and columns.
    refused("MatMul", &[], &[&[1 << 13, 1 << 13], &[1 << 13, 1 << 12]], &[1 << 13, 1 << 12], "operations");
    refused("Conv2d", &[1, 1, 511, 511, 1, 1], &[&[1, 1, 512, 512], &[1, 1, 512, 512]], &[1, 1, 1023, 1023], "numbers");
}

#[test]
fn damage_is_a_sentence() {
    let good = write(&[stored()]);
    for n in 0..good.len() {
        assert!(read(&good[..n]).is_err(), "{n} bytes");
    }
    assert!(read(&[&good[..], &[0]].concat()).unwrap_err().contains("1 bytes follow"));
    assert!(read(&[9]).unwrap_err().contains("version 9"));
    assert!(read(&[1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).unwrap_err().contains("announced"));
    assert!(read(&[0xff; 12]).unwrap_err().contains("too large"));
}

#[test]
fn bytes_are_letters_and_back() {
    assert_eq!([&b""[..], b"f", b"fo", b"foo", b"foob"].map(to_text), ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    let all: Vec<u8> = (0..=255).rev().collect();
    for n in 0..all.len() {
        assert_eq!(from_text(&to_text(&all[..n])).unwrap(), &all[..n]);
    }
    for foreign in ["Zg", "Z===", "Zm9*", "Zm=v", "====", "Zm9vé=="] {
        assert!(from_text(foreign).is_err(), "{foreign}");
    }
}
