//! Programs as bytes: graphs that a file carries, for whoever has neither Burn nor the method's code.
//!
//! A program is recorded at two batch sizes. What differs between both is the batch, so it is kept as `at + each · batch`, and a reader may
//! ask for any. Operations are known by their names, leaves and outputs too; of leaves there are those that something reads.
//!
//! ```text
//! version · names · programs: name, batch or 0, leaves (name, shape), recorded data, nodes, outputs (name, node)
//! node: name of the operation, its numbers, arguments (how far before), shape (0: the first argument's, else rank + 1, sizes)
//! ```
//!
//! All numbers are of seven bits a byte; sizes are `2 · at`, or `2 · each + 1` and `at` where the batch matters. Files come from strangers:
//! [`read`] checks everything, at one row, and [`Program::at`] again at the batch that is asked for.

mod bytes;
mod check;
mod names;
mod text;

use self::bytes::{Reader, Writer};
use self::check::Budget;
pub use self::text::{from_text, to_text};
use crate::graph::{Graph, Id, Op};

/// Version of the format, its first byte.
const VERSION: u64 = 1;
/// Most programs, and nodes of one: many times what there is.
const PROGRAMS: usize = 64;
const NODES: usize = 1 << 13;
/// Most leaves of a program.
const LEAVES: usize = 1 << 10;
/// Most sizes that one thing has.
const SIZES: usize = 32;

/// Names of what a program is given that is no weight.
pub mod given {
    /// Rows: images, codes or tokens.
    pub const INPUT: &str = "input";
    /// The class of each image.
    pub const LABEL: &str = "label";
    /// The value of each factor of each image, where the method is told them.
    pub const FACTORS: &str = "factors";
    /// Training steps behind the weights.
    pub const STEP: &str = "step";
    /// The method's live parameters, in the order of its card.
    pub const CONTROLS: &str = "controls";
    /// The note of a file that has the objective at two batch sizes, and the one that says why there is none.
    pub const OBJECTIVE: &str = "objective";
    /// See there.
    pub const NO_OBJECTIVE: &str = "no objective";
    /// What the objective is called among programs.
    pub const LOSS: &str = "Loss";
    /// Stands before the name of a tensor of state, in what an objective gives.
    pub const SET: &str = "set ";
}

/// Rows of two recordings that are compared; the second pair, where the first says nothing. Primes, so that no other size is taken for the
/// batch.
pub const BATCHES: [[usize; 2]; 2] = [[37, 41], [53, 61]];

/// What was recorded at some batch size.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// Its first nodes are the leaves.
    pub graph: &'a Graph,
    /// Results with their names.
    pub outputs: &'a [(&'a str, Id)],
    /// Rows.
    pub batch: usize,
}

/// A size: `at + each · batch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// What is there without a row.
    pub at: u64,
    /// What each row adds.
    pub each: u64,
}

/// A node, whose arguments are leaves or nodes before it, counted together.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    name: String,
    numbers: Vec<Size>,
    args: Vec<usize>,
    shape: Vec<Size>,
}

/// A graph with names, in as many rows as one likes.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    name: String,
    leaves: Vec<(String, Vec<Size>)>,
    constants: Vec<Vec<f32>>,
    steps: Vec<Step>,
    outputs: Vec<(String, usize)>,
    /// Its rows, where it was recorded for no other number.
    batch: Option<usize>,
}

/// A program for some batch size.
#[derive(Debug)]
pub struct Made {
    /// Its leaves are the program's, in order.
    pub graph: Graph,
    /// The program's outputs, in order.
    pub outputs: Vec<Id>,
}

impl Size {
    /// A size that is the same for every batch.
    pub fn fixed(n: usize) -> Self {
        Self { at: n as u64, each: 0 }
    }

    /// The size that was `n` at two batch sizes; `None` if no multiple of the batch makes the difference.
    pub fn between(n: [usize; 2], batch: [usize; 2]) -> Option<Self> {
        if n[0] == n[1] {
            return Some(Self::fixed(n[0]));
        }
        let (more, rows) = (n[1].checked_sub(n[0])?, batch[1].checked_sub(batch[0])?);
        let each = (more % rows == 0).then_some(more / rows)?;
        Some(Self { at: n[0].checked_sub(each * batch[0])? as u64, each: each as u64 })
    }

    fn of(self, batch: usize) -> Result<usize, String> {
        let n = self.each.checked_mul(batch as u64).and_then(|n| n.checked_add(self.at));
        n.and_then(|n| u32::try_from(n).ok()).map(|n| n as usize).ok_or_else(|| "a size in a model's program is too large".into())
    }

    fn write(self, to: &mut Writer) {
        if self.each == 0 {
            to.number(self.at << 1);
        } else {
            to.number(self.each << 1 | 1);
            to.number(self.at);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, String> {
        let n = from.number()?;
        Ok(if n & 1 == 0 { Self { at: n >> 1, each: 0 } } else { Self { each: n >> 1, at: from.number()? } })
    }
}

fn sizes(n: [&[usize]; 2], batch: [usize; 2]) -> Option<Vec<Size>> {
    let [a, b] = n;
    (a.len() == b.len()).then(|| a.iter().zip(b).map(|(a, b)| Size::between([*a, *b], batch)).collect())?
}

/// Whether numbers of the operation may depend on the batch: elsewhere they are indices, or values.
fn counts(op: &Op) -> bool {
    matches!(op, Op::Slice { .. } | Op::Embed { .. })
}

impl Program {
    /// The program that was recorded at two batch sizes, the smaller first; `leaves` are the names of the graphs' first nodes. `None` if more
    /// than sizes differs between both.
    ///
    /// # Errors
    /// Names what a file cannot have.
    pub fn between(name: &str, leaves: &[&str], a: Recorded<'_>, b: Recorded<'_>) -> Result<Option<Self>, String> {
        if a.graph.len() != b.graph.len() || a.outputs != b.outputs {
            return Ok(None);
        }
        let made = Self::gather(name, leaves, a, b, false)?;
        // What one row makes of it may be nothing that runs.
        Ok(made.filter(|program| [a.batch, b.batch, 1].into_iter().all(|batch| program.at(batch).is_ok())))
    }

    /// The program for one batch size.
    ///
    /// # Errors
    /// Names what a file cannot have.
    pub fn fixed(name: &str, leaves: &[&str], of: Recorded<'_>) -> Result<Self, String> {
        Self::alone(name, leaves, of, false)
    }

    /// The same, for whoever takes gradients of it: it says where none pass.
    ///
    /// # Errors
    /// As there.
    pub fn trained(name: &str, leaves: &[&str], of: Recorded<'_>) -> Result<Self, String> {
        Self::alone(name, leaves, of, true)
    }

    fn alone(name: &str, leaves: &[&str], of: Recorded<'_>, stops: bool) -> Result<Self, String> {
        let made = Self::gather(name, leaves, of, of, stops)?.ok_or("a recording is unlike itself")?;
        let program = Self { batch: Some(of.batch), ..made };
        program.at(of.batch)?;
        Ok(program)
    }

    /// The nodes that the outputs need; `stops`: with those that only stop gradients.
    fn gather(name: &str, leaves: &[&str], a: Recorded<'_>, b: Recorded<'_>, stops: bool) -> Result<Option<Self>, String> {
        let (g, batch) = (a.graph, [a.batch, b.batch]);
        let mut needed = vec![false; g.len()];
        a.outputs.iter().for_each(|(_, id)| needed[id.ix()] = true);
        for id in g.ids().rev() {
            if needed[id.ix()] {
                g.node(id).args.iter().for_each(|arg| needed[arg.ix()] = true);
            }
        }
        let mut made = Self { name: name.into(), leaves: vec![], constants: vec![], steps: vec![], outputs: vec![], batch: None };
        let mut place = vec![usize::MAX; g.len()];
        for id in g.ids().filter(|id| needed[id.ix()]) {
            let (node, other) = (g.node(id), b.graph.node(id));
            let Some(shape) = sizes([&node.shape, &other.shape], batch).filter(|_| node.args == other.args) else {
                return Ok(None);
            };
            let here = made.leaves.len() + made.steps.len();
            place[id.ix()] = match (&node.op, &other.op) {
                (Op::Leaf(i), Op::Leaf(j)) if i == j => {
                    let name = leaves.get(*i as usize).filter(|_| made.steps.is_empty());
                    made.leaves.push(((*name.ok_or("a recording has a leaf without a name")?).into(), shape));
                    here
                }
                (Op::StopGradient, Op::StopGradient) if !stops => place[node.args[0].ix()],
                (op, other) => {
                    let (Some((name, mut numbers)), Some((same, others))) = (names::split(op), names::split(other)) else {
                        return Ok(None);
                    };
                    if let (Op::Constant(i), Op::Constant(j)) = (op, other) {
                        let data = &g.constants[*i as usize];
                        if data.iter().map(|v| v.to_bits()).ne(b.graph.constants[*j as usize].iter().map(|v| v.to_bits())) {
                            return Ok(None);
                        }
                        numbers[0] = made.constants.len();
                        made.constants.push(data.clone());
                    } else if !counts(op) && numbers != others {
                        return Ok(None);
                    }
                    let numbers = if counts(op) {
                        sizes([&numbers, &others], batch)
                    } else {
                        Some(numbers.into_iter().map(Size::fixed).collect())
                    };
                    let Some(numbers) = numbers.filter(|_| name == same) else { return Ok(None) };
                    let args = node.args.iter().map(|arg| place[arg.ix()]).collect();
                    made.steps.push(Step { name: name.into(), numbers, args, shape });
                    here
                }
            };
        }
        made.outputs = a.outputs.iter().map(|(name, id)| ((*name).into(), place[id.ix()])).collect();
        Ok(Some(made))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of what it is given.
    pub fn leaves(&self) -> impl Iterator<Item = &str> {
        self.leaves.iter().map(|(name, _)| name.as_str())
    }

    /// Names of what it gives.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|(name, _)| name.as_str())
    }

    /// Nodes, without leaves.
    pub fn nodes(&self) -> usize {
        self.steps.len()
    }

    /// The number of its rows, where it has no other.
    pub fn batch(&self) -> Option<usize> {
        self.batch
    }

    /// The program for so many rows, in which every node is what its operation makes of its arguments.
    ///
    /// # Errors
    /// A sentence, where it is not, or takes more memory or time than a model may; or if it has another number of rows.
    pub fn at(&self, batch: usize) -> Result<Made, String> {
        if self.batch.is_some_and(|own| own != batch) {
            return Err(format!("the model's program {:?} is not for {batch} rows", self.name));
        }
        let (mut g, mut ids, mut budget) = (Graph::default(), Vec::<Id>::new(), Budget::default());
        let shape_of = |sizes: &[Size]| sizes.iter().map(|size| size.of(batch)).collect::<Result<Vec<_>, _>>();
        for (_, sizes) in &self.leaves {
            let shape = shape_of(sizes)?;
            budget.spend(check::floats(&shape)?, 0)?;
            ids.push(g.leaf(&shape));
        }
        g.constants.clone_from(&self.constants);
        let constants: Vec<usize> = self.constants.iter().map(Vec::len).collect();
        for (i, step) in self.steps.iter().enumerate() {
            let wrong = || format!("node {i} of the model's program {:?}, {}, does not fit its arguments", self.name, step.name);
            let op = names::join(&step.name, &shape_of(&step.numbers)?)?.ok_or_else(wrong)?;
            let args: Vec<Id> = step.args.iter().map(|arg| ids.get(*arg).copied()).collect::<Option<_>>().ok_or_else(wrong)?;
            let shape = shape_of(&step.shape)?;
            let floats = check::floats(&shape)?;
            let of: Vec<&[usize]> = args.iter().map(|arg| g.shape(*arg)).collect();
            if !check::fits(&op, &of, &shape, &constants) {
                return Err(wrong());
            }
            let (room, work) = check::cost(&op, &of, &shape);
            budget.spend(floats.saturating_add(room), work)?;
            ids.push(g.push(op, args, shape));
        }
        let outputs = self.outputs.iter().map(|(_, at)| ids.get(*at).copied()).collect::<Option<_>>();
        Ok(Made { graph: g, outputs: outputs.ok_or("a model's program gives what it does not compute")? })
    }
}

/// Programs as bytes: the same for the same ones.
pub fn write(programs: &[Program]) -> Vec<u8> {
    let mut words: Vec<&str> = vec![];
    for step in programs.iter().flat_map(|program| &program.steps) {
        if !words.contains(&step.name.as_str()) {
            words.push(&step.name);
        }
    }
    let mut to = Writer::default();
    to.number(VERSION);
    to.count(words.len());
    words.iter().for_each(|word| to.word(word));
    to.count(programs.len());
    for program in programs {
        to.word(&program.name);
        to.count(program.batch.unwrap_or(0));
        to.count(program.leaves.len());
        for (name, shape) in &program.leaves {
            to.word(name);
            to.count(shape.len());
            shape.iter().for_each(|size| size.write(&mut to));
        }
        to.count(program.constants.len());
        for constant in &program.constants {
            to.count(constant.len());
            constant.iter().for_each(|v| to.0.extend(v.to_le_bytes()));
        }
        let shape_of = |i: usize| match i.checked_sub(program.leaves.len()) {
            None => &program.leaves[i].1,
            Some(i) => &program.steps[i].shape,
        };
        to.count(program.steps.len());
        for (i, step) in program.steps.iter().enumerate() {
            to.count(words.iter().position(|word| *word == step.name).unwrap_or_default());
            to.count(step.numbers.len());
            step.numbers.iter().for_each(|n| n.write(&mut to));
            to.count(step.args.len());
            step.args.iter().for_each(|arg| to.count(program.leaves.len() + i - arg));
            if step.args.first().is_some_and(|arg| *shape_of(*arg) == step.shape) {
                to.count(0);
            } else {
                to.count(step.shape.len() + 1);
                step.shape.iter().for_each(|size| size.write(&mut to));
            }
        }
        to.count(program.outputs.len());
        for (name, at) in &program.outputs {
            to.word(name);
            to.count(*at);
        }
    }
    to.0
}

/// Reads what [`write()`] has written, or what a stranger says that it has.
///
/// # Errors
/// One sentence that says what is wrong, if not everything is right.
pub fn read(bytes: &[u8]) -> Result<Vec<Program>, String> {
    let mut from = Reader(bytes);
    let version = from.number()?;
    if version != VERSION {
        return Err(format!("the model's programs are of version {version}; this program reads version {VERSION}"));
    }
    let words: Vec<String> = (0..from.count(1)?).map(|_| from.word()).collect::<Result<_, _>>()?;
    let count = from.count(1)?;
    if count > PROGRAMS {
        return Err(format!("a model has {count} programs: at most {PROGRAMS} are known"));
    }
    let programs: Vec<Program> = (0..count).map(|_| read_one(&mut from, &words)).collect::<Result<_, _>>()?;
    if !from.0.is_empty() {
        return Err(format!("{} bytes follow the model's programs", from.0.len()));
    }
    Ok(programs)
}

fn read_one(from: &mut Reader<'_>, words: &[String]) -> Result<Program, String> {
    let sizes = |from: &mut Reader<'_>, n: usize| match n {
        0..=SIZES => (0..n).map(|_| Size::read(from)).collect::<Result<Vec<_>, _>>(),
        _ => Err(format!("a model's program has {n} sizes of one thing: at most {SIZES} are known")),
    };
    let name = from.word()?;
    let batch = Some(from.below(1 << 16)?).filter(|batch| *batch > 0);
    let mut leaves = vec![];
    for _ in 0..from.count(2)? {
        let (name, rank) = (from.word()?, from.count(1)?);
        leaves.push((name, sizes(from, rank)?));
    }
    // Few, and short: no set is needed to find one twice.
    if leaves.len() > LEAVES {
        return Err(format!("a model's program is given {} tensors: at most {LEAVES} are known", leaves.len()));
    }
    if let Some((_, (name, _))) = leaves.iter().enumerate().find(|(i, (name, _))| leaves[..*i].iter().any(|(own, _)| own == name)) {
        return Err(format!("a model's program is given {name:?} twice"));
    }
    let constants = (0..from.count(1)?).map(|_| from.floats()).collect::<Result<Vec<_>, _>>()?;
    if constants.iter().flatten().any(|v| v.is_nan()) {
        return Err("what was recorded in a model's program is no number".into());
    }
    let count = from.count(4)?;
    if count + leaves.len() > NODES {
        return Err(format!("a model's program has {count} nodes: at most {NODES} are known"));
    }
    let mut steps: Vec<Step> = Vec::with_capacity(count);
    for i in 0..count {
        let here = leaves.len() + i;
        let name = words[from.below(words.len())?].clone();
        let n = from.count(1)?;
        let numbers = sizes(from, n)?;
        let args: Vec<usize> = (0..from.count(1)?)
            .map(|_| match from.below(here + 1)? {
                0 => Err("a node of a model's program needs itself".into()),
                back => Ok(here - back),
            })
            .collect::<Result<_, String>>()?;
        let shape = match (from.count(0)?, args.first()) {
            (0, Some(arg)) => match arg.checked_sub(leaves.len()) {
                None => leaves[*arg].1.clone(),
                Some(arg) => steps[arg].shape.clone(),
            },
            (0, None) => return Err("a node of a model's program has no shape".into()),
            (rank, _) => sizes(from, rank - 1)?,
        };
        steps.push(Step { name, numbers, args, shape });
    }
    let mut outputs = vec![];
    for _ in 0..from.count(2)? {
        outputs.push((from.word()?, from.below(leaves.len() + steps.len())?));
    }
    let program = Program { name, leaves, constants, steps, outputs, batch };
    program.at(batch.unwrap_or(1))?;
    Ok(program)
}

#[cfg(test)]
mod tests;
