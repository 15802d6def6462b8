//! What is asked of the compiler, and what it gives.

use std::collections::{HashMap, HashSet};

use super::emit::Place;
use super::graph::{Graph, Id};
#[cfg(not(target_arch = "wasm32"))]
use super::listing::Shown;
use super::target::Target;

/// One compute dispatch.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// Kernels in it, for profiles and messages.
    pub name: String,
    /// The whole module; its entry point is `main`.
    pub wgsl: String,
    /// Workgroups, at most 65 535 in each dimension.
    pub grid: [u32; 2],
    /// Its part of [`Plan::flops`].
    pub flops: u64,
    /// Its part of [`Plan::bytes`].
    pub bytes: u64,
}

/// A recorded computation, ready to become pipelines.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In the order in which they run; between two of them all writes arrive.
    pub dispatches: Vec<Dispatch>,
    /// Its matrix products and convolutions, the most work first.
    pub products: Vec<Id>,
    /// First float of the arena that is free after this plan's own tensors.
    pub end: usize,
    /// Room for values of 16 bits, in those.
    pub halves: usize,
    /// Floating-point operations of the matrix products.
    pub flops: u64,
    /// Bytes read and written, counting each tensor once for each kernel that touches it.
    pub bytes: u64,
    /// What it consists of.
    #[cfg(not(target_arch = "wasm32"))]
    pub shown: Shown,
}

/// A kernel written by hand, placed among the generated ones.
#[derive(Clone, Debug)]
pub struct Special {
    /// For profiles and messages.
    pub name: &'static str,
    /// Statements; they see `i`, the invocation's index below `len`.
    pub body: String,
    /// Invocations.
    pub len: usize,
    /// Its place among the generated kernels.
    pub when: When,
}

/// When a [`Special`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before everything that reads the leaves that it fills.
    First,
    /// As soon as all outputs are there.
    Stored,
    /// After everything that is generated.
    Last,
}

/// What becomes of gradients: each value goes to the optimiser where it is computed, and to no memory.
#[derive(Clone, Debug, Default)]
pub struct Updates {
    /// WGSL of `fn opt_step(p: u32, g: f32)`: moves the parameter at arena offset `p`, whose gradient is `g`.
    pub function: String,
    /// Bytes that it reads and writes.
    pub bytes: u64,
    /// Gradients and the parameters (leaves in the arena) that they move.
    pub of: Vec<(Id, Id)>,
}

/// A compilation: what is asked of the planner.
pub struct Job<'a> {
    /// What is computed.
    pub graph: &'a Graph,
    /// What kind of adapter the kernels are for.
    pub target: Target,
    /// Where the leaves and constants lie; leaves that a [`When::First`] kernel fills are marked `true`.
    pub leaves: HashMap<Id, (Place, bool)>,
    /// What to compute, and its address in the arena.
    pub outputs: Vec<(Id, usize)>,
    /// Which gradients move parameters; none in plans that do not train.
    pub updates: Updates,
    /// Kernels written by hand that run with it.
    pub specials: Vec<Special>,
    /// First free float of the arena.
    pub scratch: usize,
    /// Whether noise is keyed by the training step, else by the nonce.
    pub training: bool,
    /// Whether what layers take and give may be kept in 16 bits, which not every adapter can.
    pub half: bool,
    /// What is added to the streams of its noise, so that programs of one step draw unlike numbers.
    pub salt: u32,
}

impl Job<'_> {
    /// Whether the node comes from outside.
    pub(super) fn is_leaf(&self, id: Id) -> bool {
        self.leaves.contains_key(&id)
    }

    /// Whether the first level has kernels written by hand, for which others must wait.
    pub(super) fn begins(&self) -> bool {
        self.specials.iter().any(|s| s.when == When::First)
    }

    /// What is computed for its own sake.
    pub(super) fn results(&self) -> impl Iterator<Item = Id> {
        self.outputs.iter().map(|o| o.0).chain(self.updates.of.iter().map(|u| u.0))
    }

    /// Outputs that no kernel can write to their address directly: leaves, and nodes that are wanted in two places.
    pub(super) fn copies(&self) -> Vec<(Id, usize)> {
        let mut seen = HashSet::new();
        self.outputs.iter().copied().filter(|(id, _)| self.is_leaf(*id) || !seen.insert(*id)).collect()
    }
}
