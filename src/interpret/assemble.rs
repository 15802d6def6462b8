//! From a graph to tasks: what is stored, and by which task.
//!
//! An elementwise node joins a chain of as many elements where what it needs is there by then: the last such chain. A chain stores
//! what others read. So each node is computed once, and no task is moved before one that it needs.

use latent_compile::graph::{Dist, Graph, Id, Op, len};
use latent_compile::loops;

use crate::convolve::{Convolve, Kind};
use crate::draft::{Arg, Dense, Draft, Task, Value};
use crate::feed::Factor;
use crate::memory::Base;
use crate::place::{Gather, Laid};
use crate::reduce::Reduce;
use crate::view::{Dim, View};

/// What a node is.
#[derive(Clone, Debug)]
enum Known {
    /// One value everywhere.
    Fill(f32),
    /// Elements of a buffer.
    Stored(Base, View),
    /// A value of the chain of that number.
    Lane(usize, Arg),
}

/// A task that is being made.
#[derive(Debug)]
pub(crate) enum Made {
    Chain(Draft),
    /// With the tensor that it writes.
    Other(Task, u32),
}

/// Tasks in order, with a tensor for each result.
pub(crate) struct Builder<'g> {
    g: &'g Graph,
    known: Vec<Option<Known>>,
    pub made: Vec<Made>,
    /// Of each tensor: its floats, and the task that writes it.
    pub tensors: Vec<(usize, usize)>,
}

impl<'g> Builder<'g> {
    /// Everything that `wanted` needs.
    pub fn new(g: &'g Graph, wanted: &[Id]) -> Self {
        let mut needed = vec![false; g.len()];
        for id in wanted {
            needed[id.0 as usize] = true;
        }
        for id in g.ids().rev() {
            if needed[id.0 as usize] {
                g.node(id).args.iter().for_each(|a| needed[a.0 as usize] = true);
            }
        }
        let mut builder = Self { g, known: vec![None; g.len()], made: vec![], tensors: vec![] };
        for id in g.ids().filter(|id| needed[id.0 as usize]) {
            let known = builder.node(id);
            builder.known[id.0 as usize] = Some(known);
        }
        builder
    }

    fn known(&self, id: Id) -> Known {
        self.known[id.0 as usize].clone().expect("arguments precede a node")
    }

    fn tensor(&mut self, floats: usize, task: usize) -> u32 {
        self.tensors.push((floats, task));
        self.tensors.len() as u32 - 1
    }

    /// The task that makes it, if one does.
    fn task_of(&self, known: &Known) -> Option<usize> {
        match known {
            Known::Stored(Base::Own(t), _) => Some(self.tensors[*t as usize].1),
            Known::Lane(task, _) => Some(*task),
            _ => None,
        }
    }

    /// A chain of `len` elements that may read `args`: the last one that fits, or a new one.
    fn chain(&mut self, len: usize, args: &[Known]) -> usize {
        let after = args.iter().filter_map(|a| self.task_of(a)).max();
        // What the same task has stored can only be read when it is done.
        let stored = |task: usize| args.iter().any(|a| self.task_of(a) == Some(task) && !matches!(a, Known::Lane(..)));
        let fits =
            |i: &usize| matches!(&self.made[*i], Made::Chain(draft) if draft.len == len) && !(Some(*i) == after && stored(*i));
        let found = (after.unwrap_or(0)..self.made.len()).rev().find(fits);
        found.unwrap_or_else(|| {
            self.made.push(Made::Chain(Draft::new(len)));
            self.made.len() - 1
        })
    }

    fn draft(&mut self, task: usize) -> &mut Draft {
        match &mut self.made[task] {
            Made::Chain(draft) => draft,
            Made::Other(..) => unreachable!("the task is a chain"),
        }
    }

    /// What a chain is given of `known`.
    fn arg(&mut self, task: usize, known: Known) -> Arg {
        match known {
            Known::Fill(v) => Arg::Number(v),
            Known::Lane(of, arg) if of == task => arg,
            Known::Lane(of, arg) => {
                let tensor = self.keep(of, arg);
                let len = self.tensors[tensor as usize].0;
                self.draft(task).load(Base::Own(tensor), View::whole(&[len]))
            }
            Known::Stored(base, view) => self.draft(task).load(base, view),
        }
    }

    /// The tensor that a chain's value is stored in.
    fn keep(&mut self, task: usize, arg: Arg) -> u32 {
        let found = self.draft(task).stores.iter().find_map(|(a, base)| match base {
            Base::Own(tensor) if *a == arg => Some(*tensor),
            _ => None,
        });
        found.unwrap_or_else(|| {
            let len = self.draft(task).len;
            let tensor = self.tensor(len, task);
            self.draft(task).stores.push((arg, Base::Own(tensor)));
            tensor
        })
    }

    /// A node among the floats of a buffer.
    fn stored(&mut self, id: Id) -> (Base, View) {
        let shape = self.g.shape(id);
        match self.known(id) {
            Known::Stored(base, view) => (base, view),
            Known::Lane(task, arg) => (Base::Own(self.keep(task, arg)), View::whole(shape)),
            Known::Fill(v) => {
                let task = self.chain(len(shape), &[]);
                (Base::Own(self.keep(task, Arg::Number(v))), View::whole(shape))
            }
        }
    }

    /// The elements of a view, stored one behind the other.
    fn copied(&mut self, base: Base, view: View) -> u32 {
        let len = view.len();
        let known = Known::Stored(base, view);
        let task = self.chain(len, std::slice::from_ref(&known));
        let arg = self.arg(task, known);
        self.keep(task, arg)
    }

    /// A node whose elements lie one behind the other.
    fn dense(&mut self, id: Id) -> Dense {
        let (base, view) = self.stored(id);
        let len = view.len();
        if view.contiguous() {
            return Dense { base, at: view.at, len };
        }
        Dense { base: Base::Own(self.copied(base, view)), at: 0, len }
    }

    /// A node in a buffer that nothing writes later.
    pub fn kept(&mut self, id: Id) -> Dense {
        let dense = self.dense(id);
        if matches!(dense.base, Base::Own(_)) {
            return dense;
        }
        let view = View { at: dense.at, dims: vec![Dim { n: dense.len, step: 1 }] };
        Dense { base: Base::Own(self.copied(dense.base, view)), at: 0, len: dense.len }
    }

    /// Puts nodes into the leaves of these numbers, at the earliest when nobody reads what a leaf had before.
    pub fn assign(&mut self, all: &[(Id, u32)]) {
        // What is a view, of another leaf perhaps, is taken before that may be written.
        let taken: Vec<Option<Dense>> =
            all.iter().map(|(id, _)| matches!(self.known(*id), Known::Stored(..)).then(|| self.kept(*id))).collect();
        let mut copies = vec![];
        for ((id, leaf), taken) in all.iter().zip(taken) {
            let to = Base::Leaf(*leaf);
            let from = match (taken, self.known(*id)) {
                (Some(dense), _) => dense,
                (None, Known::Lane(task, arg)) if self.last_to_read(task, to) => {
                    self.draft(task).stores.push((arg, to));
                    continue;
                }
                _ => self.dense(*id),
            };
            copies.push((from, to));
        }
        for (from, to) in copies {
            let mut draft = Draft::new(from.len);
            let arg = draft.load(from.base, View { at: from.at, dims: vec![Dim { n: from.len, step: 1 }] });
            draft.stores.push((arg, to));
            self.made.push(Made::Chain(draft));
        }
    }

    /// Whether nothing behind the chain `task` reads the buffer, nor the chain itself at other elements than its own.
    fn last_to_read(&mut self, task: usize, of: Base) -> bool {
        let reads = |made: &mut Made| match made {
            Made::Chain(draft) => draft.reads().any(|base| base == of),
            Made::Other(task, _) => task.reads().into_iter().any(|base| *base == of),
        };
        !self.made[task + 1..].iter_mut().any(reads) && !self.draft(task).reads_across(of)
    }

    /// The result of a task that is no chain.
    fn other(&mut self, task: Task, shape: &[usize]) -> Known {
        let tensor = self.tensor(len(shape), self.made.len());
        self.made.push(Made::Other(task, tensor));
        Known::Stored(Base::Own(tensor), View::whole(shape))
    }

    /// An elementwise node.
    fn each(&mut self, id: Id, args: &[Id], value: impl FnOnce(&[Arg]) -> Value) -> Known {
        let known: Vec<Known> = args.iter().map(|a| self.known(*a)).collect();
        let task = self.chain(len(self.g.shape(id)), &known);
        let args: Vec<Arg> = known.into_iter().map(|k| self.arg(task, k)).collect();
        Known::Lane(task, Arg::Value(self.draft(task).push(value(&args))))
    }

    /// A view of a stored node.
    fn view(&mut self, id: Id, of: impl FnOnce(&View) -> View) -> Known {
        if let Known::Fill(v) = self.known(id) {
            return Known::Fill(v);
        }
        let (base, view) = self.stored(id);
        Known::Stored(base, of(&view))
    }

    fn node(&mut self, id: Id) -> Known {
        let g = self.g;
        let node = g.node(id);
        let (args, shape) = (&node.args[..], &node.shape[..]);
        match &node.op {
            Op::Leaf(i) => Known::Stored(Base::Leaf(*i), View::whole(shape)),
            Op::Constant(i) => Known::Stored(Base::Constant(*i), View::whole(shape)),
            Op::Fill(bits) => Known::Fill(f32::from_bits(*bits)),
            Op::Iota { axis } => {
                let step: usize = shape[axis + 1..].iter().product();
                self.each(id, &[], |_| Value::Iota(step.max(1) as u32, shape[*axis].max(1) as u32))
            }
            Op::Random { dist, stream } => self.each(id, &[], |_| match dist {
                Dist::Normal => Value::Normal(*stream),
                Dist::Uniform => Value::Uniform(*stream),
            }),
            Op::Unary(f) => self.each(id, args, |a| Value::Unary(*f, [a[0]])),
            Op::Binary(f) => self.each(id, args, |a| Value::Binary(*f, [a[0], a[1]])),
            Op::Where => self.each(id, args, |a| Value::Where([a[0], a[1], a[2]])),
            Op::StopGradient => self.known(args[0]),
            Op::Reshape => match self.known(args[0]) {
                // A chain counts elements and knows no shape.
                known @ (Known::Fill(_) | Known::Lane(..)) => known,
                Known::Stored(base, view) => match view.reshape(shape) {
                    Some(view) => Known::Stored(base, view),
                    None => Known::Stored(Base::Own(self.copied(base, view)), View::whole(shape)),
                },
            },
            Op::Permute(axes) => self.view(args[0], |v| v.permute(axes)),
            Op::Broadcast => self.view(args[0], |v| v.broadcast(shape)),
            Op::Slice { start, step } => self.view(args[0], |v| v.slice(start, step, shape)),
            Op::Flip(axes) => self.view(args[0], |v| v.flip(axes)),
            Op::Embed { start, step } => {
                let (base, from) = self.stored(args[0]);
                let to = View::whole(shape).slice(start, step, g.shape(args[0]));
                self.other(Task::Laid { zeros: true, parts: vec![(base, Laid { from, to })] }, shape)
            }
            Op::Concat(axis) => {
                let mut start = vec![0; shape.len()];
                let mut parts = vec![];
                for part in args {
                    let (base, from) = self.stored(*part);
                    let own = g.shape(*part);
                    let to = View::whole(shape).slice(&start, &vec![1; shape.len()], own);
                    parts.push((base, Laid { from, to }));
                    start[*axis] += own[*axis];
                }
                self.other(Task::Laid { zeros: false, parts }, shape)
            }
            Op::MatMul => self.product(args, shape),
            Op::Conv2d(conv) => {
                let of = Convolve {
                    kind: Kind::Forward,
                    conv: *conv,
                    images: shape[0],
                    ..geometry(g.shape(args[0]), shape, g.shape(args[1]))
                };
                self.convolve(of, args, shape)
            }
            Op::ConvTranspose2d(conv) => {
                let of = Convolve {
                    kind: Kind::Transposed,
                    conv: *conv,
                    images: shape[0],
                    ..geometry(shape, g.shape(args[0]), g.shape(args[1]))
                };
                self.convolve(of, args, shape)
            }
            Op::ConvWeight(conv) => {
                let (x, dy) = (g.shape(args[0]), g.shape(args[1]));
                let of = Convolve { kind: Kind::Weight, conv: *conv, images: x[0], ..geometry(x, dy, shape) };
                self.convolve(of, args, shape)
            }
            Op::Gather(axis) => {
                let from = g.shape(args[0]);
                let (x, index) = (self.dense(args[0]), self.dense(args[1]));
                let steps = View::whole(from).dims;
                let dims = shape.iter().zip(steps).map(|(n, d)| Dim { n: *n, step: d.step }).collect();
                self.other(Task::Gather { x, index, of: Gather { dims, axis: *axis, n: from[*axis] } }, shape)
            }
            Op::Loop(of) => {
                if let Some(reduction) = loops::reduction_of(of) {
                    let (base, view) = self.stored(args[0]);
                    let of = Reduce::new(reduction, view.at, &view.dims, &of.axes);
                    return self.other(Task::Reduce { x: base, of }, shape);
                }
                let args = args.iter().map(|a| (self.dense(*a), g.shape(*a).to_vec())).collect();
                self.other(Task::Loop { of: of.clone(), args, shape: shape.to_vec() }, shape)
            }
        }
    }

    fn convolve(&mut self, of: Convolve, args: &[Id], shape: &[usize]) -> Known {
        let (a, b) = (self.dense(args[0]), self.dense(args[1]));
        self.other(Task::Convolve { a, b, of }, shape)
    }

    /// A matrix argument, with steps that a product takes.
    fn factor(&mut self, id: Id) -> (Base, View) {
        let (base, view) = self.stored(id);
        if view.dims.iter().any(|d| d.step < 0) {
            let shape: Vec<usize> = view.dims.iter().map(|d| d.n).collect();
            return (Base::Own(self.copied(base, view)), View::whole(&shape));
        }
        (base, view)
    }

    fn product(&mut self, args: &[Id], shape: &[usize]) -> Known {
        let ((a_base, a), (b_base, b)) = (self.factor(args[0]), self.factor(args[1]));
        let r = shape.len();
        let (mut m, n, k) = (shape[r - 2], shape[r - 1], a.dims[r - 1].n);
        let step = |v: &View, axis: usize| v.dims[axis].step as usize;
        let mut lead = r - 2;
        let mut a_rows = step(&a, r - 2);
        // Many matrices times one are one matrix, where their rows follow one another.
        let rows = View { at: 0, dims: a.dims[..r - 1].to_vec() }.merged();
        let one = b.dims[..lead].iter().all(|d| d.step == 0 || d.n == 1);
        if one && rows.len() <= 1 {
            m = rows.first().map_or(1, |d| d.n);
            a_rows = rows.first().map_or(0, |d| d.step as usize);
            lead = 0;
        }
        let mut places = vec![[a.at, b.at]];
        for (da, db) in a.dims[..lead].iter().zip(&b.dims[..lead]) {
            places = places
                .iter()
                .flat_map(|[x, y]| (0..da.n).map(move |i| [x + i * da.step as usize, y + i * db.step as usize]))
                .collect();
        }
        let a = Factor { base: a_base, step: [a_rows, step(&a, r - 1)] };
        let b = Factor { base: b_base, step: [step(&b, r - 2), step(&b, r - 1)] };
        self.other(Task::Product { a, b, size: [m, n, k], places }, shape)
    }
}

/// The images on both sides of a convolution and its kernel.
fn geometry(inner: &[usize], outer: &[usize], w: &[usize]) -> Convolve {
    let of = |s: &[usize]| [s[1], s[2], s[3]];
    let conv = latent_compile::graph::Conv { stride: [1; 2], padding: [0; 2], dilation: [1; 2] };
    Convolve { kind: Kind::Forward, conv, images: 0, inner: of(inner), outer: of(outer), kernel: [w[2], w[3]] }
}
