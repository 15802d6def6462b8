//! A graph that is ready to be run, with its memory.

use latent_compile::graph::{Graph, Id, Op};
use latent_compile::loops;

use crate::assemble::{Builder, Made};
use crate::convolve::Bench;
use crate::draft::{Dense, Task, feed_chains};
use crate::feed::Factor;
use crate::memory::{Base, Memory, Noise};
use crate::product::{Matrix, Packs, product, shared};
use crate::threads;

/// A graph on the processor.
///
/// ```
/// use latent_compile::graph::{Binary, Graph};
/// use latent_interpret::{Noise, Tape};
///
/// let mut g = Graph::default();
/// let (x, w) = (g.leaf(&[2, 2]), g.leaf(&[2, 1]));
/// let y = g.matmul(x, w)?;
/// let next = g.with_scalar(Binary::Mul, w, 0.5);
/// // The product, and half the weights in the place of the weights.
/// let mut tape = Tape::new(&g, &[y], &[(next, w)]);
/// let mut leaves = vec![vec![1.0, 2.0, 3.0, 4.0], vec![10.0, 1.0]];
/// tape.run(&mut leaves, Noise::default());
/// assert_eq!(tape.output(0), [12.0, 34.0]);
/// assert_eq!(leaves[1], [5.0, 0.5]);
/// # Ok::<(), latent_compile::CompileError>(())
/// ```
#[derive(Debug)]
pub struct Tape {
    /// Each with the buffer that it writes; chains name theirs themselves.
    tasks: Vec<(Task, Base)>,
    own: Vec<Vec<f32>>,
    constants: Vec<Vec<f32>>,
    outputs: Vec<Dense>,
    /// Floats of each leaf.
    leaves: Vec<usize>,
    packs: Vec<Packs>,
    benches: Vec<Bench>,
}

impl Tape {
    /// What computes `outputs` and puts the first of each pair of `assigned` into the place of the leaf that is the second, after
    /// everything that reads what the leaf had before.
    ///
    /// # Panics
    /// If a node is of another graph, or something that is no leaf is assigned to.
    pub fn new(g: &Graph, outputs: &[Id], assigned: &[(Id, Id)]) -> Self {
        let wanted: Vec<Id> = outputs.iter().copied().chain(assigned.iter().map(|a| a.0)).collect();
        let mut builder = Builder::new(g, &wanted);
        let outputs: Vec<Dense> = outputs.iter().map(|id| builder.kept(*id)).collect();
        let leaf = |id: Id| match g.node(id).op {
            Op::Leaf(i) => i,
            _ => panic!("what is assigned to is a leaf"),
        };
        builder.assign(&assigned.iter().map(|(id, to)| (*id, leaf(*to))).collect::<Vec<_>>());
        let mut leaves = vec![];
        for id in g.ids() {
            if let Op::Leaf(_) = g.node(id).op {
                leaves.push(g.shape(id).iter().product());
            }
        }
        let Builder { made, tensors, .. } = builder;
        let mut tape =
            Self { tasks: vec![], own: vec![], constants: g.constants.clone(), outputs, leaves, packs: vec![], benches: vec![] };
        tape.plan(made, &tensors);
        tape
    }

    /// Gives tensors buffers that serve again once nobody reads them.
    fn plan(&mut self, made: Vec<Made>, tensors: &[(usize, usize)]) {
        self.tasks = made
            .into_iter()
            .map(|made| match made {
                Made::Chain(mut draft) => (Task::Chain(draft.finish()), Base::Own(u32::MAX)),
                Made::Other(task, tensor) => (task, Base::Own(tensor)),
            })
            .collect();
        feed_chains(&mut self.tasks, &self.outputs.iter().map(|o| o.base).collect::<Vec<_>>());
        let mut last: Vec<usize> = tensors.iter().map(|t| t.1).collect();
        for (i, (task, _)) in self.tasks.iter_mut().enumerate() {
            for base in task.reads() {
                if let Base::Own(t) = base {
                    last[*t as usize] = last[*t as usize].max(i);
                }
            }
        }
        for output in &self.outputs {
            if let Base::Own(t) = output.base {
                last[t as usize] = usize::MAX;
            }
        }
        let (mut buffer_of, mut floats, mut free) = (vec![u32::MAX; tensors.len()], vec![], Vec::<usize>::new());
        for i in 0..self.tasks.len() {
            for (t, (len, _)) in
                tensors.iter().enumerate().filter(|(_, (_, task))| *task == i && !matches!(self.tasks[i].0, Task::Fed))
            {
                // The smallest that is large enough, or the largest of the others.
                let found = (0..free.len()).min_by_key(|f| match floats[free[*f]] {
                    n if n >= *len => (0, n),
                    n => (1, usize::MAX - n),
                });
                let buffer = found.map_or_else(
                    || {
                        floats.push(0);
                        floats.len() - 1
                    },
                    |f| free.swap_remove(f),
                );
                floats[buffer] = floats[buffer].max(*len);
                buffer_of[t] = buffer as u32;
            }
            // What is fed to a chain has none.
            let ended = (0..tensors.len()).filter(|t| last[*t] == i && buffer_of[*t] != u32::MAX);
            free.extend(ended.map(|t| buffer_of[t] as usize));
        }
        let place = |base: &mut Base| {
            if let Base::Own(t) = base
                && *t != u32::MAX
            {
                *t = buffer_of[*t as usize];
            }
        };
        for (task, out) in &mut self.tasks {
            task.reads().into_iter().for_each(place);
            place(out);
            if let Task::Chain(chain) = task {
                chain.outputs.iter_mut().for_each(place);
            }
        }
        self.outputs.iter_mut().for_each(|o| place(&mut o.base));
        self.own = floats.into_iter().map(|n| vec![0.0; n]).collect();
    }

    /// Floats of each leaf, in the order of the graph.
    pub fn leaves(&self) -> &[usize] {
        &self.leaves
    }

    /// Floats that it has room for, besides leaves and recorded data.
    pub fn floats(&self) -> usize {
        self.own.iter().map(Vec::len).sum()
    }

    /// Runs it once. `leaves` are the graph's, in order; there may be more.
    ///
    /// # Panics
    /// If a leaf has too few values: the caller's mistake.
    pub fn run(&mut self, leaves: &mut [Vec<f32>], noise: Noise) {
        for i in 0..self.tasks.len() {
            self.task(i, leaves, noise);
        }
    }

    /// The same, with what `clock` says that each task took.
    pub fn timed(&mut self, leaves: &mut [Vec<f32>], noise: Noise, clock: impl Fn() -> f64) -> Vec<(String, f64)> {
        (0..self.tasks.len())
            .map(|i| {
                let begin = clock();
                self.task(i, leaves, noise);
                (self.tasks[i].0.name(), clock() - begin)
            })
            .collect()
    }

    /// What the output of that number was at the last run.
    pub fn output(&self, i: usize) -> &[f32] {
        let Dense { base, at, len } = self.outputs[i];
        match base {
            Base::Own(b) => &self.own[b as usize][at..at + len],
            _ => unreachable!("outputs are kept"),
        }
    }

    fn task(&mut self, i: usize, leaves: &mut [Vec<f32>], noise: Noise) {
        let mut memory = Memory { leaves, constants: &self.constants, own: &mut self.own };
        let (task, to) = &self.tasks[i];
        match task {
            Task::Chain(chain) => return chain.run(&mut memory, noise),
            Task::Fed => return,
            _ => {}
        }
        let mut values = memory.take(*to);
        let out = &mut values[..];
        let dense = |d: &Dense| &memory.get(d.base)[d.at..d.at + d.len];
        match task {
            Task::Chain(_) | Task::Fed => {}
            Task::Product { a, b, size, places } => {
                let factor = |f: &Factor, at: usize| Matrix { data: &memory.get(f.base)[at..], step: f.step };
                let [m, n, _] = *size;
                if let [[x, y]] = places[..] {
                    shared(out, *size, factor(a, x), factor(b, y), &mut self.packs);
                } else if m * n > 0 {
                    let cores = threads::cores();
                    self.packs.resize_with(cores, Packs::default);
                    let each = places.len().div_ceil(cores);
                    let out = out[..places.len() * m * n].chunks_mut(each * m * n);
                    let work: Vec<_> = out.zip(places.chunks(each)).zip(&mut self.packs).collect();
                    threads::each(work, |((out, places), packs)| {
                        for (c, [x, y]) in out.chunks_exact_mut(m * n).zip(places) {
                            product(c, *size, factor(a, *x), factor(b, *y), false, packs);
                        }
                    });
                }
            }
            Task::Convolve { a, b, of } => of.run(dense(a), dense(b), out, &mut self.benches),
            Task::Reduce { x, of } => of.run(memory.get(*x), out),
            Task::Laid { zeros, parts } => {
                if *zeros {
                    out.fill(0.0);
                }
                for (base, laid) in parts {
                    laid.run(memory.get(*base), out);
                }
            }
            Task::Gather { x, index, of } => of.run(dense(x), dense(index), out),
            Task::Loop { of, args, shape } => {
                let args: Vec<_> = args.iter().map(|(d, shape)| loops::Given { values: dense(d), shape }).collect();
                let n = shape.iter().product();
                loops::run(of, &args, shape, &mut out[..n]);
            }
        }
        memory.put(*to, values);
    }
}
