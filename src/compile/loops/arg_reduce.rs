//! Where the first largest (variant 1) or smallest (variant 0) element along an axis is; the axis stays with length one.

use crate::emit::{Emitter, reduced};
use crate::graph::{Binary, Graph, Id, Loop, Node, Op};
use crate::index::Lin;
use crate::loops::plain::{Given, equal_but, lines};
use crate::loops::reduction::Reduction;
use crate::loops::rule::{Head, Rule, Together, walk};
use crate::target::TURNS;

pub(super) const NAME: &str = "arg reduce";

pub(super) struct ArgReduce;

impl Rule for ArgReduce {
    fn name(&self) -> &'static str {
        NAME
    }

    fn steps(&self, g: &Graph, node: &Node, of: &Loop) -> usize {
        g.shape(node.args[0])[of.axes[0]]
    }

    fn together(&self, of: &Loop) -> Together {
        let op = if of.variant == 1 { '>' } else { '<' };
        let join = format!(
            "if (best_there {op} best || (best_there == best && acc_there < acc)) {{\nbest = best_there;\nacc = acc_there;\n}}"
        );
        Together::Walk { found: &["acc", "best"], join }
    }

    fn head(&self, e: &mut Emitter, id: Id, of: &Loop, o: &Lin, parts: usize) -> Head {
        let x = e.graph.node(id).args[0];
        let shape = e.graph.shape(x);
        let n = shape[of.axes[0]];
        let at = reduced(shape, &of.axes, o, &Lin::var("r", n, 1), e);
        let v = e.value(x, &at).text;
        let (first, op) = if of.variant == 1 { (Reduction::Max, ">") } else { (Reduction::Min, "<") };
        let init = format!("var acc = 0.0f;\nvar best = {};", first.start());
        walk(e, &init, &format!("if ({v} {op} best) {{ best = {v}; acc = f32(r); }}"), n, parts)
    }
}

/// The same in plain Rust.
pub(super) fn run(of: &Loop, args: &[Given<'_>], _: &[usize], out: &mut [f32]) {
    let (x, axis) = (&args[0], of.axes[0]);
    for ((first, step), out) in lines(x.shape, axis).zip(out) {
        let (mut best, mut at) = (None::<f32>, 0);
        for i in 0..x.shape[axis] {
            let v = x.values[first + i * step];
            if best.is_none_or(|b| if of.variant == 1 { v > b } else { v < b }) && !v.is_nan() {
                (best, at) = (Some(v), i);
            }
        }
        *out = at as f32;
    }
}

/// What it takes.
pub(super) fn fits(of: &Loop, args: &[&[usize]], shape: &[usize]) -> bool {
    let ([x], [axis]) = (args, &of.axes[..]) else { return false };
    of.variant < 2 && equal_but(x, shape, *axis) && shape[*axis] == 1
}

impl Graph {
    /// Index of the first largest, or smallest, element along `axis`, which stays with length one.
    pub fn arg_reduce(&mut self, largest: bool, x: Id, axis: usize) -> Id {
        let mut shape = self.shape(x).to_vec();
        let n = shape[axis];
        if n > TURNS {
            // The first place that has the extreme: sums and extremes can be found in pieces.
            let extreme = self.reduce(if largest { Reduction::Max } else { Reduction::Min }, x, &[axis]);
            let hit = self.binary(Binary::Eq, x, extreme);
            let (place, last) = (self.iota(&shape, axis), self.fill(n as f32 - 1.0, &[]));
            let place = self.where_(hit, place, last);
            return self.reduce(Reduction::Min, place, &[axis]);
        }
        shape[axis] = 1;
        self.push(Op::Loop(Loop { name: NAME, axes: vec![axis], variant: u8::from(largest) }), vec![x], shape)
    }
}
