//! The compiler's own graph: few operations, static shapes, hash-consed.
//!
//! Every tensor is `f32`; integers and booleans are carried as exact floats (indices stay below 2²⁴). Nodes are made
//! through the builder methods only, which fold constants, merge views and find equal nodes, so that a rule may be
//! written in the plainest way. A node's arguments always precede it: node order is a topological order.

use std::collections::HashMap;
use std::fmt;

use crate::small;

/// Index of a node in its [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

impl Id {
    pub(crate) fn ix(self) -> usize {
        self.0 as usize
    }
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// `-x`
    Neg,
    /// `eˣ`
    Exp,
    /// Natural logarithm; NaN below zero.
    Log,
    /// `ln(1 + x)`, exact near zero.
    Log1p,
    /// Square root; NaN below zero.
    Sqrt,
    /// `|x|`
    Abs,
    /// -1, 0 or 1.
    Sign,
    /// Sine of radians.
    Sin,
    /// Cosine of radians.
    Cos,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + e⁻ˣ)`
    Sigmoid,
    /// `max(x, 0)`, but NaN stays NaN.
    Relu,
    /// `ln(1 + eˣ)`, stable.
    Softplus,
    /// `1 / x`
    Recip,
    /// Largest whole number that is not above.
    Floor,
    /// Smallest whole number that is not below.
    Ceil,
    /// Nearest whole number, halves to the even one.
    Round,
    /// Error function, absolute error below 1.5e-7.
    Erf,
    /// 1 where zero, else 0.
    Not,
    /// 1 where not a number, else 0.
    IsNan,
    /// 1 where infinite, else 0.
    IsInf,
}

/// Functions of two numbers. Comparisons give 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a · b`
    Mul,
    /// `a / b`
    Div,
    /// The smaller one.
    Min,
    /// The larger one.
    Max,
    /// `aᵇ`
    Pow,
    /// Remainder with the sign of the divisor.
    Rem,
    /// `a = b`
    Eq,
    /// `a ≠ b`
    Ne,
    /// `a < b`
    Lt,
    /// `a ≤ b`
    Le,
    /// `a > b`
    Gt,
    /// `a ≥ b`
    Ge,
    /// The number that comes `b · 2^shift` places after `a` in the order of all 32-bit floats.
    Advance {
        /// Power of two that `b` is multiplied with.
        shift: u32,
    },
}

/// Distribution of a [`Op::Random`] node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dist {
    /// Mean 0, standard deviation 1.
    Normal,
    /// `[0, 1)`.
    Uniform,
}

/// Reductions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// `Σ x`
    Sum,
    /// The largest element.
    Max,
    /// The smallest element.
    Min,
    /// `Π x`
    Prod,
}

/// Geometry shared by a convolution, its transpose and its weight gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Pixels from one place of the kernel to the next, down and across.
    pub stride: [usize; 2],
    /// Zeros around the image, on both sides alike.
    pub padding: [usize; 2],
    /// Pixels from one tap of the kernel to the next.
    pub dilation: [usize; 2],
}

/// What a node computes from its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A tensor from outside: parameter, input or control. The payload counts the graph's leaves.
    Leaf(u32),
    /// Recorded data, index into [`Graph::constants`].
    Constant(u32),
    /// One value everywhere, as its bits.
    Fill(u32),
    /// The element's coordinate along `axis`.
    Iota {
        /// The axis that is counted along.
        axis: usize,
    },
    /// Counter-based noise; `stream` tells the operations of a step apart.
    Random {
        /// Distribution of each element.
        dist: Dist,
        /// Number of the operation that draws, unlike that of any other in the graph.
        stream: u32,
    },
    /// A function of each element.
    Unary(Unary),
    /// A function of each pair of elements; both arguments have the node's shape.
    Binary(Binary),
    /// `cond != 0 ? a : b`
    Where,
    /// Identity that no gradient passes.
    StopGradient,
    /// The same elements in row-major order, in another shape.
    Reshape,
    /// Dimension `i` of the result is dimension `axes[i]` of the argument.
    Permute(Vec<usize>),
    /// Repeats dimensions of length one.
    Broadcast,
    /// Elements `start + i * step` of each dimension.
    Slice {
        /// First element of each dimension.
        start: Vec<usize>,
        /// Distance between elements of each dimension, at least 1.
        step: Vec<usize>,
    },
    /// Puts elements at `start + i * step` of each dimension of a zero tensor: the adjoint of [`Op::Slice`].
    Embed {
        /// Where the first element of each dimension goes.
        start: Vec<usize>,
        /// Distance between elements of each dimension, at least 1.
        step: Vec<usize>,
    },
    /// Reverses the order along these axes.
    Flip(Vec<usize>),
    /// Joins along an axis.
    Concat(usize),
    /// Keeps the reduced axes with length one.
    Reduce(Reduction, Vec<usize>),
    /// Index of the first largest (`true`) or smallest element along an axis, kept with length one.
    ArgReduce {
        /// Whether the largest is looked for.
        largest: bool,
        /// The axis that is searched.
        axis: usize,
    },
    /// `[.., m, k] × [.., k, n]`, equal leading dimensions.
    MatMul,
    /// `x [n, ci, h, w]`, `w [co, ci, kh, kw]`.
    Conv2d(Conv),
    /// `x [n, ci, h, w]`, `w [ci, co, kh, kw]`; the output size is the node's shape.
    ConvTranspose2d(Conv),
    /// Gradient of the weight of [`Op::Conv2d`]: `x [n, ci, h, w]`, `dy [n, co, oh, ow]` to `[co, ci, kh, kw]`.
    ConvWeight(Conv),
    /// `out[.., i, ..] = x[.., index[.., i, ..], ..]`, index of the output's shape.
    Gather(usize),
    /// `out[.., index[.., i, ..], ..] += v[.., i, ..]`, arguments `index, v`: the adjoint of [`Op::Gather`].
    ScatterAdd(usize),
    /// Running sum along an axis, from the end if `reverse`.
    CumSum {
        /// The axis that is summed along.
        axis: usize,
        /// Whether an element counts itself and all behind it, instead of all before it.
        reverse: bool,
    },
    /// Place of every element in its row sorted in falling order (ties by position): 0 is the largest.
    Rank(usize),
    /// The k-th largest element along the last axis, which stays with length one; arguments `x, k`, where `k` is one number,
    /// rounded and held between one and the row's length.
    KthLargest,
}

/// One tensor of the graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// Its arguments, in the order that [`Op`] says; each precedes it.
    pub args: Vec<Id>,
    /// Its dimensions; empty for one number.
    pub shape: Vec<usize>,
}

/// A tensor computation with static shapes.
///
/// Equal expressions are one node, so a gradient can be recognised by its id, and constants are computed as they are built:
///
/// ```
/// use latent_lab::compile::graph::Binary;
/// use latent_lab::compile::{CompileError, Graph, Id, grad::gradients};
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
    seen: HashMap<(Op, Vec<Id>, Vec<usize>), Id>,
}

/// Why a graph does not compile. The text names the operation.
#[derive(Clone, Debug, PartialEq)]
pub enum CompileError {
    /// An operation that the compiler does not know.
    NoRule(String),
    /// Shapes that do not fit together.
    Shape(String),
    /// The plan needs more than the adapter has.
    TooLarge {
        /// Which of its buffers.
        what: &'static str,
        /// Bytes that it needs.
        need: u64,
        /// Bytes that the adapter allows.
        limit: u64,
    },
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRule(op) => write!(f, "the step compiler has no rule for the operation {op}"),
            Self::Shape(text) => write!(f, "shapes do not fit: {text}"),
            Self::TooLarge { what, need, limit } => write!(f, "{what} needs {need} bytes, the adapter allows {limit}"),
        }
    }
}

impl std::error::Error for CompileError {}

/// Elements of a shape.
pub fn len(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Row-major strides of a shape.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut out = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        out[i - 1] = out[i] * shape[i];
    }
    out
}

impl Unary {
    /// The function on the CPU, for constant folding.
    pub fn eval(self, x: f32) -> f32 {
        match self {
            Self::Neg => -x,
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Log1p => x.ln_1p(),
            Self::Sqrt => x.sqrt(),
            Self::Abs => x.abs(),
            Self::Sign => {
                if x == 0.0 {
                    0.0
                } else {
                    x.signum()
                }
            }
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Relu => {
                if x <= 0.0 {
                    0.0
                } else {
                    x
                }
            }
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Recip => 1.0 / x,
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round_ties_even(),
            Self::Erf => erf(x),
            Self::Not => f32::from(x == 0.0),
            Self::IsNan => f32::from(x.is_nan()),
            Self::IsInf => f32::from(x.is_infinite()),
        }
    }
}

/// Abramowitz & Stegun 7.1.26, absolute error below 1.5e-7; the same polynomial as in `shaders/shared/math.wgsl`.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let p = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    (1.0 - p * (-x * x).exp()).copysign(x)
}

/// Bits that are ordered as the numbers are; the same as in `shaders/shared/math.wgsl`.
fn order(x: f32) -> u32 {
    let bits = x.to_bits();
    if x.is_sign_negative() { !bits } else { bits | 1 << 31 }
}

fn from_order(order: u32) -> f32 {
    f32::from_bits(if order >> 31 == 1 { order & !(1 << 31) } else { !order })
}

/// Most turns of one loop in an invocation. Mesa's software adapters leave all loops, without a word, once an invocation has
/// taken 65,535 turns of them together: a quarter is left to those around this one and inside it.
pub(super) const TURNS: usize = 48 << 10;

/// Longest row that one invocation searches for its k-th largest number, which takes up to 33 walks along it.
const LONG_ROW: usize = 4096;

impl Binary {
    /// The function on the CPU, for constant folding.
    pub fn eval(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Min => a.min(b),
            Self::Max => a.max(b),
            Self::Pow => a.powf(b),
            Self::Rem => {
                // The quotient may have been rounded up to a whole number, or down from one.
                let r = a - b * (a / b).floor();
                match r {
                    _ if r * b < 0.0 => r + b,
                    _ if r.abs() >= b.abs() => r - b,
                    _ => r,
                }
            }
            Self::Eq => f32::from(a == b),
            Self::Ne => f32::from(a != b),
            Self::Lt => f32::from(a < b),
            Self::Le => f32::from(a <= b),
            Self::Gt => f32::from(a > b),
            Self::Ge => f32::from(a >= b),
            Self::Advance { shift } => from_order(order(a).wrapping_add((b as u32) << shift)),
        }
    }

    /// Whether a gradient flows through it.
    pub fn smooth(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Min | Self::Max | Self::Pow)
    }
}

impl Graph {
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

    fn push(&mut self, op: Op, args: Vec<Id>, shape: Vec<usize>) -> Id {
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
            Op::Reduce(g, inner) if *g == f => {
                let all: Vec<usize> = inner.iter().chain(&axes).copied().collect();
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
            _ => self.push(Op::Reduce(f, axes), vec![x], shape),
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
        self.push(Op::ArgReduce { largest, axis }, vec![x], shape)
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

    /// Adds `v` at `index` along `axis` of zeros with `size` places there.
    pub fn scatter_add(&mut self, index: Id, v: Id, axis: usize, shape: &[usize]) -> Id {
        if self.as_fill(v) == Some(0.0) {
            return self.fill(0.0, shape);
        }
        self.push(Op::ScatterAdd(axis), vec![index, v], shape.to_vec())
    }

    /// Running sum along `axis`, each element included; from the end if `reverse`.
    pub fn cum_sum(&mut self, x: Id, axis: usize, reverse: bool) -> Id {
        let shape = self.shape(x).to_vec();
        self.push(Op::CumSum { axis, reverse }, vec![x], shape)
    }

    /// Place of every element along `axis` in falling order, 0 for the largest; ties by position.
    pub fn rank(&mut self, x: Id, axis: usize) -> Id {
        let shape = self.shape(x).to_vec();
        self.push(Op::Rank(axis), vec![x], shape)
    }

    /// The `k`-th largest element of each row; `k` has one element.
    pub fn kth_largest(&mut self, x: Id, k: Id) -> Id {
        let mut shape = self.shape(x).to_vec();
        *shape.last_mut().expect("a row") = 1;
        if let Some(v) = self.as_fill(x) {
            return self.fill(v, &shape);
        }
        if self.shape(x).last().is_some_and(|n| *n > LONG_ROW) {
            return self.kth_largest_of_many(x, k);
        }
        self.push(Op::KthLargest, vec![x, k], shape)
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

/// The shape that two shapes broadcast to.
///
/// # Panics
/// If they do not fit: Burn has checked them before.
pub fn broadcast_shape(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    (0..rank)
        .map(|i| {
            let at = |s: &[usize]| if i + s.len() >= rank { s[i + s.len() - rank] } else { 1 };
            let (x, y) = (at(a), at(b));
            assert!(x == y || x == 1 || y == 1, "shapes {a:?} and {b:?} do not broadcast");
            if x == 1 { y } else { x }
        })
        .collect()
}
