//! Where everything lies in the arena.

use super::emit::Place;
use super::graph::{Id, len};
use super::node::PerNode;
use super::schedule::{Ends, Schedule};
use latent_small as small;

/// Where everything lies.
pub(super) struct Memory {
    pub(super) places: PerNode<Place>,
    /// The pieces of split roots, by kernel.
    pub(super) pieces: Vec<Option<usize>>,
    /// First float that is free.
    pub(super) end: usize,
}

impl Memory {
    /// Addresses: outputs where they are wanted, everything else in the scratch area, reused as soon as its last reader's
    /// level is over.
    pub(super) fn new(schedule: &Schedule, ends: &Ends) -> Self {
        let job = schedule.job;
        let (end, copies) = (ends.late, &ends.copies);
        let mut places = PerNode::new(job.graph.len());
        #[allow(clippy::iter_over_hash_type, reason = "each has a place of its own")]
        for (id, (place, _)) in &job.leaves {
            places.insert(*id, *place);
        }
        let mut last: PerNode<usize> = PerNode::new(job.graph.len());
        for (reader, reads) in schedule.reads.iter() {
            let k = schedule.kernel_of[reader];
            for (d, _) in reads.iter().filter(|(d, _)| !job.is_leaf(*d) && schedule.kernel_of[*d] != k) {
                let level = schedule.kernels[k].level;
                last.insert(*d, last.get(*d).map_or(level, |l| level.max(*l)));
            }
        }
        for (id, at) in &job.outputs {
            if !job.is_leaf(*id) {
                if places.get(*id).is_none() {
                    places.insert(*id, Place::Arena(*at));
                }
                if copies.iter().any(|c| c.0 == *id) {
                    last.insert(*id, end);
                }
            }
        }
        for (id, _) in schedule.late.iter().filter(|(id, _)| !job.is_leaf(*id)) {
            last.insert(*id, end);
        }
        // (first level, last level, floats, owner)
        enum Owner {
            Node(Id),
            Temp(usize),
        }
        let mut wanted: Vec<(usize, usize, usize, Owner)> = vec![];
        for (id, end) in last.iter().filter(|(id, _)| places.get(*id).is_none()) {
            wanted.push((schedule.kernels[schedule.kernel_of[id]].level, *end, len(job.graph.shape(id)), Owner::Node(id)));
        }
        for (k, kernel) in schedule.kernels.iter().enumerate() {
            if kernel.split > 1 {
                let n = len(job.graph.shape(kernel.root.expect("only roots are split")));
                wanted.push((kernel.level - 1, kernel.level, n * kernel.split, Owner::Temp(k)));
            }
        }
        // Large first, each at the lowest address that is free during its life.
        let key = |(first, end, n, owner): &(usize, usize, usize, Owner)| {
            let tie = match owner {
                Owner::Node(id) => id.ix(),
                Owner::Temp(k) => job.graph.len() + k,
            };
            (std::cmp::Reverse(*n), *first, *end, tie)
        };
        small::sort_by(&mut wanted, |a, b| key(a).cmp(&key(b)));
        let (mut pieces, mut end_of_arena) = (vec![None; schedule.kernels.len()], job.scratch);
        let mut taken: Vec<(usize, usize, usize, usize)> = vec![];
        for (first, end, n, owner) in wanted {
            let mut at = job.scratch;
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
                    pieces[k] = Some(at);
                }
            }
        }
        Self { places, pieces, end: end_of_arena }
    }
}
