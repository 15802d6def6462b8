//! The findings of the site.

use serde::Deserialize;

use crate::browser;
use latent_finding::{Finding, Judged, Record};
use latent_vocabulary::Family;

/// The name of the parameter of a link that opens a finding.
pub const PARAMETER: &str = "finding";

/// What the site has of a finding.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    pub finding: Finding,
    pub record: Option<Record>,
}

impl Found {
    /// What is expected, and whether it was so; `None` where nobody has run it.
    pub fn judged(&self) -> Option<Vec<Judged>> {
        self.finding.judge(&self.record.as_ref()?.taken).ok()
    }

    /// The line of methods that its first run is of.
    pub fn family(&self) -> Option<Family> {
        self.finding.runs.first()?.setup(0).ok()?.card().ok().map(|card| card.family)
    }
}

/// All findings of the site.
pub async fn read() -> Result<Vec<Found>, String> {
    browser::fetch_json("findings.json").await
}
