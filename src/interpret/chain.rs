//! Elementwise operations, one after the other on pieces that stay in the fastest cache.

use latent_compile::graph::{Binary, Unary};

use crate::feed::{Feed, Window};
use crate::math;
use crate::memory::{Base, Memory, Noise};
use crate::threads;
use crate::view::{Dim, View, read};

/// Floats of a piece: some twenty of them fit into the cache beside what is read and written.
const PIECE: usize = 512;
/// Operations on an element times elements from which on it pays to wake other cores.
const SHARED: usize = 1 << 17;

/// What an operation is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operand {
    /// What an earlier one left in a register, which holds a piece.
    Register(u16),
    /// A piece of a buffer, where it lies.
    Piece(u16),
    /// A piece of the product of that number that the chain computes itself.
    Fed(u16),
    /// What the output of that number still has from before.
    Before(u16),
    /// One float of a buffer, everywhere.
    Float(u16),
    /// A number.
    Number(f32),
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Do {
    Unary(Unary),
    Binary(Binary),
    /// The product of two, and the third.
    MulAdd,
    /// It with the number added and taken away again.
    Rounded(f32),
    /// The second where the first is not zero, else the third.
    Where,
    /// The elements of a view, gathered.
    Read(u16),
    /// What the output of that number still has from before, where it is needed after something else was stored there.
    Before(u16),
    /// The coordinate: the element's number divided by the first, and what is left of dividing that by the second.
    Iota(u32, u32),
    Normal(u32),
    Uniform(u32),
    /// Stores the operand in the output of that number.
    Store(u16),
}

/// An operation of a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub what: Do,
    /// The register that it writes.
    pub to: u16,
    /// The output that it writes instead.
    pub into: Option<u16>,
    pub of: [Operand; 3],
}

impl Step {
    pub fn store(output: u16, from: Operand) -> Self {
        Self { what: Do::Store(output), to: 0, into: None, of: [from; 3] }
    }

    /// Which argument is what the output still has that it writes.
    fn own(&self) -> Option<usize> {
        self.into.and_then(|output| self.of.iter().position(|of| *of == Operand::Before(output)))
    }

    /// Whether it can write an output at once: what it reads of that, if anything, is one argument of an operation that can be done in place.
    pub fn can_write(&self, output: u16) -> bool {
        let arguments = match self.what {
            Do::Store(_) | Do::Before(_) | Do::Read(_) => return false,
            Do::Binary(Binary::Add | Binary::Sub | Binary::Mul) => 2,
            Do::MulAdd => 3,
            _ => 0,
        };
        let own = |of: &[Operand]| of.iter().filter(|of| **of == Operand::Before(output)).count();
        own(&self.of) <= own(&self.of[..arguments]).min(1)
    }
}

/// A view that is read.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub base: Base,
    pub at: usize,
    /// Merged.
    pub dims: Vec<Dim>,
}

impl Load {
    pub fn new(base: Base, view: &View) -> Self {
        Self { base, at: view.at, dims: view.merged() }
    }
}

/// A chain: operations on `len` elements each.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub len: usize,
    pub loads: Vec<Load>,
    pub steps: Vec<Step>,
    pub registers: usize,
    /// Buffers that it writes.
    pub outputs: Vec<Base>,
    /// Products that it computes as it goes.
    pub feeds: Vec<Feed>,
}

/// Many numbers or one.
#[derive(Clone, Copy)]
enum Arg<'a> {
    Many(&'a [f32]),
    One(f32),
}

impl Chain {
    /// Takes over the product that is stored in `made`. Says whether it can: where it reads all of it piece by piece, as it lies.
    pub fn feed(&mut self, made: Base, feed: Feed) -> bool {
        let mut loads = (0..self.loads.len()).filter(|l| self.loads[*l].base == made);
        let (Some(load), None) = (loads.next(), loads.next()) else { return false };
        let piece = Operand::Piece(load as u16);
        let reads = |step: &Step| matches!(step.what, Do::Read(l) if usize::from(l) == load);
        let whole = self.loads[load].at == 0 && self.len == feed.len() && !self.steps.iter().any(reads);
        if !whole || !self.steps.iter().any(|step| step.of.contains(&piece)) {
            return false;
        }
        for operand in self.steps.iter_mut().flat_map(|step| &mut step.of).filter(|operand| **operand == piece) {
            *operand = Operand::Fed(self.feeds.len() as u16);
        }
        // The numbers of the other views stay as they are; nobody reads this one any more.
        self.loads[load].base = feed.a.base;
        self.feeds.push(feed);
        true
    }

    pub fn run(&self, memory: &mut Memory<'_>, noise: Noise) {
        let mut outputs: Vec<Vec<f32>> = self.outputs.iter().map(|o| memory.take(*o)).collect();
        let parts = if self.len * self.steps.len() < SHARED { 1 } else { threads::cores() };
        let each = self.len.div_ceil(parts).next_multiple_of(PIECE);
        {
            let mut left: Vec<&mut [f32]> = outputs.iter_mut().map(|o| &mut o[..self.len]).collect();
            let mut work = vec![];
            for from in (0..self.len).step_by(each) {
                let n = each.min(self.len - from);
                let mut part = vec![];
                for rest in &mut left {
                    let (mine, others) = std::mem::take(rest).split_at_mut(n);
                    part.push(mine);
                    *rest = others;
                }
                work.push((from, part));
            }
            let memory = &*memory;
            threads::each(work, |(from, mut part)| self.part(memory, from, &mut part, noise));
        }
        for (base, values) in self.outputs.iter().zip(outputs) {
            memory.put(*base, values);
        }
    }

    /// The elements from `from` on, as many as the outputs have.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn part(&self, memory: &Memory<'_>, from: usize, outputs: &mut [&mut [f32]], noise: Noise) {
        let count = outputs.first().map_or(0, |o| o.len());
        let mut registers = vec![vec![0.0f32; PIECE]; self.registers];
        let mut windows: Vec<Window> = self.feeds.iter().map(|_| Window::default()).collect();
        let mut begin = 0;
        while begin < count {
            let n = PIECE.min(count - begin);
            for (feed, window) in self.feeds.iter().zip(&mut windows) {
                feed.bring(window, memory, from + begin, from + begin + n);
            }
            for step in &self.steps {
                self.step(step, memory, [from + begin, begin, n], (&mut registers, &windows), outputs, noise);
            }
            begin += n;
        }
    }

    /// An operand's elements, `n` from number `first` on; `None` for what an output has from before, which is stored there already.
    #[inline(always)]
    fn given<'a>(
        &'a self,
        operand: Operand,
        memory: &'a Memory<'_>,
        [first, n]: [usize; 2],
        (registers, windows): (&'a [Vec<f32>], &'a [Window]),
    ) -> Option<Arg<'a>> {
        let load = |l: u16| (&self.loads[l as usize], memory.get(self.loads[l as usize].base));
        Some(match operand {
            Operand::Register(r) => Arg::Many(&registers[r as usize][..n]),
            Operand::Piece(l) => {
                let (load, values) = load(l);
                Arg::Many(&values[load.at + first..][..n])
            }
            Operand::Fed(f) => Arg::Many(&windows[f as usize].elements(first)[..n]),
            Operand::Float(l) => {
                let (load, values) = load(l);
                Arg::One(values[load.at])
            }
            Operand::Number(v) => Arg::One(v),
            Operand::Before(_) => return None,
        })
    }

    /// One operation on the `n` elements from number `first` on; `at` counts from the part's beginning.
    #[inline(always)]
    fn step(
        &self,
        step: &Step,
        memory: &Memory<'_>,
        [first, at, n]: [usize; 3],
        (registers, windows): (&mut [Vec<f32>], &[Window]),
        outputs: &mut [&mut [f32]],
        noise: Noise,
    ) {
        let to = step.to as usize;
        if let Do::Store(output) = step.what {
            let Some(from) = self.given(step.of[0], memory, [first, n], (registers, windows)) else { return };
            let out = &mut outputs[output as usize][at..at + n];
            return match from {
                Arg::Many(x) => out.copy_from_slice(x),
                Arg::One(x) => out.fill(x),
            };
        }
        // Out of the registers, or of the outputs, while it is written: an operation's result never takes the place of what others read.
        let (mut whole, mut output) = (vec![], Default::default());
        match step.into {
            Some(into) => output = std::mem::take(&mut outputs[into as usize]),
            None => whole = std::mem::take(&mut registers[to]),
        }
        let arg = |i: usize| match step.of[i] {
            Operand::Before(output) => Arg::Many(&outputs[output as usize][at..at + n]),
            operand => self.given(operand, memory, [first, n], (registers, windows)).unwrap_or(Arg::One(f32::NAN)),
        };
        let out = if step.into.is_some() { &mut output[at..at + n] } else { &mut whole[..n] };
        let own = step.own();
        match step.what {
            what if own.is_some() => in_place(what, out, own.unwrap_or(0), arg),
            Do::Unary(f) => unary(f, out, arg(0)),
            Do::Binary(f) => binary(f, out, arg(0), arg(1)),
            Do::MulAdd => multiply_and_add(out, arg(0), arg(1), arg(2)),
            Do::Rounded(c) => pairs(out, arg(0), Arg::One(c), |x, c| (x + c) - c),
            Do::Where => choose(out, arg(0), arg(1), arg(2)),
            Do::Read(l) => {
                let load = &self.loads[l as usize];
                read(&load.dims, load.at, memory.get(load.base), first, out);
            }
            Do::Before(output) => out.copy_from_slice(&outputs[output as usize][at..at + n]),
            Do::Iota(step, n) => {
                out.iter_mut().zip(first as u32..).for_each(|(o, i)| *o = (i / step % n) as f32);
            }
            Do::Normal(stream) => normal(out, first as u32, stream.wrapping_add(noise.salt), noise),
            Do::Uniform(stream) => uniform(out, first as u32, stream.wrapping_add(noise.salt), noise),
            Do::Store(_) => {}
        }
        match step.into {
            Some(into) => outputs[into as usize] = output,
            None => registers[to] = whole,
        }
    }
}

/// `f` of each element, where the loop over it is to become one over vectors.
#[inline(always)]
fn map(out: &mut [f32], x: &[f32], f: impl Fn(f32) -> f32) {
    for (o, x) in out.iter_mut().zip(x) {
        *o = f(*x);
    }
}

#[inline(always)]
fn unary(f: Unary, out: &mut [f32], x: Arg<'_>) {
    let x = match x {
        Arg::Many(x) => x,
        Arg::One(x) => return out.fill(f.eval(x)),
    };
    match f {
        Unary::Neg => map(out, x, |x| -x),
        Unary::Exp => map(out, x, math::exp),
        Unary::Log => map(out, x, math::log),
        Unary::Log1p => map(out, x, math::log1p),
        Unary::Sqrt => map(out, x, f32::sqrt),
        Unary::Abs => map(out, x, f32::abs),
        Unary::Tanh => map(out, x, math::tanh),
        Unary::Sigmoid => map(out, x, math::sigmoid),
        Unary::Relu => map(out, x, |x| math::select(x <= 0.0, 0.0, x)),
        Unary::Softplus => map(out, x, math::softplus),
        Unary::Recip => map(out, x, |x| 1.0 / x),
        Unary::Erf => map(out, x, math::erf),
        Unary::Not => map(out, x, |x| math::select(x == 0.0, 1.0, 0.0)),
        // Others are rare, and each is right as its row says.
        _ => map(out, x, f.rule().eval),
    }
}

#[inline(always)]
fn pairs(out: &mut [f32], a: Arg<'_>, b: Arg<'_>, f: impl Fn(f32, f32) -> f32) {
    match (a, b) {
        (Arg::Many(a), Arg::Many(b)) => out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = f(*a, *b)),
        (Arg::Many(a), Arg::One(b)) => out.iter_mut().zip(a).for_each(|(o, a)| *o = f(*a, b)),
        (Arg::One(a), Arg::Many(b)) => out.iter_mut().zip(b).for_each(|(o, b)| *o = f(a, *b)),
        (Arg::One(a), Arg::One(b)) => out.fill(f(a, b)),
    }
}

#[inline(always)]
fn binary(f: Binary, out: &mut [f32], a: Arg<'_>, b: Arg<'_>) {
    let truth = |t: bool| math::select(t, 1.0, 0.0);
    match f {
        Binary::Add => pairs(out, a, b, |a, b| a + b),
        Binary::Sub => pairs(out, a, b, |a, b| a - b),
        Binary::Mul => pairs(out, a, b, |a, b| a * b),
        Binary::Div => pairs(out, a, b, |a, b| a / b),
        // The first where either is not a number, as the extremes of a row have it.
        Binary::Min => pairs(out, a, b, |a, b| math::select(b < a, b, a)),
        Binary::Max => pairs(out, a, b, |a, b| math::select(b > a, b, a)),
        Binary::Eq => pairs(out, a, b, |a, b| truth(a == b)),
        Binary::Ne => pairs(out, a, b, |a, b| truth(a != b)),
        Binary::Lt => pairs(out, a, b, |a, b| truth(a < b)),
        Binary::Le => pairs(out, a, b, |a, b| truth(a <= b)),
        Binary::Gt => pairs(out, a, b, |a, b| truth(a > b)),
        Binary::Ge => pairs(out, a, b, |a, b| truth(a >= b)),
        Binary::Pow | Binary::Rem | Binary::Advance { .. } => pairs(out, a, b, |a, b| f.eval(a, b)),
    }
}

#[inline(always)]
fn multiply_and_add(out: &mut [f32], a: Arg<'_>, b: Arg<'_>, c: Arg<'_>) {
    match (a, b, c) {
        (Arg::Many(a), Arg::Many(b), Arg::Many(c)) => {
            out.iter_mut().zip(a).zip(b).zip(c).for_each(|(((o, a), b), c)| *o = a * b + c);
        }
        (Arg::Many(a), Arg::One(b), c) | (Arg::One(b), Arg::Many(a), c) => pairs(out, Arg::Many(a), c, |a, c| a * b + c),
        (Arg::Many(a), Arg::Many(b), Arg::One(c)) => pairs(out, Arg::Many(a), Arg::Many(b), |a, b| a * b + c),
        (Arg::One(a), Arg::One(b), c) => pairs(out, Arg::One(a * b), c, |ab, c| ab + c),
    }
}

/// An operation one of whose arguments, the one of that number, is what `out` has.
#[inline(always)]
fn in_place<'a>(what: Do, out: &mut [f32], own: usize, arg: impl Fn(usize) -> Arg<'a>) {
    match (what, own) {
        (Do::Binary(Binary::Add), _) => with(out, arg(1 - own), |o, x| o + x),
        (Do::Binary(Binary::Sub), 0) => with(out, arg(1), |o, x| o - x),
        (Do::Binary(Binary::Sub), _) => with(out, arg(0), |o, x| x - o),
        (Do::Binary(Binary::Mul), _) => with(out, arg(1 - own), |o, x| o * x),
        (Do::MulAdd, 2) => match (arg(0), arg(1)) {
            (Arg::Many(a), Arg::Many(b)) => out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o += a * b),
            (Arg::Many(a), Arg::One(b)) | (Arg::One(b), Arg::Many(a)) => with(out, Arg::Many(a), |o, a| a * b + o),
            (Arg::One(a), Arg::One(b)) => with(out, Arg::One(a * b), |o, ab| ab + o),
        },
        (Do::MulAdd, _) => match (arg(1 - own), arg(2)) {
            (Arg::Many(b), Arg::Many(c)) => out.iter_mut().zip(b).zip(c).for_each(|((o, b), c)| *o = *o * b + c),
            (Arg::Many(b), Arg::One(c)) => with(out, Arg::Many(b), |o, b| o * b + c),
            (Arg::One(b), c) => with(out, c, |o, c| o * b + c),
        },
        _ => unreachable!("a draft has asked whether it can"),
    }
}

#[inline(always)]
fn with(out: &mut [f32], x: Arg<'_>, f: impl Fn(f32, f32) -> f32) {
    match x {
        Arg::Many(x) => out.iter_mut().zip(x).for_each(|(o, x)| *o = f(*o, *x)),
        Arg::One(x) => out.iter_mut().for_each(|o| *o = f(*o, x)),
    }
}

#[inline(always)]
fn choose(out: &mut [f32], which: Arg<'_>, a: Arg<'_>, b: Arg<'_>) {
    let which = match which {
        Arg::Many(which) => which,
        Arg::One(which) => return pairs(out, a, b, |a, b| math::select(which != 0.0, a, b)),
    };
    match (a, b) {
        (Arg::Many(a), Arg::Many(b)) => {
            out.iter_mut().zip(which).zip(a).zip(b).for_each(|(((o, w), a), b)| *o = math::select(*w != 0.0, *a, *b));
        }
        (Arg::Many(a), Arg::One(b)) => pairs(out, Arg::Many(which), Arg::Many(a), |w, a| math::select(w != 0.0, a, b)),
        (Arg::One(a), Arg::Many(b)) => pairs(out, Arg::Many(which), Arg::Many(b), |w, b| math::select(w != 0.0, a, b)),
        (Arg::One(a), Arg::One(b)) => map(out, which, |w| math::select(w != 0.0, a, b)),
    }
}

/// The bits of [`latent_compile::rng::bits`], without a branch.
#[inline(always)]
fn bits(element: u32, stream: u32, noise: Noise) -> [u32; 2] {
    latent_compile::rng::bits(element, stream, noise.step, noise.seed)
}

const UNIT: f32 = 1.0 / 16_777_216.0;

#[inline(always)]
fn uniform(out: &mut [f32], first: u32, stream: u32, noise: Noise) {
    for (i, o) in out.iter_mut().enumerate() {
        *o = (bits(first.wrapping_add(i as u32), stream, noise)[0] >> 8) as f32 * UNIT;
    }
}

#[inline(always)]
fn normal(out: &mut [f32], first: u32, stream: u32, noise: Noise) {
    for (i, o) in out.iter_mut().enumerate() {
        let [a, b] = bits(first.wrapping_add(i as u32), stream, noise);
        let (a, b) = ((a >> 8) as f32, (b >> 8) as f32);
        *o = (-2.0 * math::log((a + 1.0) * UNIT)).sqrt() * latent_compile::rng::cosine(b * UNIT);
    }
}
