//! From Burn's recorded operations to the compiler's [`Graph`].

use std::collections::{BTreeMap, HashMap, HashSet};

use burn::tensor::{DType, Distribution, Slice, TensorData};
use burn_ir::{
    ActivationOperationIr as Act, BaseOperationIr as Base, BoolOperationIr as Bool, FloatOperationIr as Float, GraphIr,
    IntOperationIr as Int, ModuleOperationIr as Module, NumericOperationIr as Num, OperationIr, PadModeIr, ScalarIr, TensorId,
    TensorIr,
};

use super::graph::{Binary, CompileError, Conv, Dist, Graph, Id, Reduction, Unary, len};

/// Name of the custom operation that no gradient passes.
pub const STOP_GRADIENT: &str = "stop_gradient";

/// Name of the custom operation that finds the k-th largest number of each row.
pub const KTH_LARGEST: &str = "kth_largest";

/// A graph and the node of every Burn tensor that was needed.
#[derive(Debug)]
pub struct Imported {
    /// What the recorded operations compute.
    pub graph: Graph,
    ids: HashMap<TensorId, Id>,
}

impl Imported {
    /// The node of a Burn tensor.
    ///
    /// # Errors
    /// If no recorded operation made it.
    pub fn id(&self, tensor: TensorId) -> Result<Id, CompileError> {
        self.ids.get(&tensor).copied().ok_or_else(|| CompileError::NoRule(format!("that would make tensor {tensor}")))
    }
}

/// Translates what `outputs` need, cut at `leaves`: whatever made a leaf is left out.
///
/// # Errors
/// Names the first operation that the compiler does not know.
pub fn import(
    ir: &GraphIr,
    values: &BTreeMap<TensorId, TensorData>,
    leaves: &[(TensorId, Vec<usize>)],
    outputs: &[TensorId],
) -> Result<Imported, CompileError> {
    let mut importer = Importer { g: Graph::default(), ids: HashMap::new() };
    for (id, shape) in leaves {
        let leaf = importer.g.leaf(shape);
        importer.ids.insert(*id, leaf);
    }
    let mut needed: HashSet<TensorId> = outputs.iter().copied().filter(|o| !importer.ids.contains_key(o)).collect();
    let mut keep = vec![false; ir.operations.len()];
    for (i, op) in ir.operations.iter().enumerate().rev() {
        keep[i] = op.outputs().any(|t| needed.contains(&t.id));
        if keep[i] {
            needed.extend(op.inputs().map(|t| t.id).filter(|id| !importer.ids.contains_key(id)));
        }
    }
    for (id, data) in values {
        if needed.contains(id) {
            let node = importer.data(data)?;
            importer.ids.insert(*id, node);
        }
    }
    for (op, _) in ir.operations.iter().zip(keep).filter(|(_, keep)| *keep) {
        importer.operation(op)?;
    }
    Ok(Imported { graph: importer.g, ids: importer.ids })
}

struct Importer {
    g: Graph,
    ids: HashMap<TensorId, Id>,
}

/// The variant's name, for messages.
fn name(op: &OperationIr) -> String {
    let text = format!("{op:?}");
    let mut words = Vec::new();
    for part in text.split('(') {
        let word = part.rsplit([' ', ',']).next().unwrap_or(part);
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_alphanumeric()) {
            break;
        }
        words.push(word.to_string());
    }
    words.join("::")
}

fn scalar(s: &ScalarIr) -> f32 {
    s.elem::<f32>()
}

fn shape(t: &TensorIr) -> Vec<usize> {
    t.shape.to_vec()
}

impl Importer {
    fn data(&mut self, data: &TensorData) -> Result<Id, CompileError> {
        let shape = data.shape().to_vec();
        // Burn's own conversion, from every type to every other, would be a tenth of the engine's code.
        let values = match data.dtype() {
            DType::F32 => data.as_slice::<f32>().map(<[f32]>::to_vec),
            DType::I32 => data.as_slice::<i32>().map(|values| values.iter().map(|&v| v as f32).collect()),
            DType::I64 => data.as_slice::<i64>().map(|values| values.iter().map(|&v| v as f32).collect()),
            other => return Err(CompileError::NoRule(format!("a constant of type {other:?}"))),
        };
        let values = values.map_err(|e| CompileError::NoRule(format!("constant: {e:?}")))?;
        Ok(self.g.constant(values, &shape))
    }

    fn get(&self, t: &TensorIr) -> Result<Id, CompileError> {
        self.ids.get(&t.id).copied().ok_or_else(|| CompileError::NoRule(format!("that would make tensor {}", t.id)))
    }

    fn set(&mut self, t: &TensorIr, id: Id) {
        debug_assert_eq!(self.g.shape(id), shape(t));
        self.ids.insert(t.id, id);
    }

    fn operation(&mut self, op: &OperationIr) -> Result<(), CompileError> {
        match op {
            OperationIr::BaseFloat(b) | OperationIr::BaseInt(b) | OperationIr::BaseBool(b) => self.base(b, op),
            OperationIr::NumericFloat(_, n) => self.numeric(n, false, op),
            OperationIr::NumericInt(_, n) => self.numeric(n, true, op),
            OperationIr::Float(_, f) => self.float(f, op),
            OperationIr::Activation(a) => self.activation(a, op),
            OperationIr::Module(m) => self.module(m, op),
            OperationIr::Int(i) => match i {
                Int::IntoFloat(r) => self.same(&r.input, &r.out),
                Int::Matmul(r) => self.matmul(&r.lhs, &r.rhs, &r.out),
                _ => Err(CompileError::NoRule(name(op))),
            },
            OperationIr::Bool(b) => match b {
                Bool::IntoFloat(r) | Bool::IntoInt(r) => self.same(&r.input, &r.out),
                Bool::Not(r) => self.unary(Unary::Not, &r.input, &r.out),
                Bool::And(r) => self.binary(Binary::Mul, &r.lhs, &r.rhs, &r.out),
                Bool::Or(r) => self.binary(Binary::Max, &r.lhs, &r.rhs, &r.out),
                Bool::Xor(r) => self.binary(Binary::Ne, &r.lhs, &r.rhs, &r.out),
            },
            OperationIr::Custom(c) if c.id == STOP_GRADIENT => {
                let x = self.get(&c.inputs[0])?;
                let y = self.g.stop_gradient(x);
                self.set(&c.outputs[0], y);
                Ok(())
            }
            OperationIr::Custom(c) if c.id == KTH_LARGEST => {
                let (x, k) = (self.get(&c.inputs[0])?, self.get(&c.inputs[1])?);
                let y = self.g.kth_largest(x, k);
                self.set(&c.outputs[0], y);
                Ok(())
            }
            // Data arrives with `values`.
            OperationIr::Drop(_) | OperationIr::Init(_) => Ok(()),
            _ => Err(CompileError::NoRule(name(op))),
        }
    }

    fn same(&mut self, input: &TensorIr, out: &TensorIr) -> Result<(), CompileError> {
        let x = self.get(input)?;
        self.set(out, x);
        Ok(())
    }

    fn unary(&mut self, f: Unary, input: &TensorIr, out: &TensorIr) -> Result<(), CompileError> {
        let x = self.get(input)?;
        let y = self.g.unary(f, x);
        self.set(out, y);
        Ok(())
    }

    fn binary(&mut self, f: Binary, lhs: &TensorIr, rhs: &TensorIr, out: &TensorIr) -> Result<(), CompileError> {
        let (a, b) = (self.get(lhs)?, self.get(rhs)?);
        let y = self.g.binary(f, a, b);
        self.set(out, y);
        Ok(())
    }

    fn with_scalar(&mut self, f: Binary, lhs: &TensorIr, rhs: &ScalarIr, out: &TensorIr) -> Result<(), CompileError> {
        let a = self.get(lhs)?;
        let y = self.g.with_scalar(f, a, scalar(rhs));
        self.set(out, y);
        Ok(())
    }

    fn matmul(&mut self, lhs: &TensorIr, rhs: &TensorIr, out: &TensorIr) -> Result<(), CompileError> {
        let (a, b) = (self.get(lhs)?, self.get(rhs)?);
        let y = self.g.matmul(a, b)?;
        self.set(out, y);
        Ok(())
    }

    fn truncate(&mut self, x: Id) -> Id {
        let (up, down) = (self.g.unary(Unary::Ceil, x), self.g.unary(Unary::Floor, x));
        let negative = self.g.with_scalar(Binary::Lt, x, 0.0);
        self.g.where_(negative, up, down)
    }

    /// An index of one dimension, spread over `shape` along `axis`.
    fn spread(&mut self, index: Id, axis: usize, shape: &[usize]) -> Id {
        let mut view = vec![1; shape.len()];
        view[axis] = len(self.g.shape(index));
        let mut full = shape.to_vec();
        full[axis] = view[axis];
        let index = self.g.reshape(index, &view);
        self.g.broadcast(index, &full)
    }

    fn base(&mut self, op: &Base, full: &OperationIr) -> Result<(), CompileError> {
        match op {
            Base::Reshape(r) => {
                let x = self.get(&r.input)?;
                let y = self.g.reshape(x, &shape(&r.out));
                self.set(&r.out, y);
            }
            Base::Expand(r) => {
                let x = self.get(&r.input)?;
                let y = self.g.broadcast(x, &shape(&r.out));
                self.set(&r.out, y);
            }
            Base::SwapDims(r) => {
                let x = self.get(&r.input)?;
                let y = self.g.swap(x, r.dim1, r.dim2);
                self.set(&r.out, y);
            }
            Base::Permute(r) => {
                let x = self.get(&r.input)?;
                let y = self.g.permute(x, &r.axes);
                self.set(&r.out, y);
            }
            Base::Flip(r) => {
                let x = self.get(&r.input)?;
                let y = self.g.flip(x, &r.axes);
                self.set(&r.out, y);
            }
            Base::Slice(r) => {
                let x = self.get(&r.tensor)?;
                let (start, step) = ranges(&r.ranges, self.g.shape(x), full)?;
                let y = self.g.slice(x, &start, &step, &shape(&r.out));
                self.set(&r.out, y);
            }
            Base::SliceAssign(r) => {
                let (x, v) = (self.get(&r.tensor)?, self.get(&r.value)?);
                let size = self.g.shape(x).to_vec();
                let (start, step) = ranges(&r.ranges, &size, full)?;
                let ones = self.g.fill(1.0, &shape(&r.value));
                let mask = self.g.embed(ones, &start, &step, &size);
                let v = self.g.embed(v, &start, &step, &size);
                let y = self.g.where_(mask, v, x);
                self.set(&r.out, y);
            }
            Base::Select(r) => {
                let (x, index) = (self.get(&r.tensor)?, self.get(&r.indices)?);
                let index = self.spread(index, r.dim, &shape(&r.out));
                let y = self.g.gather(x, index, r.dim);
                self.set(&r.out, y);
            }
            Base::SelectAssign(r) if r.update == burn::tensor::IndexingUpdateOp::Add => {
                let (x, index, v) = (self.get(&r.tensor)?, self.get(&r.indices)?, self.get(&r.value)?);
                let index = self.spread(index, r.dim, &shape(&r.value));
                let d = self.g.scatter_add(index, v, r.dim, &shape(&r.out));
                let y = self.g.add(x, d);
                self.set(&r.out, y);
            }
            Base::Gather(r) => {
                let (x, index) = (self.get(&r.tensor)?, self.get(&r.indices)?);
                let y = self.g.gather(x, index, r.dim);
                self.set(&r.out, y);
            }
            Base::Scatter(r) if r.update == burn::tensor::IndexingUpdateOp::Add => {
                let (x, index, v) = (self.get(&r.tensor)?, self.get(&r.indices)?, self.get(&r.value)?);
                let d = self.g.scatter_add(index, v, r.dim, &shape(&r.out));
                let y = self.g.add(x, d);
                self.set(&r.out, y);
            }
            Base::MaskWhere(r) => {
                let (x, mask, v) = (self.get(&r.tensor)?, self.get(&r.mask)?, self.get(&r.value)?);
                let y = self.g.where_(mask, v, x);
                self.set(&r.out, y);
            }
            Base::MaskFill(r) => {
                let (x, mask) = (self.get(&r.tensor)?, self.get(&r.mask)?);
                let v = self.g.fill(scalar(&r.value), &[]);
                let y = self.g.where_(mask, v, x);
                self.set(&r.out, y);
            }
            Base::Equal(r) => self.binary(Binary::Eq, &r.lhs, &r.rhs, &r.out)?,
            Base::NotEqual(r) => self.binary(Binary::Ne, &r.lhs, &r.rhs, &r.out)?,
            Base::EqualElem(r) => self.with_scalar(Binary::Eq, &r.lhs, &r.rhs, &r.out)?,
            Base::NotEqualElem(r) => self.with_scalar(Binary::Ne, &r.lhs, &r.rhs, &r.out)?,
            Base::RepeatDim(r) => {
                let x = self.get(&r.tensor)?;
                let mut split = self.g.shape(x).to_vec();
                split.insert(r.dim, 1);
                let x = self.g.reshape(x, &split);
                split[r.dim] = r.times;
                let x = self.g.broadcast(x, &split);
                let y = self.g.reshape(x, &shape(&r.out));
                self.set(&r.out, y);
            }
            Base::Cat(r) => {
                let parts = r.tensors.iter().map(|t| self.get(t)).collect::<Result<Vec<_>, _>>()?;
                let y = self.g.concat(&parts, r.dim);
                self.set(&r.out, y);
            }
            Base::Cast(r) => self.same(&r.input, &r.out)?,
            Base::Empty(r) | Base::Zeros(r) => {
                let y = self.g.fill(0.0, &shape(&r.out));
                self.set(&r.out, y);
            }
            Base::Ones(r) => {
                let y = self.g.fill(1.0, &shape(&r.out));
                self.set(&r.out, y);
            }
            _ => return Err(CompileError::NoRule(name(full))),
        }
        Ok(())
    }

    fn reduce(&mut self, f: Reduction, input: &TensorIr, out: &TensorIr, axes: &[usize]) -> Result<Id, CompileError> {
        let x = self.get(input)?;
        let y = self.g.reduce(f, x, axes);
        Ok(self.g.reshape(y, &shape(out)))
    }

    fn mean(&mut self, input: &TensorIr, out: &TensorIr, axes: &[usize]) -> Result<(), CompileError> {
        let n: usize = axes.iter().map(|a| input.shape[*a]).product();
        let s = self.reduce(Reduction::Sum, input, out, axes)?;
        let y = self.g.scale(s, 1.0 / n as f32);
        self.set(out, y);
        Ok(())
    }

    /// Indices of the `k` largest (or smallest) elements along `axis`, in order.
    fn top_k(&mut self, x: Id, axis: usize, k: usize, descending: bool) -> Id {
        let key = if descending { x } else { self.g.neg(x) };
        let last = self.g.shape(x).len() - 1;
        let rank = self.g.rank(key, axis);
        let rank = self.g.swap(rank, axis, last);
        let mut view = self.g.shape(rank).to_vec();
        let n = view[last];
        view.insert(last, 1);
        let rank = self.g.reshape(rank, &view);
        view[last] = k;
        let place = self.g.iota(&view, last);
        let hit = self.g.binary(Binary::Eq, rank, place);
        let position = self.g.iota(&view, last + 1);
        let index = self.g.mul(hit, position);
        let index = self.g.sum(index, &[last + 1]);
        view.truncate(last + 1);
        debug_assert!(k <= n);
        let index = self.g.reshape(index, &view);
        self.g.swap(index, axis, last)
    }

    fn extreme(&mut self, largest: bool, input: &TensorIr, axis: usize) -> Result<(Id, Id), CompileError> {
        let x = self.get(input)?;
        let index = self.g.arg_reduce(largest, x, axis);
        Ok((self.g.gather(x, index, axis), index))
    }

    fn random(&mut self, d: &Distribution, out: &TensorIr) {
        let shape = shape(out);
        let y = match *d {
            Distribution::Default => self.g.random(Dist::Uniform, &shape),
            Distribution::Uniform(low, high) => {
                let u = self.g.random(Dist::Uniform, &shape);
                let u = self.g.scale(u, (high - low) as f32);
                self.g.with_scalar(Binary::Add, u, low as f32)
            }
            Distribution::Normal(mean, std) => {
                let n = self.g.random(Dist::Normal, &shape);
                let n = self.g.scale(n, std as f32);
                self.g.with_scalar(Binary::Add, n, mean as f32)
            }
            Distribution::Bernoulli(p) => {
                let u = self.g.random(Dist::Uniform, &shape);
                self.g.with_scalar(Binary::Lt, u, p as f32)
            }
        };
        self.set(out, y);
    }

    fn numeric(&mut self, op: &Num, int: bool, full: &OperationIr) -> Result<(), CompileError> {
        let all = |t: &TensorIr| (0..t.shape.len()).collect::<Vec<_>>();
        match op {
            Num::Add(r) => self.binary(Binary::Add, &r.lhs, &r.rhs, &r.out)?,
            Num::Sub(r) => self.binary(Binary::Sub, &r.lhs, &r.rhs, &r.out)?,
            Num::Mul(r) => self.binary(Binary::Mul, &r.lhs, &r.rhs, &r.out)?,
            Num::Rem(r) => self.binary(Binary::Rem, &r.lhs, &r.rhs, &r.out)?,
            Num::Powi(r) => self.binary(Binary::Pow, &r.lhs, &r.rhs, &r.out)?,
            Num::Div(r) => {
                let (a, b) = (self.get(&r.lhs)?, self.get(&r.rhs)?);
                let q = if int { self.g.quotient(a, b) } else { self.g.div(a, b) };
                self.set(&r.out, q);
            }
            Num::DivScalar(r) => {
                let a = self.get(&r.lhs)?;
                let b = self.g.fill(scalar(&r.rhs), &[]);
                let q = if int { self.g.quotient(a, b) } else { self.g.div(a, b) };
                self.set(&r.out, q);
            }
            Num::AddScalar(r) => self.with_scalar(Binary::Add, &r.lhs, &r.rhs, &r.out)?,
            Num::SubScalar(r) => self.with_scalar(Binary::Sub, &r.lhs, &r.rhs, &r.out)?,
            Num::MulScalar(r) => self.with_scalar(Binary::Mul, &r.lhs, &r.rhs, &r.out)?,
            Num::RemScalar(r) => self.with_scalar(Binary::Rem, &r.lhs, &r.rhs, &r.out)?,
            Num::PowiScalar(r) => self.power(&r.lhs, scalar(&r.rhs), &r.out)?,
            Num::ClampMin(r) => self.with_scalar(Binary::Max, &r.lhs, &r.rhs, &r.out)?,
            Num::ClampMax(r) => self.with_scalar(Binary::Min, &r.lhs, &r.rhs, &r.out)?,
            Num::Clamp(r) => {
                let x = self.get(&r.tensor)?;
                let y = self.g.with_scalar(Binary::Max, x, scalar(&r.min));
                let y = self.g.with_scalar(Binary::Min, y, scalar(&r.max));
                self.set(&r.out, y);
            }
            Num::Abs(r) => self.unary(Unary::Abs, &r.input, &r.out)?,
            Num::Neg(r) => self.unary(Unary::Neg, &r.input, &r.out)?,
            Num::Sign(r) => self.unary(Unary::Sign, &r.input, &r.out)?,
            Num::Full(r) => {
                let y = self.g.fill(scalar(&r.value), &shape(&r.out));
                self.set(&r.out, y);
            }
            Num::Sum(r) => {
                let y = self.reduce(Reduction::Sum, &r.input, &r.out, &all(&r.input))?;
                self.set(&r.out, y);
            }
            Num::SumDim(r) => {
                let y = self.reduce(Reduction::Sum, &r.input, &r.out, &[r.axis])?;
                self.set(&r.out, y);
            }
            Num::SumDims(r) => {
                let y = self.reduce(Reduction::Sum, &r.input, &r.out, &r.axes)?;
                self.set(&r.out, y);
            }
            Num::Prod(r) => {
                let y = self.reduce(Reduction::Prod, &r.input, &r.out, &all(&r.input))?;
                self.set(&r.out, y);
            }
            Num::ProdDim(r) => {
                let y = self.reduce(Reduction::Prod, &r.input, &r.out, &[r.axis])?;
                self.set(&r.out, y);
            }
            Num::Max(r) => {
                let y = self.reduce(Reduction::Max, &r.input, &r.out, &all(&r.input))?;
                self.set(&r.out, y);
            }
            Num::Min(r) => {
                let y = self.reduce(Reduction::Min, &r.input, &r.out, &all(&r.input))?;
                self.set(&r.out, y);
            }
            Num::MaxAbs(r) => {
                let x = self.get(&r.input)?;
                let a = self.g.unary(Unary::Abs, x);
                let y = self.g.reduce(Reduction::Max, a, &all(&r.input));
                let y = self.g.reshape(y, &shape(&r.out));
                self.set(&r.out, y);
            }
            Num::Mean(r) => self.mean(&r.input, &r.out, &all(&r.input))?,
            Num::MeanDim(r) => self.mean(&r.input, &r.out, &[r.axis])?,
            Num::MaxDim(r) => {
                let (y, _) = self.extreme(true, &r.input, r.axis)?;
                self.set(&r.out, y);
            }
            Num::MinDim(r) => {
                let (y, _) = self.extreme(false, &r.input, r.axis)?;
                self.set(&r.out, y);
            }
            Num::ArgMax(r) => {
                let (_, i) = self.extreme(true, &r.input, r.axis)?;
                self.set(&r.out, i);
            }
            Num::ArgMin(r) => {
                let (_, i) = self.extreme(false, &r.input, r.axis)?;
                self.set(&r.out, i);
            }
            Num::MaxDimWithIndices(r) => {
                let (y, i) = self.extreme(true, &r.tensor, r.dim)?;
                self.set(&r.out, y);
                self.set(&r.out_indices, i);
            }
            Num::MinDimWithIndices(r) => {
                let (y, i) = self.extreme(false, &r.tensor, r.dim)?;
                self.set(&r.out, y);
                self.set(&r.out_indices, i);
            }
            Num::TopK(r) => {
                let x = self.get(&r.input)?;
                let i = self.top_k(x, r.axis, r.out.shape[r.axis], true);
                let y = self.g.gather(x, i, r.axis);
                self.set(&r.out, y);
            }
            Num::ArgTopK(r) => {
                let x = self.get(&r.input)?;
                let i = self.top_k(x, r.axis, r.out.shape[r.axis], true);
                self.set(&r.out, i);
            }
            Num::TopKWithIndices(r) => {
                let x = self.get(&r.tensor)?;
                let i = self.top_k(x, r.dim, r.k, true);
                let y = self.g.gather(x, i, r.dim);
                self.set(&r.out, y);
                self.set(&r.out_indices, i);
            }
            Num::Sort(r) => {
                let x = self.get(&r.input)?;
                let i = self.top_k(x, r.dim, r.input.shape[r.dim], r.descending);
                let y = self.g.gather(x, i, r.dim);
                self.set(&r.out, y);
            }
            Num::SortWithIndices(r) => {
                let x = self.get(&r.input)?;
                let i = self.top_k(x, r.dim, r.input.shape[r.dim], r.descending);
                let y = self.g.gather(x, i, r.dim);
                self.set(&r.out, y);
                self.set(&r.out_indices, i);
            }
            Num::ArgSort(r) => {
                let x = self.get(&r.input)?;
                let i = self.top_k(x, r.dim, r.input.shape[r.dim], r.descending);
                self.set(&r.out, i);
            }
            Num::CumSum(r) => {
                let x = self.get(&r.input)?;
                let y = self.g.cum_sum(x, r.axis, false);
                self.set(&r.out, y);
            }
            Num::Greater(r) => self.binary(Binary::Gt, &r.lhs, &r.rhs, &r.out)?,
            Num::GreaterEqual(r) => self.binary(Binary::Ge, &r.lhs, &r.rhs, &r.out)?,
            Num::Lower(r) => self.binary(Binary::Lt, &r.lhs, &r.rhs, &r.out)?,
            Num::LowerEqual(r) => self.binary(Binary::Le, &r.lhs, &r.rhs, &r.out)?,
            Num::GreaterElem(r) => self.with_scalar(Binary::Gt, &r.lhs, &r.rhs, &r.out)?,
            Num::GreaterEqualElem(r) => self.with_scalar(Binary::Ge, &r.lhs, &r.rhs, &r.out)?,
            Num::LowerElem(r) => self.with_scalar(Binary::Lt, &r.lhs, &r.rhs, &r.out)?,
            Num::LowerEqualElem(r) => self.with_scalar(Binary::Le, &r.lhs, &r.rhs, &r.out)?,
            Num::Pad(r) => {
                let PadModeIr::Constant(value) = &r.mode else { return Err(CompileError::NoRule(name(full))) };
                let x = self.get(&r.input)?;
                let (start, size) = (r.padding.iter().map(|p| p.0).collect::<Vec<_>>(), shape(&r.out));
                let step = vec![1; start.len()];
                let y = self.g.embed(x, &start, &step, &size);
                let value = scalar(value);
                let y = if value == 0.0 {
                    y
                } else {
                    let ones = self.g.fill(1.0, &shape(&r.input));
                    let mask = self.g.embed(ones, &start, &step, &size);
                    let v = self.g.fill(value, &[]);
                    self.g.where_(mask, y, v)
                };
                self.set(&r.out, y);
            }
            Num::IntRandom(_) | Num::CumProd(_) | Num::CumMin(_) | Num::CumMax(_) | Num::MaxAbsDim(_) => {
                return Err(CompileError::NoRule(name(full)));
            }
        }
        Ok(())
    }

    /// `x` to a fixed power; whole ones by multiplication, since `pow` is undefined below zero in WGSL.
    fn power(&mut self, lhs: &TensorIr, exponent: f32, out: &TensorIr) -> Result<(), CompileError> {
        let x = self.get(lhs)?;
        let y = match exponent {
            0.0 => self.g.fill(1.0, &shape(out)),
            e if e.fract() == 0.0 && (3.0..=8.0).contains(&e) => {
                let mut y = x;
                for _ in 1..e as u32 {
                    y = self.g.mul(y, x);
                }
                y
            }
            e => self.g.with_scalar(Binary::Pow, x, e),
        };
        self.set(out, y);
        Ok(())
    }

    fn float(&mut self, op: &Float, full: &OperationIr) -> Result<(), CompileError> {
        match op {
            Float::Exp(r) => self.unary(Unary::Exp, &r.input, &r.out),
            Float::Log(r) => self.unary(Unary::Log, &r.input, &r.out),
            Float::Log1p(r) => self.unary(Unary::Log1p, &r.input, &r.out),
            Float::Erf(r) => self.unary(Unary::Erf, &r.input, &r.out),
            Float::Sqrt(r) => self.unary(Unary::Sqrt, &r.input, &r.out),
            Float::Sin(r) => self.unary(Unary::Sin, &r.input, &r.out),
            Float::Cos(r) => self.unary(Unary::Cos, &r.input, &r.out),
            Float::Tanh(r) => self.unary(Unary::Tanh, &r.input, &r.out),
            Float::Round(r) => self.unary(Unary::Round, &r.input, &r.out),
            Float::Floor(r) => self.unary(Unary::Floor, &r.input, &r.out),
            Float::Ceil(r) => self.unary(Unary::Ceil, &r.input, &r.out),
            Float::Recip(r) => self.unary(Unary::Recip, &r.input, &r.out),
            Float::IsNan(r) => self.unary(Unary::IsNan, &r.input, &r.out),
            Float::IsInf(r) => self.unary(Unary::IsInf, &r.input, &r.out),
            Float::PowfScalar(r) => self.power(&r.lhs, scalar(&r.rhs), &r.out),
            Float::Powf(r) => self.binary(Binary::Pow, &r.lhs, &r.rhs, &r.out),
            Float::Matmul(r) => self.matmul(&r.lhs, &r.rhs, &r.out),
            Float::Trunc(r) => {
                let x = self.get(&r.input)?;
                let y = self.truncate(x);
                self.set(&r.out, y);
                Ok(())
            }
            Float::IntoInt(r) => {
                let x = self.get(&r.input)?;
                let y = self.truncate(x);
                self.set(&r.out, y);
                Ok(())
            }
            Float::Random(r) => {
                self.random(&r.distribution, &r.out);
                Ok(())
            }
            _ => Err(CompileError::NoRule(name(full))),
        }
    }

    fn activation(&mut self, op: &Act, full: &OperationIr) -> Result<(), CompileError> {
        match op {
            Act::Relu(r) => self.unary(Unary::Relu, &r.input, &r.out),
            Act::Sigmoid(r) => self.unary(Unary::Sigmoid, &r.input, &r.out),
            Act::LogSigmoid(r) => {
                let x = self.get(&r.input)?;
                let n = self.g.neg(x);
                let s = self.g.unary(Unary::Softplus, n);
                let y = self.g.neg(s);
                self.set(&r.out, y);
                Ok(())
            }
            Act::LeakyRelu(r) => {
                let x = self.get(&r.lhs)?;
                let low = self.g.scale(x, scalar(&r.rhs));
                let off = self.g.with_scalar(Binary::Lt, x, 0.0);
                let y = self.g.where_(off, low, x);
                self.set(&r.out, y);
                Ok(())
            }
            Act::PRelu(r) => {
                let (x, alpha) = (self.get(&r.lhs)?, self.get(&r.rhs)?);
                let low = self.g.mul(x, alpha);
                let off = self.g.with_scalar(Binary::Lt, x, 0.0);
                let y = self.g.where_(off, low, x);
                self.set(&r.out, y);
                Ok(())
            }
            Act::Gelu(r) => {
                let x = self.get(&r.input)?;
                let e = self.g.scale(x, std::f32::consts::FRAC_1_SQRT_2);
                let e = self.g.unary(Unary::Erf, e);
                let e = self.g.with_scalar(Binary::Add, e, 1.0);
                let h = self.g.scale(x, 0.5);
                let y = self.g.mul(h, e);
                self.set(&r.out, y);
                Ok(())
            }
            Act::Softmax(r) | Act::Softmin(r) | Act::LogSoftmax(r) => {
                let mut x = self.get(&r.input)?;
                if let Act::Softmin(_) = op {
                    x = self.g.neg(x);
                }
                let m = self.g.reduce(Reduction::Max, x, &[r.axis]);
                let m = self.g.stop_gradient(m);
                let z = self.g.sub(x, m);
                let e = self.g.unary(Unary::Exp, z);
                let s = self.g.sum(e, &[r.axis]);
                let y = if let Act::LogSoftmax(_) = op {
                    let l = self.g.unary(Unary::Log, s);
                    self.g.sub(z, l)
                } else {
                    self.g.div(e, s)
                };
                self.set(&r.out, y);
                Ok(())
            }
            _ => Err(CompileError::NoRule(name(full))),
        }
    }

    fn bias(&mut self, y: Id, bias: Option<&TensorIr>, axis: usize) -> Result<Id, CompileError> {
        let Some(bias) = bias else { return Ok(y) };
        let b = self.get(bias)?;
        let mut view = vec![1; self.g.shape(y).len()];
        view[axis] = len(self.g.shape(b));
        let b = self.g.reshape(b, &view);
        Ok(self.g.add(y, b))
    }

    fn module(&mut self, op: &Module, full: &OperationIr) -> Result<(), CompileError> {
        match op {
            Module::Linear(r) => {
                let (x, w) = (self.get(&r.x)?, self.get(&r.weight)?);
                let y = self.g.matmul(x, w)?;
                let last = self.g.shape(y).len() - 1;
                let y = self.bias(y, r.bias.as_ref(), last)?;
                self.set(&r.out, y);
            }
            Module::Conv2d(r) if r.options.groups == 1 => {
                let (mut x, w) = (self.get(&r.x)?, self.get(&r.weight)?);
                let o = &r.options;
                let even = o.padding.iter().all(|p| p.0 == p.1);
                if !even {
                    let mut size = self.g.shape(x).to_vec();
                    for i in 0..2 {
                        size[2 + i] += o.padding[i].0 + o.padding[i].1;
                    }
                    x = self.g.embed(x, &[0, 0, o.padding[0].0, o.padding[1].0], &[1; 4], &size);
                }
                let padding = if even { [o.padding[0].0, o.padding[1].0] } else { [0, 0] };
                let y = self.g.conv2d(x, w, Conv { stride: o.stride, padding, dilation: o.dilation });
                let y = self.bias(y, r.bias.as_ref(), 1)?;
                self.set(&r.out, y);
            }
            Module::ConvTranspose2d(r) if r.options.groups == 1 => {
                let (x, w) = (self.get(&r.x)?, self.get(&r.weight)?);
                let o = &r.options;
                let c = Conv { stride: o.stride, padding: o.padding, dilation: o.dilation };
                let y = self.g.conv_transpose2d(x, w, c, [r.out.shape[2], r.out.shape[3]]);
                let y = self.bias(y, r.bias.as_ref(), 1)?;
                self.set(&r.out, y);
            }
            Module::Embedding(r) => {
                let (w, index) = (self.get(&r.weights)?, self.get(&r.indices)?);
                let (n, d) = (len(self.g.shape(index)), self.g.shape(w)[1]);
                let index = self.spread(index, 0, &[n, d]);
                let y = self.g.gather(w, index, 0);
                let y = self.g.reshape(y, &shape(&r.out));
                self.set(&r.out, y);
            }
            Module::LayerNorm(r) => {
                let x = self.get(&r.input)?;
                let last = self.g.shape(x).len() - 1;
                let n = self.g.shape(x)[last] as f32;
                let m = self.g.sum(x, &[last]);
                let m = self.g.scale(m, 1.0 / n);
                let c = self.g.sub(x, m);
                let v = self.g.mul(c, c);
                let v = self.g.sum(v, &[last]);
                let v = self.g.scale(v, 1.0 / n);
                let v = self.g.with_scalar(Binary::Add, v, scalar(&r.epsilon));
                let s = self.g.unary(Unary::Sqrt, v);
                let y = self.g.div(c, s);
                let gamma = self.get(&r.gamma)?;
                let y = self.g.mul(y, gamma);
                let y = self.bias(y, r.beta.as_ref(), last)?;
                self.set(&r.out, y);
            }
            _ => return Err(CompileError::NoRule(name(full))),
        }
        Ok(())
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
