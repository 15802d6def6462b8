//! Where everything of a run lies in the arena.

use std::ops::Range;

use crate::engine::Weight;
use crate::record::{Output, Recording};
use latent_gpu::Arena;
use latent_vocabulary::Params;

/// Steps whose metrics are kept until they are read.
pub const RING: usize = 1024;

/// Where everything lies.
pub(super) struct Layout {
    pub(super) tensors: Vec<Tensor>,
    /// Floats of the trained parameters with padding; moments, and gradients where they are kept, repeat their layout behind.
    pub(super) params: usize,
    /// Moments that the optimiser keeps of each parameter.
    pub(super) moments: usize,
    /// First float of the other parameters, and how many there are, state first.
    pub(super) rest: (usize, usize),
    /// Floats of the state.
    pub(super) state: usize,
    pub(super) terms: usize,
    pub(super) width: usize,
    pub(super) ring: usize,
    /// First float of the scratch area.
    pub(super) scratch: usize,
}

/// A parameter in the arena.
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) trained: bool,
    pub(super) at: usize,
}

impl Tensor {
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub(super) fn weight(&self, values: &[f32]) -> Weight {
        Weight { name: self.name.clone(), shape: self.shape.clone(), values: values.to_vec() }
    }

    pub(super) fn describe(&self) -> (&str, &[usize]) {
        (&self.name, &self.shape)
    }
}

/// Where a program's batch lies: rows, then labels, then the step, then factors.
#[derive(Clone, Copy, Debug)]
pub(super) struct InputAt {
    pub(super) rows: usize,
    pub(super) labels: usize,
    pub(super) step: usize,
    /// Where the method is told them.
    pub(super) factors: Option<usize>,
    /// First float behind.
    pub(super) end: usize,
}

impl InputAt {
    pub(super) fn new(at: usize, recording: &Recording) -> Self {
        let len = |shape: &[usize]| shape.iter().product::<usize>().next_multiple_of(4);
        let labels = at + len(&recording.input.shape);
        let step = labels + len(&recording.label.shape);
        let factors = step + 4;
        let end = factors + recording.factors.as_ref().map_or(0, |leaf| len(&leaf.shape));
        Self { rows: at, labels, step, factors: recording.factors.as_ref().map(|_| factors), end }
    }
}

impl Layout {
    /// Where the parameters of a method's second player lie, which are neighbours: they are of one field.
    pub(super) fn of_second(&self, params: &Params) -> Option<Range<usize>> {
        let part = params.card.second?.part;
        let own = || self.tensors.iter().filter(|t| t.trained && t.name.starts_with(part));
        Some(own().map(|t| t.at).min()?..own().map(|t| t.at + t.len()).max()?)
    }

    /// For an optimiser with so many `moments`; `keep` has room for gradients.
    pub(super) fn new(recording: &Recording, trained: &[bool], moments: usize, keep: bool) -> Self {
        let is_state = |name: &str| recording.set.iter().any(|s| s.name == name);
        // Trained, state, frozen; every tensor starts on a 16-byte boundary, and the padding has no gradient.
        let kind = |i: usize| match (trained[i], is_state(&recording.params[i].name)) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        };
        let kinds: Vec<usize> = (0..trained.len()).map(kind).collect();
        let floats = |i: usize| recording.params[i].shape.iter().product::<usize>().next_multiple_of(4);
        let sum = |k: usize| (0..kinds.len()).filter(|i| kinds[*i] == k).map(floats).sum::<usize>();
        let (params, state, frozen) = (sum(0), sum(1), sum(2));
        let rest = (1 + moments + usize::from(keep)) * params;
        let mut next = [0, rest, rest + state];
        let tensors = (0..kinds.len())
            .map(|i| {
                let at = next[kinds[i]];
                next[kinds[i]] += floats(i);
                let p = &recording.params[i];
                Tensor { name: p.name.clone(), shape: p.shape.clone(), trained: trained[i], at }
            })
            .collect();
        let width: usize = recording.outputs.iter().map(|o| o.shape.iter().product::<usize>()).sum();
        let terms = rest + state + frozen;
        let ring = terms + width.next_multiple_of(4);
        Self {
            tensors,
            params,
            moments,
            rest: (rest, state + frozen),
            state,
            terms,
            width,
            ring,
            scratch: ring + (RING * width).next_multiple_of(4),
        }
    }

    /// First float of the optimiser's `i`th moments.
    pub(super) fn moment(&self, i: usize) -> usize {
        (1 + i) * self.params
    }

    /// First float of the gradients, if they are kept.
    pub(super) fn gradients(&self) -> usize {
        self.moment(self.moments)
    }

    /// Where the arena has parameters: the trained ones, and the others if there are any.
    pub(super) fn parameters(&self) -> Vec<(usize, usize)> {
        [(0, self.params), self.rest].into_iter().filter(|(_, len)| *len > 0).collect()
    }

    /// All parameters in module order, from what was read of [`Layout::parameters`].
    pub(super) fn weights(&self, parts: &[Vec<f32>]) -> Vec<Weight> {
        let ranges = self.parameters();
        let of = |t: &Tensor| {
            let i = ranges.iter().rposition(|(begin, _)| t.at >= *begin).expect("every parameter was read");
            let at = t.at - ranges[i].0;
            t.weight(&parts[i][at..at + t.len()])
        };
        self.tensors.iter().map(of).collect()
    }

    /// Writes the values of the chosen parameters, `offset` floats behind their places. All of them must be there.
    pub(super) fn place(&self, values: &[Weight], offset: usize, chosen: impl Fn(&Tensor) -> bool, arena: &Arena) {
        for t in self.tensors.iter().filter(|t| chosen(t)) {
            let found = values.iter().find(|w| w.name == t.name).expect("it fits");
            arena.write(offset + t.at, &found.values);
        }
    }

    /// The parameter that a step changes besides the optimiser.
    pub(super) fn find(&self, update: &Output, trained: bool) -> Result<&Tensor, String> {
        let found = self.tensors.iter().find(|t| t.name == update.name && t.trained == trained);
        let t = found.ok_or_else(|| {
            let kind = if trained { "trained" } else { "untrained" };
            format!("a step changes {}, but there is no {kind} parameter of that name", update.name)
        })?;
        let n: usize = update.shape.iter().product();
        if t.len() == n { Ok(t) } else { Err(format!("a step gives {} {n} values, it has {}", t.name, t.len())) }
    }
}
