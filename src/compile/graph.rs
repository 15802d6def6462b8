//! The compiler's own graph: few operations, static shapes, hash-consed.
//!
//! Every tensor is `f32`; integers and booleans are carried as exact floats (indices stay below 2²⁴). Nodes are made
//! through the builder methods only, which fold constants, merge views and find equal nodes, so that a rule may be
//! written in the plainest way. A node's arguments always precede it: node order is a topological order.

pub use super::arith::Binary;
use super::hash::Map;
pub use super::node::{CompileError, Conv, Dist, Id, Loop, Node, Op, broadcast_shape, len, strides};
pub use super::unary::Unary;

/// A tensor computation with static shapes.
///
/// Equal expressions are one node, so a gradient can be recognised by its id, and constants are computed as they are built:
///
/// ```
/// use latent_compile::graph::Binary;
/// use latent_compile::{CompileError, Graph, Id, grad::gradients};
///
/// fn product_and_one(g: &mut Graph, x: Id, y: Id) -> Id {
///     let xy = g.mul(x, y);
///     g.with_scalar(Binary::Add, xy, 1.0)
/// }
///
/// let mut g = Graph::default();
/// let (x, y) = (g.leaf(&[1]), g.leaf(&[1]));
/// let z = product_and_one(&mut g, x, y);
/// assert_eq!(gradients(&mut g, z, &[x, y])?, [y, x]);
///
/// let (three, four) = (g.fill(3.0, &[1]), g.fill(4.0, &[1]));
/// let z = product_and_one(&mut g, three, four);
/// assert_eq!(g.as_fill(z), Some(13.0));
/// # Ok::<(), CompileError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Data of [`Op::Constant`] nodes.
    pub constants: Vec<Vec<f32>>,
    leaves: u32,
    streams: u32,
    seen: Map<(Op, Vec<Id>, Vec<usize>), Id>,
    /// One lane walks along each row, however long it is: nothing is taken apart for others to share it.
    pub(crate) by_one: bool,
}

impl Graph {
    /// One for a processor, which is quickest along a row by itself.
    pub fn for_processor() -> Self {
        Self { by_one: true, ..Self::default() }
    }

    /// The node called `id`.
    ///
    /// # Panics
    /// If it is of another graph.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.ix()]
    }

    /// Dimensions of a node; empty for one number.
    pub fn shape(&self, id: Id) -> &[usize] {
        &self.nodes[id.ix()].shape
    }

    /// Nodes so far, those that nothing needs included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Ids in topological order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = Id> + use<> {
        (0..self.nodes.len() as u32).map(Id)
    }

    pub(super) fn push(&mut self, op: Op, args: Vec<Id>, shape: Vec<usize>) -> Id {
        let key = (op, args, shape);
        if let Some(id) = self.seen.get(&key) {
            return *id;
        }
        let id = Id(self.nodes.len() as u32);
        self.nodes.push(Node { op: key.0.clone(), args: key.1.clone(), shape: key.2.clone() });
        self.seen.insert(key, id);
        id
    }

    /// A new tensor from outside.
    pub fn leaf(&mut self, shape: &[usize]) -> Id {
        self.leaves += 1;
        self.push(Op::Leaf(self.leaves - 1), vec![], shape.to_vec())
    }

    /// Recorded data.
    pub fn constant(&mut self, data: Vec<f32>, shape: &[usize]) -> Id {
        if let Some(first) = data.first()
            && data.iter().all(|v| v.to_bits() == first.to_bits())
        {
            return self.fill(*first, shape);
        }
        self.constants.push(data);
        self.push(Op::Constant(self.constants.len() as u32 - 1), vec![], shape.to_vec())
    }

    /// One value everywhere.
    pub fn fill(&mut self, value: f32, shape: &[usize]) -> Id {
        self.push(Op::Fill(value.to_bits()), vec![], shape.to_vec())
    }

    /// A fresh stream of noise.
    pub fn random(&mut self, dist: Dist, shape: &[usize]) -> Id {
        self.streams += 1;
        self.push(Op::Random { dist, stream: self.streams - 1 }, vec![], shape.to_vec())
    }

    /// The coordinate of each element along `axis`.
    pub fn iota(&mut self, shape: &[usize], axis: usize) -> Id {
        self.push(Op::Iota { axis }, vec![], shape.to_vec())
    }

    /// The value of a node that is one value everywhere.
    pub fn as_fill(&self, id: Id) -> Option<f32> {
        match self.node(id).op {
            Op::Fill(bits) => Some(f32::from_bits(bits)),
            _ => None,
        }
    }

    /// Applies `f` to each element, in any shape.
    pub fn unary(&mut self, f: Unary, x: Id) -> Id {
        let shape = self.shape(x).to_vec();
        if let Some(v) = self.as_fill(x) {
            return self.fill(f.eval(v), &shape);
        }
        match (f, &self.node(x).op) {
            (Unary::Neg, Op::Unary(Unary::Neg)) => return self.node(x).args[0],
            (Unary::Exp, Op::Unary(Unary::Log)) => return self.node(x).args[0],
            _ => {}
        }
        self.push(Op::Unary(f), vec![x], shape)
    }

    /// Applies `f` elementwise. Dimensions of length one are repeated, missing leading ones added.
    pub fn binary(&mut self, f: Binary, a: Id, b: Id) -> Id {
        let shape = broadcast_shape(self.shape(a), self.shape(b));
        let (a, b) = (self.broadcast(a, &shape), self.broadcast(b, &shape));
        let (fa, fb) = (self.as_fill(a), self.as_fill(b));
        match (f, fa, fb) {
            (_, Some(x), Some(y)) => return self.fill(f.eval(x, y), &shape),
            (Binary::Add, Some(0.0), _) | (Binary::Mul, Some(1.0), _) => return b,
            (Binary::Add | Binary::Sub, _, Some(0.0)) | (Binary::Mul | Binary::Div | Binary::Pow, _, Some(1.0)) => return a,
            // A gradient that is exactly zero is a structural zero: nothing depends on it, NaN included.
            (Binary::Mul | Binary::Div, Some(0.0), _) | (Binary::Mul, _, Some(0.0)) => {
                return self.fill(0.0, &shape);
            }
            (Binary::Sub, Some(0.0), _) => return self.unary(Unary::Neg, b),
            (Binary::Mul, Some(-1.0), _) => return self.unary(Unary::Neg, b),
            (Binary::Mul, _, Some(-1.0)) => return self.unary(Unary::Neg, a),
            (Binary::Div, _, Some(y)) => {
                let r = self.fill(1.0 / y, &shape);
                return self.binary(Binary::Mul, a, r);
            }
            (Binary::Pow, _, Some(2.0)) => return self.binary(Binary::Mul, a, a),
            (Binary::Pow, _, Some(0.5)) => return self.unary(Unary::Sqrt, a),
            (Binary::Pow, _, Some(-1.0)) => return self.unary(Unary::Recip, a),
            _ => {}
        }
        // x·c·d is x·(cd)
        if f == Binary::Mul
            && let (Some(c), None) | (None, Some(c)) = (fa, fb)
        {
            let x = if fa.is_some() { b } else { a };
            if let Op::Binary(Binary::Mul) = self.node(x).op {
                let (p, q) = (self.node(x).args[0], self.node(x).args[1]);
                for (y, k) in [(p, q), (q, p)] {
                    if let Some(d) = self.as_fill(k) {
                        let cd = self.fill(c * d, &shape);
                        return self.binary(Binary::Mul, y, cd);
                    }
                }
            }
        }
        // A shader compiler may take x ≠ x for false; Burn asks for NaN that way.
        if a == b && matches!(f, Binary::Eq | Binary::Ne) {
            let nan = self.unary(Unary::IsNan, a);
            return if f == Binary::Ne { nan } else { self.unary(Unary::Not, nan) };
        }
        // Commutative functions have one form, so that equal expressions meet.
        let (a, b) = match f {
            Binary::Add | Binary::Mul | Binary::Eq | Binary::Ne if a > b => (b, a),
            _ => (a, b),
        };
        self.push(Op::Binary(f), vec![a, b], shape)
    }

    /// `a + b`, broadcast as in [`Graph::binary`].
    pub fn add(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Add, a, b)
    }

    /// `a - b`, broadcast as in [`Graph::binary`].
    pub fn sub(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Sub, a, b)
    }

    /// `a · b` elementwise, broadcast as in [`Graph::binary`].
    pub fn mul(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Mul, a, b)
    }

    /// `a / b`, broadcast as in [`Graph::binary`].
    pub fn div(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Div, a, b)
    }

    /// `-a`
    pub fn neg(&mut self, a: Id) -> Id {
        self.unary(Unary::Neg, a)
    }

    /// `x` times a number.
    pub fn scale(&mut self, x: Id, c: f32) -> Id {
        let c = self.fill(c, &[]);
        self.mul(x, c)
    }

    /// `f(x, c)` for a number `c`.
    pub fn with_scalar(&mut self, f: Binary, x: Id, c: f32) -> Id {
        let c = self.fill(c, &[]);
        self.binary(f, x, c)
    }

    /// `cond != 0 ? a : b` elementwise; the shapes are broadcast to a common one.
    pub fn where_(&mut self, cond: Id, a: Id, b: Id) -> Id {
        let shape = broadcast_shape(&broadcast_shape(self.shape(cond), self.shape(a)), self.shape(b));
        let (cond, a, b) = (self.broadcast(cond, &shape), self.broadcast(a, &shape), self.broadcast(b, &shape));
        if let Some(c) = self.as_fill(cond) {
            return if c != 0.0 { a } else { b };
        }
        if a == b {
            return a;
        }
        self.push(Op::Where, vec![cond, a, b], shape)
    }

    /// `x` itself, but no gradient passes.
    pub fn stop_gradient(&mut self, x: Id) -> Id {
        let shape = self.shape(x).to_vec();
        self.push(Op::StopGradient, vec![x], shape)
    }

    /// The same tensor as a node of its own: equal tensors are one node, and a gradient with respect to one would else be one with
    /// respect to all.
    pub fn point(&mut self, x: Id) -> Id {
        let shape = self.shape(x).to_vec();
        self.push(Op::Reshape, vec![x], shape)
    }

    /// The same elements in row-major order, in another shape.
    ///
    /// # Panics
    /// If the number of elements differs.
    pub fn reshape(&mut self, x: Id, shape: &[usize]) -> Id {
        assert_eq!(len(self.shape(x)), len(shape), "reshape {:?} to {shape:?}", self.shape(x));
        if self.shape(x) == shape {
            return x;
        }
        match self.node(x).op {
            Op::Fill(bits) => self.fill(f32::from_bits(bits), shape),
            Op::Reshape => {
                let inner = self.node(x).args[0];
                self.reshape(inner, shape)
            }
            _ => self.push(Op::Reshape, vec![x], shape.to_vec()),
        }
    }

    /// Reorders dimensions: that number `i` of the result is number `axes[i]` of `x`.
    pub fn permute(&mut self, x: Id, axes: &[usize]) -> Id {
        if axes.iter().enumerate().all(|(i, a)| i == *a) {
            return x;
        }
        let shape: Vec<usize> = axes.iter().map(|a| self.shape(x)[*a]).collect();
        match &self.node(x).op {
            Op::Fill(bits) => {
                let v = f32::from_bits(*bits);
                self.fill(v, &shape)
            }
            Op::Permute(inner) => {
                let axes: Vec<usize> = axes.iter().map(|a| inner[*a]).collect();
                let y = self.node(x).args[0];
                self.permute(y, &axes)
            }
            _ => self.push(Op::Permute(axes.to_vec()), vec![x], shape),
        }
    }

    /// Swaps two dimensions.
    pub fn swap(&mut self, x: Id, i: usize, j: usize) -> Id {
        let mut axes: Vec<usize> = (0..self.shape(x).len()).collect();
        axes.swap(i, j);
        self.permute(x, &axes)
    }

    /// Repeats dimensions of length one and adds leading ones.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn broadcast(&mut self, x: Id, shape: &[usize]) -> Id {
        if self.shape(x) == shape {
            return x;
        }
        if let Some(v) = self.as_fill(x) {
            return self.fill(v, shape);
        }
        let mut padded = vec![1; shape.len() - self.shape(x).len()];
        padded.extend_from_slice(self.shape(x));
        assert!(padded.iter().zip(shape).all(|(a, b)| *a == *b || *a == 1), "broadcast {padded:?} to {shape:?}");
        let x = self.reshape(x, &padded);
        if padded == shape {
            return x;
        }
        if let Op::Broadcast = self.node(x).op {
            let inner = self.node(x).args[0];
            return self.broadcast(inner, shape);
        }
        self.push(Op::Broadcast, vec![x], shape.to_vec())
    }

    /// Elements `start + i * step` of each dimension of `x`, as many as `shape` says.
    pub fn slice(&mut self, x: Id, start: &[usize], step: &[usize], shape: &[usize]) -> Id {
        if self.shape(x) == shape {
            return x;
        }
        if let Some(v) = self.as_fill(x) {
            return self.fill(v, shape);
        }
        self.push(Op::Slice { start: start.to_vec(), step: step.to_vec() }, vec![x], shape.to_vec())
    }

    /// Zeros of `shape` with `x` at `start + i * step`.
    pub fn embed(&mut self, x: Id, start: &[usize], step: &[usize], shape: &[usize]) -> Id {
        if self.shape(x) == shape {
            return x;
        }
        if self.as_fill(x) == Some(0.0) {
            return self.fill(0.0, shape);
        }
        self.push(Op::Embed { start: start.to_vec(), step: step.to_vec() }, vec![x], shape.to_vec())
    }

    /// Reverses the order of the elements along `axes`.
    pub fn flip(&mut self, x: Id, axes: &[usize]) -> Id {
        let shape = self.shape(x).to_vec();
        if self.as_fill(x).is_some() {
            return x;
        }
        self.push(Op::Flip(axes.to_vec()), vec![x], shape)
    }

    /// Joins `parts` along `axis`; their other dimensions are equal.
    ///
    /// # Panics
    /// If there are none.
    pub fn concat(&mut self, parts: &[Id], axis: usize) -> Id {
        if parts.len() == 1 {
            return parts[0];
        }
        let mut shape = self.shape(parts[0]).to_vec();
        shape[axis] = parts.iter().map(|p| self.shape(*p)[axis]).sum();
        self.push(Op::Concat(axis), parts.to_vec(), shape)
    }

    /// `[.., m, k] × [.., k, n]`; leading dimensions are broadcast.
    ///
    /// # Errors
    /// If the inner dimensions differ.
    pub fn matmul(&mut self, a: Id, b: Id) -> Result<Id, CompileError> {
        let (sa, sb) = (self.shape(a).to_vec(), self.shape(b).to_vec());
        let (ra, rb) = (sa.len(), sb.len());
        if ra < 2 || rb < 2 || sa[ra - 1] != sb[rb - 2] {
            return Err(CompileError::Shape(format!("matrix product of {sa:?} and {sb:?}")));
        }
        let (m, k, n) = (sa[ra - 2], sa[ra - 1], sb[rb - 1]);
        let lead = broadcast_shape(&sa[..ra - 2], &sb[..rb - 2]);
        let with = |x: usize, y: usize| lead.iter().copied().chain([x, y]).collect::<Vec<_>>();
        let (a, b) = (self.broadcast(a, &with(m, k)), self.broadcast(b, &with(k, n)));
        let shape = with(m, n);
        if self.as_fill(a) == Some(0.0) || self.as_fill(b) == Some(0.0) {
            return Ok(self.fill(0.0, &shape));
        }
        Ok(self.push(Op::MatMul, vec![a, b], shape))
    }

    /// `x [n, ci, h, w]` with `w [co, ci, kh, kw]`.
    pub fn conv2d(&mut self, x: Id, w: Id, c: Conv) -> Id {
        let (sx, sw) = (self.shape(x), self.shape(w));
        let size = |i: usize| (sx[2 + i] + 2 * c.padding[i] - c.dilation[i] * (sw[2 + i] - 1) - 1) / c.stride[i] + 1;
        let shape = vec![sx[0], sw[0], size(0), size(1)];
        self.push(Op::Conv2d(c), vec![x, w], shape)
    }

    /// `x [n, ci, h, w]` with `w [ci, co, kh, kw]` to images of `size`.
    pub fn conv_transpose2d(&mut self, x: Id, w: Id, c: Conv, size: [usize; 2]) -> Id {
        let shape = vec![self.shape(x)[0], self.shape(w)[1], size[0], size[1]];
        self.push(Op::ConvTranspose2d(c), vec![x, w], shape)
    }

    /// Weight gradient `[co, ci, kernel]` of [`Op::Conv2d`] on `x` with output gradient `dy`.
    pub fn conv_weight(&mut self, x: Id, dy: Id, c: Conv, kernel: [usize; 2]) -> Id {
        let shape = vec![self.shape(dy)[1], self.shape(x)[1], kernel[0], kernel[1]];
        self.push(Op::ConvWeight(c), vec![x, dy], shape)
    }

    /// Elements of `x` at `index` along `axis`, in the shape of `index`; the other coordinates are the element's own.
    pub fn gather(&mut self, x: Id, index: Id, axis: usize) -> Id {
        let shape = self.shape(index).to_vec();
        self.push(Op::Gather(axis), vec![x, index], shape)
    }

    /// Floating-point operations of one node, products and sums counted apart; matrix-like operations only.
    pub fn flops(&self, id: Id) -> u64 {
        let node = self.node(id);
        let out = len(&node.shape) as u64;
        let arg = |i: usize| self.shape(node.args[i]);
        2 * out
            * match &node.op {
                Op::MatMul => *arg(0).last().expect("a matrix") as u64,
                Op::Conv2d(_) => len(&arg(1)[1..]) as u64,
                Op::ConvTranspose2d(c) => {
                    let w = arg(1);
                    (w[0] * w[2].div_ceil(c.stride[0]) * w[3].div_ceil(c.stride[1])) as u64
                }
                Op::ConvWeight(_) => (arg(1)[0] * arg(1)[2] * arg(1)[3]) as u64,
                _ => 0,
            }
    }
}
