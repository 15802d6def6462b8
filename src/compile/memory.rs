//! Where everything lies in the arena.

use super::emit::Place;
use super::graph::{Id, len};
use super::half::halves;
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
    /// Room for values of 16 bits.
    pub(super) halves: usize,
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
        let halved = halves(schedule);
        let half = |owner: &Owner| matches!(owner, Owner::Node(id) if halved[id.ix()]);
        // Large first, each at the lowest address that is free during its life.
        let key = |(first, end, n, owner): &(usize, usize, usize, Owner)| {
            let tie = match owner {
                Owner::Node(id) => id.ix(),
                Owner::Temp(k) => job.graph.len() + k,
            };
            (std::cmp::Reverse(*n), *first, *end, tie)
        };
        small::sort_by(&mut wanted, |a, b| key(a).cmp(&key(b)));
        let mut pieces = vec![None; schedule.kernels.len()];
        let (mut floats, mut small) = (Room::from(job.scratch), Room::from(0));
        for (first, end, n, owner) in wanted {
            let room = if half(&owner) { &mut small } else { &mut floats };
            let at = room.take(first, end, n);
            match owner {
                Owner::Node(id) => {
                    places.insert(id, if half(&owner) { Place::Half(at) } else { Place::Arena(at) });
                }
                Owner::Temp(k) => {
                    pieces[k] = Some(at);
                }
            }
        }
        Self { places, pieces, end: floats.end, halves: small.end }
    }

    /// Bytes of each of a node's values.
    pub(super) fn width(&self, id: Id) -> u64 {
        if let Some(Place::Half(_)) = self.places.get(id) { 2 } else { 4 }
    }
}

/// A stretch of memory from `begin` on.
struct Room {
    begin: usize,
    /// First place behind all that was taken.
    end: usize,
    /// Of each piece its first level, its last, and its places.
    taken: Vec<(usize, usize, usize, usize)>,
}

impl Room {
    fn from(begin: usize) -> Self {
        Self { begin, end: begin, taken: vec![] }
    }

    /// The lowest place that is free for `n` values from the level `first` to the level `last`.
    fn take(&mut self, first: usize, last: usize, n: usize) -> usize {
        let mut at = self.begin;
        let mut meets: Vec<(usize, usize)> =
            self.taken.iter().filter(|t| t.0 <= last && first <= t.1).map(|t| (t.2, t.3)).collect();
        small::sort(&mut meets);
        for (from, to) in meets {
            if at + n <= from {
                break;
            }
            at = at.max(to);
        }
        // Rows start on boundaries of four.
        let size = n.next_multiple_of(4);
        self.taken.push((first, last, at, at + size));
        self.end = self.end.max(at + size);
        at
    }
}
