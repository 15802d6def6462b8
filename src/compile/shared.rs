//! Matrix products by whole workgroups, for graphics cards: a workgroup computes one tile of the product, and what it reads
//! of the operands passes through workgroup memory, so that a value is loaded once for a tile's width or height instead of
//! once for an invocation's.
//!
//! An invocation holds rows and columns that lie [`SIDE`] apart: lanes that are neighbours load, and store, neighbours.

use std::fmt::Write;

use super::emit::{Emitter, Place};
use super::gemm::Gemm;
use super::graph::Id;
use super::index::{Bind, Lin};
use super::plan::Planner;
use super::product::{Tiling, clamp, guarded};

/// A workgroup is a square of invocations.
pub(super) const SIDE: usize = 16;
/// Invocations of a workgroup.
pub(super) const LANES: usize = SIDE * SIDE;
/// Steps of the inner loop whose operands are in workgroup memory at a time: each lane brings one vector of each operand.
const DEPTH: usize = SIDE;
/// Vectors from one step's to the next: one is unused, so that equal places of neighbouring steps lie in different banks.
const PITCH: usize = SIDE + 1;

/// Products with a smaller dimension are computed by register tiles: a workgroup's would be mostly empty.
const LEAST: usize = 32;

/// Rows and columns of each invocation, where a workgroup's tile suits the product.
pub(super) fn tile(gemm: &Gemm) -> Option<[usize; 2]> {
    let each = |n: usize| if n <= 2 * SIDE { 2 } else { 4 };
    (gemm.m >= LEAST && gemm.n >= LEAST && gemm.k >= DEPTH).then(|| [each(gemm.m), each(gemm.n)])
}

/// Declarations of the workgroup memory that a module's text names.
pub(super) fn declarations(text: &str) -> String {
    let mut out = String::new();
    for width in [2, 4] {
        for name in ["rows", "columns"].map(|n| format!("{n}{width}")).iter().filter(|n| text.contains(&format!("{n}["))) {
            writeln!(out, "var<workgroup> {name}: array<vec{width}<f32>, {}>;", PITCH * DEPTH).expect("writing to a string");
        }
    }
    out
}

/// An operand's way into workgroup memory.
struct Side {
    /// Its array.
    array: String,
    /// Vector of it that a lane fills.
    slot: String,
    /// The lane's place along the vectors, and along the inner loop.
    at: &'static str,
    step: &'static str,
}

impl Side {
    fn new(name: &str, width: usize, along_k: bool) -> Self {
        let (at, step) = if along_k { ("down", "across") } else { ("across", "down") };
        Self { array: format!("{name}{width}"), slot: format!("{step} * {PITCH}u + {at}"), at, step }
    }

    /// Indices of the vector's components, in the tile with number `tile` of `tiles`.
    fn indices(&self, e: &mut Emitter, width: usize, tile: &str, tiles: usize, n: usize) -> Vec<Lin> {
        let first = Lin::var(tile, tiles, 0).scaled(SIDE * width).plus(&Lin::var(self.at, SIDE, 0));
        (0..width).map(|i| clamp(e, first.offset((SIDE * i) as i64), n)).collect()
    }

    /// The lane's step of the inner loop, and a condition if that may lie behind its end.
    fn k(&self, e: &mut Emitter, n: usize) -> (Lin, Option<String>) {
        let at = format!("k0 + {}", self.step);
        if n.is_multiple_of(DEPTH) {
            return (e.bind(at, n, 1), None);
        }
        (e.bind(format!("min({at}, {}u)", n - 1), n, 1), Some(format!("{at} < {n}u")))
    }

    fn store(&self, values: &[String]) -> String {
        format!("{}[{}] = vec{}<f32>({});\n", self.array, self.slot, values.len(), values.join(", "))
    }
}

impl Planner<'_> {
    /// A product, or one of `parts` pieces of it, by workgroups. Its text sees `group` and `lane`; returns the workgroups
    /// and the text. No lane leaves early: all of them must meet at the barriers.
    pub(super) fn shared_body(
        &self,
        gemm: &Gemm,
        tiling: Tiling,
        store: &str,
        parts: usize,
        place: &dyn Fn(Id) -> Option<Place>,
        level: usize,
    ) -> (usize, String) {
        let Tiling { tm, tn, .. } = tiling;
        let [rows, columns] = tiling.tiles(gemm);
        let [a_along_k, b_along_k] = gemm.along_k(&mut self.emitter(place, level, "v"));
        let (left, right) = (Side::new("rows", tm, a_along_k), Side::new("columns", tn, b_along_k));

        let mut e = self.emitter(place, level, "v");
        let b = Lin::var("b", gemm.batch, 0);
        let m = left.indices(&mut e, tm, "tile_m", rows, gemm.m);
        let n = right.indices(&mut e, tn, "tile_n", columns, gemm.n);
        let masked = |value: String, test: &Option<String>| match test {
            Some(test) => format!("select(0.0f, {value}, {test})"),
            None => value,
        };
        let (k, test) = left.k(&mut e, gemm.k);
        let a: Vec<String> = m.iter().map(|m| masked(gemm.load_a(&mut e, self.g, &b, m, &k).text, &test)).collect();
        let (k, test) = right.k(&mut e, gemm.k);
        let w: Vec<String> = n.iter().map(|n| masked(gemm.load_b(&mut e, self.g, &b, &k, n).text, &test)).collect();

        let mut body = format!(
            "let down = lane / {SIDE}u;\nlet across = lane % {SIDE}u;\nlet tile_n = group % {columns}u;\nlet tile_m = group / {columns}u % {rows}u;\n"
        );
        let rest = rows * columns;
        let chunk = gemm.k.div_ceil(parts).next_multiple_of(DEPTH);
        let (part, range) = if parts > 1 {
            body += &format!("let part = group / {rest}u % {parts}u;\nlet b = group / {}u;\n", rest * parts);
            ("part", format!("var k0 = part * {chunk}u; k0 < min(part * {chunk}u + {chunk}u, {}u)", gemm.k))
        } else {
            body += &format!("let b = group / {rest}u;\n");
            ("0u", format!("var k0 = 0u; k0 < {}u", gemm.k))
        };
        body += &e.take(0);
        for i in 0..tm {
            body += &format!("var c{i} = vec{tn}<f32>();\n");
        }
        let sums: String = (0..tm).map(|i| format!("c{i} = fma(vec{tn}<f32>(x[{i}]), y, c{i});\n")).collect();
        body += &format!(
            "for ({range}; k0 += {DEPTH}u) {{\n{loads}workgroupBarrier();\n{to_rows}{to_columns}workgroupBarrier();\n\
             for (var s = 0u; s < {DEPTH}u; s++) {{\nlet x = {left}[s * {PITCH}u + down];\nlet y = {right}[s * {PITCH}u + across];\n{sums}}}\n}}\n",
            loads = e.take(1),
            to_rows = left.store(&a),
            to_columns = right.store(&w),
            left = left.array,
            right = right.array,
        );
        for i in 0..tm {
            for j in 0..tn {
                let row = format!("tile_m * {}u + down + {}u", SIDE * tm, SIDE * i);
                let column = format!("tile_n * {}u + across + {}u", SIDE * tn, SIDE * j);
                let tests = [
                    (!gemm.m.is_multiple_of(tiling.height()), row.as_str(), gemm.m),
                    (!gemm.n.is_multiple_of(tiling.width()), &column, gemm.n),
                ];
                body += &guarded(&tests, &format!("{store}(b, {row}, {column}, {part}, c{i}[{j}]);"));
            }
        }
        (gemm.batch * parts * rest, body)
    }
}
