//! Burn's operations on tensors of any type.

use burn::tensor::{IndexingUpdateOp, Slice};
use burn_ir::{BaseOperationIr as Base, OperationIr};

use crate::capture::importer::{Importer, name, scalar, shape};
use crate::graph::{Binary, CompileError, Id};

impl Importer {
    pub(super) fn base(&mut self, op: &Base, full: &OperationIr) -> Result<Id, CompileError> {
        Ok(match op {
            Base::Reshape(r) => {
                let x = self.get(&r.input)?;
                self.g.reshape(x, &shape(&r.out))
            }
            Base::Expand(r) => {
                let x = self.get(&r.input)?;
                self.g.broadcast(x, &shape(&r.out))
            }
            Base::SwapDims(r) => {
                let x = self.get(&r.input)?;
                self.g.swap(x, r.dim1, r.dim2)
            }
            Base::Permute(r) => {
                let x = self.get(&r.input)?;
                self.g.permute(x, &r.axes)
            }
            Base::Flip(r) => {
                let x = self.get(&r.input)?;
                self.g.flip(x, &r.axes)
            }
            Base::Slice(r) => {
                let x = self.get(&r.tensor)?;
                let (start, step) = ranges(&r.ranges, self.g.shape(x), full)?;
                self.g.slice(x, &start, &step, &shape(&r.out))
            }
            Base::SliceAssign(r) => {
                let (x, v) = (self.get(&r.tensor)?, self.get(&r.value)?);
                let size = self.g.shape(x).to_vec();
                let (start, step) = ranges(&r.ranges, &size, full)?;
                let ones = self.g.fill(1.0, &shape(&r.value));
                let mask = self.g.embed(ones, &start, &step, &size);
                let v = self.g.embed(v, &start, &step, &size);
                self.g.where_(mask, v, x)
            }
            Base::Select(r) => {
                let (x, index) = (self.get(&r.tensor)?, self.get(&r.indices)?);
                let index = self.g.spread(index, r.dim, &shape(&r.out));
                self.g.gather(x, index, r.dim)
            }
            Base::SelectAssign(r) if r.update == IndexingUpdateOp::Add => {
                let (x, index, v) = (self.get(&r.tensor)?, self.get(&r.indices)?, self.get(&r.value)?);
                let index = self.g.spread(index, r.dim, &shape(&r.value));
                let d = self.g.scatter_add(index, v, r.dim, &shape(&r.out));
                self.g.add(x, d)
            }
            Base::Gather(r) => {
                let (x, index) = (self.get(&r.tensor)?, self.get(&r.indices)?);
                self.g.gather(x, index, r.dim)
            }
            Base::Scatter(r) if r.update == IndexingUpdateOp::Add => {
                let (x, index, v) = (self.get(&r.tensor)?, self.get(&r.indices)?, self.get(&r.value)?);
                let d = self.g.scatter_add(index, v, r.dim, &shape(&r.out));
                self.g.add(x, d)
            }
            Base::MaskWhere(r) => {
                let (x, mask, v) = (self.get(&r.tensor)?, self.get(&r.mask)?, self.get(&r.value)?);
                self.g.where_(mask, v, x)
            }
            Base::MaskFill(r) => {
                let (x, mask) = (self.get(&r.tensor)?, self.get(&r.mask)?);
                let v = self.g.fill(scalar(&r.value), &[]);
                self.g.where_(mask, v, x)
            }
            Base::Equal(r) => self.binary(Binary::Eq, &r.lhs, &r.rhs)?,
            Base::NotEqual(r) => self.binary(Binary::Ne, &r.lhs, &r.rhs)?,
            Base::EqualElem(r) => self.with_scalar(Binary::Eq, &r.lhs, &r.rhs)?,
            Base::NotEqualElem(r) => self.with_scalar(Binary::Ne, &r.lhs, &r.rhs)?,
            Base::RepeatDim(r) => {
                let x = self.get(&r.tensor)?;
                let mut split = self.g.shape(x).to_vec();
                split.insert(r.dim, 1);
                let x = self.g.reshape(x, &split);
                split[r.dim] = r.times;
                let x = self.g.broadcast(x, &split);
                self.g.reshape(x, &shape(&r.out))
            }
            Base::Cat(r) => {
                let parts = r.tensors.iter().map(|t| self.get(t)).collect::<Result<Vec<_>, _>>()?;
                self.g.concat(&parts, r.dim)
            }
            Base::Cast(r) => self.get(&r.input)?,
            Base::Empty(r) | Base::Zeros(r) => self.g.fill(0.0, &shape(&r.out)),
            Base::Ones(r) => self.g.fill(1.0, &shape(&r.out)),
            _ => return Err(CompileError::NoRule(name(full))),
        })
    }
}

/// Starts and steps of a slice, one a dimension.
fn ranges(slices: &[Slice], shape: &[usize], op: &OperationIr) -> Result<(Vec<usize>, Vec<usize>), CompileError> {
    let (mut start, mut step) = (vec![0; shape.len()], vec![1; shape.len()]);
    for (i, s) in slices.iter().enumerate() {
        if s.step <= 0 {
            return Err(CompileError::NoRule(format!("{} with step {}", name(op), s.step)));
        }
        start[i] = if s.start < 0 { shape[i].wrapping_add_signed(s.start) } else { s.start as usize };
        step[i] = s.step as usize;
    }
    Ok((start, step))
}
