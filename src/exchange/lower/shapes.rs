//! Calls that only move elements.

use latent_compile::graph::Id;

use super::{Lower, ix};
use crate::code::{Do, Kind, Size};

impl Lower<'_> {
    pub(super) fn reshape(&mut self, x: Id, dims: Vec<Size>) -> Result<usize, String> {
        let of = self.of[ix(x)];
        let (own, kind) = (self.values[of].dims.clone(), self.values[of].kind);
        if own == dims || own.is_empty() {
            return Ok(of);
        }
        let bare = |dims: &[Size]| -> Vec<Size> { dims.iter().copied().skip_while(|d| *d == Size::fixed(1)).collect() };
        if bare(&self.dims(x)?) == bare(&dims) {
            if own.len() <= dims.len() {
                return Ok(of);
            }
            return Ok(self.push(Do::Reshape, vec![of], own[own.len() - dims.len()..].to_vec(), kind));
        }
        let of = self.full(x, kind);
        // A sum whose axes go is one that does not keep them.
        let (call, args) = (self.values[of].of.clone(), self.values[of].args.clone());
        let dropped = match call {
            Do::Reduce { of, axes, keep: true } => Some((axes.clone(), Do::Reduce { of, axes, keep: false })),
            Do::Arg { largest, axis, keep: true } => Some((vec![axis], Do::Arg { largest, axis, keep: false })),
            _ => None,
        };
        if let Some((axes, call)) = dropped.filter(|_| self.readers[ix(x)] == 1) {
            let left: Vec<Size> = own.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, d)| *d).collect();
            if left == dims {
                return Ok(self.push(call, args, dims, kind));
            }
        }
        Ok(self.shaped(of, dims))
    }

    /// Zeros around, and between where the steps are longer than one.
    pub(super) fn embed(&mut self, x: Id, start: &[Size], step: &[usize], dims: Vec<Size>) -> Result<usize, String> {
        let mut of = self.full(x, Kind::Float);
        for (axis, step) in step.iter().enumerate().filter(|(_, step)| **step > 1) {
            // [.., n, ..] → [.., n, 1, ..] → [.., n, step, ..] → [.., n · step, ..], without the last zeros
            let own = self.values[of].dims.clone();
            let with = |n: usize| [&own[..=axis], &[Size::fixed(n)], &own[axis + 1..]].concat();
            let zeros = |n: usize| (0..=own.len()).map(|i| Size::fixed(if i == axis + 1 { n } else { 0 })).collect();
            of = self.push(Do::Reshape, vec![of], with(1), Kind::Float);
            of = self.push(Do::Pad { before: zeros(0), behind: zeros(step - 1) }, vec![of], with(*step), Kind::Float);
            let mut longer = own.clone();
            longer[axis] = Size { at: own[axis].at * *step as u64, each: own[axis].each * *step as u64 };
            of = self.push(Do::Reshape, vec![of], longer.clone(), Kind::Float);
            longer[axis].at -= *step as u64 - 1;
            let start = vec![Size::fixed(0); longer.len()];
            of = self.push(Do::Slice { start, step: vec![1; longer.len()] }, vec![of], longer, Kind::Float);
        }
        let own = &self.values[of].dims;
        let behind = (0..dims.len()).map(|i| {
            let [at, each] =
                [dims[i].at.checked_sub(start[i].at + own[i].at), dims[i].each.checked_sub(start[i].each + own[i].each)];
            Some(Size { at: at?, each: each? })
        });
        let behind: Option<Vec<Size>> = behind.collect();
        let behind = behind.ok_or_else(|| format!("{} puts zeros where the batch decides", self.source.name))?;
        Ok(self.push(Do::Pad { before: start.to_vec(), behind }, vec![of], dims, Kind::Float))
    }

    /// A matrix, or many: leading dimensions may be broadcast.
    pub(super) fn matrix(&mut self, id: Id) -> Result<usize, String> {
        let (of, dims) = (self.lazy(id, Kind::Float), self.dims(id)?);
        let own = &self.values[of].dims;
        let good = own.len() >= 2 && own[own.len() - 2..] == dims[dims.len() - 2..];
        Ok(if good { of } else { self.full(id, Kind::Float) })
    }

    pub(super) fn gather(&mut self, x: Id, index: Id, axis: usize, dims: Vec<Size>) -> Result<usize, String> {
        let (from, lazy) = (self.full(x, Kind::Float), self.ranked(index, Kind::Index));
        let one = self.values[lazy].dims.iter().enumerate().all(|(i, d)| i == axis || *d == Size::fixed(1));
        let others = |dims: &[Size]| dims.iter().enumerate().filter(|(i, _)| *i != axis).map(|(_, d)| *d).collect::<Vec<_>>();
        if one && others(&self.values[from].dims) == others(&dims) {
            let flat = self.shaped(lazy, vec![dims[axis]]);
            return Ok(self.push(Do::Rows(axis), vec![from, flat], dims, Kind::Float));
        }
        let index = self.full(index, Kind::Index);
        Ok(self.push(Do::Gather(axis), vec![from, index], dims, Kind::Float))
    }
}
