//! What came out.

use serde::{Deserialize, Serialize};

/// A figure of a run, once for each seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    pub run: String,
    pub measure: String,
    pub values: Vec<f64>,
}

/// What came out of a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub id: String,
    /// Tells what was run from what is there now: a sum of the finding and of the sources of its methods.
    pub of: String,
    /// Who executed it.
    pub adapter: String,
    pub seconds: f64,
    pub taken: Vec<Taken>,
}
