//! Where a code comes from.

use std::rc::Rc;

/// What a traversal starts from, and what a path leads between. Codes of images move as the weights do.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A test image, by its index.
    Test(usize),
    /// What the visitor has drawn or dropped.
    Own,
    /// A code itself.
    Code(Rc<[f32]>),
}

impl Source {
    /// What a path leads between at first.
    pub const ENDS: [Self; 2] = [Self::Test(0), Self::Test(1)];
}
