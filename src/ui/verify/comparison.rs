//! The comparison, by a worker of its own, which ends with its answer. Fetched when it is asked for.

use leptos::prelude::*;

use super::asked::Asked;
use super::words;
use crate::browser;
use crate::port::{Heard, Port};
use crate::react::react;
use crate::store::runs::Runs;
use crate::transport::words::no_gpu;
use latent_experiment::Setup;
use latent_protocol::{Command, EngineChoice, Event, VerifyReport};
use latent_vocabulary::device::Hints;

/// Enough to see the gradients of a network that has moved.
const STEPS: u32 = 3;

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    Idle,
    Loading,
    Comparing,
    Done(VerifyReport),
    Failed(String),
}

/// One comparison and the worker that makes it.
#[derive(Clone, Copy)]
struct Comparison {
    phase: RwSignal<Phase>,
    worker: StoredValue<Option<Port>, LocalStorage>,
}

impl Comparison {
    fn new() -> Self {
        Self { phase: RwSignal::new(Phase::Idle), worker: StoredValue::new_local(None) }
    }

    fn is_running(self) -> bool {
        matches!(self.phase.get(), Phase::Loading | Phase::Comparing)
    }

    fn start(self, setup: Setup) {
        if untrack(|| self.is_running()) {
            return;
        }
        self.phase.set(Phase::Loading);
        let port = Port::spawn(EngineChoice::Burn, move |heard| self.hear(&setup, heard));
        match port {
            Ok(port) => self.worker.set_value(Some(port)),
            Err(e) => self.phase.set(Phase::Failed(browser::error_text(&e))),
        }
    }

    fn send(self, command: &Command) {
        self.worker.with_value(|port| port.iter().for_each(|port| port.send(command)));
    }

    fn hear(self, setup: &Setup, heard: Heard) {
        match heard {
            Heard::Loaded => {
                self.send(&Command::Open { assets: browser::assets(), engine: EngineChoice::Burn, hints: Hints::default() });
            }
            Heard::Crashed(message) => self.end(Phase::Failed(message)),
            Heard::Event(event) => match event {
                Event::Ready { .. } => self.send(&Command::Load { data: setup.data.clone() }),
                Event::DataReady { .. } => {
                    self.phase.set(Phase::Comparing);
                    self.send(&Command::Verify { setup: setup.clone(), steps: STEPS });
                }
                Event::Verified { report } => self.end(Phase::Done(report)),
                Event::NoGpu { reason, detail } => {
                    self.end(Phase::Failed(if detail.is_empty() { no_gpu(reason).what.into() } else { detail }));
                }
                Event::DataFailed { message } | Event::Warning { message } | Event::DeviceLost { message } => {
                    self.end(Phase::Failed(message));
                }
                // It has no run, so there is nothing else to tell of but progress.
                _ => {}
            },
        }
    }

    fn end(self, phase: Phase) {
        // The first answer counts: a worker that breaks may say so twice.
        if untrack(|| self.is_running()) {
            self.phase.set(phase);
        }
        // The wire is dropped after this message handler, which belongs to it, has returned.
        browser::next_frame(move || {
            if !untrack(|| self.is_running()) {
                self.worker.set_value(None);
            }
        });
    }
}

/// Begins whenever the button is pressed, and says how far it is.
#[component]
pub fn Answer() -> impl IntoView {
    let runs = Runs::get();
    let Asked { presses, running } = expect_context();
    let comparison = Comparison::new();
    react(move || {
        presses.track();
        comparison.start(runs.setup.get_untracked());
    });
    react(move || running.set(comparison.is_running()));
    move || match comparison.phase.get() {
        Phase::Idle => String::new(),
        Phase::Loading => words::VERIFY_LOADING.into(),
        Phase::Comparing => words::VERIFY_COMPARING.into(),
        Phase::Done(report) => words::verified(&report),
        Phase::Failed(message) => words::verify_failed(&message),
    }
}
