//! Which gradients never reach memory: the kernel that computes one moves its parameter at once.
//!
//! That saves a store and a load of every gradient and the dispatches of an optimiser of its own. A parameter may only be
//! moved when nothing will read its old value any more, so such a kernel waits for the parameter's other readers.

use super::emit::Place;
use super::graph::Id;
use super::schedule::Schedule;

impl Schedule<'_> {
    /// Splits the updates into fused ones, whose kernels are moved to the level where they may run, and late ones.
    ///
    /// # Panics
    /// If a parameter is not a leaf in the arena: the caller's mistake.
    pub(super) fn place_updates(&mut self) {
        let address = |p: &Id| match self.job.leaves.get(p) {
            Some((Place::Arena(at), _)) => *at,
            _ => panic!("a parameter lies in the arena"),
        };
        let nodes = self.graph().len();
        let mut readers: Vec<Vec<(Id, bool)>> = vec![vec![]; nodes];
        for (reader, reads) in self.reads.iter() {
            for (of, same) in reads {
                readers[of.ix()].push((reader, *same));
            }
        }
        let readers = |id: Id| readers[id.ix()].as_slice();
        let mut copied = vec![false; nodes];
        for (id, _) in self.job.copies() {
            copied[id.ix()] = true;
        }
        let updates = &self.job.updates.of;
        let mut count = vec![0; nodes];
        for (gradient, _) in updates {
            count[gradient.ix()] += 1;
        }

        // A kernel may wait if nobody waits for it.
        let alone = |k: usize| {
            let kernel = &self.kernels[k];
            let mut nodes = kernel.root.iter().chain(&kernel.members);
            nodes.all(|n| !copied[n.ix()] && readers(*n).iter().all(|(r, _)| self.kernel_of[*r] == k))
        };
        // Parameters and the kernels that may move them.
        let candidates: Vec<(Id, usize)> = updates
            .iter()
            .filter(|(gradient, p)| count[gradient.ix()] == 1 && !self.job.is_leaf(*gradient) && !copied[p.ix()])
            .map(|(gradient, p)| (*p, self.kernel_of[*gradient]))
            .filter(|(_, k)| alone(*k))
            .collect();
        let mut waiting = vec![false; self.kernels.len()];
        for (_, k) in &candidates {
            waiting[*k] = true;
        }
        // Two kernels that each read what the other moves would wait for each other; and a kernel that reads its own
        // parameter elsewhere than where it moves it would read new values.
        let fits = |p: Id, k: usize| {
            readers(p).iter().all(|(r, same)| if self.kernel_of[*r] == k { *same } else { !waiting[self.kernel_of[*r]] })
        };
        let mut accepted = waiting.clone();
        for (p, k) in &candidates {
            accepted[*k] &= fits(*p, *k);
        }

        // Where the kernels are that wait for none.
        let levels: Vec<usize> = self.kernels.iter().map(|k| k.level).collect();
        // The optimiser's words are made first.
        let first = usize::from(self.job.begins());
        for (gradient, p) in updates {
            let at = address(p);
            match candidates.iter().find(|(of, k)| of == p && accepted[*k]) {
                None => self.late.push((*gradient, at)),
                Some((_, k)) => {
                    self.fused.insert(*gradient, at);
                    let others = readers(*p).iter().map(|(r, _)| self.kernel_of[*r]).filter(|r| r != k);
                    let after = others.map(|r| levels[r] + 1).max().unwrap_or(0);
                    let level = &mut self.kernels[*k].level;
                    *level = (*level).max(after).max(first);
                }
            }
        }
    }
}
