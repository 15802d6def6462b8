//! What a judge that never saw the model says of changed attributes, asked for when one is changed.

use leptos::prelude::*;

use super::words;
use crate::part::shared;
use crate::react::react;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::JUDGED;
use latent_protocol::RunId;
use latent_view::{Measures, View};
use latent_vocabulary::measured::Quantity;

/// Test images that the judge is asked about at most, and as many that it learns from.
const IMAGES: u32 = 500;
/// One of the measures that say it; the others are taken with it.
const ASKED: &str = "took_hold_switch";

/// The judge's answers, and of which network they are.
#[derive(Clone, Copy)]
pub struct Verdicts {
    runs: Runs,
    desks: Desks,
    /// The run and its step when it was asked.
    of: RwSignal<Option<(RunId, u64)>>,
    waits: RwSignal<bool>,
}

impl Verdicts {
    pub fn get() -> Self {
        shared(|| {
            let (runs, desks, look) = (Runs::get(), Desks::get(), Look::get());
            let all = Self { runs, desks, of: RwSignal::new(None), waits: RwSignal::new(false) };
            // An answer, or a complaint in place of one.
            react(move || {
                desks.view(JUDGED).track();
                look.warning.track();
                all.waits.set(false);
            });
            all
        })
    }

    fn run(self) -> Option<RunId> {
        self.runs.run.with(|r| r.as_ref().filter(|r| r.info.is_some()).map(|r| r.id))
    }

    /// Asks about the network on show, unless that has been done at this step.
    pub fn ask(self) {
        let Some(now) = untrack(|| self.run().map(|run| (run, self.runs.step.get()))) else { return };
        let before = self.of.get_untracked();
        // What is asked once more starts anew, and a hand on a slider never rests.
        let busy = self.waits.get_untracked() && before.is_some_and(|(run, _)| run == now.0);
        if before == Some(now) || busy {
            return;
        }
        self.of.set(Some(now));
        self.waits.set(true);
        self.desks.ask(JUDGED, Measures { images: IMAGES, press: now.1 as u32, only: vec![ASKED.into()], of_training: false });
    }

    /// Who says it; nothing before it is asked.
    pub fn note(self) -> Option<String> {
        let (_, step) = self.of.get().filter(|(run, _)| Some(*run) == self.run())?;
        if self.waits.get() {
            return Some(words::JUDGING.into());
        }
        self.value("judge_accuracy").map(|_| words::judged(step))
    }

    /// What it says of an attribute, by its place among the data set's.
    pub fn of(self, index: usize) -> Option<String> {
        self.of.get().filter(|(run, _)| Some(*run) == self.run() && !self.waits.get())?;
        let held = self.value(&format!("took_hold_attribute_{index}"))?;
        let [kept, same, right] = ["kept", "same", "judge"].map(|what| self.value(&format!("{what}_attribute_{index}")));
        Some(words::held(held, kept, same, right))
    }

    fn value(self, id: &str) -> Option<f64> {
        let view = self.desks.view(JUDGED).get()?;
        let View::Sheet(sheet) = &*view else { return None };
        sheet.iter().find(|measured| measured.name == id).and_then(|measured| match measured.value {
            Quantity::Number(value) => Some(value),
            _ => None,
        })
    }
}
