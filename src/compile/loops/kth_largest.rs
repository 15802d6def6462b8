//! The k-th largest element along the last axis, which stays with length one; arguments `x, k`, where `k` is one number, rounded and
//! held between one and the row's length.

use crate::code::Uses;
use crate::emit::Emitter;
use crate::graph::{Binary, Graph, Id, Loop, Node, Op, Unary};
use crate::index::{At, Lin};
use crate::loops::plain::{Given, equal_but};
use crate::loops::reduction::Reduction;
use crate::loops::rule::{Custom, Head, Rule, Together};
use crate::target::LANES;
use crate::template::fill;

pub(super) const NAME: &str = "k-th largest";

/// Name of the custom operation that it is in Burn.
pub const KTH_LARGEST: &str = "kth_largest";

const BY_WORKGROUP: &str = latent_small::shader!("../../../shaders/loops/kth_largest.wgsl");

/// Longest row that one invocation searches for its k-th largest number, which takes up to 33 walks along it.
const LONG_ROW: usize = 4096;

pub(super) struct KthLargest;

impl Rule for KthLargest {
    fn name(&self) -> &'static str {
        NAME
    }

    fn custom(&self) -> Option<Custom> {
        Some((KTH_LARGEST, |g, inputs| g.kth_largest(inputs[0], inputs[1])))
    }

    fn often(&self) -> usize {
        1
    }

    fn steps(&self, g: &Graph, node: &Node, _: &Loop) -> usize {
        // A walk along the row for each bit, and one for the least.
        33 * g.shape(node.args[0]).last().expect("a row")
    }

    fn together(&self, _: &Loop) -> Together {
        Together::Workgroup
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn turns(&self, steps: usize, lanes: usize) -> usize {
        // Four digits, for each of which the row is walked along and the counts are added up.
        if lanes == 1 { steps } else { 4 * ((steps / 33).div_ceil(lanes) + lanes.ilog2() as usize) }
    }

    fn by_workgroup(&self, e: &mut Emitter, id: Id, _: &Loop, o: &Lin) -> Head {
        let (x, k) = (e.graph.node(id).args[0], e.graph.node(id).args[1]);
        let n = *e.graph.shape(x).last().expect("a row");
        e.uses |= Uses::MATH;
        e.uses |= Uses::BINS;
        let k = e.value(k, &At::Flat(Lin::default())).text;
        let x = e.value(x, &At::Flat(o.scaled(n).plus(&Lin::var("r", n, 1)))).text;
        let text = fill(
            BY_WORKGROUP,
            &[("outer", e.take(0)), ("k", k), ("n", n.to_string()), ("lanes", LANES.to_string()), ("loads", e.take(1)), ("x", x)],
        );
        Head { turns: 4 * n.div_ceil(LANES), text }
    }

    /// The bits of the answer from the highest on, each by counting how many numbers of the row are at least as large. Mostly
    /// over after a dozen counts: as soon as exactly k numbers are, the least of them is it.
    fn head(&self, e: &mut Emitter, id: Id, _: &Loop, o: &Lin, _: usize) -> Head {
        const UNROLL: usize = 4;
        let (x, k) = (e.graph.node(id).args[0], e.graph.node(id).args[1]);
        let n = *e.graph.shape(x).last().expect("a row");
        e.uses |= Uses::MATH;
        let k = e.value(k, &At::Flat(Lin::default())).text;
        let row = o.scaled(n);
        let mut order = |at: Lin| format!("m_order({})", e.value(x, &At::Flat(row.plus(&at))).text);
        let inside: Vec<String> =
            (0..UNROLL).map(|u| order(Lin::var("r", n / UNROLL, 1).scaled(UNROLL).offset(u as i64))).collect();
        let behind: Vec<String> = (n - n % UNROLL..n).map(|r| order(Lin::default().offset(r as i64))).collect();
        let (outer, inner) = (e.take(0), e.take(1));
        let each = |visit: &dyn Fn(&String) -> String| {
            let [inside, behind] = [&inside, &behind].map(|orders| orders.iter().map(visit).collect::<String>());
            format!("for (var r = 0u; r < {}u; r++) {{\n{inner}{inside}}}\n{behind}", n / UNROLL)
        };
        let count = each(&|order| format!("count += select(0.0f, 1.0f, {order} >= probe);\n"));
        let least = each(&|order| format!("least = select(least, min(least, {order}), {order} >= bound);\n"));
        let text = format!(
            "{outer}let wanted = clamp(round({k}), 1.0f, {n}.0f);\nvar bound = 0u;\n\
             for (var bit = 0x80000000u; bit != 0u; bit >>= 1u) {{\nlet probe = bound | bit;\nvar count = 0.0f;\n{count}\
             if (count >= wanted) {{ bound = probe; }}\nif (count == wanted) {{ break; }}\n}}\n\
             var least = 0xffffffffu;\n{least}let acc = m_from_order(least);\n"
        );
        Head { turns: 33 * (n / UNROLL + 1) + 32, text }
    }
}

/// The same in plain Rust.
pub(super) fn run(_: &Loop, args: &[Given<'_>], _: &[usize], out: &mut [f32]) {
    let n = *args[0].shape.last().expect("a row");
    let k = (args[1].values[0].round_ties_even().max(1.0) as usize).min(n);
    let mut row = vec![];
    for (x, out) in args[0].values.chunks_exact(n).zip(out) {
        row.clear();
        row.extend_from_slice(x);
        *out = *row.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1;
    }
}

/// What it takes.
pub(super) fn fits(of: &Loop, args: &[&[usize]], shape: &[usize]) -> bool {
    let ([x, k], []) = (args, &of.axes[..]) else { return false };
    let last = shape.len().wrapping_sub(1);
    of.variant == 0 && k.iter().product::<usize>() == 1 && equal_but(x, shape, last) && shape[last] == 1
}

impl Graph {
    /// The `k`-th largest element of each row; `k` has one element.
    pub fn kth_largest(&mut self, x: Id, k: Id) -> Id {
        let mut shape = self.shape(x).to_vec();
        *shape.last_mut().expect("a row") = 1;
        if let Some(v) = self.as_fill(x) {
            return self.fill(v, &shape);
        }
        if !self.by_one && self.shape(x).last().is_some_and(|n| *n > LONG_ROW) {
            return self.kth_largest_of_many(x, k);
        }
        self.push(Op::Loop(Loop { name: NAME, axes: vec![], variant: 0 }), vec![x, k], shape)
    }

    /// The same for long rows, by counting in parallel: four bits of the answer at a time, by comparing the whole row with
    /// the sixteen candidates.
    fn kth_largest_of_many(&mut self, x: Id, k: Id) -> Id {
        const BITS: u32 = 4;
        let rank = self.shape(x).len();
        let mut one = self.shape(x).to_vec();
        let n = std::mem::replace(&mut one[rank - 1], 1);
        let lengthened = |shape: &[usize], last: usize| shape.iter().copied().chain([last]).collect::<Vec<_>>();
        let k = self.unary(Unary::Round, k);
        let k = self.with_scalar(Binary::Max, k, 1.0);
        let k = self.with_scalar(Binary::Min, k, n as f32);
        let k = self.reshape(k, &vec![1; rank + 1]);
        let mut row = one.clone();
        row.push(n);
        let row = self.reshape(x, &row);
        let mut probes = lengthened(&one, 1);
        probes[rank - 1] = 1 << BITS;
        let digit = self.iota(&probes, rank - 1);
        let mut bound = self.fill(f32::NEG_INFINITY, &lengthened(&one, 1));
        for shift in (0..u32::BITS).step_by(BITS as usize).rev() {
            let advance = Binary::Advance { shift };
            let probe = self.binary(advance, bound, digit);
            let hit = self.binary(Binary::Ge, row, probe);
            let count = self.sum(hit, &[rank]);
            let enough = self.binary(Binary::Ge, count, k);
            let places = self.sum(enough, &[rank - 1]);
            // Everything is at least the first candidate, unless it is not a number.
            let place = self.with_scalar(Binary::Sub, places, 1.0);
            let place = self.with_scalar(Binary::Max, place, 0.0);
            bound = self.binary(advance, bound, place);
        }
        let bound = self.reshape(bound, &one);
        let kept = self.binary(Binary::Ge, x, bound);
        let never = self.fill(f32::INFINITY, &[]);
        let kept = self.where_(kept, x, never);
        self.reduce(Reduction::Min, kept, &[rank - 1])
    }
}
