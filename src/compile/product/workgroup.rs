//! Products by whole workgroups, for graphics cards: what goes into `shaders/product/workgroup.wgsl`.
//!
//! A workgroup computes one tile of the product, and what it reads of the operands passes through workgroup memory, so that a
//! value is loaded once for a tile's width or height instead of once for an invocation's. An invocation holds rows and columns
//! that lie [`SIDE`] apart: lanes that are neighbours load, and store, neighbours.

use crate::code::{Code, Uses};
use crate::emit::Emitter;
use crate::gemm::Gemm;
use crate::index::{Bind, Lin};
use crate::product::edge::{clamp, guarded};
use crate::target::SIDE;
use crate::template::fill;
use crate::tiling::{DEPTH, PITCH, Tiling};
use crate::writer::{Work, Writer};

const TEMPLATE: &str = latent_small::shader!("../../../shaders/product/workgroup.wgsl");

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

/// The product, or its `parts` pieces: its work, its statements, and what these need in front of them.
pub(super) fn body(w: &Writer, gemm: &Gemm, tiling: Tiling, store: &str, parts: usize) -> (Work, String, Uses) {
    let Tiling { tm, tn, .. } = tiling;
    let [rows, columns] = tiling.tiles(gemm);
    let [a_along_k, b_along_k] = gemm.along_k(&mut w.emitter());
    let (left, right) = (Side::new("rows", tm, a_along_k), Side::new("columns", tn, b_along_k));

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
    let chunk = gemm.k.div_ceil(parts).next_multiple_of(DEPTH);
    let (part, batch, from, to) = if parts > 1 {
        let batch = format!("let part = group / {rest}u % {parts}u;\nlet b = group / {}u;", rest * parts);
        let to = format!("min(part * {chunk}u + {chunk}u, {}u)", gemm.k);
        ("part", batch, format!("part * {chunk}u"), to)
    } else {
        ("0u", format!("let b = group / {rest}u;"), "0u".into(), format!("{}u", gemm.k))
    };
    let (mut zeros, mut sums, mut stores) = (Code::default(), Code::default(), Code::default());
    for i in 0..tm {
        zeros.line(format_args!("var c{i} = vec{tn}<f32>();"));
        sums.line(format_args!("c{i} = fma(vec{tn}<f32>(x[{i}]), y, c{i});"));
        for j in 0..tn {
            let row = format!("tile_m * {}u + down + {}u", SIDE * tm, SIDE * i);
            let column = format!("tile_n * {}u + across + {}u", SIDE * tn, SIDE * j);
            let tests = [
                (!gemm.m.is_multiple_of(tiling.height()), row.as_str(), gemm.m),
                (!gemm.n.is_multiple_of(tiling.width()), &column, gemm.n),
            ];
            stores.lines(&guarded(&tests, &format!("{store}(b, {row}, {column}, {part}, c{i}[{j}]);")));
        }
    }
    let mut uses = e.uses;
    uses |= if tm == 2 { Uses::ROWS_2 } else { Uses::ROWS_4 };
    uses |= if tn == 2 { Uses::COLUMNS_2 } else { Uses::COLUMNS_4 };
    let body = fill(
        TEMPLATE,
        &[
            ("side", SIDE.to_string()),
            ("rows", rows.to_string()),
            ("columns", columns.to_string()),
            ("batch", batch),
            ("indices", e.take(0)),
            ("zeros", zeros.take()),
            ("from", from),
            ("to", to),
            ("depth", DEPTH.to_string()),
            ("pitch", PITCH.to_string()),
            ("loads", e.take(1)),
            ("to_rows", left.store(&of_a)),
            ("to_columns", right.store(&of_b)),
            ("left", left.array),
            ("right", right.array),
            ("sums", sums.take()),
            ("stores", stores.take()),
        ],
    );
    (Work::Groups(gemm.batch * parts * rest), body, uses)
}
