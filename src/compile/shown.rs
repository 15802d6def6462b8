//! From a plan's schedule and memory to a [`Shown`].

use std::collections::{HashMap, HashSet};

use super::emit::Place;
use super::gemm::Gemm;
use super::graph::{Graph, Id, Op, len};
use super::listing::{Kernel, Level, Region, Shown};
use super::memory::Memory;
use super::module::groups;
use super::schedule::{self, Ends, Schedule};
use super::target::LANES;
use super::tiling::Tiling;
use super::write::{What, Written};
use super::writer::Work;

/// What the levels of a schedule consist of.
pub(super) fn show(schedule: &Schedule, ends: &Ends, memory: &Memory, levels: &[Vec<Written>]) -> Shown {
    let counter = Counter { schedule, memory };
    let target = schedule.job.target;
    let levels = levels.iter().enumerate().filter(|(_, kernels)| !kernels.is_empty());
    let levels = levels.map(|(level, kernels)| {
        let together = kernels.iter().any(|k| matches!(k.text.work, Work::Groups(_)));
        let workgroup = if together { LANES } else { target.workgroup };
        let kernels = kernels.iter().enumerate().map(|(k, written)| {
            let (workgroups, lanes) = groups(written.text.work, workgroup, target.groups);
            let (members, counts) = counter.of(written.what);
            let [flops, read, written_bytes, chain, waits] = counts.map_or([None; 5], |c| c.map(Some));
            let (name, function) = (written.text.name.into(), format!("kernel{k}"));
            Kernel { name, function, members, workgroups, lanes, flops, read, written: written_bytes, chain, waits, scatter: None }
        });
        Level { level, kernels: kernels.collect() }
    });
    Shown { levels: levels.collect(), memory: regions(schedule, ends, memory) }
}

/// What lies in the arena, by address and by level.
fn regions(schedule: &Schedule, ends: &Ends, memory: &Memory) -> Vec<Region> {
    let (job, graph) = (schedule.job, schedule.graph());
    let mut last: HashMap<Id, usize> = schedule.late.iter().map(|(id, _)| (*id, ends.late)).collect();
    for (reader, reads) in schedule.reads.iter() {
        for (id, _) in reads {
            let level = last.entry(*id).or_default();
            *level = (*level).max(schedule.kernels[schedule.kernel_of[reader]].level);
        }
    }
    let outputs: HashSet<Id> = job.outputs.iter().map(|o| o.0).collect();
    let mut all: Vec<Region> = vec![];
    for (id, place) in memory.places.iter() {
        let (at, bits) = match *place {
            Place::Arena(at) => (at, 32),
            Place::Half(at) => (at, 16),
            Place::Control(_) => continue,
        };
        let stays = job.is_leaf(id) || outputs.contains(&id);
        let levels = (!stays).then(|| {
            let first = schedule.kernels[schedule.kernel_of[id]].level;
            [first, last.get(&id).map_or(first, |l| first.max(*l))]
        });
        all.push(Region { at, floats: len(graph.shape(id)), bits, what: label(graph, id), levels });
    }
    for (kernel, at) in schedule.kernels.iter().zip(&memory.pieces) {
        let Some(at) = at else { continue };
        let root = kernel.root.expect("only roots are split");
        let what = format!("{} pieces of {}", kernel.split, label(graph, root));
        let (floats, levels) = (kernel.split * len(graph.shape(root)), Some([kernel.level - 1, kernel.level]));
        all.push(Region { at: *at, floats, bits: 32, what, levels });
    }
    all.sort_by(|a, b| (a.bits == 16, a.at, a.levels, &a.what).cmp(&(b.bits == 16, b.at, b.levels, &b.what)));
    all
}

/// Operation and shape of a node.
fn label(g: &Graph, id: Id) -> String {
    let node = g.node(id);
    let name = match &node.op {
        Op::Unary(f) => format!("{f:?}"),
        Op::Binary(f) => format!("{f:?}"),
        Op::Loop(of) => of.name.into(),
        op => format!("{op:?}").split(['(', ' ']).next().unwrap_or_default().into(),
    };
    format!("{} {:?}", name.to_lowercase(), node.shape)
}

/// Whether an operation computes, rather than finding what has been computed.
fn computes(op: &Op) -> bool {
    matches!(op, Op::Unary(_) | Op::Binary(_) | Op::Where | Op::Random { .. } | Op::Loop(_))
}

/// Turns that wait for each other where so many lanes add up so many pieces.
fn turns(parts: usize, lanes: usize) -> u64 {
    (parts.div_ceil(lanes) + lanes.ilog2() as usize) as u64
}

struct Counter<'a> {
    schedule: &'a Schedule<'a>,
    memory: &'a Memory,
}

impl Counter<'_> {
    /// What a kernel computes, and operations, bytes read, bytes written, chain, and what of it waits for the arena.
    fn of(&self, what: What) -> (Vec<String>, Option<[u64; 5]>) {
        let (job, graph) = (self.schedule.job, self.schedule.graph());
        let floats = |id: Id| len(graph.shape(id)) as u64;
        match what {
            What::Special => (vec![], None),
            What::Copy(id) => (vec![label(graph, id)], Some([0, 4 * floats(id), 4 * floats(id), 0, 0])),
            What::Update(id) => {
                let half = job.updates.bytes / 2 * floats(id);
                (vec![label(graph, id)], Some([0, 4 * floats(id) + half, half, 0, 0]))
            }
            What::Pieces(k) => {
                let kernel = &self.schedule.kernels[k];
                let root = kernel.root.expect("only roots are split");
                let [flops, chain, free] = self.root(root, kernel);
                let written = 4 * kernel.split as u64 * floats(root);
                (vec![label(graph, root)], Some([flops, self.reads(&[root]), written, chain, chain - free]))
            }
            What::Kernel(k) => {
                let kernel = &self.schedule.kernels[k];
                let split = kernel.split > 1;
                let (mut flops, mut read, mut written, mut free) = (0, 0, 0, 0);
                let mut depth: HashMap<Id, u64> = HashMap::new();
                if let Some(root) = kernel.root {
                    let parts = kernel.split as u64;
                    let added = || [parts * floats(root), turns(kernel.split, kernel.adders), 0];
                    let [of_root, steps, of_these] = if split { added() } else { self.root(root, kernel) };
                    (flops, free) = (of_root, of_these);
                    read += if split { 4 * parts * floats(root) } else { 0 };
                    depth.insert(root, steps);
                }
                for id in &kernel.members {
                    let mut nodes = HashSet::new();
                    let d = self.walk(*id, true, &mut depth, &mut nodes);
                    depth.insert(*id, d);
                    flops += nodes.len() as u64 * floats(*id);
                }
                let own: Vec<Id> = kernel.root.iter().chain(&kernel.members).copied().collect();
                read += self.reads(if split { &kernel.members } else { &own });
                for id in &own {
                    written += if self.memory.places.get(*id).is_some() { self.memory.width(*id) * floats(*id) } else { 0 };
                    if self.schedule.fused.get(*id).is_some() {
                        let half = job.updates.bytes / 2 * floats(*id);
                        (read, written) = (read + half, written + half);
                    }
                }
                let chain = own.iter().map(|id| depth[id]).max().unwrap_or(0);
                (own.iter().map(|id| label(graph, *id)).collect(), Some([flops, read, written, chain, chain - free]))
            }
        }
    }

    /// Bytes that computing these nodes reads of other kernels.
    fn reads(&self, of: &[Id]) -> u64 {
        let own = |id: &Id| self.schedule.kernel_of.get(*id) == of.first().and_then(|id| self.schedule.kernel_of.get(*id));
        let all: HashSet<Id> =
            of.iter().flat_map(|id| &self.schedule.reads[*id]).map(|(id, _)| *id).filter(|id| !own(id)).collect();
        all.iter().map(|id| self.memory.width(*id) * len(self.schedule.graph().shape(*id)) as u64).sum()
    }

    /// Operations of a kernel's root; how many of one lane wait for each other, in one of its pieces if it has any; and how many of
    /// these find their operands at hand.
    fn root(&self, id: Id, kernel: &schedule::Kernel) -> [u64; 3] {
        let graph = self.schedule.graph();
        let node = graph.node(id);
        let (mut depth, mut nodes) = (HashMap::new(), HashSet::new());
        let before = node.args.iter().map(|a| self.walk(*a, false, &mut depth, &mut nodes)).max().unwrap_or(0);
        match &node.op {
            Op::Loop(of) => {
                let steps = of.rule().steps(graph, node, of);
                let turns = of.rule().turns(steps.div_ceil(kernel.split), kernel.lanes) as u64;
                [len(&node.shape) as u64 * steps as u64 * (1 + nodes.len() as u64), before + turns, 0]
            }
            // What is fused into its operands is small beside the product.
            _ => {
                let target = self.schedule.job.target;
                let [steps, turns] = Gemm::new(graph, id).map_or([0; 2], |gemm| {
                    let tiling = Tiling::new(&gemm, target);
                    let k = gemm.k.div_ceil(kernel.split);
                    [k.div_ceil(tiling.squares()), k.div_ceil(tiling.depth(&gemm, target, kernel.split))]
                });
                [graph.flops(id), before + steps as u64, (steps - turns) as u64]
            }
        }
    }

    /// How many operations wait for each other in computing a node, whose operations go to `nodes`. What is stored costs none,
    /// but for the node itself where it is `own`, and what `depth` knows from before.
    fn walk(&self, id: Id, own: bool, depth: &mut HashMap<Id, u64>, nodes: &mut HashSet<Id>) -> u64 {
        if let Some(known) = depth.get(&id) {
            return *known;
        }
        if !own && (self.schedule.job.is_leaf(id) || self.memory.places.get(id).is_some()) {
            return 0;
        }
        let graph = self.schedule.graph();
        let node = graph.node(id);
        let below = node.args.iter().map(|a| self.walk(*a, false, depth, nodes)).max().unwrap_or(0);
        let here = computes(&node.op);
        if here {
            nodes.insert(id);
        }
        let d = below + u64::from(here);
        depth.insert(id, d);
        d
    }
}
