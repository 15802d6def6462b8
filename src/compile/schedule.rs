//! Which nodes are stored, which kernel computes each of them, and at which level.

use super::emit::cost;
use super::gemm::Gemm;
use super::graph::{CompileError, Graph, Id, Op, len};
use super::job::{Job, Special, When};
use super::node::PerNode;
use super::share::Share;
use super::tiling::{Tiling, parts};
use latent_small as small;

/// A kernel being put together.
pub(super) struct Kernel {
    pub(super) level: usize,
    /// The reduction or product it is built around; `None` for a purely elementwise one.
    pub(super) root: Option<Id>,
    /// Elementwise results that it also computes, in order.
    pub(super) members: Vec<Id>,
    /// Elements.
    pub(super) len: usize,
    /// Pieces that the root's inner loop is split into, computed by a kernel one level earlier.
    pub(super) split: usize,
    /// Lanes of a workgroup that walk along the root's row, or a piece of it, together; and that add up its pieces.
    pub(super) lanes: usize,
    pub(super) adders: usize,
}

/// Whether a kernel is built around the operation.
pub(super) fn heavy(op: &Op) -> bool {
    product(op) || matches!(op, Op::Loop(_))
}

/// Whether it is a matrix product, in whatever form.
pub(super) fn product(op: &Op) -> bool {
    matches!(op, Op::MatMul | Op::Conv2d(_) | Op::ConvTranspose2d(_) | Op::ConvWeight(_))
}

/// Elementwise recomputation beyond this cost is stored instead, when there is more than one reader.
const STORE_ABOVE: u32 = 8;

/// Kernels on their levels.
pub(super) struct Schedule<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) stored: Vec<bool>,
    pub(super) kernel_of: PerNode<usize>,
    pub(super) kernels: Vec<Kernel>,
    /// Reads of each stored node: `(node, at the same flat index)`.
    pub(super) reads: PerNode<Vec<(Id, bool)>>,
    /// Gradients that their kernel hands to the optimiser, with the address of the parameter.
    pub(super) fused: PerNode<usize>,
    /// Gradients that are kept until everything else is done.
    pub(super) late: Vec<(Id, usize)>,
}

/// When everything else happens.
pub(super) struct Ends {
    /// Levels without updates that wait and without specials.
    pub(super) levels: usize,
    /// [`Job::copies`], made at the last of these levels.
    pub(super) copies: Vec<(Id, usize)>,
    /// The level of updates that wait: behind the copies, which may be of parameters.
    pub(super) late: usize,
    /// First level at which all outputs are where they are wanted.
    pub(super) stored: usize,
}

impl Ends {
    /// The level of a kernel written by hand.
    pub(super) fn due(&self, special: &Special) -> usize {
        match special.when {
            When::First => 0,
            When::Stored => self.stored,
            When::Last => self.late + 1,
        }
    }
}

impl<'a> Schedule<'a> {
    /// Kernels at the first levels at which their inputs are there; no update is placed yet.
    ///
    /// # Errors
    /// For geometries without a kernel.
    pub(super) fn new(job: &'a Job<'a>) -> Result<Self, CompileError> {
        let mut schedule = Self {
            job,
            stored: vec![false; job.graph.len()],
            kernel_of: PerNode::new(job.graph.len()),
            kernels: Vec::new(),
            reads: PerNode::new(job.graph.len()),
            fused: PerNode::new(job.graph.len()),
            late: Vec::new(),
        };
        schedule.choose_stored();
        schedule.group()?;
        Ok(schedule)
    }

    pub(super) fn graph(&self) -> &'a Graph {
        self.job.graph
    }

    /// Marks the nodes that get memory of their own.
    fn choose_stored(&mut self) {
        let g = self.graph();
        let mut needed = vec![false; g.len()];
        for id in self.job.results() {
            needed[id.ix()] = true;
            self.stored[id.ix()] = true;
        }
        for id in g.ids().rev() {
            if needed[id.ix()] && !self.job.is_leaf(id) {
                for a in &g.node(id).args {
                    needed[a.ix()] = true;
                }
            }
        }
        let mut users = vec![0u32; g.len()];
        let job = self.job;
        for id in g.ids().filter(|id| needed[id.ix()] && !job.is_leaf(*id)) {
            let node = g.node(id);
            for a in &node.args {
                users[a.ix()] += 1;
            }
            self.stored[id.ix()] |= heavy(&node.op);
            // Tensors that are read many times over must not be recomputed each time.
            let often = match &node.op {
                op if product(op) => 2,
                Op::Loop(of) => of.rule().often(),
                Op::Gather(_) => 1,
                _ => 0,
            };
            for a in &node.args[..often] {
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
            if self.job.is_leaf(id) || self.stored[id.ix()] {
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
            *leaf &= needed[id] && !job.is_leaf(Id(id as u32));
        }
    }

    /// The tensor under pure views.
    pub(super) fn base(&self, mut id: Id) -> Id {
        loop {
            let node = self.graph().node(id);
            match node.op {
                Op::Reshape | Op::Permute(_) | Op::Broadcast | Op::StopGradient if !self.job.is_leaf(id) => id = node.args[0],
                _ => return id,
            }
        }
    }

    /// Stored nodes that computing `id` reads.
    fn reads_of(&self, id: Id) -> Vec<(Id, bool)> {
        let node = self.graph().node(id);
        let mut out: Vec<(Id, bool)> = vec![];
        // By node and whether at the same index.
        let mut seen = vec![[false; 2]; self.graph().len()];
        let mut todo: Vec<(Id, bool)> = vec![];
        let push = |todo: &mut Vec<(Id, bool)>, of: Id, same: bool| {
            let node = self.graph().node(of);
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
            if self.stored[a.ix()] || self.job.is_leaf(a) {
                match out.iter_mut().find(|(id, _)| *id == a) {
                    Some((_, all)) => *all &= same,
                    None => out.push((a, same)),
                }
            } else if !std::mem::replace(&mut seen[a.ix()][usize::from(same)], true) {
                push(&mut todo, a, same);
            }
        }
        small::sort(&mut out);
        out
    }

    /// First level at which a value can be read: one after the kernel that makes it.
    fn ready(&self, id: Id) -> usize {
        match self.job.leaves.get(&id) {
            Some((_, filled)) => usize::from(*filled),
            None => self.kernels[self.kernel_of[id]].level + 1,
        }
    }

    /// Assigns every stored node to a kernel and every kernel to a level.
    fn group(&mut self) -> Result<(), CompileError> {
        let ids: Vec<Id> = self.graph().ids().filter(|id| self.stored[id.ix()]).collect();
        for id in &ids {
            let r = self.reads_of(*id);
            self.reads.insert(*id, r);
        }
        let mut readers = vec![0; self.graph().len()];
        for (d, _) in self.reads.iter().flat_map(|(_, reads)| reads) {
            readers[d.ix()] += 1;
        }
        // One that is wanted for its own sake is read once more.
        for id in self.job.results() {
            readers[id.ix()] += 1;
        }
        for id in ids {
            let node = self.graph().node(id);
            let level = self.reads[id].iter().map(|(d, _)| self.ready(*d)).max().unwrap_or(0);
            if heavy(&node.op) {
                let Share { parts: split, lanes } = self.share(id)?;
                let level = level + usize::from(split > 1);
                let len = len(&node.shape);
                let adders = Share::adders(self.job.target, len, split);
                self.kernel_of.insert(id, self.kernels.len());
                self.kernels.push(Kernel { level, root: Some(id), members: vec![], len, split, lanes, adders });
                continue;
            }
            let n = len(&node.shape);
            if let Some(k) = self.host(id, level, n, &readers) {
                self.kernels[k].members.push(id);
                self.kernel_of.insert(id, k);
                continue;
            }
            let twin = self.kernels.iter().position(|k| k.root.is_none() && k.level == level && k.len == n);
            let k = twin.unwrap_or_else(|| {
                self.kernels.push(Kernel { level, root: None, members: vec![], len: n, split: 1, lanes: 1, adders: 1 });
                self.kernels.len() - 1
            });
            self.kernels[k].members.push(id);
            self.kernel_of.insert(id, k);
        }
        Ok(())
    }

    /// A kernel that can compute elementwise `id` on the way, from values it has in registers.
    fn host(&mut self, id: Id, level: usize, n: usize, readers: &[u32]) -> Option<usize> {
        if level == 0 {
            return None;
        }
        let reads = self.reads[id].clone();
        let late: Vec<(Id, bool)> =
            reads.iter().copied().filter(|(d, _)| !self.job.is_leaf(*d) && self.ready(*d) == level).collect();
        if reads.iter().any(|(d, _)| self.job.is_leaf(*d) && self.ready(*d) == level) {
            return None;
        }
        let mut hosts: Vec<usize> = late.iter().map(|(d, _)| self.kernel_of[*d]).collect();
        small::sort(&mut hosts);
        hosts.dedup();
        let fits =
            |p: &Self, k: usize| p.kernels[k].len == n && late.iter().filter(|(d, _)| p.kernel_of[*d] == k).all(|(_, same)| *same);
        if hosts.len() == 1 {
            return fits(self, hosts[0]).then_some(hosts[0]);
        }
        // Of several products that meet here, one may wait a level and take the others as inputs.
        let waiting = hosts.iter().copied().find(|k| {
            let kernel = &self.kernels[*k];
            let free = |d: Id| readers[d.ix()] == 1;
            fits(self, *k) && kernel.split == 1 && kernel.members.is_empty() && kernel.root.is_some_and(free)
        })?;
        self.kernels[waiting].level = level;
        Some(waiting)
    }

    /// How the inner loop of a heavy node is shared.
    fn share(&self, id: Id) -> Result<Share, CompileError> {
        let (g, t) = (self.graph(), self.job.target);
        let node = g.node(id);
        if let Op::Loop(of) = &node.op {
            return Ok(Share::of(t, g, node, of));
        }
        let gemm = Gemm::new(g, id)?;
        Ok(Share { parts: parts(&gemm, Tiling::new(&gemm, t), t), lanes: 1 })
    }

    /// Matrix products and convolutions, the most work first.
    pub(super) fn products(&self) -> Vec<Id> {
        let roots = self.kernels.iter().filter_map(|k| k.root);
        let mut out: Vec<Id> = roots.filter(|id| product(&self.graph().node(*id).op)).collect();
        small::sort_by(&mut out, |a, b| self.graph().flops(*b).cmp(&self.graph().flops(*a)));
        out
    }

    /// When everything happens that no kernel's level says.
    pub(super) fn ends(&self) -> Ends {
        let levels = self.kernels.iter().map(|k| k.level + 1).max().unwrap_or(1).max(1);
        let copies = self.job.copies();
        let levels = levels + usize::from(!copies.is_empty());
        let late = levels - 1 + usize::from(!self.late.is_empty());
        let computed = self.job.outputs.iter().filter_map(|(id, _)| self.kernel_of.get(*id)).map(|k| self.kernels[*k].level + 1);
        let stored = if copies.is_empty() { computed.max().unwrap_or(0) } else { levels };
        Ends { levels, copies, late, stored }
    }
}
