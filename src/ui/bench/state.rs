//! What the bench remembers in this browser.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;
use serde::{Deserialize, Serialize};

use crate::browser;
use crate::part::shared;
use latent_sweep::{Job, Row};

/// The batch of the dialog's own form; others are called by the finding that they are of.
pub const SWEEP: &str = "sweep";

/// In this tab: the queue was running.
pub const RUNNING: &str = "bench";
pub const YES: &str = "yes";

/// Under this name all batches lie in the browser's storage.
const BATCHES: &str = "latent-lab-bench";

/// How many runs of the queue are done, of how many, while it runs: the button outside shows it.
#[derive(Clone, Copy)]
pub struct Count(pub RwSignal<Option<(usize, usize)>>);

impl Count {
    pub fn get() -> Self {
        shared(|| Self(RwSignal::new(None)))
    }
}

/// What the queue is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Opening,
    Loading,
    Building,
    Training,
    /// The run is trained, and is written to the storage.
    Keeping,
    Measuring,
    /// It is written to the storage, and then the queue rests.
    Leaving,
}

/// Runs that belong together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    pub name: String,
    pub jobs: Vec<Job>,
    /// What came of the first of them, or why nothing did.
    pub done: Vec<Result<Row, String>>,
    /// Under which names these are kept, where they are.
    pub kept: Vec<Option<String>>,
    /// Under which name the next one is kept, where it has begun.
    pub halfway: Option<String>,
    /// What the visitor expects of a claim.
    pub expects: Option<bool>,
}

impl Batch {
    pub fn new(name: &str, jobs: Vec<Job>, expects: Option<bool>) -> Self {
        Self { name: name.into(), jobs, expects, ..Self::default() }
    }

    /// The next run to make.
    pub fn next(&self) -> Option<&Job> {
        self.jobs.get(self.done.len())
    }

    /// The runs that are kept: name, label, and the images that they were trained on.
    pub fn kept_runs(&self) -> Vec<(String, String, String)> {
        let all = self.jobs.iter().zip(&self.kept);
        all.filter_map(|(job, id)| Some((id.clone()?, job.label.clone(), job.setup().ok()?.data))).collect()
    }

    pub fn rows(&self) -> Vec<Row> {
        self.done.iter().filter_map(|done| done.as_ref().ok().cloned()).collect()
    }
}

/// Plain data as JSON.
pub fn to_json(value: &impl Serialize) -> Option<String> {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).ok()?;
    js_sys::JSON::stringify(&value).ok()?.as_string()
}

/// All batches of earlier; none where they cannot be read.
pub fn recall() -> Vec<Batch> {
    let read = |text: String| -> Option<Vec<Batch>> {
        let value: JsValue = js_sys::JSON::parse(&text).ok()?;
        serde_wasm_bindgen::from_value(value).ok()
    };
    browser::recall(BATCHES).and_then(read).unwrap_or_default()
}

/// Keeps all batches. Returns whether there was room.
pub fn remember(batches: &Vec<Batch>) -> bool {
    let storage = browser::window().local_storage().ok().flatten();
    to_json(batches).zip(storage).is_some_and(|(text, storage)| storage.set_item(BATCHES, &text).is_ok())
}
