//! The kernels of matrix products and convolutions: how they are cut, and their text.

use std::fmt::Write;

use super::emit::{Emitter, Place};
use super::gemm::Gemm;
use super::graph::{Id, Op, TURNS, len};
use super::index::{Bind, Lin};
use super::module::{Module, Work};
use super::plan::{Planner, Target};
use super::shared;

/// Invocations that share their loads.
pub(super) const QUAD: usize = 4;

impl Planner<'_> {
    /// The kernel of a product, or of one of `parts` pieces of it. `finish` says what becomes of the element at a flat
    /// index, whose value is `acc`.
    pub(super) fn write_product(
        &self,
        module: &mut Module,
        gemm: &Gemm,
        parts: usize,
        place: &dyn Fn(Id) -> Option<Place>,
        level: usize,
        finish: impl Fn(&Self, &mut Emitter, &Lin) -> String,
    ) {
        let store = module.helper();
        let shallow = self.job.target.compact && parts == 1 && gemm.k <= SHALLOW && gemm.m * gemm.n >= WIDE;
        let tiling = Tiling::new(gemm, self.job.target);
        let (work, body) = if shallow {
            let (invocations, body) = self.shallow_body(gemm, &store, place, level);
            (Work::each(invocations), body)
        } else if tiling.team == Team::Workgroup {
            let (groups, body) = self.shared_body(gemm, tiling, &store, parts, place, level);
            (Work::Groups(groups), body)
        } else {
            let (invocations, body) = self.tile_body(gemm, tiling, &store, parts, place, level);
            (Work::each(invocations), body)
        };
        // One function for all elements: where the element lies, what becomes of it.
        let mut e = self.emitter(place, level, "v");
        let (flat, inside) = gemm.out(&mut e, &Lin::var("b", gemm.batch, 0), &Lin::var("m", gemm.m, 0), &Lin::var("n", gemm.n, 0));
        let flat = if flat.terms.len() > 1 { e.bind(flat.text(), len(self.g.shape(gemm.id)), 0) } else { flat };
        let before = e.take(0);
        let finish = finish(self, &mut e, &flat);
        let finish = match inside {
            Some(test) => format!("if ({test}) {{\n{finish}}}\n"),
            None => finish,
        };
        let function = format!("fn {store}(b: u32, m: u32, n: u32, part: u32, acc: f32) {{\n{before}{finish}}}\n");
        let name = match self.g.node(gemm.id).op {
            Op::MatMul => "matmul",
            Op::Conv2d(_) => "conv",
            Op::ConvTranspose2d(_) => "conv transpose",
            _ => "conv weight",
        };
        module.add_work(name, work, body, function);
    }

    /// Few terms for many elements, as in the weight gradients of a small batch: an invocation holds its rows of `A`
    /// whole and walks along the columns, so that an element costs no loop of its own and its value never waits in an
    /// array. Returns the invocations and their text.
    fn shallow_body(&self, gemm: &Gemm, store: &str, place: &dyn Fn(Id) -> Option<Place>, level: usize) -> (usize, String) {
        // Neighbours take neighbouring columns; a walk is long enough to pay for the rows.
        const ROWS: usize = 4;
        const APART: usize = 4;
        const WALK: usize = 64;
        let rows = gemm.m.div_ceil(ROWS);
        let walks = gemm.n.div_ceil(APART * WALK);
        let steps = gemm.n.div_ceil(APART * walks);
        let mut e = self.emitter(place, level, "v");
        let b = Lin::var("b", gemm.batch, 0);
        let m: Vec<Lin> =
            (0..ROWS).map(|r| clamp(&mut e, Lin::var("tile_m", rows, 0).scaled(ROWS).offset(r as i64), gemm.m)).collect();
        let column = Lin::var("walk", walks, 0)
            .scaled(APART * steps)
            .plus(&Lin::var("lane", APART, 0))
            .plus(&Lin::var("j", steps, 1).scaled(APART));
        let whole = gemm.n.is_multiple_of(APART * steps);
        let n = if whole { column.clone() } else { e.bind(format!("min({}, {}u)", column.text(), gemm.n - 1), gemm.n, 1) };
        let mut sums = vec!["0.0f".to_string(); ROWS];
        for k in 0..gemm.k {
            let k = Lin::default().offset(k as i64);
            let w = gemm.load_b(&mut e, self.g, &b, &k, &n).text;
            for (sum, m) in sums.iter_mut().zip(&m) {
                let a = gemm.load_a(&mut e, self.g, &b, m, &k).text;
                *sum = format!("fma({a}, {w}, {sum})");
            }
        }
        let mut body = format!(
            "let lane = i % {APART}u;\nvar rest = i / {APART}u;\nlet walk = rest % {walks}u;\nrest /= {walks}u;\nlet tile_m = rest % {rows}u;\nlet b = rest / {rows}u;\n"
        );
        body += &e.take(0);
        write!(body, "for (var j = 0u; j < {steps}u; j++) {{\n{}", e.take(1)).expect("writing to a string");
        for (r, sum) in sums.iter().enumerate() {
            let (row, column) = (format!("tile_m * {ROWS}u + {r}u"), column.text());
            body += &guarded(
                &[(!gemm.m.is_multiple_of(ROWS), &row, gemm.m), (!whole, &column, gemm.n)],
                &format!("{store}(b, {row}, {column}, 0u, {sum});"),
            );
        }
        body += "}\n";
        (gemm.batch * rows * walks * APART, body)
    }

    /// A product by register tiles. Alone, each invocation computes a few rows and columns, and neighbours take
    /// neighbouring columns. In quads, each lane loads its own rows and columns, and one of the two visits the other
    /// lanes: component `s` of an accumulator belongs to what came from lane ^ s. Returns the invocations and their text.
    fn tile_body(
        &self,
        gemm: &Gemm,
        tiling: Tiling,
        store: &str,
        parts: usize,
        place: &dyn Fn(Id) -> Option<Place>,
        level: usize,
    ) -> (usize, String) {
        let Tiling { tm, tn, team } = tiling;
        let (quads, rows_travel) = match team {
            Team::Quad { rows_travel } => (true, rows_travel),
            _ => (false, false),
        };
        let [rows, columns] = tiling.tiles(gemm);
        let mut e = self.emitter(place, level, "v");
        let index = if quads { "let lane = i % 4u;\nlet tile = i / 4u;\n" } else { "let tile = i;\n" };
        let mut head = format!(
            "{index}let tile_n = tile % {columns}u;\nvar rest = tile / {columns}u;\nlet tile_m = rest % {rows}u;\nrest /= {rows}u;\n"
        );
        let b = Lin::var("b", gemm.batch, 0);
        if parts > 1 {
            head += &format!("let part = rest % {parts}u;\nlet b = rest / {parts}u;\n");
        } else {
            head += "let b = rest;\n";
        }
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
        let chunk = gemm.k.div_ceil(parts);
        let unroll = unroll(gemm, self.job.target, parts);
        let mut inner = String::new();
        // One assignment for all the unrolled steps: on a software adapter each one is a masked store.
        let mut sums: Vec<String> = (0..tm * tn).map(|t| format!("c{}_{}", t / tn, t % tn)).collect();
        for u in 0..unroll {
            let k = Lin::var("k", gemm.k / unroll, 1).scaled(unroll).offset(u as i64);
            let mut a: Vec<_> = m.iter().map(|m| gemm.load_a(&mut e, self.g, &b, m, &k).text).collect();
            let mut w: Vec<_> = n.iter().map(|n| gemm.load_b(&mut e, self.g, &b, &k, n).text).collect();
            inner += &e.take(1);
            if quads {
                let (travel, stay) = if rows_travel { (&mut a, &mut w) } else { (&mut w, &mut a) };
                for (x, value) in travel.iter_mut().enumerate() {
                    let v = std::mem::replace(value, format!("t{u}_{x}"));
                    writeln!(inner, "let t{u}_{x} = vec4<f32>({v}, quadSwapX({v}), quadSwapY({v}), quadSwapDiagonal({v}));")
                        .expect("writing to a string");
                }
                for value in stay {
                    *value = format!("vec4<f32>({value})");
                }
            }
            for (t, sum) in sums.iter_mut().enumerate() {
                *sum = format!("fma({}, {}, {sum})", a[t / tn], w[t % tn]);
            }
        }
        for (t, sum) in sums.iter().enumerate() {
            writeln!(inner, "c{}_{} = {sum};", t / tn, t % tn).expect("writing to a string");
        }
        let outer = e.take(0);
        let zero = if quads { "vec4<f32>()" } else { "0.0f" };
        for i in 0..tm {
            for j in 0..tn {
                writeln!(head, "var c{i}_{j} = {zero};").expect("writing to a string");
            }
        }
        let range = if parts == 1 {
            format!("var k = 0u; k < {}u", gemm.k / unroll)
        } else {
            format!("var k = part * {chunk}u; k < min(part * {chunk}u + {chunk}u, {}u)", gemm.k)
        };
        let mut body = format!("{head}{outer}for ({range}; k++) {{\n{inner}}}\n");
        let guard = |row: &str, column: &str, call: String| {
            let tests =
                [(!gemm.m.is_multiple_of(tiling.height()), row, gemm.m), (!gemm.n.is_multiple_of(tiling.width()), column, gemm.n)];
            guarded(&tests, &call)
        };
        let part = if parts > 1 { "part" } else { "0u" };
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
        let visits = tiling.invocations();
        if self.job.target.compact {
            // A loop over the tile; in large ones the visits are written out.
            let written = if gemm.m * gemm.n >= WIDE { visits } else { 1 };
            let rolled = visits / written;
            let all: Vec<String> = (0..tm * tn).map(|t| format!("c{}_{}", t / tn, t % tn)).collect();
            let kind = if quads { "vec4<f32>" } else { "f32" };
            let (i, j) = (format!("t / {}u", tn * rolled), format!("t / {rolled}u % {tn}u"));
            let stores: String = (0..written)
                .map(|s| {
                    let s = if rolled > 1 { format!("t % {rolled}u") } else { format!("{s}u") };
                    let value = if quads { format!("v[{s}]") } else { "v".into() };
                    let s = format!("({s})");
                    let (row, column) = (row(&i, &s), column(&j, &s));
                    guard(&row, &column, format!("{store}(b, {row}, {column}, {part}, {value});"))
                })
                .collect();
            write!(
                body,
                "var all = array<{kind}, {}>({});\nfor (var t = 0u; t < {}u; t++) {{\nlet v = all[t / {rolled}u];\n{stores}}}\n",
                tm * tn,
                all.join(", "),
                tm * tn * rolled,
            )
            .expect("writing to a string");
        } else {
            for t in 0..tm * tn * visits {
                let (i, j, s) = (t / visits / tn, t / visits % tn, t % visits);
                let (row, column) = (row(&format!("{i}u"), &format!("{s}u")), column(&format!("{j}u"), &format!("{s}u")));
                let value = if quads { format!("c{i}_{j}[{s}]") } else { format!("c{i}_{j}") };
                body += &guard(&row, &column, format!("{store}(b, {row}, {column}, {part}, {value});"));
            }
        }
        (gemm.batch * parts * rows * columns * visits, body)
    }
}

/// Steps of the inner loop that register tiles take in one turn.
fn unroll(gemm: &Gemm, target: Target, parts: usize) -> usize {
    if parts == 1 && gemm.k.is_multiple_of(target.unroll) { target.unroll } else { 1 }
}

/// The fewest pieces of the inner loop that leave none of them more turns than an invocation may take.
pub(super) fn fewest_parts(gemm: &Gemm, tiling: Tiling, target: Target) -> usize {
    let together = tiling.team == Team::Workgroup;
    let turns = gemm.k / if together { 1 } else { unroll(gemm, target, 1) };
    if turns <= TURNS { 1 } else { gemm.k.div_ceil(TURNS) }
}

/// `l`, or the last index below `n` where it lies beyond.
pub(super) fn clamp(e: &mut Emitter, l: Lin, n: usize) -> Lin {
    match l.bound() {
        Some(bound) if bound <= n => l,
        _ => e.bind(format!("min({}, {}u)", l.text(), n - 1), n, 0),
    }
}

/// A call under the tests `(needed, index, below)`.
pub(super) fn guarded(tests: &[(bool, &str, usize)], call: &str) -> String {
    let tests: Vec<String> = tests.iter().filter(|t| t.0).map(|(_, index, n)| format!("{index} < {n}u")).collect();
    if tests.is_empty() { format!("{call}\n") } else { format!("if ({}) {{ {call} }}\n", tests.join(" && ")) }
}

/// Products of at most this many terms an element are computed without tiles, where compiling a tile's stores is dear.
const SHALLOW: usize = 16;

/// From this many elements on, time saved on each is worth more text to compile.
const WIDE: usize = 1 << 16;

/// Products below this many multiplications are computed by tiles of a quarter: on them a large tile saves less time than
/// compiling it takes.
const SMALL_PRODUCT: u64 = 2_000_000;

/// Who computes a tile together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Team {
    /// One invocation.
    Lane,
    /// Four neighbouring lanes. Each loads its own rows and columns; the smaller operand is swapped between them.
    Quad { rows_travel: bool },
    /// A workgroup.
    Workgroup,
}

/// How a product is cut into tiles.
#[derive(Clone, Copy)]
pub(super) struct Tiling {
    /// Rows and columns that one invocation has of each tile.
    pub(super) tm: usize,
    pub(super) tn: usize,
    pub(super) team: Team,
}

impl Tiling {
    /// Tiles never much larger than the product.
    pub(super) fn new(gemm: &Gemm, target: Target) -> Self {
        if let Some([tm, tn]) = shared::tile(gemm).filter(|_| target.shared) {
            return Self { tm, tn, team: Team::Workgroup };
        }
        // In 64 bits: a browser counts addresses in 32.
        let multiplications = [gemm.m, gemm.n, gemm.k].iter().fold(gemm.batch as u64, |all, n| all * *n as u64);
        let small = multiplications < SMALL_PRODUCT;
        let shrink = |t: usize| if small { (t / 2).max(1) } else { t };
        let side = if target.quads { QUAD } else { 1 };
        let fit = |tile: usize, n: usize| {
            let mut t = tile;
            while t > 1 && t * side >= 2 * n {
                t /= 2;
            }
            t
        };
        let (tm, tn) = (fit(shrink(target.tile[0]), gemm.m), fit(shrink(target.tile[1]), gemm.n));
        Self { tm, tn, team: if target.quads { Team::Quad { rows_travel: tm < tn } } else { Team::Lane } }
    }

    /// Invocations that bring rows, and as many that bring columns.
    fn side(self) -> usize {
        match self.team {
            Team::Lane => 1,
            Team::Quad { .. } => QUAD,
            Team::Workgroup => shared::SIDE,
        }
    }

    /// Invocations that compute one tile together.
    pub(super) fn invocations(self) -> usize {
        match self.team {
            Team::Lane => 1,
            Team::Quad { .. } => QUAD,
            Team::Workgroup => shared::LANES,
        }
    }

    /// Rows that a tile covers.
    pub(super) fn height(self) -> usize {
        self.side() * self.tm
    }

    /// Columns that a tile covers.
    pub(super) fn width(self) -> usize {
        self.side() * self.tn
    }

    /// Tiles down and across.
    pub(super) fn tiles(self, gemm: &Gemm) -> [usize; 2] {
        [gemm.m.div_ceil(self.height()), gemm.n.div_ceil(self.width())]
    }
}
