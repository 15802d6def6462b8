//! Place of every element in its row sorted in falling order (ties by position): 0 is the largest.

use crate::emit::Emitter;
use crate::graph::{Graph, Id, Loop, Node, Op};
use crate::index::{At, Lin};
use crate::loops::plain::{Given, lines};
use crate::loops::rule::{Head, Rule, Split, walk};
use latent_small::sort_indices;

pub(super) const NAME: &str = "rank";

pub(super) struct Rank;

impl Rule for Rank {
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
        let mut at = At::Flat(o.clone()).dims(&node.shape, e);
        let me = e.value(node.args[0], &At::Dims(at.clone())).text;
        let here = std::mem::replace(&mut at[of.axes[0]], Lin::var("r", n, 1));
        let v = e.value(node.args[0], &At::Dims(at)).text;
        let body = format!("if ({v} > {me} || ({v} == {me} && r < {})) {{ acc += 1.0f; }}", here.text());
        walk(e, "var acc = 0.0f;", &body, n, parts)
    }
}

/// The same in plain Rust.
pub(super) fn run(of: &Loop, args: &[Given<'_>], shape: &[usize], out: &mut [f32]) {
    let x = args[0].values;
    let mut order: Vec<usize> = vec![];
    for (first, step) in lines(shape, of.axes[0]) {
        order.clear();
        order.extend((0..shape[of.axes[0]]).map(|i| first + i * step));
        // Of equal elements the first comes first. Zeros of both signs are equal.
        sort_indices(&mut order, &|a, b| (x[b] + 0.0).total_cmp(&(x[a] + 0.0)));
        for (place, i) in order.iter().enumerate() {
            out[*i] = place as f32;
        }
    }
}

/// What it takes.
pub(super) fn fits(of: &Loop, args: &[&[usize]], shape: &[usize]) -> bool {
    let ([x], [axis]) = (args, &of.axes[..]) else { return false };
    of.variant == 0 && *x == shape && *axis < shape.len()
}

impl Graph {
    /// Place of every element along `axis` in falling order, 0 for the largest; ties by position.
    pub fn rank(&mut self, x: Id, axis: usize) -> Id {
        let shape = self.shape(x).to_vec();
        self.push(Op::Loop(Loop { name: NAME, axes: vec![axis], variant: 0 }), vec![x], shape)
    }
}
