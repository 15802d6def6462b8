//! The kernels of matrix products and convolutions.

mod edge;
mod register;
mod shallow;
mod workgroup;

use super::emit::Emitter;
use super::gemm::Gemm;
use super::graph::{Op, len};
use super::index::{Bind, Lin};
use super::tiling::{SHALLOW, Team, Tiling, WIDE};
use super::writer::{Text, Writer};

/// The kernel of a product, or of its `parts` pieces. It stores through a function called `store`; `finish` says what becomes
/// of the element at a flat index, whose value is `acc`.
pub(super) fn write(w: &Writer, gemm: &Gemm, parts: usize, store: &str, finish: &dyn Fn(&mut Emitter, &Lin) -> String) -> Text {
    let few = w.target.compact && parts == 1 && gemm.k <= SHALLOW && gemm.m * gemm.n >= WIDE;
    let tiling = Tiling::new(gemm, w.target);
    let (work, body, mut uses) = if few {
        shallow::body(w, gemm, store)
    } else if let Team::Workgroup(square) = tiling.team {
        workgroup::body(w, gemm, tiling, square, store, parts)
    } else {
        register::body(w, gemm, tiling, store, parts)
    };
    // One function for all elements: where the element lies, what becomes of it.
    let mut e = w.emitter();
    let (flat, inside) = gemm.out(&mut e, &Lin::var("b", gemm.batch, 0), &Lin::var("m", gemm.m, 0), &Lin::var("n", gemm.n, 0));
    let flat = if flat.terms.len() > 1 { e.bind(flat.text(), len(w.graph.shape(gemm.id)), 0) } else { flat };
    let before = e.take(0);
    let finish = finish(&mut e, &flat);
    uses |= e.uses;
    let finish = match inside {
        Some(test) => format!("if ({test}) {{\n{finish}}}\n"),
        None => finish,
    };
    let name = match w.graph.node(gemm.id).op {
        Op::MatMul => "matmul",
        Op::Conv2d(_) => "conv",
        Op::ConvTranspose2d(_) => "conv transpose",
        _ => "conv weight",
    };
    let functions = format!("fn {store}(b: u32, m: u32, n: u32, part: u32, acc: f32) {{\n{before}{finish}}}\n");
    Text { name, work, body, functions, uses }
}
