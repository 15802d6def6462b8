//! Operations whose kernels loop, one file each: how a node is made, its kernel, its gradient.

pub mod reduction;
mod rule;

use crate::graph::Loop;

pub(super) use self::rule::{Rule, Split};

/// Declares the file of each operation and lists its rule.
macro_rules! loops {
    ($($file:ident :: $rule:ident),+ $(,)?) => {
        $(pub mod $file;)+

        /// The rules of all of them.
        pub(super) static LOOPS: &[&dyn Rule] = &[$(&$file::$rule),+];
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
