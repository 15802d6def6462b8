//! What the text of a kernel is written with, and what it is once written.

use super::code::Uses;
use super::emit::{Emitter, Place};
use super::graph::{Graph, Id};
use super::target::{TURNS, Target};

/// Elements from which on work counts as long.
const LONG: usize = 4096;

/// What all kernels of a level are written with.
pub(super) struct Writer<'a> {
    pub(super) graph: &'a Graph,
    pub(super) target: Target,
    /// WGSL of the step that noise is keyed by, and what is added to its streams.
    pub(super) noise: (&'static str, u32),
    /// Where each stored node lies.
    pub(super) place: &'a dyn Fn(Id) -> Option<Place>,
}

impl<'a> Writer<'a> {
    /// An emitter for one function.
    pub(super) fn emitter(&self) -> Emitter<'a> {
        Emitter::new(self.graph, self.place, self.noise)
    }
}

/// How a kernel is spread over a dispatch.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// Its body sees the element's index as `i`, and an invocation takes `each` of the `len` elements.
    Elements { len: usize, each: usize },
    /// Workgroups of [`super::target::LANES`] invocations work together: the body sees `group` and `lane`, and all lanes reach
    /// its barriers.
    Groups(usize),
}

impl Work {
    /// One invocation for each element.
    pub(super) fn each(len: usize) -> Self {
        Self::Elements { len, each: 1 }
    }

    /// `len` elements one by one, each of them with up to `turns` turns of loops.
    pub(super) fn elements(target: Target, len: usize, turns: usize) -> Self {
        // Long elementwise work: several neighbours an invocation, where starting an invocation costs more than a loop.
        let each = if len >= LONG { target.each.min(TURNS / (turns + 1)).max(1) } else { 1 };
        Self::Elements { len, each }
    }
}

/// A kernel as text.
pub(super) struct Text {
    pub(super) name: &'static str,
    pub(super) work: Work,
    /// Statements of its function.
    pub(super) body: String,
    /// Functions that these call.
    pub(super) functions: String,
    /// What both need in front of them.
    pub(super) uses: Uses,
}
