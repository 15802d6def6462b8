//! How a product is cut into tiles, and who computes one.

use super::gemm::Gemm;
use super::target::{LANES, SIDE, TURNS, Target};

/// Invocations that share their loads.
pub(super) const QUAD: usize = 4;

/// Steps of the inner loop whose operands are in workgroup memory at a time: each lane brings one vector of each operand.
pub(super) const DEPTH: usize = SIDE;
/// Vectors from one step's to the next: one is unused, so that equal places of neighbouring steps lie in different banks.
pub(super) const PITCH: usize = SIDE + 1;

/// Products with a smaller dimension are computed by register tiles: a workgroup's would be mostly empty.
const LEAST: usize = 32;

/// Rows and columns of each invocation, where a workgroup's tile suits the product.
fn workgroup_tile(gemm: &Gemm) -> Option<[usize; 2]> {
    let each = |n: usize| if n <= 2 * SIDE { 2 } else { 4 };
    (gemm.m >= LEAST && gemm.n >= LEAST && gemm.k >= DEPTH).then(|| [each(gemm.m), each(gemm.n)])
}

/// Products of at most this many terms an element are computed without tiles, where compiling a tile's stores is dear.
pub(super) const SHALLOW: usize = 16;

/// From this many elements on, time saved on each is worth more text to compile.
pub(super) const WIDE: usize = 1 << 16;

/// Products below this many multiplications are computed by tiles of a quarter: on them a large tile saves less time than
/// compiling it takes.
const SMALL_PRODUCT: u64 = 2_000_000;

/// Who computes a tile together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Team {
    /// One invocation.
    Lane,
    /// Four neighbouring lanes. Each loads its own rows and columns; the smaller operand is swapped between them.
    Quad { rows_travel: bool },
    /// A workgroup.
    Workgroup,
}

/// How a product is cut into tiles.
#[derive(Clone, Copy)]
pub(super) struct Tiling {
    /// Rows and columns that one invocation has of each tile.
    pub(super) tm: usize,
    pub(super) tn: usize,
    pub(super) team: Team,
}

impl Tiling {
    /// Tiles never much larger than the product.
    pub(super) fn new(gemm: &Gemm, target: Target) -> Self {
        if let Some([tm, tn]) = workgroup_tile(gemm).filter(|_| target.shared) {
            return Self { tm, tn, team: Team::Workgroup };
        }
        // In 64 bits: a browser counts addresses in 32.
        let multiplications = [gemm.m, gemm.n, gemm.k].iter().fold(gemm.batch as u64, |all, n| all * *n as u64);
        let small = multiplications < SMALL_PRODUCT;
        let shrink = |t: usize| if small { (t / 2).max(1) } else { t };
        let side = if target.quads { QUAD } else { 1 };
        let fit = |tile: usize, n: usize| {
            let mut t = tile;
            while t > 1 && t * side >= 2 * n {
                t /= 2;
            }
            t
        };
        let (tm, tn) = (fit(shrink(target.tile[0]), gemm.m), fit(shrink(target.tile[1]), gemm.n));
        Self { tm, tn, team: if target.quads { Team::Quad { rows_travel: tm < tn } } else { Team::Lane } }
    }

    /// Invocations that bring rows, and as many that bring columns.
    fn side(self) -> usize {
        match self.team {
            Team::Lane => 1,
            Team::Quad { .. } => QUAD,
            Team::Workgroup => SIDE,
        }
    }

    /// Invocations that compute one tile together.
    pub(super) fn invocations(self) -> usize {
        match self.team {
            Team::Lane => 1,
            Team::Quad { .. } => QUAD,
            Team::Workgroup => LANES,
        }
    }

    /// Rows that a tile covers.
    pub(super) fn height(self) -> usize {
        self.side() * self.tm
    }

    /// Columns that a tile covers.
    pub(super) fn width(self) -> usize {
        self.side() * self.tn
    }

    /// Tiles down and across.
    pub(super) fn tiles(self, gemm: &Gemm) -> [usize; 2] {
        [gemm.m.div_ceil(self.height()), gemm.n.div_ceil(self.width())]
    }
}

/// Steps of the inner loop that register tiles take in one turn.
pub(super) fn unroll(gemm: &Gemm, target: Target, parts: usize) -> usize {
    if parts == 1 && gemm.k.is_multiple_of(target.unroll) { target.unroll } else { 1 }
}

/// The fewest pieces of the inner loop that leave none of them more turns than an invocation may take.
pub(super) fn fewest_parts(gemm: &Gemm, tiling: Tiling, target: Target) -> usize {
    let together = tiling.team == Team::Workgroup;
    let turns = gemm.k / if together { 1 } else { unroll(gemm, target, 1) };
    if turns <= TURNS { 1 } else { gemm.k.div_ceil(TURNS) }
}
