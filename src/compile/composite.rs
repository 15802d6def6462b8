//! What is made of several nodes.

use super::graph::{Binary, Graph, Id, Unary, len};
use super::loops::reduction::Reduction;

impl Graph {
    /// The quotient of whole numbers, towards zero. A device's division may be a little off, and 41 · (1 / 41) is below 1.
    pub fn quotient(&mut self, a: Id, b: Id) -> Id {
        let (positive_a, positive_b) = (self.unary(Unary::Abs, a), self.unary(Unary::Abs, b));
        let q = self.div(positive_a, positive_b);
        let q = self.unary(Unary::Round, q);
        let back = self.mul(q, positive_b);
        let over = self.binary(Binary::Gt, back, positive_a);
        let q = self.sub(q, over);
        let (a, b) = (self.unary(Unary::Sign, a), self.unary(Unary::Sign, b));
        let sign = self.mul(a, b);
        self.mul(sign, q)
    }

    /// The whole number next to each element, towards zero.
    pub fn truncate(&mut self, x: Id) -> Id {
        let (up, down) = (self.unary(Unary::Ceil, x), self.unary(Unary::Floor, x));
        let negative = self.with_scalar(Binary::Lt, x, 0.0);
        self.where_(negative, up, down)
    }

    /// An index of one dimension, spread over `shape` along `axis`.
    pub fn spread(&mut self, index: Id, axis: usize, shape: &[usize]) -> Id {
        let mut view = vec![1; shape.len()];
        view[axis] = len(self.shape(index));
        let mut full = shape.to_vec();
        full[axis] = view[axis];
        let index = self.reshape(index, &view);
        self.broadcast(index, &full)
    }

    /// Indices of the `k` largest (or smallest) elements along `axis`, in order.
    pub fn top_k(&mut self, x: Id, axis: usize, k: usize, descending: bool) -> Id {
        let key = if descending { x } else { self.neg(x) };
        let mut shape = self.shape(x).to_vec();
        debug_assert!(k <= shape[axis]);
        // Every element knows its rank: it puts its place there. Ranks from k on are nowhere.
        let rank = self.rank(key, axis);
        let place = self.iota(&shape, axis);
        shape[axis] = k;
        self.scatter_add(rank, place, axis, &shape)
    }

    /// `value` everywhere but where `x` goes, from `start` on.
    pub fn pad(&mut self, x: Id, start: &[usize], value: f32, size: &[usize]) -> Id {
        let step = vec![1; start.len()];
        let y = self.embed(x, start, &step, size);
        if value == 0.0 {
            return y;
        }
        let shape = self.shape(x).to_vec();
        let ones = self.fill(1.0, &shape);
        let mask = self.embed(ones, start, &step, size);
        let v = self.fill(value, &[]);
        self.where_(mask, y, v)
    }

    /// The Gaussian error linear unit.
    pub fn gelu(&mut self, x: Id) -> Id {
        let e = self.scale(x, std::f32::consts::FRAC_1_SQRT_2);
        let e = self.unary(Unary::Erf, e);
        let e = self.with_scalar(Binary::Add, e, 1.0);
        let h = self.scale(x, 0.5);
        self.mul(h, e)
    }

    /// The softmax along `axis`, or its logarithm.
    pub fn softmax(&mut self, x: Id, axis: usize, log: bool) -> Id {
        let m = self.reduce(Reduction::Max, x, &[axis]);
        let m = self.stop_gradient(m);
        let z = self.sub(x, m);
        let e = self.unary(Unary::Exp, z);
        let s = self.sum(e, &[axis]);
        if log {
            let l = self.unary(Unary::Log, s);
            return self.sub(z, l);
        }
        self.div(e, s)
    }

    /// Mean 0 and variance 1, but for `epsilon`, along the last axis.
    pub fn normalise(&mut self, x: Id, epsilon: f32) -> Id {
        let last = self.shape(x).len() - 1;
        let n = self.shape(x)[last] as f32;
        let m = self.sum(x, &[last]);
        let m = self.scale(m, 1.0 / n);
        let c = self.sub(x, m);
        let v = self.mul(c, c);
        let v = self.sum(v, &[last]);
        let v = self.scale(v, 1.0 / n);
        let v = self.with_scalar(Binary::Add, v, epsilon);
        let s = self.unary(Unary::Sqrt, v);
        self.div(c, s)
    }
}
