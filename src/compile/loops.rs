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

/// Declares the file of each operation and lists its rule, and what it does in plain Rust. Those are two lists, so that who runs
/// graphs on the processor has no kernels.
macro_rules! loops {
    ($($file:ident :: $rule:ident),+ $(,)?) => {
        $(pub mod $file;)+

        /// The rules of all of them.
        pub(super) static LOOPS: &[&dyn Rule] = &[$(&$file::$rule),+];

        static RUNS: &[(&str, Run)] = &[$(($file::NAME, $file::run)),+];
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

/// The reduction that it is, if it is one.
pub fn reduction_of(of: &Loop) -> Option<Reduction> {
    (of.name == reduce::NAME).then(|| Reduction::ALL[usize::from(of.variant) % Reduction::ALL.len()])
}
