//! Runs: how one takes the place of another, with other images or on another engine where it must.

use leptos::prelude::*;
use serde_bytes::ByteBuf;

use crate::caution::{self, Making};
use crate::conductor::Conductor;
use crate::port;
use crate::store::Stores;
use crate::store::desks::Shown;
use crate::store::link::EngineState;
use crate::store::runs::{Beginning, Origin, Phase, Start, Then};
use crate::{browser, words};
use latent_catalog::CARDS;
use latent_experiment::Setup;
use latent_protocol::{Command, EngineChoice, KeptRun, RunId};
use latent_vocabulary::Family;

/// Milliseconds that an engine which is given up has to keep its run.
const KEEP_LIMIT: u64 = 5_000;

/// A kept run's experiment; parameters that this program no longer knows have their defaults, those that
/// contradict others what is possible.
fn setup_of(run: &KeptRun) -> Setup {
    let (mut setup, _) = Setup::from_query(&run.setup, &[]);
    setup.settle();
    setup
}

/// A kept run as a run to begin.
fn resumption(run: &KeptRun) -> Start {
    Start { setup: setup_of(run), origin: Origin::Kept, from: Beginning::Kept(run.id.clone()), then: Then::Stay }
}

fn from_noise(setup: Setup, then: Then) -> Start {
    Start { setup, origin: Origin::Noise, from: Beginning::Noise, then }
}

impl Conductor {
    pub(super) fn start(self, start: Start) {
        let Stores { link, runs, desks, codes, files, .. } = self.stores();
        if self.parts().leaving.get().is_some() {
            // The engine that will take it is not there yet.
            self.parts().starting.set(Some(start));
            return;
        }
        let executor = self.executor_for(&start.setup);
        if executor != link.executor.get_untracked() {
            return self.change_engine(executor, start);
        }
        files.leave_run(&start.from);
        let Start { setup, origin, from, .. } = start.clone();
        let id = runs.next_id();
        self.parts().starting.set(Some(start));
        files.begin_run();
        files.recall_names(&setup, &from);
        codes.begin_run();
        self.put_on_show(match origin {
            Origin::Pretrained => desks.preset(),
            _ => Shown::Run(id),
        });
        runs.begin(id, setup.clone(), origin);
        // Questions about the old network may not fit the new one; they are asked again once it stands.
        desks.unwatch_all();
        caution::begins(Making::Network);
        link.send(&match from {
            Beginning::Noise => Command::Start { run: id, setup, weights: None },
            Beginning::File(bytes) => Command::Start { run: id, setup, weights: Some(ByteBuf::from(bytes)) },
            Beginning::Kept(kept) => Command::Resume { run: id, id: kept },
        });
    }

    /// Burn where the step compiler is known to fail, else whom the link asks for.
    fn executor_for(self, setup: &Setup) -> EngineChoice {
        let refused = self.parts().refused.with(|refused| refused.iter().any(|r| !r.needs_rebuild(setup)));
        if refused { EngineChoice::Burn } else { port::asked_for().unwrap_or_default() }
    }

    /// Ends the worker, once the run on show is kept, and begins `start` on one with another engine.
    fn change_engine(self, executor: EngineChoice, start: Start) {
        let Stores { link, runs, desks, files, .. } = self.stores();
        let kept = files.leave_run(&start.from);
        runs.remember_curves();
        let run = runs.current().unwrap_or(0);
        let parts = self.parts();
        parts.starting.set(Some(start));
        parts.leaving.set(Some((run, runs.step.get_untracked())));
        link.executor.set(executor);
        link.engine.set(EngineState::Loading);
        // Nobody asks it anything more.
        runs.update(|r| (r.phase, r.info) = (Phase::Building, None));
        desks.unwatch_all();
        self.fall_back_to_player();
        if kept {
            browser::later(move || self.leave_engine(run), std::time::Duration::from_millis(KEEP_LIMIT));
        } else {
            self.leave_engine(run);
        }
    }

    /// The run is kept up to `step`: an engine that waited for that alone can go.
    pub(super) fn kept_up_to(self, run: RunId, step: u64) {
        if self.parts().leaving.get().is_some_and(|(leaving, at)| leaving == run && step >= at) {
            self.leave_engine(run);
        }
    }

    /// Leaves the engine that was given up with that run on it, if it is still there.
    pub(super) fn leave_engine(self, run: RunId) {
        let parts = self.parts();
        if parts.leaving.get().is_none_or(|(leaving, _)| leaving != run) {
            return;
        }
        parts.leaving.set(None);
        self.stores().runs.run.set(None);
        self.stores().link.fail_waiters(words::NO_ENGINE);
        // The old wire is dropped after this message handler, which may belong to it, has returned.
        browser::next_frame(move || self.spawn_engine());
    }

    /// Begins the refused run again on eager Burn.
    pub(super) fn fall_back(self, message: &str) {
        let Some(start) = self.parts().starting.take() else { return };
        self.stores().look.warning.set(Some(words::falls_back(message)));
        self.parts().refused.with(|refused| refused.push(start.setup.clone()));
        self.start(start);
    }

    /// Puts a network on show where there is none, or one for other data: the one that waited for this engine, the visitor's
    /// own, else the pretrained one, else an untrained one.
    pub(super) fn start_first_run(self) {
        let Stores { link, runs, files, .. } = self.stores();
        if !untrack(|| link.can_run()) || !files.knows_the_storage() {
            return;
        }
        let setup = runs.setup.get_untracked();
        if runs.run.with_untracked(|r| r.as_ref().is_some_and(|r| r.setup.data == setup.data)) {
            return;
        }
        let preset = setup.data == runs.preset_data();
        if self.parts().preset_wanted.take() && preset {
            return self.open_pretrained();
        }
        let waiting = self.parts().starting.take().filter(|s| s.setup.data == setup.data);
        if let Some(start) = waiting.or_else(|| files.copy_of(&setup.data)) {
            self.start(start);
        } else if self.begin_with_own_run(&setup) {
            // It is on its way.
        } else if preset {
            self.open_pretrained();
        } else {
            self.start(from_noise(setup, Then::Stay));
        }
    }

    /// Begins with this tab's own run, where the address still describes it; else offers the latest.
    fn begin_with_own_run(self, setup: &Setup) -> bool {
        let files = self.stores().files;
        if self.parts().begun.replace(true) {
            return false;
        }
        let own = files.own_run();
        if let Some(run) = own.as_ref().filter(|run| !setup_of(run).needs_rebuild(setup)) {
            self.start(resumption(run));
            return true;
        }
        files.offer.set(own.or_else(|| files.latest()));
        if let Some(address) = browser::parameter("weights") {
            files.fetch_file(browser::decoded(&address));
        }
        false
    }

    /// Goes on with a kept run; the address follows.
    pub fn open_kept(self, run: &KeptRun) {
        self.stores().runs.choose();
        self.stores().files.offer.set(None);
        self.begin_with(resumption(run));
    }

    /// Begins with a file that the engine has looked at, if it is good and still wanted.
    pub(super) fn begin_examined(self, found: Result<Setup, String>) {
        if let Some(start) = self.stores().files.take_examined(found) {
            self.begin_with(start);
        }
    }

    /// Starts `start` with its own setup, once its images are there.
    pub fn begin_with(self, start: Start) {
        let Stores { look, runs, .. } = self.stores();
        let other_data = runs.setup.with_untracked(|s| s.data != start.setup.data);
        runs.setup.set(start.setup.clone());
        look.write_link();
        if other_data {
            self.parts().starting.set(Some(start));
            runs.pause();
            self.load_data();
        } else {
            self.start(start);
        }
    }

    /// Train: goes on, or starts over from noise when the pretrained model is on show or the network has changed.
    pub fn train(self) {
        self.advance(Then::Train);
    }

    pub fn step_once(self) {
        self.advance(Then::Steps(1));
    }

    fn advance(self, then: Then) {
        let runs = self.stores().runs;
        runs.choose();
        if untrack(|| runs.train_is_new()) {
            self.start(from_noise(runs.setup.get_untracked(), then));
        } else if let Some(run) = runs.current() {
            match then {
                Then::Train => runs.go(run),
                Then::Steps(steps) => runs.take_steps(run, steps),
                Then::Stay => {}
            }
        }
    }

    /// Puts a network of noise on show, of an experiment that somebody else than the visitor chose.
    pub fn lay_out(self, setup: Setup, then: Then) {
        self.stores().runs.choose();
        self.begin_with(from_noise(setup, then));
    }

    pub fn pause(self) {
        self.stores().runs.pause();
    }

    /// New weights from noise, at rest.
    pub fn reset(self) {
        let runs = self.stores().runs;
        runs.choose();
        self.start(from_noise(runs.setup.get_untracked(), Then::Stay));
    }

    /// Whether there is a copy of the visitor's own weights.
    pub fn has_copy(self) -> bool {
        self.stores().files.has_copy() || self.kept_to_begin().is_some()
    }

    /// The kept run that is being begun.
    pub(super) fn kept_to_begin(self) -> Option<String> {
        self.parts().starting.with(|starting| match starting {
            Some(Start { from: Beginning::Kept(id), .. }) => Some(id.clone()),
            _ => None,
        })
    }

    /// Trains a sparse autoencoder on the code of the network on show.
    pub fn take_apart(self) {
        let runs = self.stores().runs;
        let Some(card) = CARDS.iter().find(|c| c.family == Family::Sae) else { return };
        let Some(host) = untrack(|| runs.host()) else { return };
        // Many more features than latents, of which a few at a time do: else every feature fires on everything.
        let latent = untrack(|| runs.model().latent);
        let (features, k) = ((16 * latent).clamp(64, 512), (latent / 3).max(2));
        runs.set_method(card.id);
        runs.setup.update(|s| s.host = Some(Box::new(host)));
        runs.set_pairs(&format!("source=code&features={features}&k={k}"));
        self.train();
    }

    /// Chooses another data set: a new network on it, once it is there.
    pub fn set_data(self, id: &str) {
        let Stores { look, link, runs, .. } = self.stores();
        if runs.setup.with_untracked(|s| s.data == id) {
            return;
        }
        runs.choose();
        let mut notes = vec![];
        runs.setup.update(|s| {
            s.data = id.into();
            // A network of other images is none to stand on.
            s.host = None;
            notes = s.settle();
        });
        if !notes.is_empty() {
            look.warning.set(Some(notes.join("; ")));
        }
        look.write_link();
        if link.is_ready() {
            runs.pause();
            self.load_data();
        }
    }

    /// Loads the data set anew: more of it may be there.
    pub fn reload_data(self) {
        let Stores { link, runs, files, .. } = self.stores();
        if link.is_ready() {
            runs.choose();
            runs.pause();
            files.keep_run();
            runs.run.set(None);
            self.show_player();
            self.load_data();
        }
    }

    pub(super) fn load_data(self) {
        let Stores { link, runs, .. } = self.stores();
        caution::begins(Making::Images);
        link.load(&runs.setup.with_untracked(|s| s.data.clone()));
    }
}
