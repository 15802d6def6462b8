//! Which gradients never reach memory: the kernel that computes one moves its parameter at once.
//!
//! That saves a store and a load of every gradient and the dispatches of an optimiser of its own. A parameter may only be
//! moved when nothing will read its old value any more, so such a kernel waits for the parameter's other readers.

use std::collections::{HashMap, HashSet};

use super::emit::Place;
use super::graph::Id;
use super::plan::Planner;

impl Planner<'_> {
    /// Splits the updates into fused ones, whose kernels are moved to the level where they may run, and late ones.
    ///
    /// # Panics
    /// If a parameter is not a leaf in the arena: the caller's mistake.
    pub(super) fn place_updates(&mut self) {
        let address = |p: &Id| match self.job.leaves.get(p) {
            Some((Place::Arena(at), _)) => *at,
            _ => panic!("a parameter lies in the arena"),
        };
        let mut readers: HashMap<Id, Vec<(Id, bool)>> = HashMap::new();
        #[allow(clippy::iter_over_hash_type, reason = "readers are only searched")]
        for (reader, reads) in &self.reads {
            for (of, same) in reads {
                readers.entry(*of).or_default().push((*reader, *same));
            }
        }
        let readers = |id: &Id| readers.get(id).map_or(&[][..], Vec::as_slice);
        let copied: HashSet<Id> = self.copies().into_iter().map(|c| c.0).collect();
        let updates = &self.job.updates.of;
        let mut count: HashMap<Id, usize> = HashMap::new();
        for (gradient, _) in updates {
            *count.entry(*gradient).or_default() += 1;
        }

        // A kernel may wait if nobody waits for it.
        let alone = |k: usize| {
            let kernel = &self.kernels[k];
            let mut nodes = kernel.root.iter().chain(&kernel.members);
            nodes.all(|n| !copied.contains(n) && readers(n).iter().all(|(r, _)| self.kernel_of[r] == k))
        };
        let candidates: HashMap<Id, usize> = updates
            .iter()
            .filter(|(gradient, p)| count[gradient] == 1 && !self.is_leaf(*gradient) && !copied.contains(p))
            .map(|(gradient, p)| (*p, self.kernel_of[gradient]))
            .filter(|(_, k)| alone(*k))
            .collect();
        let waiting: HashSet<usize> = candidates.values().copied().collect();
        // Two kernels that each read what the other moves would wait for each other; and a kernel that reads its own
        // parameter elsewhere than where it moves it would read new values.
        let fits = |p: &Id, k: usize| {
            readers(p).iter().all(|(r, same)| if self.kernel_of[r] == k { *same } else { !waiting.contains(&self.kernel_of[r]) })
        };
        let accepted: HashSet<usize> =
            waiting.iter().copied().filter(|k| candidates.iter().filter(|c| c.1 == k).all(|(p, k)| fits(p, *k))).collect();

        let mut levels: HashMap<usize, usize> = HashMap::new();
        for (gradient, p) in updates {
            let at = address(p);
            match candidates.get(p).filter(|k| accepted.contains(k)) {
                None => self.late.push((*gradient, at)),
                Some(k) => {
                    self.fused.insert(*gradient, at);
                    let others = readers(p).iter().map(|(r, _)| self.kernel_of[r]).filter(|r| r != k);
                    let after = others.map(|r| self.kernels[r].level + 1).max().unwrap_or(0);
                    // The optimiser's words are made first.
                    let level = levels.entry(*k).or_insert(usize::from(self.begins()));
                    *level = (*level).max(after);
                }
            }
        }
        #[allow(clippy::iter_over_hash_type, reason = "each is of a kernel of its own")]
        for (k, level) in levels {
            let kernel = &mut self.kernels[k];
            kernel.level = kernel.level.max(level);
        }
    }
}
