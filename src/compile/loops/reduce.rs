//! Sums, extremes and products along axes, which stay with length one. The variant is the [`Reduction`].

use crate::emit::{Emitter, reduced};
use crate::graph::{Binary, Graph, Id, Loop, Node, Op, len, strides};
use crate::index::Lin;
use crate::loops::plain::Given;
use crate::loops::reduction::Reduction;
use crate::loops::rule::{Head, Rule, Split, walk};
use latent_small as small;

pub(super) const NAME: &str = "reduce";

pub(super) struct Reduce;

impl Rule for Reduce {
    fn name(&self) -> &'static str {
        NAME
    }

    fn steps(&self, g: &Graph, node: &Node, _: &Loop) -> usize {
        len(g.shape(node.args[0])) / len(&node.shape).max(1)
    }

    fn split(&self) -> Split {
        Split::IfFew
    }

    fn join(&self, of: &Loop) -> Reduction {
        Reduction::ALL[usize::from(of.variant)]
    }

    fn head(&self, e: &mut Emitter, id: Id, of: &Loop, o: &Lin, parts: usize) -> Head {
        let (g, f) = (e.graph, self.join(of));
        let x = g.node(id).args[0];
        let shape = g.shape(x);
        let n: usize = of.axes.iter().map(|a| shape[*a]).product();
        let at = reduced(shape, &of.axes, o, &Lin::var("r", n, 1), e);
        let v = e.value(x, &at);
        walk(e, &format!("var acc = {};", f.start()), &f.join("acc", &v.text), n, parts)
    }

    fn vjp(&self, g: &mut Graph, id: Id, of: &Loop, dy: Id) -> Vec<(usize, Id)> {
        let x = g.node(id).args[0];
        let shape = g.shape(x).to_vec();
        let dy = g.broadcast(dy, &shape);
        let d = match self.join(of) {
            Reduction::Sum => dy,
            Reduction::Max | Reduction::Min => {
                // Equal extremes share the gradient.
                let y = g.broadcast(id, &shape);
                let hit = g.binary(Binary::Eq, x, y);
                let n = g.sum(hit, &of.axes);
                let n = g.broadcast(n, &shape);
                let share = g.div(hit, n);
                g.mul(dy, share)
            }
            Reduction::Prod => {
                let y = g.broadcast(id, &shape);
                let q = g.div(y, x);
                g.mul(dy, q)
            }
        };
        vec![(0, d)]
    }
}

/// The same in plain Rust.
pub(super) fn run(of: &Loop, args: &[Given<'_>], shape: &[usize], out: &mut [f32]) {
    let f = Reduction::ALL[usize::from(of.variant)];
    out.fill(f.begin());
    let (from, to) = (strides(args[0].shape), strides(shape));
    for (i, v) in args[0].values.iter().enumerate() {
        let place = |axis: usize| if shape[axis] == 1 { 0 } else { i / from[axis] % args[0].shape[axis] * to[axis] };
        let acc = &mut out[(0..shape.len()).map(place).sum::<usize>()];
        match f {
            Reduction::Sum => *acc += v,
            Reduction::Prod => *acc *= v,
            Reduction::Max => *acc = acc.max(*v),
            Reduction::Min => *acc = acc.min(*v),
        }
    }
}

/// What it takes.
pub(super) fn fits(of: &Loop, args: &[&[usize]], shape: &[usize]) -> bool {
    let [x] = args else { return false };
    let reduced = |i: usize| of.axes.contains(&i);
    usize::from(of.variant) < Reduction::ALL.len()
        && !of.axes.is_empty()
        && of.axes.is_sorted_by(|a, b| a < b)
        && of.axes.iter().all(|a| *a < x.len())
        && x.len() == shape.len()
        && (0..x.len()).all(|i| shape[i] == if reduced(i) { 1 } else { x[i] })
}

impl Graph {
    /// Reduces over `axes`, which stay with length one.
    pub fn reduce(&mut self, f: Reduction, x: Id, axes: &[usize]) -> Id {
        let mut axes: Vec<usize> = axes.iter().copied().filter(|a| self.shape(x)[*a] != 1).collect();
        small::sort(&mut axes);
        axes.dedup();
        if axes.is_empty() {
            return x;
        }
        let mut shape = self.shape(x).to_vec();
        let n: usize = axes.iter().map(|a| shape[*a]).product();
        for a in &axes {
            shape[*a] = 1;
        }
        if let Some(v) = self.as_fill(x) {
            return match f {
                Reduction::Sum => self.fill(v * n as f32, &shape),
                Reduction::Prod => self.fill(v.powi(n as i32), &shape),
                _ => self.fill(v, &shape),
            };
        }
        // Linear operations with a number move behind the sum: one multiplication in place of many.
        if f == Reduction::Sum
            && let Op::Binary(Binary::Mul) = self.node(x).op
        {
            let (p, q) = (self.node(x).args[0], self.node(x).args[1]);
            for (y, k) in [(p, q), (q, p)] {
                if let Some(c) = self.as_fill(k) {
                    let s = self.reduce(f, y, &axes);
                    return self.scale(s, c);
                }
            }
        }
        match &self.node(x).op {
            Op::Loop(inner) if inner.name == NAME && inner.variant == f as u8 => {
                let all: Vec<usize> = inner.axes.iter().chain(&axes).copied().collect();
                let y = self.node(x).args[0];
                self.reduce(f, y, &all)
            }
            // A full reduction does not care for the shape.
            Op::Reshape if len(&shape) == 1 => {
                let y = self.node(x).args[0];
                let all: Vec<usize> = (0..self.shape(y).len()).collect();
                let r = self.reduce(f, y, &all);
                self.reshape(r, &shape)
            }
            _ => self.push(Op::Loop(Loop { name: NAME, axes, variant: f as u8 }), vec![x], shape),
        }
    }

    /// Sums over `axes`, which stay with length one.
    pub fn sum(&mut self, x: Id, axes: &[usize]) -> Id {
        self.reduce(Reduction::Sum, x, axes)
    }

    /// Sums `x` down to `shape`, undoing a broadcast.
    pub fn sum_to(&mut self, x: Id, shape: &[usize]) -> Id {
        let extra = self.shape(x).len() - shape.len();
        let axes: Vec<usize> = (0..self.shape(x).len()).filter(|a| *a < extra || shape[*a - extra] == 1).collect();
        let s = self.sum(x, &axes);
        self.reshape(s, shape)
    }
}
