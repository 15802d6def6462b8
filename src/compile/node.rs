//! The nodes of a graph: what each computes, from what, in which shape.

use std::fmt;
use std::ops::Index;

use super::arith::Binary;
use super::unary::Unary;

/// Index of a node in its [`Graph`](super::graph::Graph).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

impl Id {
    pub(crate) fn ix(self) -> usize {
        self.0 as usize
    }
}

/// Distribution of a [`Op::Random`] node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dist {
    /// Mean 0, standard deviation 1.
    Normal,
    /// `[0, 1)`.
    Uniform,
}

/// What a node of [`super::loops`] computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Loop {
    /// Name of its rule.
    pub name: &'static str,
    /// Axes that its loop walks along, in rising order.
    pub axes: Vec<usize>,
    /// Which of the rule's functions, as the rule counts them.
    pub variant: u8,
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

/// A value for some of a graph's nodes, by id: less code than a hash map, and its order is that of the ids.
#[derive(Debug)]
pub(super) struct PerNode<T>(Vec<Option<T>>);

impl<T> PerNode<T> {
    /// For a graph of so many nodes; none has a value yet.
    pub(super) fn new(nodes: usize) -> Self {
        Self((0..nodes).map(|_| None).collect())
    }

    pub(super) fn get(&self, id: Id) -> Option<&T> {
        self.0[id.ix()].as_ref()
    }

    pub(super) fn insert(&mut self, id: Id, value: T) {
        self.0[id.ix()] = Some(value);
    }

    /// The nodes that have a value, in rising order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Id, &T)> {
        self.0.iter().enumerate().filter_map(|(i, value)| Some((Id(i as u32), value.as_ref()?)))
    }
}

impl<T> Index<Id> for PerNode<T> {
    type Output = T;

    fn index(&self, id: Id) -> &T {
        self.get(id).expect("the node has a value")
    }
}

/// What a node computes from its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A tensor from outside: parameter, input or control. The payload counts the graph's leaves.
    Leaf(u32),
    /// Recorded data, index into [`Graph::constants`](super::graph::Graph::constants).
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
    /// An operation whose kernel loops: one of [`super::loops`].
    Loop(Loop),
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
