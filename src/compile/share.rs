//! How a row that a loop walks along is shared: between pieces, which are joined a level later, and between lanes of a workgroup,
//! which join what they have found in its memory.

use super::graph::{Graph, Loop, Node, len};
use super::loops::{Split, Together};
use super::target::{LANES, TURNS, Target};

/// Steps of a row that one lane takes as fast alone.
const SHORT: usize = 16;
/// Steps of a lane below which joining costs more than it saves.
const FEWEST: usize = 4;
/// Steps of a lane that are too many where others could help.
const MANY: usize = 64;
/// Steps of a lane at most, where pieces would only cost a level.
const MOST: usize = 192;
/// Steps of a row that are worth a level more, where there are few rows; and of each piece then.
const WORTH_PIECES: usize = 8192;
const PIECE: usize = 4096;
/// Workgroups that are enough to have no pieces for their sake.
const ENOUGH: usize = 64;
/// Steps of a piece below which it costs more to add up than it saves, where a lane walks alone.
pub(super) const LEAST_PIECE: usize = 64;

/// How a row is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Pieces of the row.
    pub(super) parts: usize,
    /// Lanes that walk along the row, or a piece of it, together: a power of two.
    pub(super) lanes: usize,
}

impl Share {
    /// Of the rows of a node that loops.
    pub(super) fn of(target: Target, g: &Graph, node: &Node, of: &Loop) -> Self {
        let rule = of.rule();
        let (rows, steps, split) = (len(&node.shape), rule.steps(g, node, of), rule.split());
        if !target.together {
            let fewest = steps.div_ceil(TURNS).max(1);
            let parts = match split {
                Split::Never => 1,
                Split::IfFew if rows < target.busy => target.busy.div_ceil(rows).min(steps / LEAST_PIECE).max(fewest),
                _ => fewest,
            };
            return Self { parts, lanes: 1 };
        }
        if let Together::Workgroup = rule.together(of) {
            return Self { parts: 1, lanes: if steps <= LANES { 1 } else { LANES } };
        }
        let parts = match split {
            Split::Never => 1,
            _ if steps <= WORTH_PIECES => 1,
            _ => steps.div_ceil(PIECE).min(ENOUGH.div_ceil(rows)).max(steps.div_ceil(LANES * MOST)),
        };
        Self { parts, lanes: lanes(target, rows * parts, steps.div_ceil(parts)) }
    }

    /// Lanes that add up `parts` pieces of each of `rows` elements together.
    pub(super) fn adders(target: Target, rows: usize, parts: usize) -> usize {
        if target.together { lanes(target, rows, parts) } else { 1 }
    }
}

/// Lanes for each of so many rows of so many steps: as many as keep the adapter busy, but each with some steps of its own, and
/// with not too many.
fn lanes(target: Target, rows: usize, steps: usize) -> usize {
    if steps <= SHORT {
        return 1;
    }
    let lanes = target.busy.div_ceil(rows).min(steps / FEWEST).max(steps.div_ceil(MANY));
    lanes.next_power_of_two().min(LANES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Op;

    #[test]
    fn no_lane_of_a_card_takes_many_steps() {
        for (rows, steps) in [1, 20, 4096, 100_000].into_iter().flat_map(|r| [1, 17, 100, 1568, 100_352, 1 << 24].map(|s| (r, s))) {
            let mut g = Graph::default();
            let x = g.leaf(&[rows, steps + 1]);
            let sum = g.sum(x, &[1]);
            let node = g.node(sum).clone();
            let Op::Loop(of) = &node.op else { panic!("a sum loops") };
            let Share { parts, lanes } = Share::of(Target::GPU, &g, &node, of);
            let adders = Share::adders(Target::GPU, rows, parts);
            let turns = of.rule().turns((steps + 1).div_ceil(parts), lanes).max(of.rule().turns(parts, adders));
            assert!(turns <= 256, "{rows} rows of {steps}: {turns} turns of {lanes} lanes, {parts} pieces by {adders}");
            assert!(lanes.is_power_of_two() && adders.is_power_of_two());
            assert!(parts == 1 || lanes > 1, "pieces lie as lanes that work together put them");
            let alone = Share::of(Target::SOFTWARE, &g, &node, of);
            assert_eq!(alone.lanes, 1, "software adapters have no use for it");
        }
    }
}
