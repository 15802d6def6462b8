//! Products by register tiles: what goes into `shaders/product/register.wgsl`.
//!
//! Alone, each invocation computes a few rows and columns, and neighbours take neighbouring columns. In quads, each lane loads
//! its own rows and columns, and one of the two visits the other lanes: component `s` of an accumulator belongs to what came
//! from lane ^ s.

use crate::code::{Code, Uses};
use crate::gemm::Gemm;
use crate::index::Lin;
use crate::product::edge::{clamp, guarded};
use crate::template::fill;
use crate::tiling::{QUAD, Team, Tiling, WIDE, unroll};
use crate::writer::{Work, Writer};

const TEMPLATE: &str = latent_small::shader!("../../../shaders/product/register.wgsl");

/// The product, or its `parts` pieces: its work, its statements, and what these need in front of them.
pub(super) fn body(w: &Writer, gemm: &Gemm, tiling: Tiling, store: &str, parts: usize) -> (Work, String, Uses) {
    let Tiling { tm, tn, team } = tiling;
    let (quads, rows_travel) = match team {
        Team::Quad { rows_travel } => (true, rows_travel),
        _ => (false, false),
    };
    let [rows, columns] = tiling.tiles(gemm);
    let mut e = w.emitter();
    let b = Lin::var("b", gemm.batch, 0);
    let lane = |each: usize| if quads { Lin::var("lane", QUAD, 0).scaled(each) } else { Lin::default() };
    let (wide, apart) = if quads { (QUAD * tn, 1) } else { (1, columns) };
    let m: Vec<Lin> = (0..tm)
        .map(|i| {
            let l = Lin::var("tile_m", rows, 0).scaled(tiling.height()).plus(&lane(tm)).offset(i as i64);
            clamp(&mut e, l, gemm.m)
        })
        .collect();
    let n: Vec<Lin> = (0..tn)
        .map(|j| {
            let l = Lin::var("tile_n", columns, 0).scaled(wide).plus(&lane(tn)).offset((j * apart) as i64);
            clamp(&mut e, l, gemm.n)
        })
        .collect();
    let unroll = unroll(gemm, w.target, parts);
    let mut loads = Code::default();
    // One assignment for all the unrolled steps: on a software adapter each one is a masked store.
    let accumulators: Vec<String> = (0..tm * tn).map(|t| format!("c{}_{}", t / tn, t % tn)).collect();
    let mut values = accumulators.clone();
    for u in 0..unroll {
        let k = Lin::var("k", gemm.k / unroll, 1).scaled(unroll).offset(u as i64);
        let mut left: Vec<_> = m.iter().map(|m| gemm.load_a(&mut e, w.graph, &b, m, &k).text).collect();
        let mut right: Vec<_> = n.iter().map(|n| gemm.load_b(&mut e, w.graph, &b, &k, n).text).collect();
        loads.lines(&e.take(1));
        if quads {
            let (travel, stay) = if rows_travel { (&mut left, &mut right) } else { (&mut right, &mut left) };
            for (x, value) in travel.iter_mut().enumerate() {
                let v = std::mem::replace(value, format!("t{u}_{x}"));
                loads.line(format_args!("let t{u}_{x} = vec4<f32>({v}, quadSwapX({v}), quadSwapY({v}), quadSwapDiagonal({v}));"));
            }
            for value in stay {
                *value = format!("vec4<f32>({value})");
            }
        }
        for (t, sum) in values.iter_mut().enumerate() {
            *sum = format!("fma({}, {}, {sum})", left[t / tn], right[t % tn]);
        }
    }
    let mut uses = e.uses;
    if quads {
        uses |= Uses::QUADS;
    }
    let (mut zeros, mut sums) = (Code::default(), Code::default());
    for (c, value) in accumulators.iter().zip(&values) {
        zeros.line(format_args!("var {c} = {};", if quads { "vec4<f32>()" } else { "0.0f" }));
        sums.line(format_args!("{c} = {value};"));
    }
    let chunk = gemm.k.div_ceil(parts);
    let (batch, from, to) = if parts == 1 {
        ("let b = rest;".into(), "0u".into(), format!("{}u", gemm.k / unroll))
    } else {
        let to = format!("min(part * {chunk}u + {chunk}u, {}u)", gemm.k);
        (format!("let part = rest % {parts}u;\nlet b = rest / {parts}u;"), format!("part * {chunk}u"), to)
    };
    let lanes = if quads { "let lane = i % 4u;\nlet tile = i / 4u;" } else { "let tile = i;" };
    let stores = stores(w, gemm, tiling, store, if parts > 1 { "part" } else { "0u" });
    let body = fill(
        TEMPLATE,
        &[
            ("lanes", lanes.into()),
            ("rows", rows.to_string()),
            ("columns", columns.to_string()),
            ("batch", batch),
            ("zeros", zeros.take()),
            ("indices", e.take(0)),
            ("from", from),
            ("to", to),
            ("loads", loads.take()),
            ("sums", sums.take()),
            ("stores", stores),
        ],
    );
    (Work::each(gemm.batch * parts * rows * columns * tiling.invocations()), body, uses)
}

/// Hands each element of a tile to the function `store`.
fn stores(w: &Writer, gemm: &Gemm, tiling: Tiling, store: &str, part: &str) -> String {
    let Tiling { tm, tn, team } = tiling;
    let columns = tiling.tiles(gemm)[1];
    let (quads, rows_travel) = match team {
        Team::Quad { rows_travel } => (true, rows_travel),
        _ => (false, false),
    };
    // Row and column of element `i`, `j` of the tile, of the values that came from lane ^ s.
    let row = |i: &str, s: &str| match (quads, rows_travel) {
        (false, _) => format!("tile_m * {tm}u + {i}"),
        (true, false) => format!("tile_m * {}u + lane * {tm}u + {i}", QUAD * tm),
        (true, true) => format!("tile_m * {}u + (lane ^ {s}) * {tm}u + {i}", QUAD * tm),
    };
    let column = |j: &str, s: &str| match (quads, rows_travel) {
        (false, _) => format!("tile_n + {j} * {columns}u"),
        (true, true) => format!("tile_n * {}u + lane * {tn}u + {j}", QUAD * tn),
        (true, false) => format!("tile_n * {}u + (lane ^ {s}) * {tn}u + {j}", QUAD * tn),
    };
    let put = |i: &str, j: &str, s: &str, value: &str| {
        let (row, column) = (row(i, s), column(j, s));
        let tests = [
            (!gemm.m.is_multiple_of(tiling.height()), row.as_str(), gemm.m),
            (!gemm.n.is_multiple_of(tiling.width()), &column, gemm.n),
        ];
        guarded(&tests, &format!("{store}(b, {row}, {column}, {part}, {value});"))
    };
    let visits = tiling.invocations();
    let mut out = Code::default();
    if w.target.compact {
        // A loop over the tile; in large ones the visits are written out.
        let written = if gemm.m * gemm.n >= WIDE { visits } else { 1 };
        let rolled = visits / written;
        let all: Vec<String> = (0..tm * tn).map(|t| format!("c{}_{}", t / tn, t % tn)).collect();
        let kind = if quads { "vec4<f32>" } else { "f32" };
        let (i, j) = (format!("t / {}u", tn * rolled), format!("t / {rolled}u % {tn}u"));
        out.line(format_args!("var all = array<{kind}, {}>({});", tm * tn, all.join(", ")));
        out.line(format_args!("for (var t = 0u; t < {}u; t++) {{\nlet v = all[t / {rolled}u];", tm * tn * rolled));
        for s in 0..written {
            let s = if rolled > 1 { format!("t % {rolled}u") } else { format!("{s}u") };
            let value = if quads { format!("v[{s}]") } else { "v".into() };
            out.lines(&put(&i, &j, &format!("({s})"), &value));
        }
        out.line(format_args!("}}"));
    } else {
        for t in 0..tm * tn * visits {
            let (i, j, s) = (t / visits / tn, t / visits % tn, t % visits);
            let value = if quads { format!("c{i}_{j}[{s}]") } else { format!("c{i}_{j}") };
            out.lines(&put(&format!("{i}u"), &format!("{j}u"), &format!("{s}u"), &value));
        }
    }
    out.take()
}
