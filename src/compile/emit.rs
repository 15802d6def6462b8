//! Expressions: pulls the value of a node at an index through views and elementwise operations down to stored tensors.

use super::code::{Code, Uses};
use super::graph::{Binary, Dist, Graph, Id, Op, strides};
use super::hash::Map;
use super::index::{At, Bind, Lin};
use super::unary::Wgsl;

/// Words of the control buffer, in front of the live controls.
pub mod ctl {
    /// Steps completed, as seen by the first level of a training plan and by plans that do not train.
    pub const STEP: usize = 0;
    /// The step being taken, copied from [`STEP`] by the first level and read by all later ones.
    pub const NOW: usize = 1;
    /// Seed of the run: keys all its noise.
    pub const SEED: usize = 2;
    /// Tells runs of a plan that does not train apart.
    pub const NONCE: usize = 3;
    /// Bits of +∞, which WGSL cannot write down.
    pub const INFINITY: usize = 4;
    /// Step size of the optimiser. This and the next two are the same for all parameters in a step.
    pub const RATE: usize = 5;
    /// Correction of the second moment.
    pub const SCALE: usize = 6;
    /// Share of a parameter that weight decay leaves.
    pub const KEPT: usize = 7;
    /// Entries of the order buffer, a ring of the images at the positions of all epochs.
    pub const ORDER: usize = 8;
    /// First byte of the labels in the data, which lie behind the images.
    pub const LABELS: usize = 9;
    /// Where in that ring the next minibatch begins: a position in all epochs would need more bits than a word has.
    pub const PLACE: usize = 10;
    /// First live control.
    pub const LIVE: usize = 11;
    /// Length of the buffer: room for 53 live controls.
    pub const WORDS: usize = 64;
}

/// Where a stored tensor lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Offset in the arena, in floats.
    Arena(usize),
    /// First word in the control buffer.
    Control(usize),
    /// Offset among the values of 16 bits, in those.
    Half(usize),
}

/// A WGSL expression of type `f32` and the scope that it needs.
#[derive(Clone, Debug)]
pub struct Val {
    /// The expression: a variable's name or a literal, mostly.
    pub text: String,
    /// Nesting depth at which it can be used: 0 is the invocation, 1 its inner loop.
    pub scope: usize,
}

/// Writes the body of one kernel. Scope 0 is the invocation, scope 1 its inner loop.
pub struct Emitter<'a> {
    pub(super) graph: &'a Graph,
    place: &'a dyn Fn(Id) -> Option<Place>,
    /// WGSL for the step that noise is keyed by, and what is added to its streams.
    noise: (&'a str, u32),
    /// Values that this kernel has just computed, at the index it computed them for.
    registers: Map<Id, (Lin, String)>,
    values: Map<Id, Map<At, Val>>,
    binds: Map<String, Lin>,
    count: usize,
    /// Where it has loaded from, as flat indices: they tell which loads are neighbours.
    pub loads: Vec<Lin>,
    /// The lines written so far, by scope; [`Self::take`] empties them.
    lines: [Code; 2],
    /// What these lines need in front of them.
    pub uses: Uses,
}

impl Bind for Emitter<'_> {
    fn bind(&mut self, expression: String, bound: usize, scope: usize) -> Lin {
        if let Some(l) = self.binds.get(&expression) {
            return l.clone();
        }
        let name = self.fresh();
        self.lines[scope].line(format_args!("let {name} = {expression};"));
        let l = Lin::var(name, bound, scope);
        self.binds.insert(expression, l.clone());
        l
    }
}

/// A float literal.
pub fn literal(v: f32) -> String {
    match v {
        _ if v.is_nan() => format!("(bitcast<f32>(ctl[{0}]) - bitcast<f32>(ctl[{0}]))", ctl::INFINITY),
        f32::INFINITY => format!("bitcast<f32>(ctl[{}])", ctl::INFINITY),
        f32::NEG_INFINITY => format!("(-bitcast<f32>(ctl[{}]))", ctl::INFINITY),
        _ if v.is_sign_negative() && v != 0.0 => format!("({v:?}f)"),
        _ => format!("{v:?}f"),
    }
}

impl<'a> Emitter<'a> {
    /// An emitter that has written nothing. `place` says which nodes are stored and where; `noise` is the WGSL of the step that keys
    /// noise and what is added to its streams.
    pub fn new(graph: &'a Graph, place: &'a dyn Fn(Id) -> Option<Place>, noise: (&'a str, u32)) -> Self {
        Self {
            graph,
            place,
            noise,
            registers: Map::default(),
            values: Map::default(),
            binds: Map::default(),
            count: 0,
            loads: Vec::new(),
            lines: Default::default(),
            uses: Uses::default(),
        }
    }

    fn fresh(&mut self) -> String {
        self.count += 1;
        format!("v{}", self.count)
    }

    /// Declares that the node's value at `flat` is the WGSL variable `name`.
    pub fn register(&mut self, id: Id, flat: Lin, name: impl Into<String>) {
        self.registers.insert(id, (flat, name.into()));
    }

    /// The value of `id` at flat index `o` as the name of a variable.
    pub fn fresh_value(&mut self, id: Id, o: &Lin) -> String {
        let v = match self.graph.node(id).op {
            Op::Fill(bits) => Val { text: literal(f32::from_bits(bits)), scope: 0 },
            // The node's own place is about to be written: compute it, do not load it.
            _ => self.compute(id, &At::Flat(o.clone())),
        };
        self.bind_value(v.text, v.scope).text
    }

    /// Rounds a variable of the invocation to 16 bits: the name of what is stored, and of what this kernel goes on with, so that it
    /// computes with the same number as all others that read it.
    pub(super) fn halved(&mut self, value: &str) -> [String; 2] {
        self.uses |= Uses::HALVES;
        let half = self.bind_value(format!("f16({value})"), 0).text;
        let whole = self.bind_value(format!("f32({half})"), 0).text;
        [half, whole]
    }

    /// Takes the lines written so far in a scope.
    pub fn take(&mut self, scope: usize) -> String {
        self.lines[scope].take()
    }

    fn bind_value(&mut self, expression: String, scope: usize) -> Val {
        let name = self.fresh();
        self.lines[scope].line(format_args!("let {name} = {expression};"));
        Val { text: name, scope }
    }

    /// The value of node `id` at `at`.
    pub fn value(&mut self, id: Id, at: &At) -> Val {
        let node = self.graph.node(id);
        if let Op::Fill(bits) = node.op {
            return Val { text: literal(f32::from_bits(bits)), scope: 0 };
        }
        if let Some(v) = self.values.get(&id).and_then(|known| known.get(at)) {
            return v.clone();
        }
        if let Some((home, name)) = self.registers.get(&id)
            && at.flat(&node.shape) == *home
        {
            return Val { text: name.clone(), scope: 0 };
        }
        let v = match (self.place)(id) {
            Some(place) => {
                let flat = at.flat(&node.shape);
                self.load(place, &flat)
            }
            None => self.compute(id, at),
        };
        self.values.entry(id).or_default().insert(at.clone(), v.clone());
        v
    }

    fn load(&mut self, place: Place, flat: &Lin) -> Val {
        match place {
            Place::Arena(offset) => {
                self.loads.push(flat.clone());
                let (i, scope) = (flat.offset(offset as i64).text(), flat.scope());
                self.bind_value(format!("a[{i}]"), scope)
            }
            Place::Control(first) => {
                let (i, scope) = (flat.offset(first as i64).text(), flat.scope());
                self.bind_value(format!("bitcast<f32>(ctl[{i}])"), scope)
            }
            Place::Half(offset) => {
                self.uses |= Uses::HALVES;
                self.loads.push(flat.clone());
                let (i, scope) = (flat.offset(offset as i64).text(), flat.scope());
                self.bind_value(format!("f32(h16[{i}])"), scope)
            }
        }
    }

    /// `index < n`, with its scope.
    fn below(index: &Lin, n: usize) -> (String, usize) {
        (format!("{} < {n}u", index.text()), index.scope())
    }

    fn compute(&mut self, id: Id, at: &At) -> Val {
        let graph = self.graph;
        let node = graph.node(id);
        let arg = |i: usize| node.args[i];
        let same = |x: Id| graph.shape(x) == node.shape.as_slice();
        match &node.op {
            Op::Unary(f) => {
                debug_assert!(same(arg(0)));
                let x = self.value(arg(0), at);
                let text = match f.rule().wgsl {
                    Wgsl::Plain(text) => text,
                    Wgsl::Math(text) => {
                        self.uses |= Uses::MATH;
                        text
                    }
                };
                self.bind_value(text.replace("{x}", &x.text), x.scope)
            }
            Op::Binary(f) => {
                debug_assert!(same(arg(0)) && same(arg(1)), "{node:?}");
                let (x, y) = (self.value(arg(0), at), self.value(arg(1), at));
                if matches!(f, Binary::Pow | Binary::Rem | Binary::Advance { .. }) {
                    self.uses |= Uses::MATH;
                }
                self.bind_value(binary_text(*f, &x.text, &y.text), x.scope.max(y.scope))
            }
            Op::Where => {
                let c = self.value(arg(0), at);
                let (x, y) = (self.value(arg(1), at), self.value(arg(2), at));
                let scope = c.scope.max(x.scope).max(y.scope);
                self.bind_value(format!("select({}, {}, {} != 0.0f)", y.text, x.text, c.text), scope)
            }
            Op::StopGradient => self.value(arg(0), at),
            Op::Reshape => {
                let flat = at.flat(&node.shape);
                self.value(arg(0), &At::Flat(flat))
            }
            Op::Broadcast => {
                let inner = graph.shape(arg(0)).to_vec();
                if inner.iter().all(|n| *n == 1) {
                    return self.value(arg(0), &At::Flat(Lin::default()));
                }
                let dims = at.dims(&node.shape, self);
                let dims = dims.into_iter().zip(&inner).map(|(d, n)| if *n == 1 { Lin::default() } else { d }).collect();
                self.value(arg(0), &At::Dims(dims))
            }
            Op::Permute(axes) => {
                let dims = at.dims(&node.shape, self);
                let mut inner = vec![Lin::default(); dims.len()];
                for (d, a) in dims.into_iter().zip(axes) {
                    inner[*a] = d;
                }
                self.value(arg(0), &At::Dims(inner))
            }
            Op::Slice { start, step } => {
                let dims = at.dims(&node.shape, self);
                let dims = dims.iter().zip(start.iter().zip(step)).map(|(d, (s, t))| d.scaled(*t).offset(*s as i64)).collect();
                self.value(arg(0), &At::Dims(dims))
            }
            Op::Flip(axes) => {
                let mut dims = at.dims(&node.shape, self);
                for a in axes {
                    let n = node.shape[*a];
                    let (text, scope) = (format!("{}u - ({})", n - 1, dims[*a].text()), dims[*a].scope());
                    dims[*a] = self.bind(text, n, scope);
                }
                self.value(arg(0), &At::Dims(dims))
            }
            Op::Embed { start, step } => {
                let dims = at.dims(&node.shape, self);
                let inner_shape = graph.shape(arg(0)).to_vec();
                let (mut tests, mut scope, mut inner) = (vec![], 0, vec![]);
                for (i, d) in dims.iter().enumerate() {
                    let n = inner_shape[i];
                    if n == node.shape[i] {
                        inner.push(d.clone());
                        continue;
                    }
                    scope = scope.max(d.scope());
                    // Wraps far above n where the index lies before the start.
                    let moved = self.bind(d.offset(-(start[i] as i64)).text(), usize::MAX, d.scope());
                    let at = if step[i] == 1 {
                        moved
                    } else {
                        tests.push(format!("{} % {}u == 0u", moved.text(), step[i]));
                        self.bind(format!("{} / {}u", moved.text(), step[i]), usize::MAX, d.scope())
                    };
                    tests.push(Self::below(&at, n).0);
                    inner.push(self.bind(format!("min({}, {}u)", at.text(), n - 1), n, d.scope()));
                }
                let x = self.value(arg(0), &At::Dims(inner));
                self.bind_value(format!("select(0.0f, {}, {})", x.text, tests.join(" && ")), scope.max(x.scope))
            }
            Op::Concat(axis) => {
                let dims = at.dims(&node.shape, self);
                let (d, mut first, mut out) = (dims[*axis].clone(), 0, None::<Val>);
                for part in &node.args {
                    let n = graph.shape(*part)[*axis];
                    let moved = format!("min({}, {}u)", d.offset(-(first as i64)).text(), n - 1);
                    let mut inner = dims.clone();
                    inner[*axis] = self.bind(moved, n, d.scope());
                    let x = self.value(*part, &At::Dims(inner));
                    out = Some(match out {
                        None => x,
                        Some(o) => {
                            let scope = o.scope.max(x.scope).max(d.scope());
                            self.bind_value(format!("select({}, {}, {} >= {first}u)", o.text, x.text, d.text()), scope)
                        }
                    });
                    first += n;
                }
                out.expect("a concatenation has parts")
            }
            Op::Iota { axis } => {
                let d = at.dims(&node.shape, self)[*axis].clone();
                Val { text: format!("f32({})", d.text()), scope: d.scope() }
            }
            Op::Random { dist, stream } => {
                let flat = at.flat(&node.shape);
                let f = match dist {
                    Dist::Normal => "rng_normal",
                    Dist::Uniform => "rng_uniform",
                };
                let (step, salt) = self.noise;
                self.uses |= Uses::RNG;
                let text = format!("{f}({}, {}u, {step}, ctl[{}])", flat.text(), stream + salt, ctl::SEED);
                self.bind_value(text, flat.scope())
            }
            Op::Gather(axis) => {
                let index = self.value(arg(1), at);
                let mut dims = at.dims(&node.shape, self);
                let n = graph.shape(arg(0))[*axis];
                dims[*axis] = self.bind(format!("min(u32({}), {}u)", index.text, n - 1), n, index.scope);
                self.value(arg(0), &At::Dims(dims))
            }
            op => unreachable!("{op:?} is stored before it is read"),
        }
    }

    /// `x[n, c, y, x]` with zeros outside the image: what convolutions read. `y` and `x` may have wrapped below zero.
    pub fn pixel(&mut self, id: Id, n: &Lin, c: &Lin, y: &Lin, x: &Lin) -> Val {
        let shape = self.graph.shape(id).to_vec();
        let (mut tests, mut scope) = (vec![], 0);
        let mut at = vec![n.clone(), c.clone()];
        for (i, d) in [(2, y), (3, x)] {
            if d.bound().is_some_and(|b| b <= shape[i]) {
                at.push(d.clone());
                continue;
            }
            let d = self.bind(d.text(), usize::MAX, d.scope());
            tests.push(Self::below(&d, shape[i]).0);
            scope = scope.max(d.scope());
            at.push(self.bind(format!("min({}, {}u)", d.text(), shape[i] - 1), shape[i], d.scope()));
        }
        let v = self.value(id, &At::Dims(at));
        if tests.is_empty() {
            return v;
        }
        self.bind_value(format!("select(0.0f, {}, {})", v.text, tests.join(" && ")), scope.max(v.scope))
    }
}

/// Cost of reading a node once, in about one arithmetic instruction each: decides what is stored and what is recomputed.
pub fn cost(op: &Op) -> u32 {
    match op {
        Op::Random { .. } => 40,
        Op::Unary(f) => f.rule().cost,
        Op::Binary(Binary::Pow) => 10,
        Op::Binary(Binary::Div | Binary::Rem) => 3,
        Op::Embed { .. } | Op::Concat(_) | Op::Gather(_) => 3,
        Op::Fill(_) | Op::Reshape | Op::StopGradient | Op::Slice { .. } | Op::Permute(_) | Op::Broadcast => 0,
        _ => 1,
    }
}

fn binary_text(f: Binary, x: &str, y: &str) -> String {
    let compare = |op: &str| format!("select(0.0f, 1.0f, {x} {op} {y})");
    match f {
        Binary::Add => format!("{x} + {y}"),
        Binary::Sub => format!("{x} - {y}"),
        Binary::Mul => format!("{x} * {y}"),
        Binary::Div => format!("{x} / {y}"),
        Binary::Min => format!("min({x}, {y})"),
        Binary::Max => format!("max({x}, {y})"),
        Binary::Pow => format!("m_pow({x}, {y})"),
        Binary::Rem => format!("m_rem({x}, {y})"),
        Binary::Eq => compare("=="),
        Binary::Ne => compare("!="),
        Binary::Lt => compare("<"),
        Binary::Le => compare("<="),
        Binary::Gt => compare(">"),
        Binary::Ge => compare(">="),
        Binary::Advance { shift } => format!("m_from_order(m_order({x}) + (u32({y}) << {shift}u))"),
    }
}

/// Coordinates of a reduction: the argument's index when output element `o` (keeping reduced axes with length one) meets
/// the `r`-th of the reduced elements.
pub fn reduced(shape: &[usize], axes: &[usize], o: &Lin, r: &Lin, b: &mut dyn Bind) -> At {
    let outer: Vec<usize> = shape.iter().enumerate().map(|(i, n)| if axes.contains(&i) { 1 } else { *n }).collect();
    let inner: Vec<usize> = shape.iter().enumerate().map(|(i, n)| if axes.contains(&i) { *n } else { 1 }).collect();
    let rest: usize = inner.iter().product();
    // Neighbouring axes need no division: they are one axis.
    let (first, last) = (axes[0], axes[axes.len() - 1]);
    if last - first + 1 == axes.len() {
        let tail = strides(shape)[last];
        if o.bound().is_some_and(|n| n <= 1) || tail == 1 {
            return At::Flat(o.scaled(rest).plus(r));
        }
        if first == 0 {
            return At::Flat(r.scaled(tail).plus(o));
        }
    }
    let o = At::Flat(o.clone()).dims(&outer, b);
    let r = At::Flat(r.clone()).dims(&inner, b);
    At::Dims((0..shape.len()).map(|i| if axes.contains(&i) { r[i].clone() } else { o[i].clone() }).collect())
}
