//! The findings of the site.

use leptos::wasm_bindgen::JsValue;
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
    let bytes = browser::fetch("findings.json").await?;
    let text = JsValue::from_str(&String::from_utf8_lossy(&bytes));
    let json = js_sys::JSON::parse(&text.as_string().unwrap_or_default()).map_err(|_| "findings.json is damaged")?;
    serde_wasm_bindgen::from_value(json).map_err(|e| format!("findings.json is damaged: {e}"))
}
