//! Products by whole workgroups, for graphics cards: what goes into `shaders/product/workgroup.wgsl`.
//!
//! A workgroup computes one tile of the product, and what it reads of the operands passes through workgroup memory, so that a
//! value is loaded once for a tile's width or height instead of once for an invocation's. Where tiles are smaller, so that there are
//! enough of them for all cores, several squares of lanes have the same tile: each takes every so manieth steps of the inner loop, and
//! in the end they add up what they have. An invocation holds rows and columns that lie a square's side apart: lanes that are
//! neighbours load, and store, neighbours.

use crate::code::{Code, Uses};
use crate::emit::Emitter;
use crate::gemm::Gemm;
use crate::index::{Bind, Lin};
use crate::product::edge::{clamp, guarded};
use crate::template::fill;
use crate::tiling::{Square, Tiling};
use crate::writer::{Work, Writer};

const TEMPLATE: &str = latent_small::shader!("../../../shaders/product/workgroup.wgsl");

/// Steps of the inner loop that are written out.
const UNROLL: usize = 4;

/// An operand's way into workgroup memory.
struct Side {
    square: Square,
    /// The lane's place along the vectors, and along the inner loop.
    at: &'static str,
    step: &'static str,
}

impl Side {
    fn new(square: Square, along_k: bool) -> Self {
        // Neighbouring lanes load neighbours.
        let (at, step) = if along_k { ("over", "deep") } else { ("near", "far") };
        Self { square, at, step }
    }

    /// Indices of the vector's components, in the tile with number `tile` of `tiles`.
    fn indices(&self, e: &mut Emitter, width: usize, tile: &str, tiles: usize, n: usize) -> Vec<Lin> {
        let side = self.square.side;
        let first = Lin::var(tile, tiles, 0).scaled(side * width).plus(&Lin::var(self.at, side, 0));
        (0..width).map(|i| clamp(e, first.offset((side * i) as i64), n)).collect()
    }

    /// The lane's step of the inner loop, and a condition if that may lie behind its end.
    fn k(&self, e: &mut Emitter, n: usize) -> (Lin, Option<String>) {
        let at = format!("k0 + {}", self.step);
        if n.is_multiple_of(self.square.depth()) {
            return (e.bind(at, n, 1), None);
        }
        (e.bind(format!("min({at}, {}u)", n - 1), n, 1), Some(format!("{at} < {n}u")))
    }

    fn store(&self, array: &str, values: &[String]) -> String {
        format!("{array}[{} * {}u + {}] = {};\n", self.step, self.square.pitch(), self.at, vec4(values))
    }
}

/// A vector of four of at most as many values.
fn vec4(values: &[String]) -> String {
    let zeros = std::iter::repeat_n("0.0f", 4 - values.len());
    let all: Vec<&str> = values.iter().map(String::as_str).chain(zeros).collect();
    format!("vec4<f32>({})", all.join(", "))
}

/// The type of so many numbers, and how one has them of a vector of four.
fn narrow(width: usize) -> (&'static str, &'static str) {
    match width {
        1 => ("f32", ".x"),
        2 => ("vec2<f32>", ".xy"),
        _ => ("vec4<f32>", ""),
    }
}

/// The product, or its `parts` pieces: its work, its statements, and what these need in front of them.
pub(super) fn body(w: &Writer, gemm: &Gemm, tiling: Tiling, square: Square, store: &str, parts: usize) -> (Work, String, Uses) {
    let Tiling { tm, tn, .. } = tiling;
    let depth = square.depth();
    let [rows, columns] = tiling.tiles(gemm);
    let [a_along_k, b_along_k] = gemm.along_k(&mut w.emitter());
    let (left, right) = (Side::new(square, a_along_k), Side::new(square, b_along_k));

    let mut e = w.emitter();
    let b = Lin::var("b", gemm.batch, 0);
    let m = left.indices(&mut e, tm, "tile_m", rows, gemm.m);
    let n = right.indices(&mut e, tn, "tile_n", columns, gemm.n);
    let masked = |value: String, test: &Option<String>| match test {
        Some(test) => format!("select(0.0f, {value}, {test})"),
        None => value,
    };
    let (k, test) = left.k(&mut e, gemm.k);
    let of_a: Vec<String> = m.iter().map(|m| masked(gemm.load_a(&mut e, w.graph, &b, m, &k).text, &test)).collect();
    let (k, test) = right.k(&mut e, gemm.k);
    let of_b: Vec<String> = n.iter().map(|n| masked(gemm.load_b(&mut e, w.graph, &b, &k, n).text, &test)).collect();

    let rest = rows * columns;
    let chunk = gemm.k.div_ceil(parts).next_multiple_of(depth);
    let (part, batch, from, to) = if parts > 1 {
        let batch = format!("let part = group / {rest}u % {parts}u;\nlet b = group / {}u;", rest * parts);
        let to = format!("min(part * {chunk}u + {chunk}u, {}u)", gemm.k);
        ("part", batch, format!("part * {chunk}u"), to)
    } else {
        ("0u", format!("let b = group / {rest}u;"), "0u".into(), format!("{}u", gemm.k))
    };
    let mut uses = e.uses;
    uses |= Uses::TILES;
    let mut zeros = Code::default();
    for i in 0..tm {
        zeros.line(format_args!("var c{i} = {}();", narrow(tn).0));
    }
    let body = fill(
        TEMPLATE,
        &[
            ("lanes", lanes(square, [a_along_k, b_along_k])),
            ("rows", rows.to_string()),
            ("columns", columns.to_string()),
            ("batch", batch),
            ("indices", e.take(0)),
            ("zeros", zeros.take()),
            ("from", from),
            ("to", to),
            ("depth", depth.to_string()),
            ("loads", e.take(1)),
            ("to_rows", left.store("rows", &of_a)),
            ("to_columns", right.store("columns", &of_b)),
            ("sums", sums(tiling, square)),
            ("stores", stores(gemm, tiling, square, store, part)),
        ],
    );
    (Work::Groups(gemm.batch * parts * rest), body, uses)
}

/// Where the lane is: in its square, and what it brings of both operands.
fn lanes(square: Square, along_k: [bool; 2]) -> String {
    let Square { side } = square;
    let mut code = Code::default();
    let all = square.count() > 1;
    if all {
        code.line(format_args!("let square = lane / {0}u;\nlet place = lane % {0}u;", side * side));
    }
    let place = if all { "place" } else { "lane" };
    code.line(format_args!("let down = {place} / {side}u;\nlet across = {place} % {side}u;"));
    if along_k.contains(&true) {
        code.line(format_args!("let over = lane / {0}u;\nlet deep = lane % {0}u;", square.depth()));
    }
    if along_k.contains(&false) {
        code.line(format_args!("let near = lane % {side}u;\nlet far = lane / {side}u;"));
    }
    code.take()
}

/// The square's steps of what is in workgroup memory.
fn sums(tiling: Tiling, square: Square) -> String {
    let Square { side } = square;
    let mut code = Code::default();
    let first = if square.count() > 1 { format!("square * {}u + ", side * square.pitch()) } else { String::new() };
    let turns = side > UNROLL;
    if turns {
        code.line(format_args!("for (var s = 0u; s < {side}u; s += {UNROLL}u) {{"));
    }
    for u in 0..UNROLL {
        let step = if turns { format!("s * {}u + ", square.pitch()) } else { String::new() };
        let at = |place: &str| format!("{first}{step}{place} + {}u", u * square.pitch());
        code.line(format_args!("let x{u} = rows[{}];", at("down")));
        let (of, part) = narrow(tiling.tn);
        code.line(format_args!("let y{u} = columns[{}]{part};", at("across")));
        for i in 0..tiling.tm {
            code.line(format_args!("c{i} = fma({of}(x{u}[{i}]), y{u}, c{i});"));
        }
    }
    if turns {
        code.line(format_args!("}}"));
    }
    code.take()
}

/// Hands each element of the tile to the function `store`. Of several squares, each adds up and hands over rows of its own.
fn stores(gemm: &Gemm, tiling: Tiling, square: Square, store: &str, part: &str) -> String {
    let Square { side } = square;
    let (count, lanes) = (square.count(), side * side);
    let mut code = Code::default();
    for i in 0..tiling.tm {
        if count > 1 {
            let parts: Vec<String> = (0..tiling.tn).map(|j| element(&format!("c{i}"), j, tiling.tn)).collect();
            code.line(format_args!("workgroupBarrier();\ncolumns[lane] = {};\nworkgroupBarrier();", vec4(&parts)));
            let all = format!("for (var s = 1u; s < {count}u; s++) {{ all += columns[place + s * {lanes}u]; }}");
            code.line(format_args!("if (square == {}u) {{\nvar all = columns[place];\n{all}", i % count));
        }
        for j in 0..tiling.tn {
            let row = format!("tile_m * {}u + down + {}u", side * tiling.tm, side * i);
            let column = format!("tile_n * {}u + across + {}u", side * tiling.tn, side * j);
            let tests = [
                (!gemm.m.is_multiple_of(tiling.height()), row.as_str(), gemm.m),
                (!gemm.n.is_multiple_of(tiling.width()), &column, gemm.n),
            ];
            let value = if count > 1 { format!("all[{j}]") } else { element(&format!("c{i}"), j, tiling.tn) };
            code.lines(&guarded(&tests, &format!("{store}(b, {row}, {column}, {part}, {value});")));
        }
        if count > 1 {
            code.line(format_args!("}}"));
        }
    }
    code.take()
}

/// Number `j` of so many.
fn element(vector: &str, j: usize, width: usize) -> String {
    if width == 1 { vector.into() } else { format!("{vector}[{j}]") }
}
