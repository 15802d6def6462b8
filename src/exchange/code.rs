//! A program as calls on tensors that every tool has: what ONNX and PyTorch are printed from.
//!
//! Unlike in a graph, numbers are broadcast without being written out, truth values and indices have a type of their own, and layers are
//! one call.

use latent_compile::graph::{Binary, Conv, Unary};
use latent_compile::loops::reduction::Reduction;
pub use latent_compile::stored::Size;

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 32 bits.
    Float,
    /// True or false.
    Truth,
    /// A whole number of 64 bits.
    Index,
}

/// A number that was recorded, as the batch has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// The same for all.
    Fixed(f32),
    /// That over the rows of the batch.
    Over(f32),
    /// That times the rows of the batch.
    Times(f32),
    /// That over one less than the rows.
    OverLess(f32),
}

/// What numbers are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Mean 0, standard deviation 1.
    Normal,
    /// From 0 to 1.
    Uniform,
}

/// What a tensor is computed by.
#[derive(Clone, Debug, PartialEq)]
pub enum Do {
    /// A tensor of the model's file, by name.
    Weight(String),
    /// What the program is given, by name.
    Input(String),
    /// Noise, which the program is given as well.
    Noise(String, Drawn),
    /// A live parameter of the method, by key.
    Control(String, f32),
    /// Recorded data.
    Data(Vec<f32>),
    /// One number.
    Number(Number),
    /// 0, 1, 2, …
    Count,
    /// The argument as another type.
    Cast,
    /// A function of each element.
    Unary(Unary),
    /// A function of each pair; the arguments are broadcast.
    Binary(Binary),
    /// The second where the first is true, else the third; all are broadcast.
    Where,
    /// No gradient passes.
    Detach,
    /// The same elements in another shape.
    Reshape,
    /// Reorders dimensions.
    Permute(Vec<usize>),
    /// Repeats dimensions of length one.
    Expand,
    /// From `start` in steps of `step`, as many as the shape says.
    Slice {
        /// Where each dimension begins.
        start: Vec<Size>,
        /// Distance between elements.
        step: Vec<usize>,
    },
    /// Zeros before and behind, in each dimension.
    Pad {
        /// How many before.
        before: Vec<Size>,
        /// How many behind.
        behind: Vec<Size>,
    },
    /// Reverses an axis.
    Flip(usize),
    /// Joins along an axis.
    Concat(usize),
    /// `[.., m, k] × [.., k, n]`
    MatMul,
    /// `x [.., in] × w [in, out]`, plus a bias `[out]` where there is a third argument.
    Linear,
    /// `x`, `w [out, in, h, w]`, a bias `[out]` where there is a third argument.
    Conv(Conv),
    /// `x`, `w [in, out, h, w]`, a bias; rows and columns more than the geometry gives at the end.
    ConvTranspose(Conv, [usize; 2]),
    /// Rows of `x` along an axis: the second argument has one index for each.
    Rows(usize),
    /// Elements of `x` at an index of the result's shape along an axis.
    Gather(usize),
    /// Sum, largest and so on along axes; `keep`: those stay, of length one.
    Reduce {
        /// Which function.
        of: Reduced,
        /// Along these.
        axes: Vec<usize>,
        /// Whether these stay.
        keep: bool,
    },
    /// Where the largest or smallest is along an axis; `keep`: that stays, of length one.
    Arg {
        /// Of the largest.
        largest: bool,
        /// Along this.
        axis: usize,
        /// Whether it stays.
        keep: bool,
    },
    /// The `k`-th largest of the last axis, which stays; `k` is the second argument, one number.
    Kth,
    /// The place of each along an axis, if the largest were first.
    Rank(usize),
    /// Running sums along an axis, from its end if the second is true.
    CumSum(usize, bool),
    /// Adds the second argument up at the first along an axis.
    ScatterAdd(usize),
}

/// A function of many numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduced {
    /// A reduction of the graph.
    Plain(Reduction),
    /// A sum over as many numbers as there are.
    Mean,
}

/// A tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is computed by.
    pub of: Do,
    /// From these, which precede it.
    pub args: Vec<usize>,
    /// Its dimensions.
    pub dims: Vec<Size>,
    /// Type of its elements.
    pub kind: Kind,
}

/// A program ready to be printed.
#[derive(Clone, Debug)]
pub struct Code {
    /// What it is called: `Encode`, `Decode`, …
    pub name: String,
    /// Each precedes those that read it.
    pub values: Vec<Value>,
    /// Results with their names.
    pub outputs: Vec<(String, usize)>,
    /// The only number of rows that it is for, where there is one.
    pub batch: Option<usize>,
}

impl Code {
    /// How often each value is read, by others or as a result.
    pub fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.values.len()];
        let results = self.outputs.iter().map(|(_, of)| of);
        self.values.iter().flat_map(|v| &v.args).chain(results).for_each(|of| readers[*of] += 1);
        readers
    }

    /// What it is given: places of inputs, then of noise.
    pub fn given(&self) -> Vec<usize> {
        let all = |wanted: fn(&Do) -> bool| (0..self.values.len()).filter(move |i| wanted(&self.values[*i].of));
        all(|of| matches!(of, Do::Input(_))).chain(all(|of| matches!(of, Do::Noise(..)))).collect()
    }

    /// The weights that it reads: names, shapes.
    pub fn weights(&self) -> impl Iterator<Item = (&str, &[Size])> {
        self.values.iter().filter_map(|v| match &v.of {
            Do::Weight(name) => Some((name.as_str(), &v.dims[..])),
            _ => None,
        })
    }

    /// Takes out what no result needs.
    pub fn trim(mut self) -> Self {
        let mut place = vec![usize::MAX; self.values.len()];
        let mut needed = vec![false; self.values.len()];
        self.outputs.iter().for_each(|(_, of)| needed[*of] = true);
        for i in (0..self.values.len()).rev().filter(|i| needed[*i]).collect::<Vec<_>>() {
            self.mark(i, &mut needed);
        }
        let mut kept: Vec<Value> = vec![];
        for (i, mut value) in self.values.drain(..).enumerate().filter(|(i, _)| needed[*i]) {
            value.args.iter_mut().for_each(|arg| *arg = place[*arg]);
            place[i] = kept.len();
            kept.push(value);
        }
        self.outputs.iter_mut().for_each(|(_, of)| *of = place[*of]);
        Self { values: kept, ..self }
    }

    fn mark(&self, of: usize, needed: &mut [bool]) {
        for arg in &self.values[of].args {
            if !needed[*arg] {
                needed[*arg] = true;
                self.mark(*arg, needed);
            }
        }
    }
}

/// The size if it is the same for every batch.
pub fn fixed(size: Size) -> Option<usize> {
    (size.each == 0).then_some(size.at as usize)
}

/// The difference of two sizes, if it is the same for every batch.
pub fn apart(a: Size, b: Size) -> Option<i64> {
    (a.each == b.each).then(|| a.at as i64 - b.at as i64)
}

/// What two shapes broadcast to.
pub fn joined(a: &[Size], b: &[Size]) -> Vec<Size> {
    let rank = a.len().max(b.len());
    let at = |s: &[Size], i: usize| (i + s.len()).checked_sub(rank).map_or(Size::fixed(1), |i| s[i]);
    (0..rank).map(|i| if at(a, i) == Size::fixed(1) { at(b, i) } else { at(a, i) }).collect()
}
