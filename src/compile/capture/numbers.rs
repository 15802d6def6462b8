//! Burn's operations on numbers.

use burn::tensor::Distribution;
use burn_ir::{FloatOperationIr as Float, NumericOperationIr as Num, OperationIr, PadModeIr, TensorIr};

use crate::capture::importer::{Importer, all, name, scalar, shape};
use crate::graph::{Binary, CompileError, Dist, Id, Unary};
use crate::loops::reduction::Reduction;

impl Importer {
    pub(super) fn reduce(&mut self, f: Reduction, input: &TensorIr, out: &TensorIr, axes: &[usize]) -> Result<Id, CompileError> {
        let x = self.get(input)?;
        let y = self.g.reduce(f, x, axes);
        Ok(self.g.reshape(y, &shape(out)))
    }

    pub(super) fn mean(&mut self, input: &TensorIr, out: &TensorIr, axes: &[usize]) -> Result<Id, CompileError> {
        let n: usize = axes.iter().map(|a| input.shape[*a]).product();
        let s = self.reduce(Reduction::Sum, input, out, axes)?;
        Ok(self.g.scale(s, 1.0 / n as f32))
    }

    /// Where the largest (or smallest) element along `axis` is.
    pub(super) fn place(&mut self, largest: bool, input: &TensorIr, axis: usize) -> Result<Id, CompileError> {
        let x = self.get(input)?;
        Ok(self.g.arg_reduce(largest, x, axis))
    }

    /// Where the `k` largest (or smallest) elements along `axis` are, in order.
    pub(super) fn places(&mut self, input: &TensorIr, axis: usize, k: usize, descending: bool) -> Result<Id, CompileError> {
        let x = self.get(input)?;
        Ok(self.g.top_k(x, axis, k, descending))
    }

    /// The elements at an index along `axis`.
    pub(super) fn taken(&mut self, input: &TensorIr, index: Id, axis: usize) -> Result<Id, CompileError> {
        let x = self.get(input)?;
        Ok(self.g.gather(x, index, axis))
    }

    /// What makes elements and their places.
    pub(super) fn with_indices(&mut self, op: &Num) -> Result<Option<[Id; 2]>, CompileError> {
        let (input, index, axis) = match op {
            Num::MaxDimWithIndices(r) => (&r.tensor, self.place(true, &r.tensor, r.dim)?, r.dim),
            Num::MinDimWithIndices(r) => (&r.tensor, self.place(false, &r.tensor, r.dim)?, r.dim),
            Num::TopKWithIndices(r) => (&r.tensor, self.places(&r.tensor, r.dim, r.k, true)?, r.dim),
            Num::SortWithIndices(r) => (&r.input, self.places(&r.input, r.dim, r.input.shape[r.dim], r.descending)?, r.dim),
            _ => return Ok(None),
        };
        Ok(Some([self.taken(input, index, axis)?, index]))
    }

    pub(super) fn random(&mut self, d: &Distribution, shape: &[usize]) -> Id {
        match *d {
            Distribution::Default => self.g.random(Dist::Uniform, shape),
            Distribution::Uniform(low, high) => {
                let u = self.g.random(Dist::Uniform, shape);
                let u = self.g.scale(u, (high - low) as f32);
                self.g.with_scalar(Binary::Add, u, low as f32)
            }
            Distribution::Normal(mean, std) => {
                let n = self.g.random(Dist::Normal, shape);
                let n = self.g.scale(n, std as f32);
                self.g.with_scalar(Binary::Add, n, mean as f32)
            }
            Distribution::Bernoulli(p) => {
                let u = self.g.random(Dist::Uniform, shape);
                self.g.with_scalar(Binary::Lt, u, p as f32)
            }
        }
    }

    pub(super) fn numeric(&mut self, op: &Num, int: bool, full: &OperationIr) -> Result<Id, CompileError> {
        Ok(match op {
            Num::Add(r) => self.binary(Binary::Add, &r.lhs, &r.rhs)?,
            Num::Sub(r) => self.binary(Binary::Sub, &r.lhs, &r.rhs)?,
            Num::Mul(r) => self.binary(Binary::Mul, &r.lhs, &r.rhs)?,
            Num::Rem(r) => self.binary(Binary::Rem, &r.lhs, &r.rhs)?,
            Num::Powi(r) => self.binary(Binary::Pow, &r.lhs, &r.rhs)?,
            Num::Div(r) => {
                let (a, b) = (self.get(&r.lhs)?, self.get(&r.rhs)?);
                if int { self.g.quotient(a, b) } else { self.g.div(a, b) }
            }
            Num::DivScalar(r) => {
                let a = self.get(&r.lhs)?;
                let b = self.g.fill(scalar(&r.rhs), &[]);
                if int { self.g.quotient(a, b) } else { self.g.div(a, b) }
            }
            Num::AddScalar(r) => self.with_scalar(Binary::Add, &r.lhs, &r.rhs)?,
            Num::SubScalar(r) => self.with_scalar(Binary::Sub, &r.lhs, &r.rhs)?,
            Num::MulScalar(r) => self.with_scalar(Binary::Mul, &r.lhs, &r.rhs)?,
            Num::RemScalar(r) => self.with_scalar(Binary::Rem, &r.lhs, &r.rhs)?,
            Num::PowiScalar(r) => self.power(&r.lhs, scalar(&r.rhs))?,
            Num::ClampMin(r) => self.with_scalar(Binary::Max, &r.lhs, &r.rhs)?,
            Num::ClampMax(r) => self.with_scalar(Binary::Min, &r.lhs, &r.rhs)?,
            Num::Clamp(r) => {
                let y = self.with_scalar(Binary::Max, &r.tensor, &r.min)?;
                self.g.with_scalar(Binary::Min, y, scalar(&r.max))
            }
            Num::Full(r) => self.g.fill(scalar(&r.value), &shape(&r.out)),
            Num::Sum(r) => self.reduce(Reduction::Sum, &r.input, &r.out, &all(&r.input))?,
            Num::SumDim(r) => self.reduce(Reduction::Sum, &r.input, &r.out, &[r.axis])?,
            Num::SumDims(r) => self.reduce(Reduction::Sum, &r.input, &r.out, &r.axes)?,
            Num::Prod(r) => self.reduce(Reduction::Prod, &r.input, &r.out, &all(&r.input))?,
            Num::ProdDim(r) => self.reduce(Reduction::Prod, &r.input, &r.out, &[r.axis])?,
            Num::Max(r) => self.reduce(Reduction::Max, &r.input, &r.out, &all(&r.input))?,
            Num::Min(r) => self.reduce(Reduction::Min, &r.input, &r.out, &all(&r.input))?,
            Num::MaxAbs(r) => {
                let x = self.get(&r.input)?;
                let a = self.g.unary(Unary::Abs, x);
                let y = self.g.reduce(Reduction::Max, a, &all(&r.input));
                self.g.reshape(y, &shape(&r.out))
            }
            Num::Mean(r) => self.mean(&r.input, &r.out, &all(&r.input))?,
            Num::MeanDim(r) => self.mean(&r.input, &r.out, &[r.axis])?,
            Num::MaxDim(r) => {
                let i = self.place(true, &r.input, r.axis)?;
                self.taken(&r.input, i, r.axis)?
            }
            Num::MinDim(r) => {
                let i = self.place(false, &r.input, r.axis)?;
                self.taken(&r.input, i, r.axis)?
            }
            Num::ArgMax(r) => self.place(true, &r.input, r.axis)?,
            Num::ArgMin(r) => self.place(false, &r.input, r.axis)?,
            Num::TopK(r) => {
                let i = self.places(&r.input, r.axis, r.out.shape[r.axis], true)?;
                self.taken(&r.input, i, r.axis)?
            }
            Num::ArgTopK(r) => self.places(&r.input, r.axis, r.out.shape[r.axis], true)?,
            Num::Sort(r) => {
                let i = self.places(&r.input, r.dim, r.input.shape[r.dim], r.descending)?;
                self.taken(&r.input, i, r.dim)?
            }
            Num::ArgSort(r) => self.places(&r.input, r.dim, r.input.shape[r.dim], r.descending)?,
            Num::CumSum(r) => {
                let x = self.get(&r.input)?;
                self.g.cum_sum(x, r.axis, false)
            }
            Num::Greater(r) => self.binary(Binary::Gt, &r.lhs, &r.rhs)?,
            Num::GreaterEqual(r) => self.binary(Binary::Ge, &r.lhs, &r.rhs)?,
            Num::Lower(r) => self.binary(Binary::Lt, &r.lhs, &r.rhs)?,
            Num::LowerEqual(r) => self.binary(Binary::Le, &r.lhs, &r.rhs)?,
            Num::GreaterElem(r) => self.with_scalar(Binary::Gt, &r.lhs, &r.rhs)?,
            Num::GreaterEqualElem(r) => self.with_scalar(Binary::Ge, &r.lhs, &r.rhs)?,
            Num::LowerElem(r) => self.with_scalar(Binary::Lt, &r.lhs, &r.rhs)?,
            Num::LowerEqualElem(r) => self.with_scalar(Binary::Le, &r.lhs, &r.rhs)?,
            Num::Pad(r) => {
                let PadModeIr::Constant(value) = &r.mode else { return Err(CompileError::NoRule(name(full))) };
                let x = self.get(&r.input)?;
                let start: Vec<usize> = r.padding.iter().map(|p| p.0).collect();
                self.g.pad(x, &start, scalar(value), &shape(&r.out))
            }
            _ => return Err(CompileError::NoRule(name(full))),
        })
    }

    /// `x` to a fixed power; whole ones by multiplication, since `pow` is undefined below zero in WGSL.
    pub(super) fn power(&mut self, lhs: &TensorIr, exponent: f32) -> Result<Id, CompileError> {
        let x = self.get(lhs)?;
        Ok(match exponent {
            0.0 => self.g.fill(1.0, &shape(lhs)),
            e if e.fract() == 0.0 && (3.0..=8.0).contains(&e) => (1..e as u32).fold(x, |y, _| self.g.mul(y, x)),
            e => self.g.with_scalar(Binary::Pow, x, e),
        })
    }

    pub(super) fn float(&mut self, op: &Float, full: &OperationIr) -> Result<Id, CompileError> {
        Ok(match op {
            Float::PowfScalar(r) => self.power(&r.lhs, scalar(&r.rhs))?,
            Float::Powf(r) => self.binary(Binary::Pow, &r.lhs, &r.rhs)?,
            Float::Matmul(r) => self.matmul(&r.lhs, &r.rhs)?,
            Float::Trunc(r) => {
                let x = self.get(&r.input)?;
                self.g.truncate(x)
            }
            Float::IntoInt(r) => {
                let x = self.get(&r.input)?;
                self.g.truncate(x)
            }
            Float::Random(r) => self.random(&r.distribution, &shape(&r.out)),
            _ => return Err(CompileError::NoRule(name(full))),
        })
    }
}
