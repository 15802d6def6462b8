//! What the page has seen, for the lessons to ask: taken from the stores, and from what is pressed.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use crate::browser;
use crate::held::{Changing, Held};
use crate::store::codes::Codes;
use crate::store::look::Look;
use crate::store::runs::Runs;
use latent_lesson::{AWAKE, Seen, last};
use latent_protocol::RunId;

/// What a part of the page is called.
const NAME: &str = "data-testid";
/// What is moved, and so counts when it has been, not when it is pressed.
const MOVED: &str = "input, select, option";
/// A finding whose outcome is open.
const VERDICTS: &str = ".finding:has(> details[open])";
const OF_FINDING: &str = "finding-";

#[derive(Default)]
struct Counts {
    steps: u64,
    /// The run on show and its step, when somebody last looked.
    run: Option<(RunId, u64)>,
    touched: BTreeMap<String, u32>,
    measured: u32,
    measured_at: Option<(RunId, u64)>,
}

#[derive(Clone, Copy)]
pub struct Watch {
    look: Look,
    runs: Runs,
    codes: Codes,
    counts: Held<Changing<Counts>>,
}

/// The name of the innermost part in which an event happened.
fn part_of(event: &Event, moved: bool) -> Option<String> {
    let target: Element = event.target()?.dyn_into().ok()?;
    if target.matches(MOVED).unwrap_or(false) != moved {
        return None;
    }
    target.closest(&format!("[{NAME}]")).ok().flatten()?.get_attribute(NAME)
}

impl Watch {
    /// Watches for as long as the component that asks lives.
    pub fn new() -> Self {
        let watch = Self { look: Look::get(), runs: Runs::get(), codes: Codes::get(), counts: Held::new(Changing::default()) };
        for (event, moved) in [("click", false), ("change", true)] {
            let listener = window_event_listener_untyped(event, move |event| {
                if let Some(part) = part_of(&event, moved) {
                    watch.counts.get().with(|counts| *counts.touched.entry(part).or_default() += 1);
                }
            });
            on_cleanup(move || listener.remove());
        }
        watch
    }

    /// The curve of a number of the run on show, as steps and values.
    pub fn curve(self, figure: &str) -> Vec<(f64, f64)> {
        let step = self.runs.step.get_untracked() as f64;
        if figure == AWAKE {
            let awake = self.codes.latents.with_untracked(|l| l.order.iter().filter(|i| l.active(**i)).count());
            return vec![(step, awake as f64)];
        }
        let at = self.runs.run.with_untracked(|run| run.as_ref()?.info.as_ref()?.terms.iter().position(|name| name == figure));
        let Some(at) = at else { return vec![] };
        self.runs.history.with_value(|history| {
            history.train.iter().filter_map(|b| Some((b.step as f64, f64::from(*b.terms.get(at)?)))).collect()
        })
    }

    /// What has been seen by now.
    pub fn now(self) -> Seen {
        let Self { look, runs, counts, .. } = self;
        let run = runs.current().map(|id| (id, runs.step.get_untracked()));
        let measured_at = runs.measured_at.get_untracked();
        let (steps, touched, measured) = counts.get().with(|counts| {
            // Steps of a run that somebody else began count from where it was first seen.
            if let (Some((id, step)), Some((before, from))) = (run, counts.run) {
                counts.steps += if id == before { step.saturating_sub(from) } else { step };
            }
            counts.run = run;
            counts.measured += u32::from(measured_at.is_some() && measured_at != counts.measured_at);
            counts.measured_at = measured_at;
            (counts.steps, counts.touched.clone(), counts.measured)
        });
        let params = runs.setup.with_untracked(|setup| {
            let keys = setup.card().into_iter().flat_map(|card| card.all_params()).map(|param| param.key);
            keys.map(|key| (key.to_owned(), setup.get(key))).collect()
        });
        let names = runs.run.with_untracked(|run| run.as_ref().and_then(|r| r.info.as_ref()).map(|info| info.terms.clone()));
        let names = names.unwrap_or_default().into_iter().chain([AWAKE.to_owned()]);
        let figures = names.filter_map(|name| Some((last(&self.curve(&name))?, name))).map(|(value, name)| (name, value)).collect();
        Seen { steps, tab: look.tab.get_untracked().id().into(), touched, params, measured, verdicts: verdicts(), figures }
    }
}

/// Findings whose outcome is open.
fn verdicts() -> Vec<String> {
    let Some(body) = browser::document().body() else { return vec![] };
    let all = browser::all(&body, VERDICTS);
    let name = |card: Element| card.get_attribute(NAME)?.strip_prefix(OF_FINDING).map(String::from);
    all.iter().filter_map(|card| name(card.dyn_into().ok()?)).collect()
}
