//! Eight kernels as text, against `tests/golden/wgsl`: a change of what is emitted is seen, and read, before it is kept.
//!
//! After a change that is meant: `LATENT_LAB_WRITE_WGSL=1 cargo test --profile suite --features all --test native -- wgsl::`.

use std::collections::HashMap;
use std::path::Path;

use latent_compile::emit::Place;
use latent_compile::graph::{Binary, Graph, Unary};
use latent_compile::plan::{Job, Special, Updates, When, compile};
use latent_compile::{Id, Target};

/// Compares the only dispatch of a plan with the file of that name, or writes it there.
fn check(name: &str, g: &Graph, leaves: &[Id], outputs: &[Id], updates: Updates, target: Target) {
    let mut end = 0;
    let mut place = |id: &Id| {
        let at = end;
        end += g.shape(*id).iter().product::<usize>().next_multiple_of(4);
        (*id, at)
    };
    let leaves: HashMap<_, _> = leaves.iter().map(&mut place).map(|(id, at)| (id, (Place::Arena(at), false))).collect();
    let outputs = outputs.iter().map(&mut place).collect();
    let job =
        Job { graph: g, target, leaves, outputs, updates, specials: vec![], scratch: end, training: true, half: false, salt: 0 };
    let plan = compile(&job).unwrap();
    assert_eq!(plan.dispatches.len(), 1, "{name} is one kernel");
    same(name, &plan.dispatches[0].wgsl);
}

/// Compares a text with the file of that name, or writes it there.
fn same(name: &str, text: &str) {
    naga::front::wgsl::parse_str(text).unwrap_or_else(|e| panic!("{name}: {}\n{text}", e.emit_to_string(text)));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/wgsl").join(format!("{name}.wgsl"));
    if std::env::var_os("LATENT_LAB_WRITE_WGSL").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let want = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    for (i, (got, want)) in text.lines().zip(want.lines()).enumerate() {
        assert_eq!(got, want, "{name}, line {}", i + 1);
    }
    assert_eq!(text.lines().count(), want.lines().count(), "lines of {name}");
}

/// A hidden layer between two others, with what it takes and gives in 16 bits.
#[test]
fn product_in_16_bits() {
    let mut g = Graph::default();
    let (x, w) = (g.leaf(&[128, 64]), g.leaf(&[64, 64]));
    let mut y = x;
    for _ in 0..3 {
        y = g.matmul(y, w).unwrap();
        y = g.unary(Unary::Relu, y);
    }
    let leaves = [(x, (Place::Arena(0), true)), (w, (Place::Arena(8192), false))].into();
    let specials = vec![Special { name: "fetch", body: String::new(), len: 1, when: When::First }];
    let (outputs, updates, target) = (vec![(y, 12_288)], Updates::default(), Target::GPU);
    let job = Job { graph: &g, target, leaves, outputs, updates, specials, scratch: 20_480, training: true, half: true, salt: 0 };
    let plan = compile(&job).unwrap();
    assert_eq!((plan.dispatches.len(), plan.halves), (4, 2 * 8192));
    same("product_in_16_bits", &plan.dispatches[2].wgsl);
}

/// The first layer of the README's VAE, with what is fused behind it.
fn layer(g: &mut Graph) -> ([Id; 3], Id) {
    let (x, w, b) = (g.leaf(&[128, 784]), g.leaf(&[784, 400]), g.leaf(&[400]));
    let y = g.matmul(x, w).unwrap();
    let y = g.add(y, b);
    ([x, w, b], g.unary(Unary::Relu, y))
}

#[test]
fn product_with_epilogue() {
    let mut g = Graph::default();
    let (leaves, y) = layer(&mut g);
    check("product", &g, &leaves, &[y], Updates::default(), Target::SOFTWARE);
}

#[test]
fn product_by_workgroups() {
    let mut g = Graph::default();
    let (leaves, y) = layer(&mut g);
    check("product_workgroup", &g, &leaves, &[y], Updates::default(), Target::GPU);
}

#[test]
fn reduction() {
    let mut g = Graph::default();
    let (x, y) = (g.leaf(&[128, 784]), g.leaf(&[128, 784]));
    let d = g.sub(x, y);
    let square = g.mul(d, d);
    let s = g.sum(square, &[1]);
    let s = g.unary(Unary::Sqrt, s);
    check("reduction", &g, &[x, y], &[s], Updates::default(), Target::SOFTWARE);
}

#[test]
fn reduction_by_lanes_together() {
    let mut g = Graph::default();
    let (x, y) = (g.leaf(&[127, 784]), g.leaf(&[127, 784]));
    let d = g.sub(x, y);
    let square = g.mul(d, d);
    let s = g.sum(square, &[1]);
    let s = g.unary(Unary::Sqrt, s);
    check("reduction_together", &g, &[x, y], &[s], Updates::default(), Target::GPU);
}

#[test]
fn update() {
    let mut g = Graph::default();
    let (x, dy, w) = (g.leaf(&[128, 784]), g.leaf(&[128, 400]), g.leaf(&[784, 400]));
    let xt = g.swap(x, 0, 1);
    let gradient = g.matmul(xt, dy).unwrap();
    let function = "fn opt_step(p: u32, g: f32) {\n    a[p] -= 0.125f * g;\n}\n".into();
    let updates = Updates { function, bytes: 8, of: vec![(gradient, w)] };
    check("update", &g, &[x, dy, w], &[], updates, Target::SOFTWARE);
}

#[test]
fn kth_largest() {
    let mut g = Graph::default();
    let (x, k) = (g.leaf(&[128, 514]), g.leaf(&[1]));
    let bound = g.kth_largest(x, k);
    let bound = g.with_scalar(Binary::Max, bound, 0.0);
    for (name, target) in [("kth_largest", Target::SOFTWARE), ("kth_largest_together", Target::GPU)] {
        check(name, &g, &[x, k], &[bound], Updates::default(), target);
    }
}
