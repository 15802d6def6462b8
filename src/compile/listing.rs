//! What a plan consists of, for whoever looks at one.

use serde::Serialize;

/// A plan's levels and its memory.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Shown {
    /// The dispatches, in the order in which they run.
    pub levels: Vec<Level>,
    /// What lies in the arena, by address.
    pub memory: Vec<Region>,
}

/// The kernels of one dispatch.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    /// Number of the level; one without kernels is no dispatch.
    pub level: usize,
    /// Its kernels: number `k` is the function `kernel<k>` of the dispatch.
    pub kernels: Vec<Kernel>,
}

/// A kernel and what can be counted of it.
#[derive(Clone, Debug, Serialize)]
pub struct Kernel {
    /// As in profiles.
    pub name: String,
    /// Its function in the text of the dispatch.
    pub function: String,
    /// What it computes: operation and shape of each node that it stores or hands to the optimiser.
    pub members: Vec<String>,
    /// Workgroups.
    pub workgroups: usize,
    /// Lanes of each workgroup that work.
    pub lanes: usize,
    /// Arithmetic operations, products and sums counted apart, without index arithmetic. A search that ends early counts as if it
    /// did not. `None` for a kernel written by hand.
    pub flops: Option<u64>,
    /// Bytes read, each tensor once.
    pub read: Option<u64>,
    /// Bytes written, each tensor once.
    pub written: Option<u64>,
    /// Operations of one element that wait for each other.
    pub chain: Option<u64>,
    /// Those of [`Self::chain`] that wait for the arena: of a product, the turns that bring operands.
    pub waits: Option<u64>,
    /// Sectors of 32 bytes that neighbouring lanes touch, for each that what they touch would fill: 1 where loads and stores are
    /// coalesced, at most 8. `None` until somebody has looked at the text, and where it depends on data.
    pub scatter: Option<f64>,
}

/// A tensor in memory.
#[derive(Clone, Debug, Serialize)]
pub struct Region {
    /// First float.
    pub at: usize,
    /// Floats.
    pub floats: usize,
    /// Bits of each: 32 in the arena, 16 in the memory of such values, which has addresses of its own.
    pub bits: u8,
    /// Operation and shape of the node, or its name from outside.
    pub what: String,
    /// First and last level that needs it there; `None` if it stays.
    pub levels: Option<[usize; 2]>,
}
