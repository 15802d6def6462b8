//! The queue of runs, on an engine of its own: one run after the other is trained, measured and kept, whatever the page does meanwhile.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

use super::state::{Batch, Count, RUNNING, Stage, YES, recall, remember};
use super::words;
use crate::browser;
use crate::caution;
use crate::conductor::Conductor;
use crate::held::{Changing, Held};
use crate::part::shared;
use crate::port::{self, Heard, Port};
use crate::react::react;
use crate::views::MEASURES;
use latent_experiment::History;
use latent_protocol::{Command, Event, PlanInfo, RunId, View};
use latent_sweep::{Job, Made, Row, figures};
use latent_view::Measures;
use latent_vocabulary::device::{AdapterInfo, Hints};
use latent_vocabulary::measured::Measured;

/// Milliseconds of training after which a run is kept once more: what a reload loses at most.
const KEEP_EVERY: f64 = 4_000.0;

/// What an engine is given when all is done.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What is no signal.
#[derive(Default)]
struct Parts {
    port: Changing<Option<Rc<Port>>>,
    /// Counts engines: one that was left may still say something.
    engines: Cell<u32>,
    /// Counts runs of this engine.
    run: Cell<RunId>,
    /// The images that the engine has.
    loaded: Changing<String>,
    /// Who takes the steps.
    engine: Changing<String>,
    info: Changing<PlanInfo>,
    history: Changing<History>,
    /// When training began or went on, and at which step.
    began: Cell<(f64, u64)>,
    /// When the run was last kept, and whether it is being kept.
    kept: Cell<(f64, bool)>,
    /// Milliseconds a step, and of measuring a run, of what was last run.
    pace: Cell<(f64, f64)>,
    /// The run began from a kept one.
    resumed: Cell<bool>,
    /// It could not be kept, and that was said.
    unkept: Cell<bool>,
    /// Its time is over, and the engine was told.
    late: Cell<bool>,
}

#[derive(Clone, Copy)]
pub struct Queue {
    batches: RwSignal<Vec<Batch>>,
    pub running: RwSignal<bool>,
    pub stage: RwSignal<Stage>,
    /// Of the run at hand.
    pub step: RwSignal<u64>,
    pub trouble: RwSignal<Option<String>>,
    conductor: Conductor,
    parts: Held<Parts>,
}

/// An engine's name in tables, as the command line has it.
fn engine_name(info: &AdapterInfo) -> String {
    if info.processor.is_some() { words::PROCESSOR.into() } else { info.name.clone() }
}

impl Queue {
    pub fn get() -> Self {
        shared(Self::new)
    }

    fn new() -> Self {
        let queue = Self {
            batches: RwSignal::new(recall()),
            running: RwSignal::new(false),
            stage: RwSignal::new(Stage::Opening),
            step: RwSignal::new(0),
            trouble: RwSignal::new(None),
            conductor: Conductor::get(),
            parts: Held::new(Parts::default()),
        };
        let Count(count) = Count::get();
        react(move || {
            let of = |all: &Vec<Batch>| {
                let left = || all.iter().filter(|batch| batch.next().is_some());
                (left().map(|b| b.done.len()).sum(), left().map(|b| b.jobs.len()).sum())
            };
            count.set(queue.running.get().then(|| queue.batches.with(of)));
        });
        if browser::recall_in_tab(RUNNING).as_deref() == Some(YES) {
            browser::later(move || queue.go(), Duration::ZERO);
        }
        queue
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    /// Something of the batch called `name`, where there is one.
    pub fn of<R>(self, name: &str, f: impl FnOnce(&Batch) -> R) -> Option<R> {
        self.batches.with(|all| all.iter().find(|batch| batch.name == name).map(f))
    }

    /// The run that is or would be made next, with the name of its batch.
    pub fn current(self) -> Option<(String, Job)> {
        self.batches.with(|all| all.iter().find_map(|batch| Some((batch.name.clone(), batch.next()?.clone()))))
    }

    fn job(self) -> Option<Job> {
        untrack(|| self.current()).map(|(_, job)| job)
    }

    /// Something of the run at hand, where there is one.
    fn with_job<R>(self, f: impl FnOnce(&Job) -> R) -> Option<R> {
        self.batches.with_untracked(|all| all.iter().find_map(Batch::next).map(f))
    }

    /// Whether there is a run at hand, and it is so.
    fn job_is(self, f: impl FnOnce(&Job) -> bool) -> bool {
        self.with_job(f) == Some(true)
    }

    /// Which part of the run at hand is done, where it is of that batch.
    pub fn part_of(self, name: String) -> f64 {
        match self.current().filter(|(batch, _)| self.running.get() && *batch == name) {
            Some((_, job)) => (self.step.get() as f64 / job.steps as f64).min(1.0),
            None => 0.0,
        }
    }

    /// Seconds until all runs of the queue are made, as far as the last ones tell.
    pub fn left(self) -> Option<f64> {
        let (ms, measuring) = self.parts().pace.get();
        let steps = |all: &Vec<Batch>| -> f64 {
            let left = all.iter().flat_map(|batch| batch.jobs.iter().skip(batch.done.len()));
            left.map(|job| job.steps as f64 * ms + if job.images > 0 { measuring } else { 0.0 }).sum()
        };
        (ms > 0.0).then(|| (self.batches.with(steps) - self.step.get() as f64 * ms).max(0.0) / 1e3)
    }

    /// Takes a batch in place of the one that has its name, and begins.
    pub fn put(self, batch: Batch) {
        if self.running.get_untracked() && untrack(|| self.current()).is_some_and(|(name, _)| name == batch.name) {
            self.stop(None);
        }
        self.batches.update(|all| {
            all.retain(|other| other.name != batch.name);
            all.push(batch);
        });
        self.save();
        self.go();
    }

    fn update(self, f: impl FnOnce(&mut Batch)) {
        self.batches.update(|all| {
            if let Some(batch) = all.iter_mut().find(|batch| batch.next().is_some()) {
                f(batch);
            }
        });
        self.save();
    }

    fn save(self) {
        if !self.batches.with_untracked(remember) {
            self.trouble.set(Some(words::FULL.into()));
        }
    }

    /// Goes on with the queue.
    pub fn go(self) {
        if self.running.get_untracked() || !self.job_is(|_| true) {
            return;
        }
        // Two that train at once would take the processor from each other.
        self.conductor.pause();
        self.trouble.set(None);
        self.step.set(0);
        self.running.set(true);
        browser::remember_in_tab(RUNNING, YES);
        self.stage.set(Stage::Opening);
        let engine = self.parts().engines.get();
        let heard = move |heard| {
            if self.parts().engines.get() == engine {
                self.hear(heard);
            }
        };
        match Port::spawn(port::asked_for().unwrap_or_default(), heard) {
            Ok(port) => self.parts().port.set(Some(Rc::new(port))),
            Err(e) => self.stop(Some(browser::error_text(&e))),
        }
    }

    /// Rests as soon as the run at hand is kept.
    pub fn pause(self) {
        if self.stage.get_untracked() == Stage::Training {
            self.stage.set(Stage::Leaving);
            self.send(&Command::Pause { run: self.parts().run.get() });
        } else {
            self.stop(None);
        }
    }

    /// Rests, and says why where nobody has asked for it.
    fn stop(self, why: Option<String>) {
        self.leave(Duration::ZERO);
        if why.is_some() {
            self.trouble.set(why);
        }
    }

    /// Rests, and gives the engine that long to do what it was told last.
    fn leave(self, wait: Duration) {
        let parts = self.parts();
        parts.engines.set(parts.engines.get() + 1);
        // The wire may be the one whose message handler calls this: it is dropped after that has returned.
        let port = parts.port.take();
        browser::later(move || drop(port), wait);
        parts.loaded.set(String::new());
        self.running.set(false);
        browser::remember_in_tab(RUNNING, "");
    }

    fn send(self, command: &Command) {
        let port = self.parts().port.get();
        if let Some(port) = port {
            port.send(command);
        }
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Loaded => self.send(&port::opening(Hints { bench: true, ..caution::hints() })),
            Heard::Crashed(message) => self.stop(Some(message)),
            Heard::Event(event) => self.take(event),
        }
    }

    fn take(self, event: Event) {
        let parts = self.parts();
        let here = |run: RunId| run == parts.run.get();
        match event {
            Event::Ready { adapter } => {
                parts.engine.set(engine_name(&adapter));
                self.next();
            }
            Event::NoGpu { detail: message, .. } | Event::DataFailed { message } | Event::DeviceLost { message } => {
                self.stop(Some(message));
            }
            Event::DataReady { data, .. } => {
                parts.loaded.set(data.id);
                self.begin();
            }
            Event::Resumed { run, step, history } if here(run) => {
                parts.history.set(history);
                self.step.set(step);
            }
            Event::Built { run, info } if here(run) => self.built(info),
            Event::NotCompiled { run, message } | Event::RunFailed { run, message } if here(run) => self.fail(message),
            Event::Metrics { run, rows, .. } if here(run) => {
                parts.history.with(|history| rows.iter().for_each(|row| history.push(row)));
                if let Some(last) = rows.last() {
                    self.moved(last.step);
                }
            }
            Event::Paused { run, .. } if here(run) => match self.stage.get_untracked() {
                Stage::Training if self.job_is(|job| !self.over(job)) => self.train(),
                Stage::Training => {
                    self.stage.set(Stage::Keeping);
                    self.send(&Command::Keep { run });
                }
                Stage::Leaving => self.send(&Command::Keep { run }),
                // It was paused twice: when its time was over, and when its steps were.
                _ => {}
            },
            Event::Kept { run, id, step } if here(run) => self.kept(Some(id), step),
            Event::NotKept { run, message } if here(run) => {
                if !parts.unkept.replace(true) {
                    self.trouble.set(Some(words::not_kept(&message)));
                }
                self.kept(None, self.step.get_untracked());
            }
            Event::Viewed { run, slot: MEASURES, view: View::Sheet(sheet), .. } if here(run) => self.finish(&sheet),
            // In place of measures.
            Event::Warning { message } if self.stage.get_untracked() == Stage::Measuring => self.fail(message),
            _ => {}
        }
    }

    /// Begins with the next run, or rests where there is none.
    fn next(self) {
        let Some(setup) = self.job().and_then(|job| job.setup().ok()) else {
            if self.job_is(|_| true) {
                return self.fail(words::STRANGE.into());
            }
            // The last run is still to have its name.
            return self.leave(LAST_WORDS);
        };
        self.step.set(0);
        if self.parts().loaded.get() == setup.data {
            return self.begin();
        }
        self.stage.set(Stage::Loading);
        self.send(&Command::Load { data: setup.data });
    }

    /// The images are there.
    fn begin(self) {
        let Some(setup) = self.job().and_then(|job| job.setup().ok()) else { return };
        let (parts, run) = (self.parts(), self.parts().run.get() + 1);
        parts.run.set(run);
        parts.history.set(History::default());
        let halfway = self.batches.with_untracked(|all| all.iter().find(|b| b.next().is_some()).and_then(|b| b.halfway.clone()));
        parts.resumed.set(halfway.is_some());
        self.stage.set(Stage::Building);
        self.send(&match halfway {
            Some(id) => Command::Resume { run, id },
            None => Command::Start { run, setup, weights: None },
        });
    }

    fn built(self, info: PlanInfo) {
        let (parts, now) = (self.parts(), browser::now());
        parts.info.set(info);
        let step = self.step.get_untracked();
        parts.began.set((now, step));
        parts.kept.set((now, false));
        parts.late.set(false);
        if self.job_is(|job| self.over(job)) {
            return self.trained();
        }
        self.stage.set(Stage::Training);
        self.train();
    }

    /// Goes on training until the run is over, or may be.
    fn train(self) {
        let step = self.step.get_untracked();
        let Some(next) = self.with_job(|job| job.stop.next(step, job.steps)) else { return };
        self.send(&Command::Step { run: self.parts().run.get(), steps: (next - step) as u32 });
    }

    /// Seconds that the run has been trained for, as far as the pace of its last steps tells: it may have been trained before a reload.
    fn seconds(self) -> f64 {
        self.step.get_untracked() as f64 * self.parts().pace.get().0 / 1e3
    }

    /// Whether the run at hand has made its last step.
    fn over(self, job: &Job) -> bool {
        let step = self.step.get_untracked();
        self.parts().history.with(|history| job.stop.ends(history, step, job.steps, self.seconds()))
    }

    fn moved(self, step: u64) {
        let (parts, now) = (self.parts(), browser::now());
        self.step.set(step);
        let (since, from) = parts.began.get();
        if step > from {
            parts.pace.set(((now - since) / (step - from) as f64, parts.pace.get().1));
        }
        if self.job_is(|job| job.stop.late(self.seconds())) && !parts.late.replace(true) {
            self.send(&Command::Pause { run: parts.run.get() });
        }
        let (kept, busy) = parts.kept.get();
        if self.stage.get_untracked() == Stage::Training && !busy && now - kept > KEEP_EVERY {
            parts.kept.set((now, true));
            self.send(&Command::Keep { run: parts.run.get() });
        }
    }

    fn kept(self, id: Option<String>, step: u64) {
        let parts = self.parts();
        parts.kept.set((browser::now(), false));
        if let Some(id) = id {
            self.update(|batch| batch.halfway = Some(id));
        }
        let done = step == self.step.get_untracked() && self.job_is(|job| self.over(job));
        match self.stage.get_untracked() {
            Stage::Leaving => self.stop(None),
            // One that was written during training may be told of when it is over.
            Stage::Keeping if done => self.trained(),
            _ => {}
        }
    }

    /// The run has all its steps.
    fn trained(self) {
        let Some(job) = self.job() else { return };
        if job.images == 0 {
            return self.finish(&[]);
        }
        self.stage.set(Stage::Measuring);
        self.parts().began.set((browser::now(), job.steps));
        let run = self.parts().run.get();
        let query = Measures { images: job.images, press: run, only: job.measures, of_training: true };
        self.send(&Command::Watch { slot: MEASURES, query: query.into() });
    }

    fn finish(self, sheet: &[Measured]) {
        let parts = self.parts();
        let Some((batch, job)) = untrack(|| self.current()) else { return };
        self.send(&Command::Unwatch { slot: MEASURES });
        let ms = parts.pace.get().0;
        if job.images > 0 {
            parts.pace.set((ms, browser::now() - parts.began.get().0));
        }
        let info = parts.info.get();
        let made = Made {
            names: info.terms,
            parameters: info.parameters,
            flops: info.flops,
            steps: self.step.get_untracked(),
            ms,
            engine: parts.engine.get(),
            measures: figures(sheet, &job.measures),
        };
        let row = parts.history.with(|history| Row::of(&job, made, history));
        let mut kept = None;
        self.update(|batch| {
            kept = batch.halfway.take();
            batch.done.push(Ok(row));
            batch.kept.push(kept.clone());
        });
        if let Some(id) = kept {
            self.send(&Command::Rename { id, name: words::run_name(&batch, &job.label) });
        }
        self.next();
    }

    /// The run cannot be made. One that was kept begins anew.
    fn fail(self, message: String) {
        let again = self.parts().resumed.replace(false) && self.stage.get_untracked() == Stage::Building;
        self.update(|batch| {
            batch.halfway = None;
            if !again {
                batch.done.push(Err(message));
                batch.kept.push(None);
            }
        });
        self.next();
    }
}
