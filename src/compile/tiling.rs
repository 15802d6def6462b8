//! How a product is cut into tiles, and who computes one.

use super::gemm::Gemm;
use super::share::LEAST_PIECE;
use super::target::{LANES, TURNS, Target};

/// Invocations that share their loads.
pub(super) const QUAD: usize = 4;

/// Sides of squares of lanes, in the order in which they are tried.
const SIDES: [usize; 3] = [16, 8, 4];

/// Vectors of workgroup memory that suffice for an operand, whatever the square.
pub(super) const VECTORS: usize = LANES + LANES / SIDES[SIDES.len() - 1];

/// Smallest rows and columns, and steps of the inner loop, of a product that workgroups compute: they would be mostly empty.
const LEAST: usize = 3;
const LEAST_STEPS: usize = 8;

/// Workgroups below which a card's cores are idle.
const ENOUGH: usize = 32;
/// Floating-point operations from which on a product with fewer of them is computed in pieces, which cost a level more.
const WORTH_PIECES: u64 = 10_000_000;
/// Steps of the inner loop that one square takes at most without pieces.
const MOST: usize = 512;

/// A square of lanes, several of which are a workgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Square {
    /// Lanes down and across.
    pub(super) side: usize,
}

impl Square {
    /// Squares of a workgroup: each takes its own steps of a product's inner loop.
    pub(super) fn count(self) -> usize {
        LANES / (self.side * self.side)
    }

    /// Steps of the inner loop whose operands are in workgroup memory at a time: each lane brings one vector of each operand.
    pub(super) fn depth(self) -> usize {
        LANES / self.side
    }

    /// Vectors from one step's to the next: one is unused, so that equal places of neighbouring steps lie in different banks.
    pub(super) fn pitch(self) -> usize {
        self.side + 1
    }
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
    /// A workgroup, by squares.
    Workgroup(Square),
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
        if let Some(tiling) = Self::by_workgroup(gemm, target) {
            return tiling;
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

    /// The largest squares of which there are enough, and of whose work not much more is in vain than of others'.
    fn by_workgroup(gemm: &Gemm, target: Target) -> Option<Self> {
        if gemm.m.min(gemm.n) < LEAST || gemm.k < LEAST_STEPS {
            return None;
        }
        // Few steps suit large squares, which take few at a time.
        let suits = |side: &usize| target.side > 0 && (*side <= target.side || gemm.k <= LANES / side);
        let each = |n: usize, side: usize| n.div_ceil(side).next_power_of_two().min(4);
        let tiling = |side: usize| Self { tm: each(gemm.m, side), tn: each(gemm.n, side), team: Team::Workgroup(Square { side }) };
        let all = || SIDES.into_iter().filter(suits).map(tiling);
        let enough = || all().filter(|t| t.groups(gemm) >= ENOUGH);
        let least = enough().map(|t| t.area(gemm)).min().unwrap_or(0);
        enough().find(|t| t.area(gemm) <= least + least / 4).or(all().next_back())
    }

    /// Workgroups that compute the product in one piece.
    fn groups(self, gemm: &Gemm) -> usize {
        let [rows, columns] = self.tiles(gemm);
        gemm.batch * rows * columns
    }

    /// Rows by columns by steps that tiles and turns cover of the product.
    fn area(self, gemm: &Gemm) -> u64 {
        let [rows, columns] = self.tiles(gemm);
        let steps = if let Team::Workgroup(square) = self.team { gemm.k.next_multiple_of(square.depth()) } else { gemm.k };
        [rows * self.height(), columns * self.width(), steps].iter().map(|n| *n as u64).product()
    }

    /// Invocations that bring rows, and as many that bring columns.
    fn side(self) -> usize {
        match self.team {
            Team::Lane => 1,
            Team::Quad { .. } => QUAD,
            Team::Workgroup(square) => square.side,
        }
    }

    /// Invocations that compute one tile together.
    pub(super) fn invocations(self) -> usize {
        match self.team {
            Team::Lane => 1,
            Team::Quad { .. } => QUAD,
            Team::Workgroup(_) => LANES,
        }
    }

    /// Shares that the inner loop's steps, of a piece, are cut into.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn squares(self) -> usize {
        if let Team::Workgroup(square) = self.team { square.count() } else { 1 }
    }

    /// Steps of the inner loop whose operands are loaded before any of them is taken.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn depth(self, gemm: &Gemm, target: Target, parts: usize) -> usize {
        if let Team::Workgroup(square) = self.team { square.depth() } else { unroll(gemm, target, parts) }
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

/// Pieces that the inner loop is cut into.
pub(super) fn parts(gemm: &Gemm, tiling: Tiling, target: Target) -> usize {
    if let Team::Workgroup(square) = tiling.team {
        let flops = 2 * [gemm.batch, gemm.m, gemm.n, gemm.k].iter().map(|n| *n as u64).product::<u64>();
        let groups = if flops > WORTH_PIECES { ENOUGH.div_ceil(tiling.groups(gemm)) } else { 1 };
        return groups.max(gemm.k.div_ceil(square.count() * MOST)).min(gemm.k.div_ceil(square.depth()));
    }
    let work = tiling.groups(gemm) * tiling.invocations();
    let parts = if work >= target.busy { 1 } else { target.busy.div_ceil(work).min(gemm.k / LEAST_PIECE) };
    // The fewest that leave none of them more turns than an invocation may take.
    let fewest = if gemm.k / unroll(gemm, target, 1) <= TURNS { 1 } else { gemm.k.div_ceil(TURNS) };
    parts.max(fewest)
}
