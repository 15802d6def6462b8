//! A program that does not train, as an engine keeps it.

use super::layout::InputAt;
use crate::program::PIECE;
use latent_gpu::Recorded;

/// A program with the addresses of its input and outputs.
pub(super) struct Compiled {
    pub(super) recorded: Recorded,
    pub(super) constants: Vec<(usize, Vec<f32>)>,
    pub(super) input: InputAt,
    pub(super) outputs: Vec<(usize, usize)>,
    pub(super) packed: Option<(usize, usize)>,
}

/// What is read of a program's results.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wanted {
    Outputs,
    /// Its pictures, four bytes in the bits of a float.
    Pictures,
}

/// Most test images that are fetched at a time, for a run with such minibatches: see [`minibatches`](crate::program::minibatches).
pub(super) fn most_fetched(batch: usize) -> usize {
    PIECE.max(batch + 1)
}
