//! `out[.., index[.., i, ..], ..] += v[.., i, ..]`, arguments `index, v`: the adjoint of [`Op::Gather`].

use crate::emit::Emitter;
use crate::graph::{Graph, Id, Loop, Node, Op};
use crate::index::{At, Lin};
use crate::loops::plain::{Given, equal_but, lines};
use crate::loops::rule::{Head, Rule, Split, along, walk};

pub(super) const NAME: &str = "scatter";

pub(super) struct ScatterAdd;

impl Rule for ScatterAdd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn often(&self) -> usize {
        2
    }

    fn steps(&self, g: &Graph, node: &Node, of: &Loop) -> usize {
        g.shape(node.args[1])[of.axes[0]]
    }

    fn split(&self) -> Split {
        Split::IfLong
    }

    fn head(&self, e: &mut Emitter, id: Id, of: &Loop, o: &Lin, parts: usize) -> Head {
        let node = e.graph.node(id);
        let (index, x) = (node.args[0], node.args[1]);
        let n = self.steps(e.graph, node, of);
        let (at, place) = along(e, &node.shape, of.axes[0], n, o);
        let (i, v) = (e.value(index, &At::Dims(at.clone())), e.value(x, &At::Dims(at)));
        let body = format!("if (u32({}) == {}) {{ acc += {}; }}", i.text, place.text(), v.text);
        walk(e, "var acc = 0.0f;", &body, n, parts)
    }

    /// Values are loaded where they are added, which is nearly nowhere.
    fn share(&self, e: &mut Emitter, id: Id, of: &Loop, o: &Lin, parts: usize) -> Head {
        let node = e.graph.node(id);
        let (index, x) = (node.args[0], node.args[1]);
        let n = self.steps(e.graph, node, of);
        let (at, place) = along(e, &node.shape, of.axes[0], n, o);
        let i = e.value(index, &At::Dims(at.clone())).text;
        let before = e.take(1);
        let v = e.value(x, &At::Dims(at)).text;
        let body = format!("{before}if (u32({i}) == {}) {{\n{}acc += {v};\n}}", place.text(), e.take(1));
        walk(e, "var acc = 0.0f;", &body, n, parts)
    }

    fn vjp(&self, g: &mut Graph, id: Id, of: &Loop, dy: Id) -> Vec<(usize, Id)> {
        let index = g.node(id).args[0];
        vec![(1, g.gather(dy, index, of.axes[0]))]
    }
}

/// The same in plain Rust.
pub(super) fn run(of: &Loop, args: &[Given<'_>], shape: &[usize], out: &mut [f32]) {
    let (index, v, axis) = (&args[0], &args[1], of.axes[0]);
    out.fill(0.0);
    let step: usize = shape[axis + 1..].iter().product();
    let outer: usize = shape[axis] * step;
    for (line, (first, _)) in lines(v.shape, axis).enumerate() {
        let to = line / step * outer + line % step;
        for i in 0..v.shape[axis] {
            let at = first + i * step;
            let place = index.values[at] as usize;
            if place < shape[axis] {
                out[to + place * step] += v.values[at];
            }
        }
    }
}

/// What it takes.
pub(super) fn fits(of: &Loop, args: &[&[usize]], shape: &[usize]) -> bool {
    let ([index, v], [axis]) = (args, &of.axes[..]) else { return false };
    of.variant == 0 && index == v && equal_but(v, shape, *axis)
}

impl Graph {
    /// Adds `v` at `index` along `axis` of zeros with `size` places there.
    pub fn scatter_add(&mut self, index: Id, v: Id, axis: usize, shape: &[usize]) -> Id {
        if self.as_fill(v) == Some(0.0) {
            return self.fill(0.0, shape);
        }
        self.push(Op::Loop(Loop { name: NAME, axes: vec![axis], variant: 0 }), vec![index, v], shape.to_vec())
    }
}
