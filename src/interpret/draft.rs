//! What a tape does, one task after the other: first with a tensor for everything that is stored, then with buffers that serve again.

use latent_compile::graph::{Binary, Loop, Unary};

use crate::chain::{Chain, Do, Load, Operand, Step};
use crate::convolve::Convolve;
use crate::feed::{Factor, Feed};
use crate::memory::Base;
use crate::place::{Gather, Laid};
use crate::product::Size;
use crate::reduce::Reduce;
use crate::view::View;

/// A value of a chain that is being made.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Load(Base, View),
    Iota(u32, u32),
    Normal(u32),
    Uniform(u32),
    Unary(Unary, [Arg; 1]),
    Binary(Binary, [Arg; 2]),
    MulAdd([Arg; 3]),
    /// The first with the number added and taken away again.
    Rounded([Arg; 1], f32),
    Where([Arg; 3]),
}

impl Value {
    fn args(&self) -> &[Arg] {
        match self {
            Self::Load(..) | Self::Iota(..) | Self::Normal(_) | Self::Uniform(_) => &[],
            Self::Unary(_, args) | Self::Rounded(args, _) => args,
            Self::Binary(_, args) => args,
            Self::MulAdd(args) | Self::Where(args) => args,
        }
    }
}

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arg {
    /// A value of the same chain.
    Value(u32),
    Number(f32),
}

/// A chain before it has registers.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub len: usize,
    pub values: Vec<Value>,
    /// What is stored, and where.
    pub stores: Vec<(Arg, Base)>,
}

impl Draft {
    pub fn new(len: usize) -> Self {
        Self { len, values: vec![], stores: vec![] }
    }

    /// A view as a value.
    pub fn load(&mut self, base: Base, view: View) -> Arg {
        let found = self.values.iter().position(|v| matches!(v, Value::Load(b, w) if *b == base && *w == view));
        Arg::Value(found.map_or_else(|| self.push(Value::Load(base, view)), |i| i as u32))
    }

    pub fn push(&mut self, value: Value) -> u32 {
        self.values.push(value);
        self.values.len() as u32 - 1
    }

    /// Whether it reads the buffer otherwise than element by element.
    pub fn reads_across(&self, base: Base) -> bool {
        self.values.iter().any(
            |v| matches!(v, Value::Load(b, view) if *b == base && !(view.contiguous() && view.at == 0 && view.len() == self.len)),
        )
    }

    pub fn reads(&self) -> impl Iterator<Item = Base> {
        self.values.iter().filter_map(|v| match v {
            Value::Load(base, _) => Some(*base),
            _ => None,
        })
    }

    /// Makes one operation of a product and the sum that alone reads it, and of a number that is added and taken away again.
    fn join(&mut self) {
        let mut uses = vec![0; self.values.len()];
        let read = self.values.iter().flat_map(Value::args).chain(self.stores.iter().map(|s| &s.0));
        for arg in read {
            if let Arg::Value(v) = arg {
                uses[*v as usize] += 1;
            }
        }
        for i in 0..self.values.len() {
            if let Value::Binary(Binary::Sub, [Arg::Value(v), Arg::Number(c)]) = self.values[i]
                && uses[v as usize] == 1
                && let Value::Binary(Binary::Add, [x, Arg::Number(d)] | [Arg::Number(d), x]) = self.values[v as usize]
                && c.to_bits() == d.to_bits()
            {
                self.values[i] = Value::Rounded([x], c);
            }
            let Value::Binary(Binary::Add, [x, y]) = self.values[i] else { continue };
            for (product, other) in [(x, y), (y, x)] {
                if let Arg::Value(v) = product
                    && uses[v as usize] == 1
                    && let Value::Binary(Binary::Mul, [a, b]) = self.values[v as usize]
                {
                    self.values[i] = Value::MulAdd([a, b, other]);
                    break;
                }
            }
        }
    }

    /// The chain, with registers for values as long as they are needed.
    pub fn finish(&mut self) -> Chain {
        self.join();
        self.chain()
    }

    fn chain(&self) -> Chain {
        let mut outputs: Vec<Base> = vec![];
        for (_, base) in &self.stores {
            if !outputs.contains(base) {
                outputs.push(*base);
            }
        }
        let number = |base: &Base| outputs.iter().position(|o| o == base).map(|i| i as u16);
        let mut last = vec![None; self.values.len()];
        // From the last on: what nothing needs needs nothing.
        let stored = |v: usize| self.stores.iter().any(|(arg, _)| *arg == Arg::Value(v as u32));
        for (i, value) in self.values.iter().enumerate().rev() {
            if last[i].is_none() && !stored(i) {
                continue;
            }
            for arg in value.args() {
                if let Arg::Value(v) = arg {
                    last[*v as usize] = last[*v as usize].max(Some(i));
                }
            }
        }
        for (arg, _) in &self.stores {
            if let Arg::Value(v) = arg {
                last[*v as usize] = last[*v as usize].max(Some(*v as usize));
            }
        }
        let (mut loads, mut steps, mut free, mut registers) = (vec![], vec![], vec![], 0u16);
        let mut operands: Vec<Option<Operand>> = vec![None; self.values.len()];
        let mut register = |free: &mut Vec<u16>| {
            free.pop().unwrap_or_else(|| {
                registers += 1;
                registers - 1
            })
        };
        // What an output has from before is read before anything is stored there.
        let before = |v: &Value| matches!(v, Value::Load(base, _) if number(base).is_some());
        let order = (0..self.values.len()).filter(|i| before(&self.values[*i]));
        let order: Vec<usize> = order.chain((0..self.values.len()).filter(|i| !before(&self.values[*i]))).collect();
        for i in order {
            let Some(until) = last[i] else { continue };
            let value = &self.values[i];
            let mut of = [Operand::Number(0.0); 3];
            for (of, arg) in of.iter_mut().zip(value.args()) {
                *of = match arg {
                    Arg::Number(v) => Operand::Number(*v),
                    Arg::Value(v) => operands[*v as usize].unwrap_or(Operand::Number(f32::NAN)),
                };
            }
            let what = match value {
                Value::Load(base, view) => match number(base) {
                    Some(output) if self.overwritten(*base) >= until && !stored(i) => {
                        operands[i] = Some(Operand::Before(output));
                        continue;
                    }
                    Some(output) => Do::Before(output),
                    None => {
                        let load = loads.len() as u16;
                        loads.push(Load::new(*base, view));
                        let there = if view.single() {
                            Some(Operand::Float(load))
                        } else if view.contiguous() {
                            Some(Operand::Piece(load))
                        } else {
                            None
                        };
                        if let Some(there) = there {
                            operands[i] = Some(there);
                            self.store(i, there, &number, &mut steps);
                            continue;
                        }
                        Do::Read(load)
                    }
                },
                Value::Iota(step, n) => Do::Iota(*step, *n),
                Value::Normal(stream) => Do::Normal(*stream),
                Value::Uniform(stream) => Do::Uniform(*stream),
                Value::Unary(f, _) => Do::Unary(*f),
                Value::Binary(f, _) => Do::Binary(*f),
                Value::MulAdd(_) => Do::MulAdd,
                Value::Rounded(_, c) => Do::Rounded(*c),
                Value::Where(_) => Do::Where,
            };
            let to = register(&mut free);
            steps.push(Step { what, to, into: None, of });
            operands[i] = Some(Operand::Register(to));
            self.store(i, Operand::Register(to), &number, &mut steps);
            // Registers whose values nobody needs any more.
            let mut ended: Vec<u32> =
                value.args().iter().filter_map(|a| if let Arg::Value(v) = a { Some(*v) } else { None }).collect();
            ended.dedup();
            if until == i {
                ended.push(i as u32);
            }
            for v in ended {
                if let (Some(at), Some(Operand::Register(r))) = (last[v as usize], operands[v as usize])
                    && at <= i
                    && !free.contains(&r)
                {
                    free.push(r);
                }
            }
        }
        for (arg, base) in &self.stores {
            if let (Arg::Number(v), Some(output)) = (arg, number(base)) {
                steps.push(Step::store(output, Operand::Number(*v)));
            }
        }
        write_at_once(&mut steps);
        Chain { len: self.len, loads, steps, registers: registers.into(), outputs, feeds: vec![] }
    }

    /// The value behind which the buffer has something else than before.
    fn overwritten(&self, base: Base) -> usize {
        let values = self.stores.iter().filter(|(_, to)| *to == base);
        values.map(|(arg, _)| if let Arg::Value(v) = arg { *v as usize } else { usize::MAX }).min().unwrap_or(usize::MAX)
    }

    /// Stores the value of that number wherever it is wanted.
    fn store(&self, value: usize, from: Operand, number: &impl Fn(&Base) -> Option<u16>, steps: &mut Vec<Step>) {
        for (arg, base) in &self.stores {
            if let (true, Some(output)) = (*arg == Arg::Value(value as u32), number(base)) {
                steps.push(Step::store(output, from));
            }
        }
    }
}

/// Has operations write outputs themselves, where their result would be copied there next; who needs it later reads it there.
fn write_at_once(steps: &mut Vec<Step>) {
    for i in (0..steps.len().saturating_sub(1)).rev() {
        let [step, store, behind @ ..] = &mut steps[i..] else { return };
        let Do::Store(output) = store.what else { continue };
        let result = Operand::Register(step.to);
        // The last that may read it: the one that puts something else into the register.
        let replaces = |other: &Step| other.into.is_none() && !matches!(other.what, Do::Store(_)) && other.to == step.to;
        let until = behind.iter().position(replaces).map_or(behind.len(), |last| last + 1);
        let again = |other: &Step| other.into == Some(output) || matches!(other.what, Do::Store(to) if to == output);
        let twice = |other: &Step| matches!(other.what, Do::Store(_)) && other.of[0] == result;
        let alone = !behind.iter().any(again) && !behind[..until].iter().any(twice);
        if store.of[0] == result && step.into.is_none() && step.can_write(output) && alone {
            let readers = behind[..until].iter_mut().flat_map(|later| &mut later.of);
            readers.filter(|of| **of == result).for_each(|of| *of = Operand::Before(output));
            step.into = Some(output);
            steps.remove(i + 1);
        }
    }
}

/// A tensor that a task reads as it lies: where its elements begin, one behind the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense {
    pub base: Base,
    pub at: usize,
    pub len: usize,
}

/// Everything else than a chain.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Chain(Chain),
    /// A product of each pair of matrices that begin at `places`.
    Product {
        a: Factor,
        b: Factor,
        size: Size,
        places: Vec<[usize; 2]>,
    },
    /// A product that the chain that reads it computes itself.
    Fed,
    Convolve {
        a: Dense,
        b: Dense,
        of: Convolve,
    },
    Reduce {
        x: Base,
        of: Reduce,
    },
    /// Tensors laid into zeros, or side by side.
    Laid {
        zeros: bool,
        parts: Vec<(Base, Laid)>,
    },
    Gather {
        x: Dense,
        index: Dense,
        of: Gather,
    },
    Loop {
        of: Loop,
        args: Vec<(Dense, Vec<usize>)>,
        shape: Vec<usize>,
    },
}

impl Task {
    /// The buffers that it names.
    pub fn reads(&mut self) -> Vec<&mut Base> {
        match self {
            Self::Chain(chain) => {
                let fed = chain.feeds.iter_mut().flat_map(|feed| [&mut feed.a.base, &mut feed.b.base]);
                chain.loads.iter_mut().map(|l| &mut l.base).chain(fed).collect()
            }
            Self::Fed => vec![],
            Self::Product { a, b, .. } => vec![&mut a.base, &mut b.base],
            Self::Convolve { a, b, .. } => vec![&mut a.base, &mut b.base],
            Self::Reduce { x, .. } => vec![x],
            Self::Laid { parts, .. } => parts.iter_mut().map(|(base, _)| base).collect(),
            Self::Gather { x, index, .. } => vec![&mut x.base, &mut index.base],
            Self::Loop { args, .. } => args.iter_mut().map(|(dense, _)| &mut dense.base).collect(),
        }
    }

    /// For listings.
    pub fn name(&self) -> String {
        match self {
            Self::Chain(chain) => format!("chain of {} on {}", chain.steps.len(), chain.len),
            Self::Product { size: [m, n, k], places, .. } => format!("product {m} × {k} × {n}, {} times", places.len()),
            Self::Fed => "fed to a chain".into(),
            Self::Convolve { of, .. } => format!("{:?} convolution, {} images", of.kind, of.images),
            Self::Reduce { of, .. } => format!("{:?} to {}", of.of, of.len),
            Self::Laid { .. } => "laid".into(),
            Self::Gather { .. } => "gather".into(),
            Self::Loop { of, .. } => of.name.into(),
        }
    }
}

/// Lets chains compute the products that they alone read; `kept` are the tensors that somebody reads afterwards.
pub(crate) fn feed_chains(tasks: &mut [(Task, Base)], kept: &[Base]) {
    for i in 0..tasks.len() {
        let [(product, made), behind @ ..] = &mut tasks[i..] else { return };
        let Task::Product { a, b, size, places } = product else { continue };
        let [at] = places[..] else { continue };
        if !Feed::fits(*size) || kept.contains(made) {
            continue;
        }
        let reads = |task: &mut Task| task.reads().into_iter().any(|base| base == made);
        let readers: Vec<usize> = (0..behind.len()).filter(|j| reads(&mut behind[*j].0)).collect();
        let [reader] = readers[..] else { continue };
        // What it is made of must still be there by then.
        let writes = |task: &Task, base: Base| matches!(task, Task::Chain(chain) if chain.outputs.contains(&base));
        if behind[..=reader].iter().any(|(task, _)| writes(task, a.base) || writes(task, b.base)) {
            continue;
        }
        let Task::Chain(chain) = &mut behind[reader].0 else { continue };
        if chain.feed(*made, Feed { a: *a, b: *b, at, size: *size }) {
            *product = Task::Fed;
        }
    }
}

#[cfg(test)]
mod tests {
    use latent_compile::graph::{Binary, Graph, Id, Unary};

    use crate::{Noise, Tape};

    const LEN: usize = 700;

    /// New values of leaves, made of their old ones in every place of an operation, and read by others afterwards.
    #[test]
    fn outputs_are_written_where_they_lie() {
        let mut g = Graph::default();
        let leaves: Vec<Id> = (0..7).map(|_| g.leaf(&[LEN])).collect();
        let [a, b, c, d, e, f, x] = leaves[..] else { unreachable!("seven") };
        let decayed = g.scale(a, 0.9);
        let next_a = g.add(decayed, x);
        let next_b = g.sub(x, b);
        let next_c = g.sub(c, next_a);
        let product = g.mul(x, next_a);
        let next_d = g.add(product, d);
        let next_e = g.mul(e, e);
        let root = g.unary(Unary::Abs, next_d);
        let next_f = g.with_scalar(Binary::Mul, root, 2.0);
        let both = g.add(next_a, next_b);
        let assigned = [(next_a, a), (next_b, b), (next_c, c), (next_d, d), (next_e, e), (next_f, f)];
        let mut tape = Tape::new(&g, &[both, next_f], &assigned);
        let old: Vec<Vec<f32>> =
            (0..7).map(|k| (0..LEN).map(|i| ((i * 7919 + k * 31) % 113) as f32 / 113.0 - 0.4).collect()).collect();
        let mut new = old.clone();
        let names: Vec<String> = tape.timed(&mut new, Noise::default(), || 0.0).into_iter().map(|(name, _)| name).collect();
        for i in 0..LEN {
            let [a, b, c, d, e, _, x] = [0, 1, 2, 3, 4, 5, 6].map(|k| old[k][i]);
            let next_a = a * 0.9 + x;
            let next_d = x * next_a + d;
            let want = [next_a, x - b, c - next_a, next_d, e * e, next_d.abs() * 2.0, x];
            for (k, want) in want.into_iter().enumerate() {
                assert!((new[k][i] - want).abs() < 1e-6, "leaf {k} at {i}: {} instead of {want}", new[k][i]);
            }
            assert!((tape.output(0)[i] - next_a - (x - b)).abs() < 1e-6 && (tape.output(1)[i] - want[5]).abs() < 1e-6);
        }
        // Ten operations; only what is stored twice is copied.
        assert_eq!(names, ["chain of 11 on 700"]);
    }
}
