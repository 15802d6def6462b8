//! From Burn's recorded operations to the compiler's [`Graph`].

mod importer;
mod layers;
mod numbers;
mod tensors;

use std::collections::{BTreeMap, HashMap, HashSet};

use burn::tensor::TensorData;
use burn_ir::{
    ActivationOperationIr as Act, BoolOperationIr as Bool, FloatOperationIr as Float, GraphIr, IntOperationIr as Int,
    NumericOperationIr as Num, OperationIr, TensorId, TensorIr,
};

use self::importer::{Importer, name, shape};
use super::grad::gradients;
use super::graph::{Binary, CompileError, Graph, Id, Unary};
use super::loops::LOOPS;
pub use super::loops::kth_largest::KTH_LARGEST;
use super::unary::unary_rows;

/// Name of the custom operation that no gradient passes.
pub const STOP_GRADIENT: &str = "stop_gradient";

/// Name of the custom operation that gives a tensor an identity of its own, so that something can be differentiated with respect
/// to it and to nothing that happens to be equal.
pub const POINT: &str = "point";

/// Name of the custom operation that is the gradient of one number, its first input, with respect to the second.
pub const GRADIENT: &str = "gradient";

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
    import_into(Graph::default(), ir, values, leaves, outputs)
}

/// [`import`] into a graph of another make.
///
/// # Errors
/// As there.
pub fn import_into(
    graph: Graph,
    ir: &GraphIr,
    values: &BTreeMap<TensorId, TensorData>,
    leaves: &[(TensorId, Vec<usize>)],
    outputs: &[TensorId],
) -> Result<Imported, CompileError> {
    let mut importer = Importer { g: graph, ids: HashMap::new() };
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
        for (out, id) in op.outputs().zip(importer.operation(op)?) {
            debug_assert_eq!(importer.g.shape(id), shape(out));
            importer.ids.insert(out.id, id);
        }
    }
    Ok(Imported { graph: importer.g, ids: importer.ids })
}

/// The rows of `unary` that are operations of Burn, as a function from those.
macro_rules! captured {
    ($($(#[$doc:meta])+ $name:ident { $eval:expr, $wgsl:expr, $cost:expr, $gradient:expr, $($r:ident in $burn:pat)? })+) => {
        /// The function of one number that an operation is, and its argument.
        fn unary(op: &OperationIr) -> Option<(Unary, &TensorIr)> {
            match op {
                $($($burn => Some((Unary::$name, &$r.input)),)?)+
                _ => None,
            }
        }
    };
}
unary_rows!(captured);

impl Importer {
    /// The nodes of what an operation makes, in the order of its outputs.
    fn operation(&mut self, op: &OperationIr) -> Result<Vec<Id>, CompileError> {
        if let Some((f, input)) = unary(op) {
            let x = self.get(input)?;
            return Ok(vec![self.g.unary(f, x)]);
        }
        let made = match op {
            OperationIr::BaseFloat(b) | OperationIr::BaseInt(b) | OperationIr::BaseBool(b) => self.base(b, op)?,
            OperationIr::NumericFloat(_, n) | OperationIr::NumericInt(_, n) => {
                if let Some(both) = self.with_indices(n)? {
                    return Ok(both.into());
                }
                self.numeric(n, matches!(op, OperationIr::NumericInt(..)), op)?
            }
            OperationIr::Float(_, f) => self.float(f, op)?,
            OperationIr::Activation(a) => self.activation(a, op)?,
            OperationIr::Module(m) => self.module(m, op)?,
            OperationIr::Int(Int::IntoFloat(r)) => self.get(&r.input)?,
            OperationIr::Int(Int::Matmul(r)) => self.matmul(&r.lhs, &r.rhs)?,
            OperationIr::Bool(Bool::IntoFloat(r) | Bool::IntoInt(r)) => self.get(&r.input)?,
            OperationIr::Bool(Bool::And(r)) => self.binary(Binary::Mul, &r.lhs, &r.rhs)?,
            OperationIr::Bool(Bool::Or(r)) => self.binary(Binary::Max, &r.lhs, &r.rhs)?,
            OperationIr::Bool(Bool::Xor(r)) => self.binary(Binary::Ne, &r.lhs, &r.rhs)?,
            OperationIr::Custom(c) => {
                let inputs = c.inputs.iter().map(|t| self.get(t)).collect::<Result<Vec<_>, _>>()?;
                let custom = LOOPS.iter().filter_map(|rule| rule.custom()).find(|(name, _)| c.id == *name);
                match custom {
                    Some((_, make)) => make(&mut self.g, &inputs),
                    None if c.id == STOP_GRADIENT => self.g.stop_gradient(inputs[0]),
                    None if c.id == POINT => self.g.point(inputs[0]),
                    None if c.id == GRADIENT => gradients(&mut self.g, inputs[0], &inputs[1..])?[0],
                    None => return Err(CompileError::NoRule(name(op))),
                }
            }
            // Data arrives with `values`.
            OperationIr::Drop(_) | OperationIr::Init(_) => return Ok(vec![]),
            _ => return Err(CompileError::NoRule(name(op))),
        };
        Ok(vec![made])
    }
}
