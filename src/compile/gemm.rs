//! Matrix products, convolutions and their gradients as one thing: `C[m, n] = Σ_k A[m, k] · B[k, n]`, with index maps.

use super::emit::{Emitter, Val};
use super::graph::{CompileError, Conv, Graph, Id, Op, len};
use super::index::{At, Bind, Lin};

/// Sizes of a product and the operation behind it.
#[derive(Clone, Debug)]
pub struct Gemm {
    /// The node that it computes.
    pub id: Id,
    /// Products side by side: leading dimensions, or the phases of a transposed convolution.
    pub batch: usize,
    /// Rows of `A` and of `C`.
    pub m: usize,
    /// Columns of `B` and of `C`.
    pub n: usize,
    /// Terms of each sum.
    pub k: usize,
    shape: Vec<usize>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    MatMul {
        a: Id,
        b: Id,
    },
    /// m runs over `n, oh, ow`, n over `co`, k over `ci, kh, kw`.
    Conv {
        x: Id,
        w: Id,
        c: Conv,
    },
    /// One batch entry for each output phase modulo the stride, so that no tap is wasted on zeros. m runs over
    /// `n, y / stride, x / stride`, n over `co`, k over `ci` and the taps of the phase.
    Transpose {
        x: Id,
        w: Id,
        c: Conv,
    },
    /// m runs over `co`, n over `ci, kh, kw`, k over `n, oh, ow`.
    Weight {
        x: Id,
        dy: Id,
        c: Conv,
    },
}

impl Gemm {
    /// The product behind a matrix-like node.
    ///
    /// # Errors
    /// For geometries without a kernel.
    ///
    /// # Panics
    /// If the node is none.
    pub fn new(g: &Graph, id: Id) -> Result<Self, CompileError> {
        let node = g.node(id);
        let out = node.shape.clone();
        let (p, q) = (node.args[0], node.args[1]);
        let (sp, sq) = (g.shape(p), g.shape(q));
        let r = out.len();
        let (batch, m, n, k, kind) = match node.op {
            Op::MatMul => (len(&out[..r - 2]), out[r - 2], out[r - 1], sp[r - 1], Kind::MatMul { a: p, b: q }),
            Op::Conv2d(c) => (1, out[0] * out[2] * out[3], out[1], len(&sq[1..]), Kind::Conv { x: p, w: q, c }),
            Op::ConvTranspose2d(c) => {
                let [s0, s1] = c.stride;
                if c.dilation != [1, 1] && c.stride != [1, 1] {
                    return Err(CompileError::NoRule("ConvTranspose2d with both stride and dilation".into()));
                }
                let m = out[0] * out[2].div_ceil(s0) * out[3].div_ceil(s1);
                let k = sp[1] * sq[2].div_ceil(s0) * sq[3].div_ceil(s1);
                (s0 * s1, m, out[1], k, Kind::Transpose { x: p, w: q, c })
            }
            Op::ConvWeight(c) => (1, out[0], len(&out[1..]), sq[0] * sq[2] * sq[3], Kind::Weight { x: p, dy: q, c }),
            ref op => unreachable!("{op:?} is no product"),
        };
        Ok(Self { id, batch, m, n, k, shape: out, kind })
    }

    /// `A[m, k]` of batch entry `b`.
    pub fn load_a(&self, e: &mut Emitter, g: &Graph, b: &Lin, m: &Lin, k: &Lin) -> Val {
        match &self.kind {
            Kind::MatMul { a, .. } => {
                let at = self.lead(e, b, m, k);
                e.value(*a, &at)
            }
            Kind::Conv { x, w, c } => {
                let mi = At::Flat(m.clone()).dims(&[self.shape[0], self.shape[2], self.shape[3]], e);
                let ki = At::Flat(k.clone()).dims(&g.shape(*w)[1..], e);
                let (y, z) = (tap(&mi[1], &ki[1], c, 0), tap(&mi[2], &ki[2], c, 1));
                e.pixel(*x, &mi[0], &ki[0], &y, &z)
            }
            Kind::Transpose { x, w, c } => {
                let (mi, phase, ki) = self.transpose_at(e, g, *w, c, b, m, k);
                let mut taps = Vec::with_capacity(2);
                for i in 0..2 {
                    // y + p − kh, exactly divisible by the stride in this phase
                    let s = c.stride[i];
                    let y = if s == 1 {
                        let minus = ki[1 + i].scaled(c.dilation[i]);
                        let (text, scope) = minus_text(&mi[1 + i].offset(c.padding[i] as i64), &minus);
                        e.bind(text, usize::MAX, scope)
                    } else {
                        let up = e.bind(format!("({}) / {s}u", phase[i].offset(c.padding[i] as i64).text()), usize::MAX, 0);
                        let (text, scope) = minus_text(&mi[1 + i].plus(&up), &ki[1 + i]);
                        e.bind(text, usize::MAX, scope)
                    };
                    taps.push(y);
                }
                e.pixel(*x, &mi[0], &ki[0], &taps[0], &taps[1])
            }
            Kind::Weight { dy, .. } => {
                let s = g.shape(*dy).to_vec();
                let ki = At::Flat(k.clone()).dims(&[s[0], s[2], s[3]], e);
                e.value(*dy, &At::Dims(vec![ki[0].clone(), m.clone(), ki[1].clone(), ki[2].clone()]))
            }
        }
    }

    /// `B[k, n]` of batch entry `b`.
    pub fn load_b(&self, e: &mut Emitter, g: &Graph, b: &Lin, k: &Lin, n: &Lin) -> Val {
        match &self.kind {
            Kind::MatMul { b: rhs, .. } => {
                let at = self.lead(e, b, k, n);
                e.value(*rhs, &at)
            }
            Kind::Conv { w, .. } => {
                let at = At::Flat(n.scaled(self.k).plus(k));
                e.value(*w, &at)
            }
            Kind::Transpose { w, c, .. } => {
                let (_, phase, ki) = self.transpose_at(e, g, *w, c, b, &Lin::default(), k);
                let size = g.shape(*w).to_vec();
                let (mut at, mut tests, mut scope) = (vec![ki[0].clone(), n.clone()], vec![], 0);
                for i in 0..2 {
                    let s = c.stride[i];
                    let tap = if s == 1 {
                        ki[1 + i].clone()
                    } else {
                        let first = e.bind(format!("({}) % {s}u", phase[i].offset(c.padding[i] as i64).text()), s, 0);
                        first.plus(&ki[1 + i].scaled(s))
                    };
                    if size[2 + i].is_multiple_of(s) {
                        at.push(tap);
                    } else {
                        tests.push(format!("{} < {}u", tap.text(), size[2 + i]));
                        scope = scope.max(tap.scope());
                        at.push(e.bind(format!("min({}, {}u)", tap.text(), size[2 + i] - 1), size[2 + i], tap.scope()));
                    }
                }
                let v = e.value(*w, &At::Dims(at));
                if tests.is_empty() {
                    return v;
                }
                Val { text: format!("select(0.0f, {}, {})", v.text, tests.join(" && ")), scope: scope.max(v.scope) }
            }
            Kind::Weight { x, dy, c } => {
                let s = g.shape(*dy).to_vec();
                let ki = At::Flat(k.clone()).dims(&[s[0], s[2], s[3]], e);
                let ni = At::Flat(n.clone()).dims(&self.shape[1..], e);
                let (y, z) = (tap(&ki[1], &ni[1], c, 0), tap(&ki[2], &ni[2], c, 1));
                e.pixel(*x, &ki[0], &ni[0], &y, &z)
            }
        }
    }

    /// Whether what lies side by side in memory belongs to neighbouring steps of the inner loop, in `A` and in `B`;
    /// otherwise it belongs to neighbouring rows of `A`, or columns of `B`. The emitter is used up.
    pub fn along_k(&self, e: &mut Emitter) -> [bool; 2] {
        match &self.kind {
            Kind::MatMul { a, b } => {
                // A loop of one step has no neighbours.
                let k = Lin::var("k", self.k.max(2), 0);
                let along = |e: &mut Emitter, operand: Id, row: &Lin, column: &Lin| {
                    e.loads.clear();
                    let at = self.lead(e, &Lin::default(), row, column);
                    e.value(operand, &at);
                    e.loads.iter().any(|flat| flat.terms.contains(&k.terms[0]))
                };
                [along(e, *a, &Lin::var("i", self.m, 0), &k), along(e, *b, &k, &Lin::var("i", self.n, 0))]
            }
            Kind::Conv { .. } | Kind::Transpose { .. } => [false, true],
            Kind::Weight { .. } => [true, true],
        }
    }

    /// Where `C[m, n]` of batch entry `b` lies in the node, and a condition if not every `(b, m)` is in it.
    pub fn out(&self, e: &mut Emitter, b: &Lin, m: &Lin, n: &Lin) -> (Lin, Option<String>) {
        match &self.kind {
            Kind::MatMul { .. } => (self.lead(e, b, m, n).flat(&self.shape), None),
            Kind::Conv { .. } => {
                let mi = At::Flat(m.clone()).dims(&[self.shape[0], self.shape[2] * self.shape[3]], e);
                (
                    At::Dims(vec![mi[0].clone(), n.clone(), mi[1].clone()]).flat(&[
                        self.shape[0],
                        self.n,
                        self.shape[2] * self.shape[3],
                    ]),
                    None,
                )
            }
            Kind::Transpose { c, .. } => {
                let grid: Vec<usize> = (0..2).map(|i| self.shape[2 + i].div_ceil(c.stride[i])).collect();
                let mi = At::Flat(m.clone()).dims(&[self.shape[0], grid[0], grid[1]], e);
                let phase = At::Flat(b.clone()).dims(&c.stride, e);
                let at: Vec<Lin> = (0..2).map(|i| mi[1 + i].scaled(c.stride[i]).plus(&phase[i])).collect();
                let tests: Vec<String> = (0..2)
                    .filter(|i| !self.shape[2 + i].is_multiple_of(c.stride[*i]))
                    .map(|i| format!("{} < {}u", at[i].text(), self.shape[2 + i]))
                    .collect();
                let flat = At::Dims(vec![mi[0].clone(), n.clone(), at[0].clone(), at[1].clone()]).flat(&self.shape);
                (flat, (!tests.is_empty()).then(|| tests.join(" && ")))
            }
            Kind::Weight { .. } => (m.scaled(self.n).plus(n), None),
        }
    }

    fn lead(&self, e: &mut Emitter, b: &Lin, i: &Lin, j: &Lin) -> At {
        let mut at = At::Flat(b.clone()).dims(&self.shape[..self.shape.len() - 2], e);
        at.extend([i.clone(), j.clone()]);
        At::Dims(at)
    }

    /// Indices of a transposed convolution: `(n, y / s, x / s)`, the phases, and `(ci, tap y, tap x)`.
    #[allow(clippy::too_many_arguments, reason = "the letters of one formula")]
    fn transpose_at(
        &self,
        e: &mut Emitter,
        g: &Graph,
        w: Id,
        c: &Conv,
        b: &Lin,
        m: &Lin,
        k: &Lin,
    ) -> (Vec<Lin>, Vec<Lin>, Vec<Lin>) {
        let (w, [s0, s1]) = (g.shape(w).to_vec(), c.stride);
        let mi = At::Flat(m.clone()).dims(&[self.shape[0], self.shape[2].div_ceil(s0), self.shape[3].div_ceil(s1)], e);
        let phase = At::Flat(b.clone()).dims(&[s0, s1], e);
        let ki = At::Flat(k.clone()).dims(&[w[0], w[2].div_ceil(s0), w[3].div_ceil(s1)], e);
        (mi, phase, ki)
    }
}

/// The row that tap `k` of output row `o` reads; wraps below zero in the padding.
fn tap(o: &Lin, k: &Lin, c: &Conv, i: usize) -> Lin {
    o.scaled(c.stride[i]).plus(&k.scaled(c.dilation[i])).offset(-(c.padding[i] as i64))
}

fn minus_text(a: &Lin, b: &Lin) -> (String, usize) {
    (format!("{} - ({})", a.text(), b.text()), a.scope().max(b.scope()))
}
