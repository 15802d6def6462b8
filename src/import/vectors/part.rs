//! One of the files that a set of vectors comes from.

use latent_packed::Split;

use super::lists::Lists;
use super::numbers::{Numbers, Table};

/// A file, or a tensor of one, that may be rows of numbers.
pub enum One {
    Numbers(Numbers),
    Lists(Lists),
}

impl One {
    pub fn table(&mut self) -> &mut dyn Table {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Lists(lists) => lists,
        }
    }
}

/// A table, and what is known of it.
pub struct Part {
    pub one: One,
    /// What its piece of the plan is called.
    pub name: String,
    /// The file that it is in.
    pub file: String,
    pub split: Option<Split>,
    pub notes: Vec<String>,
}
