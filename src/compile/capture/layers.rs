//! Burn's activations and layers.

use burn_ir::{ActivationOperationIr as Act, ModuleOperationIr as Module, OperationIr, TensorIr};

use crate::capture::importer::{Importer, name, scalar, shape};
use crate::graph::{Binary, CompileError, Conv, Id, Unary, len};

impl Importer {
    pub(super) fn activation(&mut self, op: &Act, full: &OperationIr) -> Result<Id, CompileError> {
        Ok(match op {
            Act::LogSigmoid(r) => {
                let x = self.get(&r.input)?;
                let n = self.g.neg(x);
                let s = self.g.unary(Unary::Softplus, n);
                self.g.neg(s)
            }
            Act::LeakyRelu(r) => {
                let x = self.get(&r.lhs)?;
                let low = self.g.scale(x, scalar(&r.rhs));
                let off = self.g.with_scalar(Binary::Lt, x, 0.0);
                self.g.where_(off, low, x)
            }
            Act::PRelu(r) => {
                let (x, alpha) = (self.get(&r.lhs)?, self.get(&r.rhs)?);
                let low = self.g.mul(x, alpha);
                let off = self.g.with_scalar(Binary::Lt, x, 0.0);
                self.g.where_(off, low, x)
            }
            Act::Gelu(r) => {
                let x = self.get(&r.input)?;
                self.g.gelu(x)
            }
            Act::Softmax(r) => {
                let x = self.get(&r.input)?;
                self.g.softmax(x, r.axis, false)
            }
            Act::Softmin(r) => {
                let x = self.get(&r.input)?;
                let x = self.g.neg(x);
                self.g.softmax(x, r.axis, false)
            }
            Act::LogSoftmax(r) => {
                let x = self.get(&r.input)?;
                self.g.softmax(x, r.axis, true)
            }
            _ => return Err(CompileError::NoRule(name(full))),
        })
    }

    pub(super) fn bias(&mut self, y: Id, bias: Option<&TensorIr>, axis: usize) -> Result<Id, CompileError> {
        let Some(bias) = bias else { return Ok(y) };
        let b = self.get(bias)?;
        let mut view = vec![1; self.g.shape(y).len()];
        view[axis] = len(self.g.shape(b));
        let b = self.g.reshape(b, &view);
        Ok(self.g.add(y, b))
    }

    pub(super) fn module(&mut self, op: &Module, full: &OperationIr) -> Result<Id, CompileError> {
        Ok(match op {
            Module::Linear(r) => {
                let (x, w) = (self.get(&r.x)?, self.get(&r.weight)?);
                let y = self.g.matmul(x, w)?;
                let last = self.g.shape(y).len() - 1;
                self.bias(y, r.bias.as_ref(), last)?
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
                self.bias(y, r.bias.as_ref(), 1)?
            }
            Module::ConvTranspose2d(r) if r.options.groups == 1 => {
                let (x, w) = (self.get(&r.x)?, self.get(&r.weight)?);
                let o = &r.options;
                let c = Conv { stride: o.stride, padding: o.padding, dilation: o.dilation };
                let y = self.g.conv_transpose2d(x, w, c, [r.out.shape[2], r.out.shape[3]]);
                self.bias(y, r.bias.as_ref(), 1)?
            }
            Module::Embedding(r) => {
                let (w, index) = (self.get(&r.weights)?, self.get(&r.indices)?);
                let (n, d) = (len(self.g.shape(index)), self.g.shape(w)[1]);
                let index = self.g.spread(index, 0, &[n, d]);
                let y = self.g.gather(w, index, 0);
                self.g.reshape(y, &shape(&r.out))
            }
            Module::LayerNorm(r) => {
                let x = self.get(&r.input)?;
                let last = self.g.shape(x).len() - 1;
                let y = self.g.normalise(x, scalar(&r.epsilon));
                let gamma = self.get(&r.gamma)?;
                let y = self.g.mul(y, gamma);
                self.bias(y, r.beta.as_ref(), last)?
            }
            _ => return Err(CompileError::NoRule(name(full))),
        })
    }
}
