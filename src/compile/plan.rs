//! From a graph to a [`Plan`]: what is stored, which kernel computes it, in which dispatch, at which address, as which text.
//!
//! Kernels whose inputs are ready at the same time form a *level*, and a level is one dispatch: its kernels lie side by
//! side in one module and share the workgroups. All of them read and write one *arena* buffer at constant offsets, so a
//! plan has one bind group and a step allocates nothing.
//!
//! # Levels
//!
//! The invocations of a dispatch run in any order, and dispatches run one after the other. So, of the kernels of one level:
//!
//! - **none reads what another one writes**, and no two write to the same place;
//! - one that reads what it writes itself (a parameter that it moves) reads it at the element that it is about to write, and
//!   nowhere else.
//!
//! And whoever reads a tensor finds it: it was written at an earlier level, and nothing else has been put in its place since.
//! `group` gives a kernel the first level at which all that it reads is there; `host` joins elementwise work to a kernel that
//! has its inputs in registers; `update` makes kernels wait that move a parameter which others still read; `layout` gives two
//! tensors the same memory only where no level needs both. With `x` the minibatch and `w` a parameter:
//!
//! ```text
//! y = x · w       level 1   the minibatch is fetched at level 0
//! z = tanh(y)     level 1   in the kernel of y, which has y[i] in a register
//! s = Σ z         level 2   of all elements of z: they must be in memory
//! d = xᵀ · z      level 2   moves w as it is computed: y alone has read w, at level 1
//! ```
//!
//! If there are `p = z · v`, at level 2, and `q = p · wᵀ`, at level 3, the kernel of `d` waits until level 4.
//!
//! Natively, every plan is checked for it when it is made: see `audit`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use super::emit::{Emitter, Place, cost, ctl, reduced};
use super::gemm::Gemm;
use super::graph::{CompileError, Graph, Id, Op, Reduction, TURNS, len};
use super::index::{At, Lin};
use super::module::{Module, Work};
use super::product::{Tiling, fewest_parts};
use crate::small;

/// What kind of adapter the kernels are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Invocations in a workgroup.
    pub workgroup: usize,
    /// Rows and columns of the register tile of a matrix product.
    pub tile: [usize; 2],
    /// Steps of the inner loop written out.
    pub unroll: usize,
    /// Invocations that keep the adapter busy: smaller work is split.
    pub busy: usize,
    /// Workgroups that keep the adapter busy: smaller kernels use fewer lanes of each.
    pub groups: usize,
    /// Elements that one invocation of a long elementwise kernel takes.
    pub each: usize,
    /// Whether a tile's results are stored in a loop rather than one by one: less text to compile, for adapters that
    /// compile slowly and whose local arrays are memory anyway.
    pub compact: bool,
    /// Whether four neighbouring invocations share what they load for a matrix product (WGSL `quadSwap*`). On a software
    /// adapter a load costs as much as fifteen multiplications, a swap as much as two or three.
    pub quads: bool,
    /// Whether a workgroup computes a tile of a matrix product together, through workgroup memory: see `shared`.
    pub shared: bool,
}

impl Target {
    /// A software adapter: few cores, no use for workgroup memory, every dispatch and every load counts.
    pub const SOFTWARE: Self =
        Self { workgroup: 64, tile: [8, 8], unroll: 2, busy: 64, groups: 8, each: 4, compact: true, quads: false, shared: false };
    /// [`Self::SOFTWARE`] where subgroup operations are at hand.
    pub const SOFTWARE_QUADS: Self = Self { tile: [4, 4], quads: true, ..Self::SOFTWARE };
    /// A graphics card.
    pub const GPU: Self = Self { shared: true, ..Self::GPU_REGISTERS };
    /// [`Self::GPU`] without workgroup memory.
    pub const GPU_REGISTERS: Self = Self {
        workgroup: 64,
        tile: [4, 4],
        unroll: 4,
        busy: 16_384,
        groups: 1,
        each: 1,
        compact: false,
        quads: false,
        shared: false,
    };
    /// All kinds, for tests and for timing one against another.
    pub const ALL: [Self; 4] = [Self::SOFTWARE, Self::SOFTWARE_QUADS, Self::GPU, Self::GPU_REGISTERS];

    /// How its matrix products are computed, in words.
    pub fn name(self) -> String {
        let [rows, columns] = self.tile;
        match (self.shared, self.quads) {
            (true, _) => format!("workgroup tiles {0} × {0}", 4 * super::shared::SIDE),
            (_, true) => format!("register tiles {rows} × {columns} in quads"),
            _ => format!("register tiles {rows} × {columns}"),
        }
    }
}

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
    /// Floating-point operations of the matrix products.
    pub flops: u64,
    /// Bytes read and written, counting each tensor once for each kernel that touches it.
    pub bytes: u64,
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

/// A compilation.
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
    /// What is added to the streams of its noise, so that programs of one step draw unlike numbers.
    pub salt: u32,
}

/// A kernel being put together.
pub(super) struct Kernel {
    pub(super) level: usize,
    /// The reduction or product it is built around; `None` for a purely elementwise one.
    pub(super) root: Option<Id>,
    /// Elementwise results that it also computes, in order.
    pub(super) members: Vec<Id>,
    /// Elements.
    len: usize,
    /// Pieces that the root's inner loop is split into, computed by a kernel one level earlier.
    pub(super) split: usize,
}

fn heavy(op: &Op) -> bool {
    product(op)
        || matches!(
            op,
            Op::Reduce(..) | Op::ArgReduce { .. } | Op::ScatterAdd(_) | Op::CumSum { .. } | Op::Rank(_) | Op::KthLargest
        )
}

fn product(op: &Op) -> bool {
    matches!(op, Op::MatMul | Op::Conv2d(_) | Op::ConvTranspose2d(_) | Op::ConvWeight(_))
}

/// Elementwise recomputation beyond this cost is stored instead, when there is more than one reader.
const STORE_ABOVE: u32 = 8;

pub(super) struct Planner<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) g: &'a Graph,
    stored: Vec<bool>,
    pub(super) kernel_of: HashMap<Id, usize>,
    pub(super) kernels: Vec<Kernel>,
    /// Reads of each stored node: `(node, at the same flat index)`.
    pub(super) reads: HashMap<Id, Vec<(Id, bool)>>,
    /// Gradients that their kernel hands to the optimiser, with the address of the parameter.
    pub(super) fused: HashMap<Id, usize>,
    /// Gradients that are kept until everything else is done.
    pub(super) late: Vec<(Id, usize)>,
}

/// Compiles a job.
///
/// # Errors
/// For geometries without a kernel.
pub fn compile(job: &Job) -> Result<Plan, CompileError> {
    Planner::new(job)?.emit()
}

/// When everything else happens.
pub(super) struct Ends {
    /// Levels without updates that wait and without specials.
    pub(super) levels: usize,
    /// [`Planner::copies`], made at the last of these levels.
    pub(super) copies: Vec<(Id, usize)>,
    /// The level of updates that wait: behind the copies, which may be of parameters.
    pub(super) late: usize,
    /// First level at which all outputs are where they are wanted.
    pub(super) stored: usize,
}

/// Where everything lies.
pub(super) struct Memory {
    pub(super) places: HashMap<Id, Place>,
    /// The pieces of split roots, by kernel.
    pub(super) pieces: HashMap<usize, usize>,
    /// First float that is free.
    end: usize,
}

impl<'a> Planner<'a> {
    /// Kernels on their levels.
    pub(super) fn new(job: &'a Job<'a>) -> Result<Self, CompileError> {
        let mut p = Planner {
            job,
            g: job.graph,
            stored: vec![false; job.graph.len()],
            kernel_of: HashMap::new(),
            kernels: Vec::new(),
            reads: HashMap::new(),
            fused: HashMap::new(),
            late: Vec::new(),
        };
        p.choose_stored();
        p.group()?;
        p.place_updates();
        Ok(p)
    }

    pub(super) fn is_leaf(&self, id: Id) -> bool {
        self.job.leaves.contains_key(&id)
    }

    /// Whether the first level has kernels written by hand, for which others must wait.
    pub(super) fn begins(&self) -> bool {
        self.job.specials.iter().any(|s| s.when == When::First)
    }

    /// What is computed for its own sake.
    fn results(&self) -> impl Iterator<Item = Id> + use<'a> {
        let job = self.job;
        job.outputs.iter().map(|o| o.0).chain(job.updates.of.iter().map(|u| u.0))
    }

    /// Marks the nodes that get memory of their own.
    fn choose_stored(&mut self) {
        let g = self.g;
        let mut needed = vec![false; g.len()];
        for id in self.results() {
            needed[id.ix()] = true;
            self.stored[id.ix()] = true;
        }
        for id in g.ids().rev() {
            if needed[id.ix()] && !self.is_leaf(id) {
                for a in &g.node(id).args {
                    needed[a.ix()] = true;
                }
            }
        }
        let mut users = vec![0u32; g.len()];
        let leaves = &self.job.leaves;
        for id in g.ids().filter(|id| needed[id.ix()] && !leaves.contains_key(id)) {
            let node = g.node(id);
            for a in &node.args {
                users[a.ix()] += 1;
            }
            self.stored[id.ix()] |= heavy(&node.op);
            // Tensors that are read many times over must not be recomputed each time.
            let often: &[Id] = match node.op {
                ref op if product(op) => &node.args,
                Op::ScatterAdd(_) | Op::Rank(_) | Op::CumSum { .. } => &node.args,
                Op::Gather(_) | Op::KthLargest => &node.args[..1],
                _ => &[],
            };
            for a in often {
                let base = self.base(*a);
                if !matches!(g.node(base).op, Op::Fill(_) | Op::Iota { .. }) {
                    self.stored[base.ix()] = true;
                }
            }
        }
        // Expensive expressions with several readers.
        let mut price = vec![0u32; g.len()];
        for id in g.ids().filter(|id| needed[id.ix()]) {
            let node = g.node(id);
            if self.is_leaf(id) || self.stored[id.ix()] {
                price[id.ix()] = 1;
                continue;
            }
            let sum: u32 = node.args.iter().map(|a| price[a.ix()]).sum();
            price[id.ix()] = sum.saturating_add(cost(&node.op));
            let view = matches!(node.op, Op::Reshape | Op::Broadcast | Op::Permute(_) | Op::Fill(_));
            if users[id.ix()] > 1 && price[id.ix()] > STORE_ABOVE && !view {
                self.stored[id.ix()] = true;
                price[id.ix()] = 1;
            }
        }
        for (id, leaf) in self.stored.iter_mut().enumerate() {
            *leaf &= needed[id] && (!self.job.leaves.contains_key(&Id(id as u32)));
        }
    }

    /// The tensor under pure views.
    fn base(&self, mut id: Id) -> Id {
        loop {
            let node = self.g.node(id);
            match node.op {
                Op::Reshape | Op::Permute(_) | Op::Broadcast | Op::StopGradient if !self.is_leaf(id) => id = node.args[0],
                _ => return id,
            }
        }
    }

    /// Stored nodes that computing `id` reads.
    fn reads_of(&self, id: Id) -> Vec<(Id, bool)> {
        let node = self.g.node(id);
        let mut out: BTreeMap<Id, bool> = BTreeMap::new();
        let mut seen = HashSet::new();
        let mut todo: Vec<(Id, bool)> = vec![];
        let push = |todo: &mut Vec<(Id, bool)>, of: Id, same: bool| {
            let node = self.g.node(of);
            for (i, a) in node.args.iter().enumerate() {
                let keeps = match node.op {
                    Op::Unary(_) | Op::Binary(_) | Op::Where | Op::StopGradient | Op::Reshape => true,
                    Op::Gather(_) => i == 1,
                    _ => false,
                };
                todo.push((*a, same && keeps));
            }
        };
        push(&mut todo, id, !heavy(&node.op));
        while let Some((a, same)) = todo.pop() {
            if self.stored[a.ix()] || self.is_leaf(a) {
                let entry = out.entry(a).or_insert(true);
                *entry &= same;
            } else if seen.insert((a, same)) {
                push(&mut todo, a, same);
            }
        }
        out.into_iter().collect()
    }

    /// First level at which a value can be read: one after the kernel that makes it.
    fn ready(&self, id: Id) -> usize {
        match self.job.leaves.get(&id) {
            Some((_, filled)) => usize::from(*filled),
            None => self.kernels[self.kernel_of[&id]].level + 1,
        }
    }

    /// Assigns every stored node to a kernel and every kernel to a level.
    fn group(&mut self) -> Result<(), CompileError> {
        let ids: Vec<Id> = self.g.ids().filter(|id| self.stored[id.ix()]).collect();
        for id in &ids {
            let r = self.reads_of(*id);
            self.reads.insert(*id, r);
        }
        let mut readers: HashMap<Id, usize> = HashMap::new();
        #[allow(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
        for r in self.reads.values() {
            for (d, _) in r {
                *readers.entry(*d).or_default() += 1;
            }
        }
        let wanted: HashSet<Id> = self.results().collect();
        for id in ids {
            let node = self.g.node(id);
            let level = self.reads[&id].iter().map(|(d, _)| self.ready(*d)).max().unwrap_or(0);
            if heavy(&node.op) {
                let split = self.split(id)?;
                let level = level + usize::from(split > 1);
                self.kernel_of.insert(id, self.kernels.len());
                self.kernels.push(Kernel { level, root: Some(id), members: vec![], len: len(&node.shape), split });
                continue;
            }
            let n = len(&node.shape);
            if let Some(k) = self.host(id, level, n, &readers, &wanted) {
                self.kernels[k].members.push(id);
                self.kernel_of.insert(id, k);
                continue;
            }
            let twin = self.kernels.iter().position(|k| k.root.is_none() && k.level == level && k.len == n);
            let k = twin.unwrap_or_else(|| {
                self.kernels.push(Kernel { level, root: None, members: vec![], len: n, split: 1 });
                self.kernels.len() - 1
            });
            self.kernels[k].members.push(id);
            self.kernel_of.insert(id, k);
        }
        Ok(())
    }

    /// A kernel that can compute elementwise `id` on the way, from values it has in registers.
    fn host(&mut self, id: Id, level: usize, n: usize, readers: &HashMap<Id, usize>, wanted: &HashSet<Id>) -> Option<usize> {
        if level == 0 {
            return None;
        }
        let reads = self.reads[&id].clone();
        let late: Vec<(Id, bool)> = reads.iter().copied().filter(|(d, _)| !self.is_leaf(*d) && self.ready(*d) == level).collect();
        if reads.iter().any(|(d, _)| self.is_leaf(*d) && self.ready(*d) == level) {
            return None;
        }
        let mut hosts: Vec<usize> = late.iter().map(|(d, _)| self.kernel_of[d]).collect();
        small::sort(&mut hosts);
        hosts.dedup();
        let fits =
            |p: &Self, k: usize| p.kernels[k].len == n && late.iter().filter(|(d, _)| p.kernel_of[d] == k).all(|(_, same)| *same);
        if hosts.len() == 1 {
            return fits(self, hosts[0]).then_some(hosts[0]);
        }
        // Of several products that meet here, one may wait a level and take the others as inputs.
        let waiting = hosts.iter().copied().find(|k| {
            let kernel = &self.kernels[*k];
            let free = |d: Id| readers.get(&d) == Some(&1) && !wanted.contains(&d);
            fits(self, *k) && kernel.split == 1 && kernel.members.is_empty() && kernel.root.is_some_and(free)
        })?;
        self.kernels[waiting].level = level;
        Some(waiting)
    }

    /// How many pieces the inner loop of a heavy node should be cut into.
    fn split(&self, id: Id) -> Result<usize, CompileError> {
        let node = self.g.node(id);
        let t = self.job.target;
        let pieces = |turns: usize| turns.div_ceil(TURNS).max(1);
        let (work, inner, fewest) = match &node.op {
            op if product(op) => {
                let gemm = Gemm::new(self.g, id)?;
                let tiling = Tiling::new(&gemm, t);
                let [rows, columns] = tiling.tiles(&gemm);
                (gemm.batch * rows * columns * tiling.invocations(), gemm.k, fewest_parts(&gemm, tiling, t))
            }
            Op::Reduce(..) => {
                let n = len(self.g.shape(node.args[0])) / len(&node.shape).max(1);
                (len(&node.shape), n, pieces(n))
            }
            // Sums as well, of mostly short rows.
            Op::ScatterAdd(axis) => return Ok(pieces(self.g.shape(node.args[1])[*axis])),
            Op::CumSum { axis, .. } | Op::Rank(axis) => return Ok(pieces(node.shape[*axis])),
            _ => return Ok(1),
        };
        // A piece below 64 steps costs more to add up than it saves.
        let parts = if work >= t.busy { 1 } else { t.busy.div_ceil(work).min(inner / 64) };
        Ok(parts.max(fewest))
    }

    /// [`Plan::products`].
    fn products(&self) -> Vec<Id> {
        let roots = self.kernels.iter().filter_map(|k| k.root);
        let mut out: Vec<Id> = roots.filter(|id| product(&self.g.node(*id).op)).collect();
        small::sort_by(&mut out, |a, b| self.g.flops(*b).cmp(&self.g.flops(*a)));
        out
    }

    /// When everything happens that no kernel's level says.
    pub(super) fn ends(&self) -> Ends {
        let levels = self.kernels.iter().map(|k| k.level + 1).max().unwrap_or(1).max(1);
        let copies = self.copies();
        let levels = levels + usize::from(!copies.is_empty());
        let late = levels - 1 + usize::from(!self.late.is_empty());
        let computed = self.job.outputs.iter().filter_map(|(id, _)| self.kernel_of.get(id)).map(|k| self.kernels[*k].level + 1);
        let stored = if copies.is_empty() { computed.max().unwrap_or(0) } else { levels };
        Ends { levels, copies, late, stored }
    }

    /// Lays out memory and writes the kernels.
    fn emit(&self) -> Result<Plan, CompileError> {
        let ends = self.ends();
        let memory = self.layout(&ends);
        #[cfg(feature = "native")]
        if let Err(e) = self.audit(&ends, &memory) {
            panic!("a plan that would race: {e}");
        }
        let Ends { levels, copies, late, stored } = ends;
        let Memory { places, pieces, end } = memory;
        let place = |id: Id| places.get(&id).copied();
        let mut plan = Plan { end, products: self.products(), ..Plan::default() };
        let due = |s: &Special| match s.when {
            When::First => 0,
            When::Stored => stored,
            When::Last => late + 1,
        };
        for level in 0..=self.job.specials.iter().map(due).max().unwrap_or(0).max(late) {
            let mut module = Module::new(self.job.target, end, &self.job.updates.function);
            for (k, kernel) in self.kernels.iter().enumerate() {
                let flops = kernel.root.map_or(0, |id| self.g.flops(id));
                if kernel.split > 1 && kernel.level == level + 1 {
                    plan.flops += flops;
                    self.write_partial(&mut module, kernel, pieces[&k], &place, level)?;
                }
                if kernel.level == level {
                    self.write_kernel(&mut module, kernel, pieces.get(&k).copied(), &place, level)?;
                    plan.flops += if kernel.split == 1 { flops } else { 0 };
                    for id in kernel.root.iter().chain(&kernel.members) {
                        let n: usize = self.reads[id].iter().map(|(d, _)| len(self.g.shape(*d))).sum();
                        let each = if places.contains_key(id) { 4 } else { 0 }
                            + if self.fused.contains_key(id) { self.job.updates.bytes } else { 0 };
                        plan.bytes += 4 * n as u64 + each * len(self.g.shape(*id)) as u64;
                    }
                }
            }
            if level + 1 == levels {
                for (id, to) in &copies {
                    self.write_copy(&mut module, *id, *to, &place, level, false);
                }
            }
            if level == late {
                for (id, at) in &self.late {
                    plan.bytes += self.job.updates.bytes * len(self.g.shape(*id)) as u64;
                    self.write_copy(&mut module, *id, *at, &place, level, true);
                }
            }
            for s in &self.job.specials {
                if level == due(s) {
                    module.add_work(s.name, Work::each(s.len), s.body.clone(), String::new());
                }
            }
            if let Some(d) = module.finish() {
                let before = |f: fn(&Dispatch) -> u64| plan.dispatches.iter().map(f).sum::<u64>();
                let (flops, bytes) = (plan.flops - before(|d| d.flops), plan.bytes - before(|d| d.bytes));
                plan.dispatches.push(Dispatch { flops, bytes, ..d });
            }
        }
        Ok(plan)
    }

    /// Outputs that no kernel can write to their address directly: leaves, and nodes that are wanted in two places.
    pub(super) fn copies(&self) -> Vec<(Id, usize)> {
        let mut seen = HashSet::new();
        self.job.outputs.iter().copied().filter(|(id, _)| self.is_leaf(*id) || !seen.insert(*id)).collect()
    }

    /// Addresses: outputs where they are wanted, everything else in the scratch area, reused as soon as its last reader's
    /// level is over.
    pub(super) fn layout(&self, ends: &Ends) -> Memory {
        let (end, copies) = (ends.late, &ends.copies);
        let mut places: HashMap<Id, Place> = self.job.leaves.iter().map(|(id, (p, _))| (*id, *p)).collect();
        let mut last: HashMap<Id, usize> = HashMap::new();
        #[allow(clippy::iter_over_hash_type, reason = "maxima do not depend on the order")]
        for (reader, reads) in &self.reads {
            let k = &self.kernels[self.kernel_of[reader]];
            for (d, _) in reads {
                if self.is_leaf(*d) || self.kernel_of[d] == self.kernel_of[reader] {
                    continue;
                }
                let entry = last.entry(*d).or_insert(0);
                *entry = (*entry).max(k.level);
            }
        }
        for (id, at) in &self.job.outputs {
            if !self.is_leaf(*id) {
                places.entry(*id).or_insert(Place::Arena(*at));
                if copies.iter().any(|c| c.0 == *id) {
                    last.insert(*id, end);
                }
            }
        }
        for (id, _) in self.late.iter().filter(|(id, _)| !self.is_leaf(*id)) {
            last.insert(*id, end);
        }
        // (first level, last level, floats, owner)
        enum Owner {
            Node(Id),
            Temp(usize),
        }
        let mut wanted: Vec<(usize, usize, usize, Owner)> = vec![];
        #[allow(clippy::iter_over_hash_type, reason = "they are sorted below, to the last tie")]
        for (id, end) in &last {
            if !places.contains_key(id) {
                wanted.push((self.kernels[self.kernel_of[id]].level, *end, len(self.g.shape(*id)), Owner::Node(*id)));
            }
        }
        for (k, kernel) in self.kernels.iter().enumerate() {
            if kernel.split > 1 {
                let n = len(self.g.shape(kernel.root.expect("only roots are split")));
                wanted.push((kernel.level - 1, kernel.level, n * kernel.split, Owner::Temp(k)));
            }
        }
        // Large first, each at the lowest address that is free during its life.
        let key = |(first, end, n, owner): &(usize, usize, usize, Owner)| {
            let tie = match owner {
                Owner::Node(id) => id.ix(),
                Owner::Temp(k) => self.g.len() + k,
            };
            (std::cmp::Reverse(*n), *first, *end, tie)
        };
        small::sort_by(&mut wanted, |a, b| key(a).cmp(&key(b)));
        let (mut pieces, mut end_of_arena) = (HashMap::new(), self.job.scratch);
        let mut taken: Vec<(usize, usize, usize, usize)> = vec![];
        for (first, end, n, owner) in wanted {
            let mut at = self.job.scratch;
            let mut meets: Vec<(usize, usize)> = taken.iter().filter(|t| t.0 <= end && first <= t.1).map(|t| (t.2, t.3)).collect();
            small::sort(&mut meets);
            for (from, to) in meets {
                if at + n <= from {
                    break;
                }
                at = at.max(to);
            }
            // Rows start on 16-byte boundaries.
            let size = n.next_multiple_of(4);
            taken.push((first, end, at, at + size));
            end_of_arena = end_of_arena.max(at + size);
            match owner {
                Owner::Node(id) => {
                    places.insert(id, Place::Arena(at));
                }
                Owner::Temp(k) => {
                    pieces.insert(k, at);
                }
            }
        }
        Memory { places, pieces, end: end_of_arena }
    }

    fn noise(&self, level: usize) -> (&'static str, u32) {
        // Levels after the first read the copy, since the last level moves the counter on.
        let step = match (self.job.training, level) {
            (true, 0) => concat!("ctl[", 0, "]"),
            (true, _) => concat!("ctl[", 1, "]"),
            (false, _) => concat!("ctl[", 3, "]"),
        };
        (step, self.job.salt)
    }

    pub(super) fn emitter<'e>(&'e self, place: &'e dyn Fn(Id) -> Option<Place>, level: usize, prefix: &'static str) -> Emitter<'e> {
        Emitter::new(self.g, place, self.noise(level), prefix)
    }

    /// Stores the root, held in `root_value`, and the members of a kernel at flat index `o`.
    fn write_members(
        &self,
        e: &mut Emitter,
        kernel: &Kernel,
        root_value: Option<&str>,
        o: &Lin,
        place: &dyn Fn(Id) -> Option<Place>,
    ) -> String {
        let mut stores = String::new();
        let store = |out: &mut String, id: Id, value: &str| {
            if let Some(Place::Arena(at)) = place(id) {
                writeln!(out, "a[{}] = {value};", o.offset(at as i64).text()).expect("writing to a string");
            }
            if let Some(at) = self.fused.get(&id) {
                writeln!(out, "opt_step({}, {value});", o.offset(*at as i64).text()).expect("writing to a string");
            }
        };
        if let (Some(id), Some(value)) = (kernel.root, root_value) {
            e.register(id, o.clone(), value);
            store(&mut stores, id, value);
        }
        for id in &kernel.members {
            let v = e.fresh_value(*id, o);
            e.register(*id, o.clone(), v.clone());
            store(&mut stores, *id, &v);
        }
        format!("{}{stores}", e.take(0))
    }

    /// Brings a value to an address, or hands it to the optimiser of the parameter there.
    fn write_copy(&self, module: &mut Module, id: Id, to: usize, place: &dyn Fn(Id) -> Option<Place>, level: usize, update: bool) {
        let mut e = self.emitter(place, level, "v");
        let n = len(self.g.shape(id));
        let o = Lin::var("i", n, 0);
        let v = e.value(id, &At::Flat(o.clone())).text;
        let to = o.offset(to as i64).text();
        let (name, store) =
            if update { ("update", format!("opt_step({to}, {v});\n")) } else { ("copy", format!("a[{to}] = {v};\n")) };
        module.add(name, n, 0, e.take(0) + &store);
    }

    fn write_kernel(
        &self,
        module: &mut Module,
        kernel: &Kernel,
        temp: Option<usize>,
        place: &dyn Fn(Id) -> Option<Place>,
        level: usize,
    ) -> Result<(), CompileError> {
        let mut e = self.emitter(place, level, "v");
        let o = Lin::var("i", kernel.len, 0);
        let Some(root) = kernel.root else {
            let body = self.write_members(&mut e, kernel, None, &o, place);
            module.add("map", kernel.len, 0, body);
            return Ok(());
        };
        let op = &self.g.node(root).op;
        if let Some(temp) = temp {
            let f = if let Op::Reduce(f, _) = op { *f } else { Reduction::Sum };
            let parts = kernel.split;
            let index = o.scaled(parts).plus(&Lin::var("r", parts, 1)).offset(temp as i64);
            let body = format!(
                "var acc = {};\nfor (var r = 0u; r < {parts}u; r++) {{ {} }}\n",
                start(f),
                join(f, "acc", &format!("a[{}]", index.text()))
            );
            let rest = self.write_members(&mut e, kernel, Some("acc"), &o, place);
            module.add("add up", kernel.len, parts, body + &rest);
            return Ok(());
        }
        if product(op) {
            let gemm = Gemm::new(self.g, root)?;
            self.write_product(module, &gemm, 1, place, level, |p, e, flat| p.write_members(e, kernel, Some("acc"), flat, place));
            return Ok(());
        }
        let (name, turns, head) = match op {
            Op::KthLargest => self.kth_largest_head(&mut e, root, &o),
            _ => self.loop_head(&mut e, root, &o, 1),
        };
        let rest = self.write_members(&mut e, kernel, Some("acc"), &o, place);
        module.add(name, kernel.len, turns, head + &rest);
        Ok(())
    }

    /// The kernel that computes the pieces of a split root into `temp`, element by element, piece by piece.
    fn write_partial(
        &self,
        module: &mut Module,
        kernel: &Kernel,
        temp: usize,
        place: &dyn Fn(Id) -> Option<Place>,
        level: usize,
    ) -> Result<(), CompileError> {
        let (root, parts) = (kernel.root.expect("only roots are split"), kernel.split);
        if product(&self.g.node(root).op) {
            let gemm = Gemm::new(self.g, root)?;
            self.write_product(module, &gemm, parts, place, level, |_, _, flat| {
                let at = flat.scaled(parts).plus(&Lin::var("part", parts, 0)).offset(temp as i64);
                format!("a[{}] = acc;\n", at.text())
            });
            return Ok(());
        }
        let mut e = self.emitter(place, level, "v");
        let (name, turns, head) = self.loop_head(&mut e, root, &Lin::var("o", kernel.len, 0), parts);
        let body = format!("let part = i % {parts}u;\nlet o = i / {parts}u;\n{head}a[i + {temp}u] = acc;\n");
        module.add(name, kernel.len * parts, turns, body);
        Ok(())
    }

    /// `acc` for a root that loops: its name, the loop's turns, and the text, which stores nothing. Of several `parts` the loop
    /// is that of number `part`.
    fn loop_head(&self, e: &mut Emitter, id: Id, o: &Lin, parts: usize) -> (&'static str, usize, String) {
        let node = self.g.node(id);
        let r = |n: usize| Lin::var("r", n, 1);
        let (name, init, body, n) = match &node.op {
            Op::Reduce(f, axes) => {
                let x = node.args[0];
                let shape = self.g.shape(x);
                let n: usize = axes.iter().map(|a| shape[*a]).product();
                let at = reduced(shape, axes, o, &r(n), e);
                let v = e.value(x, &at);
                ("reduce", format!("var acc = {};", start(*f)), join(*f, "acc", &v.text), n)
            }
            Op::ArgReduce { largest, axis } => {
                let x = node.args[0];
                let shape = self.g.shape(x);
                let n = shape[*axis];
                let at = reduced(shape, &[*axis], o, &r(n), e);
                let v = e.value(x, &at).text;
                let (start, op) = if *largest { (Reduction::Max, ">") } else { (Reduction::Min, "<") };
                (
                    "arg reduce",
                    format!("var acc = 0.0f;\nvar best = {};", self::start(start)),
                    format!("if ({v} {op} best) {{ best = {v}; acc = f32(r); }}"),
                    n,
                )
            }
            Op::ScatterAdd(axis) => {
                let (index, x) = (node.args[0], node.args[1]);
                let n = self.g.shape(x)[*axis];
                let mut at = At::Flat(o.clone()).dims(&node.shape, e);
                let place = at[*axis].clone();
                at[*axis] = r(n);
                let (i, v) = (e.value(index, &At::Dims(at.clone())), e.value(x, &At::Dims(at)));
                let body = format!("if (u32({}) == {}) {{ acc += {}; }}", i.text, place.text(), v.text);
                ("scatter", "var acc = 0.0f;".into(), body, n)
            }
            Op::CumSum { axis, reverse } => {
                let n = node.shape[*axis];
                let mut at = At::Flat(o.clone()).dims(&node.shape, e);
                let here = std::mem::replace(&mut at[*axis], r(n));
                let v = e.value(node.args[0], &At::Dims(at));
                let op = if *reverse { ">=" } else { "<=" };
                let body = format!("if (r {op} {}) {{ acc += {}; }}", here.text(), v.text);
                ("running sum", "var acc = 0.0f;".into(), body, n)
            }
            Op::Rank(axis) => {
                let n = node.shape[*axis];
                let mut at = At::Flat(o.clone()).dims(&node.shape, e);
                let me = e.value(node.args[0], &At::Dims(at.clone())).text;
                let here = std::mem::replace(&mut at[*axis], r(n));
                let v = e.value(node.args[0], &At::Dims(at)).text;
                let body = format!("if ({v} > {me} || ({v} == {me} && r < {})) {{ acc += 1.0f; }}", here.text());
                ("rank", "var acc = 0.0f;".into(), body, n)
            }
            op => unreachable!("{op:?} does not loop"),
        };
        let (outer, inner) = (e.take(0), e.take(1));
        let from = if parts > 1 { "part" } else { "0u" };
        let text = format!("{outer}{init}\nfor (var r = {from}; r < {n}u; r += {parts}u) {{\n{inner}{body}\n}}\n");
        (name, n.div_ceil(parts), text)
    }

    /// `acc` for [`Op::KthLargest`]: the bits of the answer from the highest on, each by counting how many numbers of the
    /// row are at least as large. Mostly over after a dozen counts: as soon as exactly k numbers are, the least of them is it.
    fn kth_largest_head(&self, e: &mut Emitter, id: Id, o: &Lin) -> (&'static str, usize, String) {
        const UNROLL: usize = 4;
        let (x, k) = (self.g.node(id).args[0], self.g.node(id).args[1]);
        let n = *self.g.shape(x).last().expect("a row");
        let k = e.value(k, &At::Flat(Lin::default())).text;
        let row = o.scaled(n);
        let mut order = |at: Lin| format!("m_order({})", e.value(x, &At::Flat(row.plus(&at))).text);
        let inside: Vec<String> =
            (0..UNROLL).map(|u| order(Lin::var("r", n / UNROLL, 1).scaled(UNROLL).offset(u as i64))).collect();
        let behind: Vec<String> = (n - n % UNROLL..n).map(|r| order(Lin::default().offset(r as i64))).collect();
        let (outer, inner) = (e.take(0), e.take(1));
        let each = |visit: &dyn Fn(&String) -> String| {
            let [inside, behind] = [&inside, &behind].map(|orders| orders.iter().map(visit).collect::<String>());
            format!("for (var r = 0u; r < {}u; r++) {{\n{inner}{inside}}}\n{behind}", n / UNROLL)
        };
        let count = each(&|order| format!("count += select(0.0f, 1.0f, {order} >= probe);\n"));
        let least = each(&|order| format!("least = select(least, min(least, {order}), {order} >= bound);\n"));
        let text = format!(
            "{outer}let wanted = clamp(round({k}), 1.0f, {n}.0f);\nvar bound = 0u;\n\
             for (var bit = 0x80000000u; bit != 0u; bit >>= 1u) {{\nlet probe = bound | bit;\nvar count = 0.0f;\n{count}\
             if (count >= wanted) {{ bound = probe; }}\nif (count == wanted) {{ break; }}\n}}\n\
             var least = 0xffffffffu;\n{least}let acc = m_from_order(least);\n"
        );
        // A walk along the row for each bit, and one for the least.
        ("k-th largest", 33 * (n / UNROLL + 1) + 32, text)
    }
}

fn start(f: Reduction) -> String {
    match f {
        Reduction::Sum => "0.0f".into(),
        Reduction::Prod => "1.0f".into(),
        Reduction::Max => format!("-bitcast<f32>(ctl[{}])", ctl::INFINITY),
        Reduction::Min => format!("bitcast<f32>(ctl[{}])", ctl::INFINITY),
    }
}

fn join(f: Reduction, acc: &str, v: &str) -> String {
    match f {
        Reduction::Sum => format!("{acc} += {v};"),
        Reduction::Prod => format!("{acc} *= {v};"),
        Reduction::Max => format!("{acc} = max({acc}, {v});"),
        Reduction::Min => format!("{acc} = min({acc}, {v});"),
    }
}
