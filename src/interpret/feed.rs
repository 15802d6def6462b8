//! Products that one chain alone reads, computed as the chain comes to their rows: a gradient goes into the update of its parameter
//! without ever being stored. With few images a step is mostly this traffic.

use crate::memory::{Base, Memory};
use crate::product::{Matrix, Packs, ROWS, Size, WIDTH, block};

/// Longest inner dimension: from there on a product takes so long that its traffic does not matter.
const DEEPEST: usize = 64;
/// Floats that a window holds about: those of two weights stay in the fastest cache, beside what the chain reads and writes.
const WINDOW: usize = 1 << 11;
/// Smallest product that is worth it.
const LEAST: usize = 1 << 13;

/// A matrix, or many of them: where each begins is the task's to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factor {
    pub base: Base,
    pub step: [usize; 2],
}

/// A product whose rows are elements of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub a: Factor,
    pub b: Factor,
    /// Where each begins.
    pub at: [usize; 2],
    /// Rows, columns, and the inner dimension.
    pub size: Size,
}

/// The rows of a feed that a chain is at.
#[derive(Debug, Default)]
pub(crate) struct Window {
    packs: Packs,
    values: Vec<f32>,
    /// The elements that it holds.
    from: usize,
    until: usize,
}

impl Feed {
    /// Makes sure that the window has the elements `first..until`.
    pub fn bring(&self, window: &mut Window, memory: &Memory<'_>, first: usize, until: usize) {
        if window.from <= first && until <= window.until {
            return;
        }
        let ([m, n, k], [x, y]) = (self.size, self.at);
        let row = first / n;
        let rows = (until.div_ceil(n) - row).max(WINDOW / n).next_multiple_of(ROWS).min(m - row);
        let a = Matrix { data: &memory.get(self.a.base)[x + row * self.a.step[0]..], step: self.a.step };
        let b = Matrix { data: &memory.get(self.b.base)[y..], step: self.b.step };
        window.values.resize(rows * n, 0.0);
        // The second factor is packed once and for all rows.
        let packed = window.until > 0;
        block(&mut window.values, [rows, n, k], a, b, packed, &mut window.packs);
        (window.from, window.until) = (row * n, (row + rows) * n);
    }

    /// Whether a product of that size is worth it.
    pub fn fits([m, n, k]: Size) -> bool {
        k > 0 && k <= DEEPEST && n <= WIDTH && m * n >= LEAST
    }

    /// Elements of the product.
    pub fn len(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

impl Window {
    /// What was brought, from element `first` on.
    pub fn elements(&self, first: usize) -> &[f32] {
        &self.values[first - self.from..]
    }
}

#[cfg(test)]
mod tests {
    use latent_compile::graph::{Binary, Graph, Id};

    use crate::{Noise, Tape};

    const M: usize = 301;
    const N: usize = 75;
    const K: usize = 5;

    /// `w − (aᵀ · b) · 0.5` in the place of `w`, and perhaps something in the place of `a`; outputs, and what is in `w` and `a` then.
    fn run(keep: bool, replace: bool) -> (Vec<String>, Vec<f32>, Vec<Vec<f32>>) {
        let mut g = Graph::default();
        let (a, b, w) = (g.leaf(&[K, M]), g.leaf(&[K, N]), g.leaf(&[M, N]));
        let turned = g.swap(a, 0, 1);
        let product = g.matmul(turned, b).unwrap();
        let half = g.scale(product, 0.5);
        let next = g.sub(w, half);
        let twice = g.with_scalar(Binary::Mul, a, 2.0);
        let kept: &[Id] = if keep { &[product] } else { &[] };
        let assigned = [(twice, a), (next, w)];
        let mut tape = Tape::new(&g, kept, if replace { &assigned } else { &assigned[1..] });
        let mut leaves: Vec<Vec<f32>> =
            [K * M, K * N, M * N].iter().map(|n| (0..*n).map(|i| ((i * 7919) % 113) as f32 / 113.0 - 0.4).collect()).collect();
        let names = tape.timed(&mut leaves, Noise::default(), || 0.0).into_iter().map(|(name, _)| name).collect();
        (names, if keep { tape.output(0).to_vec() } else { vec![] }, leaves)
    }

    #[test]
    fn a_product_for_one_chain_is_never_stored_and_the_same() {
        let fed = |names: &[String]| names.iter().any(|name| name.contains("fed"));
        let (names, _, leaves) = run(false, false);
        assert!(fed(&names), "{names:?}");
        let (others, product, same) = run(true, false);
        assert!(!fed(&others), "{others:?}");
        assert_eq!((product.len(), &leaves), (M * N, &same));
        // What it is made of is overwritten by another chain, before or after: it is right in any case.
        let (_, _, replaced) = run(false, true);
        assert_eq!(replaced[2], same[2]);
        assert_eq!(replaced[0], same[0].iter().map(|v| v * 2.0).collect::<Vec<_>>());
    }
}
