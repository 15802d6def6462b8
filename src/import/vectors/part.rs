//! One of the files that a set of vectors comes from.

use latent_packed::Split;

use super::numbers::Table;

/// Rows of numbers, and what is known of them.
pub struct Part {
    pub table: Box<dyn Table>,
    /// What its piece of the plan is called.
    pub name: String,
    /// The file that it is in.
    pub file: String,
    pub split: Option<Split>,
    pub notes: Vec<String>,
}
