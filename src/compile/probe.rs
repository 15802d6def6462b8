//! A plan's heaviest products on their own, to time kernels on: the same operations on the same views of tensors of the
//! same shapes, without what is fused into them.

use std::collections::HashMap;

use super::emit::Place;
use super::graph::{CompileError, Graph, Id, Op, len};
use super::plan::{Job, Plan, Target, Updates, compile};

/// Products in a probe. They share a dispatch, as they would in a plan.
const PRODUCTS: usize = 3;

/// A product's operation and the shapes of its operands.
pub type Product = (Op, [Vec<usize>; 2]);

/// A few products as a graph.
pub struct Probe {
    graph: Graph,
    leaves: Vec<Id>,
    outputs: Vec<Id>,
    /// What it computes, the most work first.
    pub products: Vec<Product>,
    /// Floating-point operations of all of them.
    pub flops: u64,
}

impl Probe {
    /// The first of `products`, which are nodes of `g`.
    ///
    /// # Errors
    /// If operands do not fit, which a graph does not let happen.
    pub fn new(g: &Graph, products: &[Id]) -> Result<Self, CompileError> {
        let mut p = Self { graph: Graph::default(), leaves: vec![], outputs: vec![], products: vec![], flops: 0 };
        for id in products.iter().take(PRODUCTS) {
            let node = g.node(*id);
            let [a, b] = [p.operand(g, node.args[0]), p.operand(g, node.args[1])];
            let size = |s: &[usize]| [s[2], s[3]];
            let copy = match node.op {
                Op::MatMul => p.graph.matmul(a, b)?,
                Op::Conv2d(c) => p.graph.conv2d(a, b, c),
                Op::ConvTranspose2d(c) => p.graph.conv_transpose2d(a, b, c, size(&node.shape)),
                Op::ConvWeight(c) => p.graph.conv_weight(a, b, c, size(&node.shape)),
                ref op => unreachable!("{op:?} is no product"),
            };
            p.outputs.push(copy);
            p.products.push((node.op.clone(), [a, b].map(|x| p.graph.shape(x).to_vec())));
            p.flops += g.flops(*id);
        }
        Ok(p)
    }

    /// A node behind its views.
    fn operand(&mut self, g: &Graph, id: Id) -> Id {
        let node = g.node(id);
        let view = matches!(node.op, Op::Reshape | Op::Permute(_) | Op::Broadcast);
        let inner = if view { Some(self.operand(g, node.args[0])) } else { None };
        match (&node.op, inner) {
            (Op::Reshape, Some(x)) => self.graph.reshape(x, &node.shape),
            (Op::Permute(axes), Some(x)) => self.graph.permute(x, axes),
            (Op::Broadcast, Some(x)) => self.graph.broadcast(x, &node.shape),
            _ => {
                let leaf = self.graph.leaf(&node.shape);
                self.leaves.push(leaf);
                leaf
            }
        }
    }

    /// Its kernels for a target, on an arena of its own.
    ///
    /// # Errors
    /// For geometries without a kernel.
    pub fn compile(&self, target: Target) -> Result<Plan, CompileError> {
        let mut end = 0;
        let mut place = |id: &Id| {
            let at = end;
            end += len(self.graph.shape(*id)).next_multiple_of(4);
            (*id, at)
        };
        let leaves: HashMap<_, _> = self.leaves.iter().map(&mut place).map(|(id, at)| (id, (Place::Arena(at), false))).collect();
        let outputs = self.outputs.iter().map(&mut place).collect();
        let (updates, specials) = (Updates::default(), vec![]);
        compile(&Job {
            graph: &self.graph,
            target,
            leaves,
            outputs,
            updates,
            specials,
            scratch: end,
            training: false,
            half: false,
            salt: 0,
        })
    }
}
