//! Sums, extremes and products along axes.

use latent_compile::loops::reduction::Reduction;

use crate::math::select;
use crate::view::{Dim, runs};

/// Floats that are added up before they join the others: what rounding loses grows with neither of both numbers.
const CHUNK: usize = 1024;

/// A view of which some dimensions are reduced, merged.
#[derive(Clone, Debug)]
pub(crate) struct Reduce {
    pub of: Reduction,
    pub at: usize,
    pub dims: Vec<Dim>,
    /// How far the result is from one place of each dimension to the next: 0 where it is reduced.
    pub to: Vec<usize>,
    pub len: usize,
}

impl Reduce {
    /// Over `axes` of dimensions that begin at `at`.
    pub fn new(of: Reduction, at: usize, dims: &[Dim], axes: &[usize]) -> Self {
        let kept = |i: usize| !axes.contains(&i);
        let mut to = vec![0; dims.len()];
        let mut len = 1;
        for i in (0..dims.len()).rev().filter(|i| kept(*i)) {
            to[i] = len;
            len *= dims[i].n;
        }
        // Neighbours of one kind are joined where neither side tells them apart.
        let (mut merged, mut steps): (Vec<Dim>, Vec<usize>) = (vec![], vec![]);
        for (dim, to) in dims.iter().zip(to).filter(|(d, _)| d.n != 1) {
            match (merged.last_mut(), steps.last_mut()) {
                (Some(last), Some(step)) if last.step == dim.step * dim.n as isize && *step == to * dim.n => {
                    *last = Dim { n: last.n * dim.n, step: dim.step };
                    *step = to;
                }
                _ => {
                    merged.push(*dim);
                    steps.push(to);
                }
            }
        }
        Self { of, at, dims: merged, to: steps, len }
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn run(&self, x: &[f32], out: &mut [f32]) {
        let out = &mut out[..self.len];
        out.fill(self.of.begin());
        match self.of {
            Reduction::Sum => self.walk(x, out, |a, b| a + b),
            Reduction::Prod => self.walk(x, out, |a, b| a * b),
            Reduction::Max => self.walk(x, out, |a, b| select(b > a, b, a)),
            Reduction::Min => self.walk(x, out, |a, b| select(b < a, b, a)),
        }
    }

    #[inline(always)]
    fn walk(&self, x: &[f32], out: &mut [f32], join: impl Fn(f32, f32) -> f32 + Copy) {
        let (Some(inner), Some(to)) = (self.dims.last(), self.to.last()) else {
            out[0] = join(out[0], x[self.at]);
            return;
        };
        let outer: Vec<Dim> = self.dims.iter().zip(&self.to).map(|(d, to)| Dim { n: d.n, step: *to as isize }).collect();
        let count = self.dims.iter().map(|d| d.n).product();
        // Both sides are walked along alike: where in the result, beside where in the view.
        let mut place = 0;
        let mut results = vec![];
        runs(&outer, 0, count, |offset, _, _| results.push(offset as usize));
        runs(&self.dims, 0, count, |offset, _, n| {
            let first = self.at.wrapping_add_signed(offset);
            let o = results[place];
            place += 1;
            if *to == 0 {
                let all = match inner.step {
                    1 => total(&x[first..first + n], out[o], join),
                    step => (0..n).fold(out[o], |acc, i| join(acc, x[first.wrapping_add_signed(step * i as isize)])),
                };
                out[o] = all;
            } else if inner.step == 1 && *to == 1 {
                out[o..o + n].iter_mut().zip(&x[first..first + n]).for_each(|(o, x)| *o = join(*o, *x));
            } else {
                for i in 0..n {
                    let o = &mut out[o + to * i];
                    *o = join(*o, x[first.wrapping_add_signed(inner.step * i as isize)]);
                }
            }
        });
    }
}

/// All of `x` joined to `acc`, in eight lanes, chunk by chunk.
#[inline(always)]
fn total(x: &[f32], acc: f32, join: impl Fn(f32, f32) -> f32 + Copy) -> f32 {
    let mut acc = acc;
    for chunk in x.chunks(CHUNK) {
        let (eights, rest) = chunk.as_chunks::<8>();
        if let Some((first, others)) = eights.split_first() {
            let mut lanes = *first;
            for eight in others {
                lanes.iter_mut().zip(eight).for_each(|(l, x)| *l = join(*l, *x));
            }
            let fours: [f32; 4] = std::array::from_fn(|i| join(lanes[i], lanes[i + 4]));
            acc = join(acc, join(join(fours[0], fours[1]), join(fours[2], fours[3])));
        }
        acc = rest.iter().fold(acc, |acc, x| join(acc, *x));
    }
    acc
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::View;

    #[test]
    fn the_quick_loops_reduce_as_the_plain_ones() {
        use latent_compile::Graph;
        use latent_compile::graph::Op;
        use latent_compile::loops::{self, Given};
        let shape = [3, 5, 11];
        let x: Vec<f32> = (0..165).map(|i| ((i * 37) % 23) as f32 / 8.0 - 1.2).collect();
        for f in Reduction::ALL {
            for axes in [&[0][..], &[1], &[2], &[0, 2], &[0, 1, 2]] {
                let mut g = Graph::default();
                let leaf = g.leaf(&shape);
                let id = g.reduce(f, leaf, axes);
                let Op::Loop(of) = &g.node(id).op else { panic!("{:?} is no loop", g.node(id).op) };
                let reduce = Reduce::new(f, 0, &View::whole(&shape).dims, axes);
                let (mut quick, mut plain) = (vec![f32::NAN; reduce.len], vec![f32::NAN; reduce.len]);
                reduce.run(&x, &mut quick);
                loops::run(of, &[Given { values: &x, shape: &shape }], g.shape(id), &mut plain);
                for (a, b) in quick.iter().zip(&plain) {
                    assert!((a - b).abs() <= 1e-4 * b.abs().max(1.0), "{f:?} over {axes:?}: {a} and {b}");
                }
            }
        }
    }

    #[test]
    fn sums_over_any_axes() {
        let x: Vec<f32> = (0..2 * 3 * 5 * 7).map(|i| (i % 11) as f32).collect();
        let view = View::whole(&[2, 3, 5, 7]);
        for axes in [&[0][..], &[1], &[3], &[0, 2, 3], &[1, 2], &[0, 1, 2, 3], &[0, 3]] {
            let reduce = Reduce::new(Reduction::Sum, 0, &view.dims, axes);
            let mut want = vec![0.0; reduce.len];
            for (i, v) in x.iter().enumerate() {
                let at = [i / 105, i / 35 % 3, i / 7 % 5, i % 7];
                let mut o = 0;
                for (axis, n) in [2, 3, 5, 7].into_iter().enumerate().filter(|(axis, _)| !axes.contains(axis)) {
                    o = o * n + at[axis];
                }
                want[o] += v;
            }
            let mut out = vec![0.0; reduce.len];
            reduce.run(&x, &mut out);
            assert_eq!(out, want, "{axes:?}");
        }
    }
}
