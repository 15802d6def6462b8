//! Operations whose kernels loop, one file each: how a node is made, its kernel, its gradient.

mod plain;
pub mod reduction;
mod rule;

use crate::graph::Loop;

pub use self::plain::Given;
use self::reduction::Reduction;
pub(super) use self::rule::{Head, Rule, Split, Together};

/// An operation on the processor: of its arguments, a result of some shape.
type Run = fn(&Loop, &[Given<'_>], &[usize], &mut [f32]);

/// Whether an operation can make a result of this shape from arguments of those. Nobody knows where they come from.
type Fits = fn(&Loop, &[&[usize]], &[usize]) -> bool;

/// Declares the file of each operation and lists its rule, and what it does in plain Rust, to what. Those are lists of their own,
/// so that who runs graphs on the processor has no kernels.
macro_rules! loops {
    ($($file:ident :: $rule:ident),+ $(,)?) => {
        $(pub mod $file;)+

        /// The rules of all of them.
        pub(super) static LOOPS: &[&dyn Rule] = &[$(&$file::$rule),+];

        static RUNS: &[(&str, Run)] = &[$(($file::NAME, $file::run)),+];

        static FITS: &[(&str, Fits)] = &[$(($file::NAME, $file::fits)),+];
    };
}

loops! {
    reduce::Reduce,
    arg_reduce::ArgReduce,
    scatter_add::ScatterAdd,
    cum_sum::CumSum,
    rank::Rank,
    kth_largest::KthLargest,
}

/// What nodes call the operations that are no reductions.
pub const ARG_REDUCE: &str = arg_reduce::NAME;
/// See there.
pub const SCATTER_ADD: &str = scatter_add::NAME;
/// See there.
pub const CUM_SUM: &str = cum_sum::NAME;
/// See there.
pub const RANK: &str = rank::NAME;
/// See there.
pub const KTH_LARGEST: &str = kth_largest::NAME;

impl Loop {
    /// The rule of the operation.
    pub(super) fn rule(&self) -> &'static dyn Rule {
        *LOOPS.iter().find(|r| r.name() == self.name).expect("a node is made by its rule's file")
    }
}

/// What the operation gives for `args`, on the processor.
///
/// # Panics
/// If arguments are missing or do not fit the shape, or nothing has that name: the caller's mistake.
pub fn run(of: &Loop, args: &[Given<'_>], shape: &[usize], out: &mut [f32]) {
    let (_, run) = RUNS.iter().find(|(name, _)| *name == of.name).expect("a node is made by its rule's file");
    run(of, args, shape, out);
}

/// Whether the operation, with its axes and its variant, can make a result of `shape` from arguments of the shapes `args`, none of which
/// is empty. What fits runs without a panic.
pub fn fits(of: &Loop, args: &[&[usize]], shape: &[usize]) -> bool {
    FITS.iter().find(|(name, _)| *name == of.name).is_some_and(|(_, fits)| fits(of, args, shape))
}

/// The name that nodes have of an operation: itself, if there is one of that name.
pub fn named(name: &str) -> Option<&'static str> {
    RUNS.iter().map(|(own, _)| *own).find(|own| *own == name)
}

/// The reduction that it is, if it is one.
pub fn reduction_of(of: &Loop) -> Option<Reduction> {
    (of.name == reduce::NAME).then(|| Reduction::ALL[usize::from(of.variant) % Reduction::ALL.len()])
}
