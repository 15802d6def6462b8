//! What the controls describe, the run in the engine, and the pretrained model where there is none: setups, steps, curves.

pub mod controls;
pub mod images;

use std::cell::Cell;

use leptos::prelude::*;

use crate::browser;
use crate::held::{Changing, Held};
use crate::model::Model;
use crate::past::Past;
use crate::store::link::Link;
use crate::store::look::Look;
use latent_experiment::{History, Preset, Setup};
use latent_protocol::{Command, PlanInfo, RunId, Speed};

/// Milliseconds over which the page itself measures the pace.
const PACE_OVER: f64 = 2_000.0;

/// Where a run's first weights came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Pretrained,
    /// The pretrained model, trained further.
    Continued,
    Noise,
    /// The copy kept before the engine broke.
    Restored,
    /// A run of an earlier visit.
    Kept,
    /// A file of the visitor's.
    File,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    Building,
    Paused,
    Training,
    Failed(String),
}

/// The run in the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub setup: Setup,
    pub origin: Origin,
    pub phase: Phase,
    pub info: Option<PlanInfo>,
}

/// What to do once the run being built stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Then {
    Stay,
    Train,
    /// Takes so many steps.
    Steps(u32),
}

/// What the weights of a run begin from.
#[derive(Clone)]
pub enum Beginning {
    Noise,
    /// Weights or a checkpoint, as safetensors.
    File(Vec<u8>),
    /// The run of that name in the browser's storage.
    Kept(String),
}

/// A run to begin.
#[derive(Clone)]
pub struct Start {
    pub setup: Setup,
    pub origin: Origin,
    pub from: Beginning,
    pub then: Then,
}

/// The stores that this one names, and what is no signal.
struct Parts {
    look: Look,
    link: Link,
    /// Counts the runs there have been.
    runs: Cell<RunId>,
    /// Counts what the visitor has chosen to see, for what is fetched to know that it comes too late.
    choices: Cell<u32>,
    /// When, and at which step, the page began to look at the pace.
    pace: Cell<Option<(f64, u64)>>,
    /// What the engine last had that another method can stand on.
    host: Changing<Option<Setup>>,
}

#[derive(Clone, Copy)]
pub struct Runs {
    /// What the controls say.
    pub setup: RwSignal<Setup>,
    /// The trained model that the page opens with, or that was chosen since.
    pub preset: RwSignal<&'static Preset>,
    /// What its player says of it.
    pub played: RwSignal<Option<PlanInfo>>,
    pub run: RwSignal<Option<Run>>,
    pub step: RwSignal<u64>,
    pub speed: RwSignal<Speed>,
    /// Counts changes of [`Runs::history`].
    pub curves: RwSignal<u32>,
    pub history: StoredValue<History, LocalStorage>,
    /// How many test images the run on show is tested on, once it was.
    pub tested: RwSignal<Option<u32>>,
    /// Curves of earlier runs, the latest first.
    pub past: StoredValue<Vec<Past>, LocalStorage>,
    /// The run and the step that the measures were taken of.
    pub measured_at: RwSignal<Option<(RunId, u64)>>,
    parts: Held<Parts>,
}

impl Runs {
    pub fn new(look: Look, link: Link, setup: Setup, preset: &'static Preset) -> Self {
        Self {
            setup: RwSignal::new(setup),
            preset: RwSignal::new(preset),
            played: RwSignal::new(None),
            run: RwSignal::new(None),
            step: RwSignal::new(0),
            speed: RwSignal::new(Speed::default()),
            curves: RwSignal::new(0),
            history: StoredValue::new_local(History::default()),
            tested: RwSignal::new(None),
            past: StoredValue::new_local(Vec::new()),
            measured_at: RwSignal::new(None),
            parts: Held::new(Parts {
                look,
                link,
                runs: Cell::new(0),
                choices: Cell::new(0),
                pace: Cell::new(None),
                host: Changing::default(),
            }),
        }
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    fn look(self) -> Look {
        self.parts().look
    }

    fn link(self) -> Link {
        self.parts().link
    }

    /// What the panels may ask of the model on show.
    pub fn model(self) -> Model {
        self.run.with(|r| match r.as_ref().and_then(|r| r.info.as_ref()) {
            Some(info) => Model::new(Some(info), r.as_ref().map(|r| &r.setup)),
            // Panels of tokens and features need the engine.
            None => Model { grid: None, features: None, ..self.played.with(|played| Model::new(played.as_ref(), None)) },
        })
    }

    /// Number of the run in the engine.
    pub fn current(self) -> Option<RunId> {
        self.run.with_untracked(|r| r.as_ref().map(|r| r.id))
    }

    /// The network of the run in the engine stands.
    pub fn stands(self) -> bool {
        self.run.with(|r| r.as_ref().is_some_and(|r| r.info.is_some()))
    }

    pub fn is_training(self) -> bool {
        self.run.with(|r| r.as_ref().is_some_and(|r| r.phase == Phase::Training))
    }

    /// Whether the controls describe another network than the one on show.
    pub fn needs_new_run(self) -> bool {
        let setup = self.setup.get();
        self.run.with(|run| run.as_ref().is_some_and(|r| r.origin != Origin::Pretrained && r.setup.needs_rebuild(&setup)))
    }

    /// Whether Train starts over from noise instead of going on.
    pub fn train_is_new(self) -> bool {
        self.needs_new_run()
            || self
                .run
                .with(|run| run.as_ref().is_none_or(|r| r.origin == Origin::Pretrained || matches!(r.phase, Phase::Failed(_))))
    }

    /// Whether the model on show is the preset, as it was trained.
    pub fn shows_preset(self) -> bool {
        self.run.with(|run| run.as_ref().is_none_or(|r| r.origin == Origin::Pretrained))
    }

    /// Name of the data set that the preset on show was trained on.
    pub fn preset_data(self) -> &'static str {
        self.preset.with_untracked(|preset| preset.data().id)
    }

    /// The network that another method could stand on: the one on show, or the last that was.
    pub fn host(self) -> Option<Setup> {
        let shown = self.run.with(|r| r.as_ref().filter(|r| r.info.is_some()).map(|r| r.setup.clone()));
        shown.filter(|s| s.can_host() == Ok(true)).or_else(|| self.parts().host.get())
    }

    /// Whether the network on show can be taken apart.
    pub fn can_take_apart(self) -> bool {
        self.link().can_run()
            && self.model().vector
            && self.run.with(|r| r.as_ref().is_some_and(|r| r.info.is_some() && r.setup.can_host() == Ok(true)))
    }

    /// Counts a choice of the visitor's of what is on show.
    pub fn choose(self) -> u32 {
        let parts = self.parts();
        parts.look.chosen.set(true);
        parts.choices.set(parts.choices.get() + 1);
        parts.choices.get()
    }

    /// Whether nothing has been chosen since that choice: what it has fetched may go on show.
    pub fn is_latest(self, choice: u32) -> bool {
        self.parts().choices.get() == choice
    }

    /// A number for a run that is about to begin. The network on show may be taken apart by it.
    pub fn next_id(self) -> RunId {
        let host = untrack(|| self.host());
        let parts = self.parts();
        parts.host.set(host);
        parts.runs.set(parts.runs.get() + 1);
        parts.runs.get()
    }

    /// Puts a run that is being built in the place of the one before.
    pub fn begin(self, id: RunId, setup: Setup, origin: Origin) {
        self.remember_curves();
        self.history.update_value(History::clear);
        self.tested.set(None);
        self.curves.update(|n| *n += 1);
        self.step.set(0);
        self.speed.set(Speed::default());
        self.run.set(Some(Run { id, setup, origin, phase: Phase::Building, info: None }));
    }

    pub fn update(self, f: impl FnOnce(&mut Run)) {
        self.run.update(|run| {
            if let Some(run) = run {
                f(run);
            }
        });
    }

    /// Trains, from where the run is.
    pub fn go(self, run: RunId) {
        self.parts().pace.set(None);
        self.update(|r| r.phase = Phase::Training);
        self.link().send(&Command::Train { run });
    }

    /// Takes some steps. Until the engine says that it has paused the run is training: else Train, pressed in between, would be
    /// answered by the word about this step.
    pub fn take_steps(self, run: RunId, steps: u32) {
        self.update(|r| r.phase = Phase::Training);
        self.link().send(&Command::Step { run, steps });
    }

    pub fn pause(self) {
        if let Some(run) = self.current() {
            self.link().send(&Command::Pause { run });
        }
    }

    /// Takes the engine's speed, or while it has not measured one, what the page sees go by.
    pub fn take_speed(self, step: u64, mut speed: Speed) {
        let (now, parts) = (browser::now(), self.parts());
        let (since, from) = parts.pace.get().unwrap_or((now, step));
        parts.pace.set(Some((since, from)));
        if speed.steps_per_second == 0.0 {
            if now - since < PACE_OVER {
                return;
            }
            let batch = self.run.with_untracked(|r| r.as_ref().map_or(0, |r| r.setup.usize("batch")));
            speed.steps_per_second = step.saturating_sub(from) as f64 / (now - since) * 1e3;
            speed.images_per_second = speed.steps_per_second * batch as f64;
        }
        if now - since >= PACE_OVER {
            parts.pace.set(Some((now, step)));
        }
        self.speed.set(speed);
    }

    /// Keeps the curves of the run on show, which is about to give way.
    pub fn remember_curves(self) {
        let Some((setup, info)) = self.run.get_untracked().and_then(|r| Some((r.setup, r.info?))) else { return };
        if let Some(past) = Past::of(setup, info.terms, self.history.with_value(|h| h.train.clone())) {
            self.past.update_value(|all| past.enter(all));
        }
    }
}
