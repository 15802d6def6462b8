//! What a translation is made with: the graph so far, and the node of each tensor.

use std::collections::HashMap;

use burn::tensor::{DType, TensorData};
use burn_ir::{OperationIr, ScalarIr, TensorId, TensorIr};

use crate::graph::{Binary, CompileError, Graph, Id};

/// A graph being made, and the nodes of the tensors that are known.
pub(super) struct Importer {
    pub(super) g: Graph,
    pub(super) ids: HashMap<TensorId, Id>,
}

/// The variant's name, for messages.
pub(super) fn name(op: &OperationIr) -> String {
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

pub(super) fn scalar(s: &ScalarIr) -> f32 {
    s.elem::<f32>()
}

pub(super) fn shape(t: &TensorIr) -> Vec<usize> {
    t.shape.to_vec()
}

/// All axes of a tensor.
pub(super) fn all(t: &TensorIr) -> Vec<usize> {
    (0..t.shape.len()).collect()
}

impl Importer {
    pub(super) fn data(&mut self, data: &TensorData) -> Result<Id, CompileError> {
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

    pub(super) fn get(&self, t: &TensorIr) -> Result<Id, CompileError> {
        self.ids.get(&t.id).copied().ok_or_else(|| CompileError::NoRule(format!("that would make tensor {}", t.id)))
    }

    pub(super) fn binary(&mut self, f: Binary, lhs: &TensorIr, rhs: &TensorIr) -> Result<Id, CompileError> {
        let (a, b) = (self.get(lhs)?, self.get(rhs)?);
        Ok(self.g.binary(f, a, b))
    }

    pub(super) fn with_scalar(&mut self, f: Binary, lhs: &TensorIr, rhs: &ScalarIr) -> Result<Id, CompileError> {
        let a = self.get(lhs)?;
        Ok(self.g.with_scalar(f, a, scalar(rhs)))
    }

    pub(super) fn matmul(&mut self, lhs: &TensorIr, rhs: &TensorIr) -> Result<Id, CompileError> {
        let (a, b) = (self.get(lhs)?, self.get(rhs)?);
        self.g.matmul(a, b)
    }
}
