//! Graphs to calls: see [`crate::code`].

mod shapes;

use std::collections::HashMap;

use latent_compile::graph::{Binary, Dist, Graph, Id, Loop, Op, Unary};
use latent_compile::loops::{self, reduction::Reduction};
use latent_compile::stored::Recorded;
use latent_compile::stored::given::{CONTROLS, FACTORS, INPUT, LABEL, STEP};

use crate::code::{Code, Do, Drawn, Kind, Number, Reduced, Size, Value, fixed, joined};
use crate::fuse;

/// A program that was recorded at two batch sizes, the smaller first, or twice the same.
pub struct Source<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Names of the graphs' first nodes.
    pub leaves: Vec<&'a str>,
    /// At few rows and at more.
    pub at: [Recorded<'a>; 2],
    /// What the input is called: `x`, `z`, `tokens`.
    pub input: &'a str,
    /// Training steps behind the weights.
    pub step: f32,
    /// The method's live parameters, in the order of its card.
    pub controls: &'a [(&'a str, f32)],
}

/// Makes calls of a graph.
///
/// # Errors
/// Names what has no counterpart elsewhere, or what depends on the batch in another way than by a size.
pub fn lower(source: &Source<'_>) -> Result<Code, String> {
    let [a, b] = source.at;
    if a.graph.len() != b.graph.len() || a.outputs != b.outputs {
        return Err(format!("{} is another computation for another batch", source.name));
    }
    let mut made = Lower {
        source,
        g: a.graph,
        readers: vec![0; a.graph.len()],
        values: vec![],
        of: vec![usize::MAX; a.graph.len()],
        noises: count_noise(a),
        named: HashMap::new(),
    };
    let needed = needed(a);
    for id in a.graph.ids().filter(|id| needed[ix(*id)]) {
        a.graph.node(id).args.iter().for_each(|arg| made.readers[ix(*arg)] += 1);
    }
    a.outputs.iter().for_each(|(_, id)| made.readers[ix(*id)] += 1);
    for id in a.graph.ids().filter(|id| needed[ix(*id)]) {
        made.of[ix(id)] = made.node(id)?;
    }
    let mut outputs = vec![];
    for (name, id) in a.outputs {
        let kind = if *name == "tokens" { Kind::Index } else { Kind::Float };
        let number = made.dims(*id)? == [Size::fixed(1)];
        let of = if number { made.lazy(*id, kind) } else { made.full(*id, kind) };
        outputs.push(((*name).into(), of));
    }
    let batch = (a.batch == b.batch).then_some(a.batch);
    let code = Code { name: source.name.into(), values: made.values, outputs, batch }.trim();
    if code.values.iter().any(|v| matches!(v.of, Do::Number(Number::Fixed(n)) if n.is_nan())) {
        return Err(format!("{} goes through the order of all floats, which other tools do not have", source.name));
    }
    Ok(code)
}

fn ix(id: Id) -> usize {
    id.0 as usize
}

fn needed(of: Recorded<'_>) -> Vec<bool> {
    let mut needed = vec![false; of.graph.len()];
    of.outputs.iter().for_each(|(_, id)| needed[ix(*id)] = true);
    for id in of.graph.ids().rev() {
        if needed[ix(id)] {
            of.graph.node(id).args.iter().for_each(|arg| needed[ix(*arg)] = true);
        }
    }
    needed
}

fn count_noise(of: Recorded<'_>) -> usize {
    let needed = needed(of);
    of.graph.ids().filter(|id| needed[ix(*id)] && matches!(of.graph.node(*id).op, Op::Random { .. })).count()
}

struct Lower<'a> {
    source: &'a Source<'a>,
    g: &'a Graph,
    /// How often the graph's nodes are read.
    readers: Vec<usize>,
    values: Vec<Value>,
    /// The value of each node: its own shape, or one that broadcasts to it.
    of: Vec<usize>,
    /// Nodes that draw.
    noises: usize,
    named: HashMap<usize, usize>,
}

impl Lower<'_> {
    /// A size that is `n` at both batches.
    fn size(&self, n: [usize; 2]) -> Result<Size, String> {
        let batch = self.source.at.map(|at| at.batch);
        let size = if batch[0] == batch[1] { Some(Size::fixed(n[0])) } else { Size::between(n, batch) };
        size.ok_or_else(|| format!("a size in {} depends on the batch in another way", self.source.name))
    }

    fn sizes(&self, a: &[usize], b: &[usize]) -> Result<Vec<Size>, String> {
        a.iter().zip(b).map(|(a, b)| self.size([*a, *b])).collect()
    }

    /// Dimensions of a node.
    fn dims(&self, id: Id) -> Result<Vec<Size>, String> {
        let [a, b] = self.source.at.map(|at| at.graph.shape(id));
        if a.len() == b.len() {
            self.sizes(a, b)
        } else {
            Err(format!("{} is another computation for another batch", self.source.name))
        }
    }

    /// A value; an equal one is not made twice.
    fn push(&mut self, of: Do, args: Vec<usize>, dims: Vec<Size>, kind: Kind) -> usize {
        let value = Value { of, args, dims, kind };
        self.values.iter().position(|own| *own == value).unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }

    fn number(&mut self, n: f32) -> usize {
        self.push(Do::Number(Number::Fixed(n)), vec![], vec![], Kind::Float)
    }

    /// The value as another type.
    fn cast(&mut self, of: usize, kind: Kind) -> usize {
        if self.values[of].kind == kind {
            return of;
        }
        // A number that was an index is the same index.
        let own = &self.values[of];
        if own.of == Do::Cast && self.values[own.args[0]].kind == kind && kind != Kind::Float {
            return own.args[0];
        }
        let (dims, inner) = (own.dims.clone(), own.args.first().map(|arg| self.values[*arg].clone()));
        if let (Do::Reshape, Some(Value { of: Do::Cast, args, .. })) = (&own.of, inner)
            && self.values[args[0]].kind == kind
            && kind != Kind::Float
        {
            return self.shaped(args[0], dims);
        }
        self.push(Do::Cast, vec![of], dims, kind)
    }

    /// A value in another shape; of one that has been in several, the first.
    fn shaped(&mut self, of: usize, dims: Vec<Size>) -> usize {
        let of = if self.values[of].of == Do::Reshape { self.values[of].args[0] } else { of };
        let kind = self.values[of].kind;
        if self.values[of].dims == dims { of } else { self.push(Do::Reshape, vec![of], dims, kind) }
    }

    /// A node's value, of any shape that broadcasts to its own.
    fn lazy(&mut self, id: Id, kind: Kind) -> usize {
        self.cast(self.of[ix(id)], kind)
    }

    /// A node's value in its own shape.
    fn full(&mut self, id: Id, kind: Kind) -> usize {
        let (of, dims) = (self.lazy(id, kind), self.dims(id).expect("it has been seen"));
        let own = &self.values[of].dims;
        if *own == dims {
            return of;
        }
        let lead = dims.len() - own.len();
        if dims[..lead].iter().all(|d| *d == Size::fixed(1)) && dims[lead..] == own[..] {
            return self.push(Do::Reshape, vec![of], dims, kind);
        }
        self.push(Do::Expand, vec![of], dims, kind)
    }

    /// A node's value with as many dimensions as it has, those that are broadcast of length one.
    fn ranked(&mut self, id: Id, kind: Kind) -> usize {
        let (of, rank) = (self.lazy(id, kind), self.g.shape(id).len());
        let own = self.values[of].dims.clone();
        if own.len() == rank {
            return of;
        }
        let dims = [vec![Size::fixed(1); rank - own.len()], own].concat();
        self.push(Do::Reshape, vec![of], dims, kind)
    }

    /// A node's value whose dimensions at `axes` are its own: others may be broadcast.
    fn whole(&mut self, id: Id, axes: &[usize], kind: Kind) -> Result<usize, String> {
        let (of, dims) = (self.ranked(id, kind), self.dims(id)?);
        let good = axes.iter().all(|axis| self.values[of].dims[*axis] == dims[*axis]);
        Ok(if good { of } else { self.full(id, kind) })
    }

    fn node(&mut self, id: Id) -> Result<usize, String> {
        let [node, other] = self.source.at.map(|at| at.graph.node(id));
        if node.args != other.args {
            return Err(format!("{} is another computation for another batch", self.source.name));
        }
        let dims = self.dims(id)?;
        let arg = |i: usize| node.args[i];
        Ok(match (&node.op, &other.op) {
            (Op::Leaf(i), _) => self.leaf(*i as usize, dims)?,
            (Op::Constant(i), Op::Constant(j)) => {
                let [a, b] = [(0, i), (1, j)].map(|(at, i)| &self.source.at[at].graph.constants[*i as usize]);
                if a != b {
                    return Err(format!("{} has data that depend on the batch", self.source.name));
                }
                if dims.len() == 1 && a.iter().enumerate().all(|(i, v)| *v == i as f32) {
                    return Ok(self.push(Do::Count, vec![], dims, Kind::Index));
                }
                self.push(Do::Data(a.clone()), vec![], dims, Kind::Float)
            }
            (Op::Fill(a), Op::Fill(b)) => {
                let number = self.recorded([f32::from_bits(*a), f32::from_bits(*b)])?;
                self.push(Do::Number(number), vec![], vec![], Kind::Float)
            }
            (Op::Iota { axis }, _) => {
                let count = self.push(Do::Count, vec![], vec![dims[*axis]], Kind::Index);
                let mut shape = vec![dims[*axis]];
                shape.resize(dims.len() - axis, Size::fixed(1));
                if shape.len() == 1 { count } else { self.push(Do::Reshape, vec![count], shape, Kind::Index) }
            }
            (Op::Random { dist, .. }, _) => self.noise(id, *dist, dims)?,
            (Op::Unary(f), _) => self.unary(*f, arg(0)),
            (Op::Binary(f), _) => self.binary(*f, [arg(0), arg(1)])?,
            (Op::Where, _) => {
                let cond = self.lazy(arg(0), Kind::Truth);
                let [a, b] = [arg(1), arg(2)].map(|id| self.lazy(id, Kind::Float));
                if let Some(x) = fuse::whole(cond, a, b, &self.values) {
                    return Ok(x);
                }
                let dims = joined(&joined(&self.values[cond].dims, &self.values[a].dims), &self.values[b].dims);
                self.push(Do::Where, vec![cond, a, b], dims, Kind::Float)
            }
            (Op::StopGradient, _) => {
                let of = self.of[ix(arg(0))];
                let Value { dims, kind, .. } = self.values[of].clone();
                self.push(Do::Detach, vec![of], dims, kind)
            }
            (Op::Reshape, _) => self.reshape(arg(0), dims)?,
            (Op::Permute(axes), _) => {
                let of = self.of[ix(arg(0))];
                let kind = self.values[of].kind;
                if self.values[of].dims.is_empty() {
                    return Ok(of);
                }
                let of = self.ranked(arg(0), kind);
                let dims = axes.iter().map(|axis| self.values[of].dims[*axis]).collect();
                self.push(Do::Permute(axes.clone()), vec![of], dims, kind)
            }
            (Op::Broadcast, _) => self.of[ix(arg(0))],
            (Op::Slice { start, step }, Op::Slice { start: others, .. }) => {
                let start = self.sizes(start, others)?;
                let (of, kind) = self.as_it_is(arg(0));
                if let Some(control) = self.control(of, &start, &dims) {
                    return Ok(control);
                }
                self.push(Do::Slice { start, step: step.clone() }, vec![of], dims, kind)
            }
            (Op::Embed { start, step }, Op::Embed { start: others, .. }) => {
                let start = self.sizes(start, others)?;
                self.embed(arg(0), &start, step, dims)?
            }
            (Op::Flip(axes), _) => {
                let (mut of, kind) = self.as_it_is(arg(0));
                for axis in axes {
                    of = self.push(Do::Flip(*axis), vec![of], dims.clone(), kind);
                }
                of
            }
            (Op::Concat(axis), _) => {
                let args = node.args.iter().map(|id| self.full(*id, Kind::Float)).collect();
                self.push(Do::Concat(*axis), args, dims, Kind::Float)
            }
            (Op::MatMul, _) => {
                let rank = dims.len();
                let [a, b] = [self.matrix(arg(0))?, self.matrix(arg(1))?];
                let lead = |v: usize| self.values[v].dims[..self.values[v].dims.len() - 2].to_vec();
                let dims = [joined(&lead(a), &lead(b)), dims[rank - 2..].to_vec()].concat();
                let of = if fuse::is_linear_weight(&self.values[b]) { Do::Linear } else { Do::MatMul };
                self.push(of, vec![a, b], dims, Kind::Float)
            }
            (Op::Conv2d(conv), _) => {
                let args = vec![self.full(arg(0), Kind::Float), self.full(arg(1), Kind::Float)];
                self.push(Do::Conv(*conv), args, dims, Kind::Float)
            }
            (Op::ConvTranspose2d(conv), _) => {
                let args = vec![self.full(arg(0), Kind::Float), self.full(arg(1), Kind::Float)];
                let (x, w) = (self.g.shape(arg(0)), self.g.shape(arg(1)));
                let mut extra = [0; 2];
                for (i, extra) in extra.iter_mut().enumerate() {
                    let reach = conv.dilation[i] * (w[2 + i] - 1) + 1;
                    *extra = node.shape[2 + i] + 2 * conv.padding[i] - reach - (x[2 + i] - 1) * conv.stride[i];
                }
                self.push(Do::ConvTranspose(*conv, extra), args, dims, Kind::Float)
            }
            (Op::Gather(axis), _) => self.gather(arg(0), arg(1), *axis, dims)?,
            (Op::Loop(of), _) => self.repeat(of, &node.args, dims)?,
            (op, _) => return Err(format!("{} has an operation that other tools do not have: {op:?}", self.source.name)),
        })
    }

    fn leaf(&mut self, i: usize, dims: Vec<Size>) -> Result<usize, String> {
        let name = *self.source.leaves.get(i).ok_or("a program has a leaf without a name")?;
        Ok(match name {
            INPUT => {
                let kind = if self.source.input == "tokens" { Kind::Index } else { Kind::Float };
                self.push(Do::Input(self.source.input.into()), vec![], dims, kind)
            }
            LABEL => self.push(Do::Input(LABEL.into()), vec![], dims, Kind::Index),
            FACTORS => self.push(Do::Input(FACTORS.into()), vec![], dims, Kind::Float),
            STEP => self.push(Do::Control(STEP.into(), self.source.step), vec![], dims, Kind::Float),
            CONTROLS => {
                let all = self.source.controls.iter().map(|(_, v)| *v).collect();
                self.push(Do::Data(all), vec![], dims, Kind::Float)
            }
            _ => self.push(Do::Weight(name.into()), vec![], dims, Kind::Float),
        })
    }

    /// One of the live parameters, which lie side by side.
    fn control(&mut self, of: usize, start: &[Size], dims: &[Size]) -> Option<usize> {
        let all = self.source.leaves.iter().position(|name| *name == CONTROLS)?;
        let all = self.g.ids().nth(all)?;
        let ([at], [one]) = (start, dims) else { return None };
        if self.of[ix(all)] != of || *one != Size::fixed(1) {
            return None;
        }
        let (key, value) = *self.source.controls.get(fixed(*at)?)?;
        Some(self.push(Do::Control(key.into(), value), vec![], dims.to_vec(), Kind::Float))
    }

    /// What a number that is `n` at both batches is for any.
    fn recorded(&self, n: [f32; 2]) -> Result<Number, String> {
        let batch = self.source.at.map(|at| at.batch as f32);
        if n[0].to_bits() == n[1].to_bits() {
            return Ok(Number::Fixed(n[0]));
        }
        let same = |a: f32, b: f32| (a - b).abs() <= 1e-6 * a.abs();
        let (over, times, less) =
            ([0, 1].map(|i| n[i] * batch[i]), [0, 1].map(|i| n[i] / batch[i]), [0, 1].map(|i| n[i] * (batch[i] - 1.0)));
        match () {
            () if same(over[0], over[1]) => Ok(Number::Over(tidy(over[0]))),
            () if same(times[0], times[1]) => Ok(Number::Times(tidy(times[0]))),
            () if same(less[0], less[1]) => Ok(Number::OverLess(tidy(less[0]))),
            () => Err(format!("a number in {} depends on the batch in another way", self.source.name)),
        }
    }

    /// Noise in the shape that its only reader gives it.
    fn noise(&mut self, id: Id, dist: Dist, dims: Vec<Size>) -> Result<usize, String> {
        let readers: Vec<Id> = self.g.ids().filter(|other| self.g.node(*other).args.contains(&id)).collect();
        let dims = match readers[..] {
            [only] if self.g.node(only).op == Op::Reshape => self.dims(only)?,
            _ => dims,
        };
        let n = self.named.len() + 1;
        let n = *self.named.entry(ix(id)).or_insert(n);
        let name = if self.noises == 1 { "noise".into() } else { format!("noise_{n}") };
        let drawn = if dist == Dist::Normal { Drawn::Normal } else { Drawn::Uniform };
        Ok(self.push(Do::Noise(name, drawn), vec![], dims, Kind::Float))
    }

    fn as_it_is(&mut self, id: Id) -> (usize, Kind) {
        let kind = self.values[self.of[ix(id)]].kind;
        (self.full(id, kind), kind)
    }

    fn unary(&mut self, f: Unary, x: Id) -> usize {
        let of = self.of[ix(x)];
        if f == Unary::Not && self.values[of].kind != Kind::Truth {
            let (x, zero) = (self.cast(of, Kind::Float), self.number(0.0));
            let dims = self.values[x].dims.clone();
            return self.push(Do::Binary(Binary::Eq), vec![x, zero], dims, Kind::Truth);
        }
        let (needs, kind) = match f {
            Unary::Not => (Kind::Truth, Kind::Truth),
            Unary::IsNan | Unary::IsInf => (Kind::Float, Kind::Truth),
            _ => (Kind::Float, Kind::Float),
        };
        let x = self.cast(of, needs);
        let dims = self.values[x].dims.clone();
        self.push(Do::Unary(f), vec![x], dims, kind)
    }

    fn binary(&mut self, f: Binary, args: [Id; 2]) -> Result<usize, String> {
        let truth = matches!(f, Binary::Eq | Binary::Ne | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge);
        if matches!(f, Binary::Advance { .. }) {
            // Part of how the largest of very long rows are found: `fuse::kth` puts a call in its place, and nothing needs this.
            return Ok(self.number(f32::NAN));
        }
        let indices = truth && args.iter().all(|id| self.values[self.of[ix(*id)]].kind == Kind::Index);
        let [a, b] = args.map(|id| self.lazy(id, if indices { Kind::Index } else { Kind::Float }));
        let dims = joined(&self.values[a].dims, &self.values[b].dims);
        let once = args.map(|id| self.readers[ix(id)] == 1);
        if let Some(fused) = fuse::binary(f, [a, b], once, &dims, &self.values, self.source.at.map(|at| at.batch)) {
            return Ok(self.push(fused.of, fused.args, fused.dims, fused.kind));
        }
        Ok(self.push(Do::Binary(f), vec![a, b], dims, if truth { Kind::Truth } else { Kind::Float }))
    }

    fn repeat(&mut self, of: &Loop, args: &[Id], dims: Vec<Size>) -> Result<usize, String> {
        if let Some(reduction) = loops::reduction_of(of) {
            if reduction == Reduction::Min
                && let Some([x, k]) = fuse::kth(self.g, args[0])
            {
                let [x, k] = [self.full(x, Kind::Float), self.full(k, Kind::Float)];
                return Ok(self.push(Do::Kth, vec![x, k], dims, Kind::Float));
            }
            let x = self.whole(args[0], &of.axes, Kind::Float)?;
            let mut own = self.values[x].dims.clone();
            of.axes.iter().for_each(|axis| own[*axis] = Size::fixed(1));
            if own.iter().all(|d| *d == Size::fixed(1)) {
                // One number needs no dimensions.
                let axes = (0..own.len()).collect();
                let reduce = Do::Reduce { of: Reduced::Plain(reduction), axes, keep: false };
                return Ok(self.push(reduce, vec![x], vec![], Kind::Float));
            }
            let reduce = Do::Reduce { of: Reduced::Plain(reduction), axes: of.axes.clone(), keep: true };
            return Ok(self.push(reduce, vec![x], own, Kind::Float));
        }
        let axis = of.axes.first().copied();
        let call = match (of.name, axis) {
            (loops::ARG_REDUCE, Some(axis)) => (Do::Arg { largest: of.variant == 1, axis, keep: true }, Kind::Index),
            (loops::RANK, Some(axis)) => (Do::Rank(axis), Kind::Index),
            (loops::CUM_SUM, Some(axis)) => (Do::CumSum(axis, of.variant == 1), Kind::Float),
            (loops::KTH_LARGEST, _) => (Do::Kth, Kind::Float),
            (loops::SCATTER_ADD, Some(axis)) => {
                let [index, x] = [self.full(args[0], Kind::Index), self.full(args[1], Kind::Float)];
                return Ok(self.push(Do::ScatterAdd(axis), vec![index, x], dims, Kind::Float));
            }
            (name, _) => return Err(format!("{} has an operation that other tools do not have: {name}", self.source.name)),
        };
        let args = args.iter().map(|id| self.full(*id, Kind::Float)).collect();
        Ok(self.push(call.0, args, dims, call.1))
    }
}

/// The whole number that rounding has missed.
fn tidy(n: f32) -> f32 {
    if (n - n.round()).abs() <= 1e-5 * n.abs() { n.round() } else { n }
}
