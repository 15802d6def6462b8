//! Whether a plan keeps the promises of [`plan`](super::plan) about its levels: its dispatches carried out on paper.

use std::ops::Range;

use super::emit::Place;
use super::graph::{Id, len};
use super::job::When;
use super::memory::Memory;
use super::schedule::{Ends, Schedule};

/// What floats of the arena hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Tensor(Id),
    /// The pieces of a kernel's split root.
    Pieces(usize),
    /// A parameter behind its step.
    Moved(Id),
}

type Floats = (Range<usize>, Holds);

/// What one kernel does at one level.
struct Use {
    level: usize,
    what: String,
    /// What it reads, and whether only at the element that it is about to write.
    reads: Vec<(Floats, bool)>,
    writes: Vec<Floats>,
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

impl Schedule<'_> {
    /// Carries out what `memory` was laid out for.
    ///
    /// # Errors
    /// Names the kernels that race, or what one reads that is not there.
    pub(super) fn audit(&self, ends: &Ends, memory: &Memory) -> Result<(), String> {
        let mut uses = self.uses(ends, memory);
        uses.sort_by_key(|u| u.level);
        let leaves = self.job.leaves.iter().filter(|(_, (_, filled))| !filled);
        let mut held: Vec<Floats> = leaves.filter_map(|(id, _)| self.floats(memory, *id)).collect();
        for now in uses.chunk_by(|a, b| a.level == b.level) {
            for (i, u) in now.iter().enumerate() {
                u.finds(&held)?;
                if u.level == 0 && self.job.begins() && u.writes.iter().any(|(_, holds)| matches!(holds, Holds::Moved(_))) {
                    return Err(format!("{} moves a parameter while the optimiser's words are made", u.what));
                }
                now.iter().enumerate().try_for_each(|(j, other)| u.suits(other, i == j))?;
            }
            for (floats, holds) in now.iter().flat_map(|u| &u.writes) {
                held.retain(|(there, _)| !meet(there, floats));
                held.push((floats.clone(), *holds));
            }
        }
        Ok(())
    }

    fn floats(&self, memory: &Memory, id: Id) -> Option<Floats> {
        match memory.places.get(id) {
            Some(Place::Arena(at)) => Some((*at..at + len(self.graph().shape(id)), Holds::Tensor(id))),
            // A memory of its own, as if it lay far behind the arena.
            Some(Place::Half(at)) => {
                let at = at + usize::MAX / 2;
                Some((at..at + len(self.graph().shape(id)), Holds::Tensor(id)))
            }
            _ => None,
        }
    }

    fn uses(&self, ends: &Ends, memory: &Memory) -> Vec<Use> {
        let at = |id: Id, at: usize, holds: Holds| (at..at + len(self.graph().shape(id)), holds);
        let (outputs, parameters) = (&self.job.outputs, &self.job.updates.of);
        let parameter = |place: usize| {
            let here = |p: &&(Id, Id)| self.floats(memory, p.1).is_some_and(|(floats, _)| floats.start == place);
            parameters.iter().find(here).expect("an update is of a parameter").1
        };
        let mut uses = vec![];
        for (k, kernel) in self.kernels.iter().enumerate() {
            let what = |part: &str| format!("kernel {k}{part} of {:?} and {:?}", kernel.root, kernel.members);
            let reads = |id: &Id| {
                let inputs = self.reads[*id].iter().filter(|(d, _)| self.kernel_of.get(*d) != Some(&k));
                inputs.filter_map(|(d, same)| Some((self.floats(memory, *d)?, *same))).collect::<Vec<_>>()
            };
            let pieces = memory.pieces[k].map(|place| {
                let root = kernel.root.expect("only roots are split");
                (place..place + kernel.split * len(self.graph().shape(root)), Holds::Pieces(k))
            });
            let own = || kernel.root.iter().chain(&kernel.members);
            let mut now: Vec<_> = match &pieces {
                None => own().flat_map(reads).collect(),
                Some(pieces) => {
                    let reads = kernel.root.iter().flat_map(reads).collect();
                    uses.push(Use { level: kernel.level - 1, what: what(", in pieces,"), reads, writes: vec![pieces.clone()] });
                    vec![(pieces.clone(), false)]
                }
            };
            if pieces.is_some() {
                now.extend(kernel.members.iter().flat_map(reads));
            }
            let moved = own().filter_map(|id| Some((id, *self.fused.get(*id)?)));
            let moved = moved.map(|(id, place)| at(*id, place, Holds::Moved(parameter(place))));
            let writes = own().filter_map(|id| self.floats(memory, *id)).chain(moved).collect();
            uses.push(Use { level: kernel.level, what: what(""), reads: now, writes });
        }
        let read = |id: &Id| self.floats(memory, *id).map(|floats| (floats, false)).into_iter().collect::<Vec<_>>();
        for (id, to) in &ends.copies {
            let writes = vec![at(*id, *to, Holds::Tensor(*id))];
            uses.push(Use { level: ends.levels - 1, what: format!("the copy of {id:?}"), reads: read(id), writes });
        }
        for (id, place) in &self.late {
            let writes = vec![at(*id, *place, Holds::Moved(parameter(*place)))];
            uses.push(Use { level: ends.late, what: format!("the update by {id:?}"), reads: read(id), writes });
        }
        // Kernels written by hand fill the marked leaves, and read outputs.
        let filled = self.job.leaves.iter().filter(|(_, (_, filled))| *filled).filter_map(|(id, _)| self.floats(memory, *id));
        let wanted: Vec<_> = outputs.iter().map(|(id, place)| (at(*id, *place, Holds::Tensor(*id)), false)).collect();
        if self.job.begins() {
            uses.push(Use { level: 0, what: "what comes first".into(), reads: vec![], writes: filled.collect() });
        }
        for (when, level) in [(When::Stored, ends.stored), (When::Last, ends.late + 1)] {
            if self.job.specials.iter().any(|s| s.when == when) {
                uses.push(Use { level, what: format!("{when:?}"), reads: wanted.clone(), writes: vec![] });
            }
        }
        uses
    }
}

impl Use {
    /// Whether all that it reads is there.
    fn finds(&self, held: &[Floats]) -> Result<(), String> {
        for ((floats, holds), _) in &self.reads {
            let whole = |(there, what): &Floats| what == holds && there.start <= floats.start && floats.end <= there.end;
            if !held.iter().any(whole) {
                return Err(format!("{} reads {holds:?} at level {}, which is not there", self.what, self.level));
            }
        }
        Ok(())
    }

    /// Whether `other`, itself where it is `own`, may run at the same time.
    fn suits(&self, other: &Self, own: bool) -> Result<(), String> {
        let hit = |floats: &Range<usize>| other.writes.iter().any(|(written, _)| meet(floats, written));
        if self.reads.iter().any(|((floats, _), same)| !(own && *same) && hit(floats)) {
            return Err(format!("{} reads at level {} what {} writes", self.what, self.level, other.what));
        }
        if !own && self.writes.iter().any(|(floats, _)| hit(floats)) {
            return Err(format!("{} and {} write to the same place at level {}", self.what, other.what, self.level));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, Unary};
    use crate::job::{Job, Special, Updates};
    use crate::target::Target;

    /// The example in the documentation of [`plan`](super::super::plan).
    #[test]
    fn levels_are_those_of_the_example_and_no_lower() {
        for late_reader in [false, true] {
            let mut g = Graph::default();
            let (x, w, v) = (g.leaf(&[8, 6]), g.leaf(&[6, 5]), g.leaf(&[5, 5]));
            let y = g.matmul(x, w).unwrap();
            let z = g.unary(Unary::Tanh, y);
            let s = g.sum(z, &[0, 1]);
            let xt = g.swap(x, 0, 1);
            let d = g.matmul(xt, z).unwrap();
            let p = g.matmul(z, v).unwrap();
            let wt = g.swap(w, 0, 1);
            let q = g.matmul(p, wt).unwrap();
            let outputs = if late_reader { vec![(s, 200), (q, 204)] } else { vec![(s, 200)] };
            let place = |at, filled| (Place::Arena(at), filled);
            let job = Job {
                graph: &g,
                target: Target::SOFTWARE,
                leaves: [(x, place(0, true)), (w, place(48, false)), (v, place(80, false))].into(),
                outputs,
                updates: Updates { of: vec![(d, w)], ..Updates::default() },
                specials: vec![Special { name: "fetch", body: String::new(), len: 48, when: When::First }],
                scratch: 300,
                training: true,
                half: false,
                salt: 0,
            };
            let mut schedule = Schedule::new(&job).unwrap();
            schedule.place_updates();
            let level = |p: &Schedule, id: Id| p.kernels[p.kernel_of[id]].level;
            let found: Vec<usize> = [y, z, s, d].iter().map(|id| level(&schedule, *id)).collect();
            assert_eq!(found, [1, 1, 2, if late_reader { 4 } else { 2 }]);
            assert_eq!(schedule.kernel_of[y], schedule.kernel_of[z]);
            let audit = |p: &Schedule| p.audit(&p.ends(), &Memory::new(p, &p.ends()));
            assert_eq!(audit(&schedule), Ok(()));
            for (k, lowest) in schedule.kernels.iter().map(|k| k.level).enumerate().collect::<Vec<_>>() {
                schedule.kernels[k].level = lowest - 1;
                let refused = audit(&schedule).unwrap_err();
                assert!(refused.contains("not there") || refused.contains("reads at level"), "{refused}");
                schedule.kernels[k].level = lowest;
            }
        }
    }
}
