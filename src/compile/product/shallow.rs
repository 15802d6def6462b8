//! Few terms for many elements, as in the weight gradients of a small batch: an invocation holds its rows of `A` whole and
//! walks along the columns, so that an element costs no loop of its own and its value never waits in an array.

use crate::code::{Code, Uses};
use crate::gemm::Gemm;
use crate::index::{Bind, Lin};
use crate::product::edge::{clamp, guarded};
use crate::writer::{Work, Writer};

/// Rows of an invocation.
const ROWS: usize = 4;
/// Neighbours take neighbouring columns.
const APART: usize = 4;
/// A walk is long enough to pay for the rows.
const WALK: usize = 64;

/// The whole product: its work, its statements, and what these need in front of them.
pub(super) fn body(w: &Writer, gemm: &Gemm, store: &str) -> (Work, String, Uses) {
    let rows = gemm.m.div_ceil(ROWS);
    let walks = gemm.n.div_ceil(APART * WALK);
    let steps = gemm.n.div_ceil(APART * walks);
    let mut e = w.emitter();
    let b = Lin::var("b", gemm.batch, 0);
    let m: Vec<Lin> = (0..ROWS).map(|r| clamp(&mut e, Lin::var("tile_m", rows, 0).scaled(ROWS).offset(r as i64), gemm.m)).collect();
    let column = Lin::var("walk", walks, 0)
        .scaled(APART * steps)
        .plus(&Lin::var("lane", APART, 0))
        .plus(&Lin::var("j", steps, 1).scaled(APART));
    let whole = gemm.n.is_multiple_of(APART * steps);
    let n = if whole { column.clone() } else { e.bind(format!("min({}, {}u)", column.text(), gemm.n - 1), gemm.n, 1) };
    let mut sums = vec!["0.0f".to_string(); ROWS];
    for k in 0..gemm.k {
        let k = Lin::default().offset(k as i64);
        let right = gemm.load_b(&mut e, w.graph, &b, &k, &n).text;
        for (sum, m) in sums.iter_mut().zip(&m) {
            let left = gemm.load_a(&mut e, w.graph, &b, m, &k).text;
            *sum = format!("fma({left}, {right}, {sum})");
        }
    }
    let mut body = Code::default();
    body.line(format_args!("let lane = i % {APART}u;\nvar rest = i / {APART}u;\nlet walk = rest % {walks}u;\nrest /= {walks}u;"));
    body.line(format_args!("let tile_m = rest % {rows}u;\nlet b = rest / {rows}u;\n{}", e.take(0)));
    body.line(format_args!("for (var j = 0u; j < {steps}u; j++) {{\n{}", e.take(1)));
    for (r, sum) in sums.iter().enumerate() {
        let (row, column) = (format!("tile_m * {ROWS}u + {r}u"), column.text());
        let tests = [(!gemm.m.is_multiple_of(ROWS), row.as_str(), gemm.m), (!whole, &column, gemm.n)];
        body.lines(&guarded(&tests, &format!("{store}(b, {row}, {column}, 0u, {sum});")));
    }
    body.line(format_args!("}}"));
    (Work::each(gemm.batch * rows * walks * APART), body.take(), e.uses)
}
