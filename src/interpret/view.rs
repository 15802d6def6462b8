//! Where the elements of a tensor lie among the floats of a buffer: views cost nothing.

/// A dimension: how many places, and how far the buffer is from one to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dim {
    pub n: usize,
    pub step: isize,
}

/// The elements of a tensor, in row-major order, among the floats of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// The float of the first element.
    pub at: usize,
    pub dims: Vec<Dim>,
}

impl View {
    /// A whole buffer in a shape.
    pub fn whole(shape: &[usize]) -> Self {
        let mut step = 1;
        let mut dims: Vec<Dim> = shape.iter().map(|n| Dim { n: *n, step: 0 }).collect();
        for dim in dims.iter_mut().rev() {
            dim.step = step;
            step *= dim.n as isize;
        }
        Self { at: 0, dims }
    }

    pub fn len(&self) -> usize {
        self.dims.iter().map(|d| d.n).product()
    }

    /// Neighbouring dimensions joined where the buffer does not tell them apart, without those of one place.
    pub fn merged(&self) -> Vec<Dim> {
        let mut out: Vec<Dim> = vec![];
        for dim in self.dims.iter().filter(|d| d.n != 1) {
            match out.last_mut() {
                Some(last) if last.step == dim.step * dim.n as isize => *last = Dim { n: last.n * dim.n, step: dim.step },
                _ => out.push(*dim),
            }
        }
        out
    }

    /// Whether the elements lie one behind the other.
    pub fn contiguous(&self) -> bool {
        matches!(self.merged()[..], [] | [Dim { step: 1, .. }])
    }

    /// Whether it is one float, as often as it likes.
    pub fn single(&self) -> bool {
        self.dims.iter().all(|d| d.n == 1 || d.step == 0)
    }

    /// The same elements in another shape; `None` where strides cannot say it.
    pub fn reshape(&self, shape: &[usize]) -> Option<Self> {
        let mut rest = self.merged();
        let mut now = Dim { n: 1, step: 0 };
        let mut dims = vec![Dim { n: 1, step: 0 }; shape.len()];
        for (dim, n) in dims.iter_mut().zip(shape).rev().filter(|(_, n)| **n != 1) {
            if now.n == 1 {
                now = rest.pop().unwrap_or(now);
            }
            if *n == 0 || !now.n.is_multiple_of(*n) {
                return None;
            }
            *dim = Dim { n: *n, step: now.step };
            now = Dim { n: now.n / n, step: now.step * *n as isize };
        }
        Some(Self { at: self.at, dims })
    }

    pub fn permute(&self, axes: &[usize]) -> Self {
        Self { at: self.at, dims: axes.iter().map(|a| self.dims[*a]).collect() }
    }

    pub fn broadcast(&self, shape: &[usize]) -> Self {
        let dims = self.dims.iter().zip(shape).map(|(d, n)| if d.n == *n { *d } else { Dim { n: *n, step: 0 } });
        Self { at: self.at, dims: dims.collect() }
    }

    pub fn slice(&self, start: &[usize], step: &[usize], shape: &[usize]) -> Self {
        let at = self.dims.iter().zip(start).map(|(d, s)| d.step * *s as isize).sum::<isize>();
        let dims = self.dims.iter().zip(step).zip(shape).map(|((d, s), n)| Dim { n: *n, step: d.step * *s as isize });
        Self { at: self.at.wrapping_add_signed(at), dims: dims.collect() }
    }

    pub fn flip(&self, axes: &[usize]) -> Self {
        let mut out = self.clone();
        for axis in axes {
            let dim = &mut out.dims[*axis];
            out.at = out.at.wrapping_add_signed(dim.step * (dim.n as isize - 1));
            dim.step = -dim.step;
        }
        out
    }
}

/// Walks along the runs of the last dimension, from element `from` on: `each(offset, first, count)` hears the distance of a run's
/// dimension's beginning from the view's, the first place in it, and how many.
#[inline(always)]
pub(crate) fn runs(dims: &[Dim], from: usize, count: usize, mut each: impl FnMut(isize, usize, usize)) {
    let Some((inner, outer)) = dims.split_last() else {
        return each(0, 0, count);
    };
    if count == 0 {
        return;
    }
    let (mut place, mut left) = (from % inner.n, count);
    // Where the outer dimensions stand; ranks beyond eight do not occur.
    let (mut at, mut rest, mut offset) = ([0usize; 8], from / inner.n, 0isize);
    for (i, dim) in outer.iter().enumerate().rev() {
        at[i] = rest % dim.n;
        rest /= dim.n;
        offset += dim.step * at[i] as isize;
    }
    while left > 0 {
        let n = left.min(inner.n - place);
        each(offset, place, n);
        (left, place) = (left - n, 0);
        for (i, dim) in outer.iter().enumerate().rev() {
            at[i] += 1;
            offset += dim.step;
            if at[i] < dim.n {
                break;
            }
            offset -= dim.step * dim.n as isize;
            at[i] = 0;
        }
    }
}

/// Elements from number `from` on, as many as `out` has room for, of the view that begins at `at` and has these merged dimensions.
#[inline(always)]
pub(crate) fn read(dims: &[Dim], at: usize, data: &[f32], from: usize, out: &mut [f32]) {
    let step = dims.last().map_or(0, |d| d.step);
    let mut to = 0;
    runs(dims, from, out.len(), |offset, place, n| {
        let first = at.wrapping_add_signed(offset + step * place as isize);
        let out = &mut out[to..to + n];
        match step {
            1 => out.copy_from_slice(&data[first..first + n]),
            0 => out.fill(data[first]),
            _ => out.iter_mut().enumerate().for_each(|(i, o)| *o = data[first.wrapping_add_signed(step * i as isize)]),
        }
        to += n;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(view: &View, data: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; view.len()];
        // In two pieces, as a chain reads.
        let (a, b) = out.split_at_mut(view.len() / 3);
        read(&view.merged(), view.at, data, 0, a);
        read(&view.merged(), view.at, data, a.len(), b);
        out
    }

    #[test]
    fn views_are_strides() {
        let data: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let v = View::whole(&[2, 3, 4]);
        assert!(v.contiguous());
        assert_eq!(all(&v, &data), data);
        let turned = v.permute(&[2, 0, 1]);
        assert_eq!(all(&turned, &data)[..6], [0.0, 4.0, 8.0, 12.0, 16.0, 20.0]);
        assert_eq!(turned.reshape(&[4, 6]).map(|v| all(&v, &data)), Some(all(&turned, &data)));
        assert_eq!(turned.reshape(&[2, 2, 1, 2, 3]).map(|v| all(&v, &data)), Some(all(&turned, &data)));
        assert_eq!(turned.reshape(&[8, 3]), None);
        assert_eq!(turned.reshape(&[3, 8]), None);
        let part = v.slice(&[1, 0, 1], &[1, 2, 2], &[1, 2, 2]);
        assert_eq!(all(&part, &data), [13.0, 15.0, 21.0, 23.0]);
        assert_eq!(all(&part.flip(&[1, 2]), &data), [23.0, 21.0, 15.0, 13.0]);
        let row = View::whole(&[1, 4]).broadcast(&[3, 4]);
        assert_eq!(all(&row, &data), [0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0]);
        assert!(View::whole(&[1, 1]).broadcast(&[3, 4]).single() && !row.single());
        assert_eq!(row.reshape(&[12]), None);
        assert_eq!(row.reshape(&[3, 2, 2]).map(|v| v.dims[0].step), Some(0));
    }
}
