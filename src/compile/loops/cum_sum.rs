//! The running sum along an axis, which counts the element itself and all before it (variant 0) or behind it (variant 1).

use crate::emit::Emitter;
use crate::graph::{Graph, Id, Loop, Node, Op};
use crate::index::{At, Lin};
use crate::loops::plain::{Given, lines};
use crate::loops::rule::{Head, Rule, Split, along, walk};

pub(super) const NAME: &str = "running sum";

pub(super) struct CumSum;

impl Rule for CumSum {
    fn name(&self) -> &'static str {
        NAME
    }

    fn often(&self) -> usize {
        1
    }

    fn steps(&self, _: &Graph, node: &Node, of: &Loop) -> usize {
        node.shape[of.axes[0]]
    }

    fn split(&self) -> Split {
        Split::IfLong
    }

    fn head(&self, e: &mut Emitter, id: Id, of: &Loop, o: &Lin, parts: usize) -> Head {
        let node = e.graph.node(id);
        let n = self.steps(e.graph, node, of);
        let (at, here) = along(e, &node.shape, of.axes[0], n, o);
        let v = e.value(node.args[0], &At::Dims(at));
        let op = if of.variant == 1 { ">=" } else { "<=" };
        walk(e, "var acc = 0.0f;", &format!("if (r {op} {}) {{ acc += {}; }}", here.text(), v.text), n, parts)
    }

    fn vjp(&self, g: &mut Graph, _: Id, of: &Loop, dy: Id) -> Vec<(usize, Id)> {
        vec![(0, g.cum_sum(dy, of.axes[0], of.variant == 0))]
    }
}

/// The same in plain Rust.
pub(super) fn run(of: &Loop, args: &[Given<'_>], shape: &[usize], out: &mut [f32]) {
    let n = shape[of.axes[0]];
    for (first, step) in lines(shape, of.axes[0]) {
        let mut sum = 0.0;
        for i in 0..n {
            let i = first + step * if of.variant == 1 { n - 1 - i } else { i };
            sum += args[0].values[i];
            out[i] = sum;
        }
    }
}

/// What it takes.
pub(super) fn fits(of: &Loop, args: &[&[usize]], shape: &[usize]) -> bool {
    let ([x], [axis]) = (args, &of.axes[..]) else { return false };
    of.variant < 2 && *x == shape && *axis < shape.len()
}

impl Graph {
    /// Running sum along `axis`, each element included; from the end if `reverse`.
    pub fn cum_sum(&mut self, x: Id, axis: usize, reverse: bool) -> Id {
        let shape = self.shape(x).to_vec();
        self.push(Op::Loop(Loop { name: NAME, axes: vec![axis], variant: u8::from(reverse) }), vec![x], shape)
    }
}
