//! Runs: how they begin, go on and end, and the controls that steer them.

use super::*;

/// Milliseconds that an engine which is given up has to keep its run.
const KEEP_LIMIT: u64 = 5_000;

impl Lab {
    /// Whether the engine can take a run.
    pub fn can_run(self) -> bool {
        matches!(self.engine.get(), Engine::Ready(_)) && self.data.get() == Data::Ready
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

    /// Counts a choice of the visitor's of what is on show.
    pub fn choose(self) -> u32 {
        self.with(|inner| {
            inner.choices += 1;
            inner.choices
        })
    }

    /// Whether nothing has been chosen since that choice: what it has fetched may go on show.
    pub fn is_latest(self, choice: u32) -> bool {
        self.with(|inner| inner.choices == choice)
    }

    pub fn start(self, start: Start) {
        if self.with(|inner| inner.leaving.is_some()) {
            // The engine that will take it is not there yet.
            return self.with(|inner| inner.starting = Some(start));
        }
        let executor = self.executor_for(&start.setup);
        if executor != self.executor.get_untracked() {
            return self.change_engine(executor, start);
        }
        self.leave_run(&start.from);
        let Start { setup, origin, from, .. } = start.clone();
        let host = untrack(|| self.host());
        let id = self.with(|inner| {
            inner.runs += 1;
            inner.host = host;
            inner.starting = Some(start);
            inner.began_at = browser::now();
            inner.saved_at = inner.began_at;
            inner.measured = false;
            inner.runs
        });
        self.put_on_show(match origin {
            Origin::Pretrained => Shown::Preset(self.with(|inner| inner.players)),
            _ => Shown::Run(id),
        });
        self.remember_curves();
        self.history.update_value(History::clear);
        self.tested.set(None);
        self.curves.update(|n| *n += 1);
        self.step.set(0);
        self.speed.set(Speed::default());
        self.run.set(Some(Run { id, setup: setup.clone(), origin, phase: Phase::Building, info: None }));
        // Questions about the old network may not fit the new one; they are asked again once it stands.
        self.unwatch_all();
        self.send(&match from {
            Beginning::Noise => Command::Start { run: id, setup, weights: None },
            Beginning::File(bytes) => Command::Start { run: id, setup, weights: Some(ByteBuf::from(bytes)) },
            Beginning::Kept(kept) => Command::Resume { run: id, id: kept },
        });
    }

    /// Burn where the link asks for it and where the step compiler is known to fail, else the plan.
    pub(super) fn executor_for(self, setup: &Setup) -> EngineChoice {
        let refused = self.with(|inner| inner.refused.iter().any(|r| !r.needs_rebuild(setup)));
        if refused || browser::parameter("engine").as_deref() == Some("burn") { EngineChoice::Burn } else { EngineChoice::Plan }
    }

    /// Ends the worker, once the run on show is kept, and begins `start` on one with another engine.
    pub(super) fn change_engine(self, executor: EngineChoice, start: Start) {
        let kept = self.leave_run(&start.from);
        self.remember_curves();
        let run = self.run.with_untracked(|r| r.as_ref().map_or(0, |r| r.id));
        let step = self.step.get_untracked();
        self.with(|inner| (inner.starting, inner.leaving) = (Some(start), Some((run, step))));
        self.executor.set(executor);
        self.engine.set(Engine::Loading);
        // Nobody asks it anything more.
        self.update_run(|r| (r.phase, r.info) = (Phase::Building, None));
        self.unwatch_all();
        self.fall_back_to_player();
        if kept {
            set_timeout(move || self.leave_engine(run), std::time::Duration::from_millis(KEEP_LIMIT));
        } else {
            self.leave_engine(run);
        }
    }

    fn unwatch_all(self) {
        (0..SLOTS as Slot).for_each(|slot| self.send(&Command::Unwatch { slot }));
    }

    /// The run is kept up to `step`: an engine that waited for that alone can go.
    pub fn kept_up_to(self, run: RunId, step: u64) {
        if self.with(|inner| inner.leaving.is_some_and(|(leaving, at)| leaving == run && step >= at)) {
            self.leave_engine(run);
        }
    }

    /// Leaves the engine that was given up with that run on it, if it is still there.
    pub(super) fn leave_engine(self, run: RunId) {
        if self.with(|inner| inner.leaving.take_if(|(leaving, _)| *leaving == run)).is_none() {
            return;
        }
        self.run.set(None);
        self.fail_waiters(text::NO_ENGINE);
        // The old link is dropped after this message handler, which may belong to it, has returned.
        browser::next_frame(move || self.spawn_engine());
    }

    /// Begins the refused run again on eager Burn.
    pub(super) fn fall_back(self, message: &str) {
        let Some(start) = self.with(|inner| inner.starting.take()) else { return };
        self.warning.set(Some(text::falls_back(message)));
        self.with(|inner| inner.refused.push(start.setup.clone()));
        self.start(start);
    }

    /// Puts a network on show where there is none, or one for other data: the one that waited for this engine, the visitor's
    /// own, else the pretrained one, else an untrained one.
    pub fn start_first_run(self) {
        if !untrack(|| self.can_run()) || !self.knows_the_storage() {
            return;
        }
        let setup = self.setup.get_untracked();
        if self.run.with_untracked(|r| r.as_ref().is_some_and(|r| r.setup.data == setup.data)) {
            return;
        }
        if self.with(|inner| std::mem::take(&mut inner.preset_wanted)) && setup.data == self.preset_data() {
            return self.open_pretrained();
        }
        let waiting = self.with(|inner| inner.starting.take()).filter(|s| s.setup.data == setup.data);
        let saved = self.with(|inner| inner.saved.clone()).filter(|(s, _)| s.data == setup.data);
        if let Some(start) = waiting {
            self.start(start);
        } else if let Some((saved, copy)) = saved {
            self.start(Start { setup: saved, origin: Origin::Restored, from: Beginning::File(copy), then: Then::Stay });
        } else if self.begin_with_own_run() {
            // It is on its way.
        } else if setup.data == self.preset_data() {
            self.open_pretrained();
        } else {
            self.start(Start { setup, origin: Origin::Noise, from: Beginning::Noise, then: Then::Stay });
        }
    }

    /// Begins `start` when the images of its setup have come.
    pub fn wait_with(self, start: Start) {
        self.with(|inner| inner.starting = Some(start));
        self.pause();
        self.load_data();
    }

    /// Puts the pretrained model back on show, as the visitor wishes.
    pub fn show_pretrained(self) {
        self.choose();
        self.open_pretrained();
    }

    pub(super) fn open_pretrained(self) {
        if self.setup.with_untracked(|s| s.data != self.preset_data()) {
            return self.set_data(self.preset_data());
        }
        let Some((setup, weights)) = self.with(|inner| inner.player.as_ref().map(|p| p.setup.clone()).zip(inner.preset.clone()))
        else {
            return;
        };
        self.put_on_show(Shown::Preset(self.with(|inner| inner.players)));
        self.show_played();
        self.start(Start { setup, origin: Origin::Pretrained, from: Beginning::File(weights), then: Then::Stay });
    }

    /// Train: goes on, or starts over from noise when the pretrained model is on show or the network has changed.
    pub fn train(self) {
        self.advance(Then::Train);
    }

    /// Whether there is a copy of the visitor's own weights.
    pub fn has_copy(self) -> bool {
        self.with(|inner| inner.saved.is_some() || matches!(inner.starting, Some(Start { from: Beginning::Kept(_), .. })))
    }

    pub fn step_once(self) {
        self.advance(Then::Step);
    }

    pub(super) fn advance(self, then: Then) {
        self.choose();
        if untrack(|| self.train_is_new()) {
            self.start(Start { setup: self.setup.get_untracked(), origin: Origin::Noise, from: Beginning::Noise, then });
        } else if let Some(run) = self.run.get_untracked() {
            match then {
                Then::Train => self.go(run.id),
                _ => self.send(&Command::Step { run: run.id, steps: 1 }),
            }
        }
    }

    pub(super) fn go(self, run: RunId) {
        self.with(|inner| inner.pace = None);
        self.update_run(|r| r.phase = Phase::Training);
        self.send(&Command::Train { run });
    }

    /// Trains the pretrained model further instead of starting over.
    pub fn continue_pretrained(self) {
        let Some(run) = self.run.get_untracked() else { return };
        self.choose();
        let mut setup = run.setup.clone();
        let wanted = self.setup.get_untracked();
        if let Ok(card) = setup.card() {
            for p in card.all_params().filter(|p| p.live && wanted.method == run.setup.method) {
                let value = wanted.get(p.key);
                // Within range: it comes from a control made from the same card.
                if setup.set(p.key, value).is_ok() {
                    self.send(&Command::Set { run: run.id, key: p.key.into(), value });
                }
            }
        }
        self.setup.set(setup.clone());
        self.write_link();
        self.update_run(|r| {
            r.origin = Origin::Continued;
            r.setup = setup;
        });
        // From here on it is no longer the model that ships.
        self.with(|inner| inner.on_show = Some(Shown::Run(run.id)));
        self.go(run.id);
    }

    pub fn pause(self) {
        if let Some(run) = self.run.get_untracked() {
            self.send(&Command::Pause { run: run.id });
        }
    }

    /// New weights from noise, at rest.
    pub fn reset(self) {
        self.choose();
        self.start(Start { setup: self.setup.get_untracked(), origin: Origin::Noise, from: Beginning::Noise, then: Then::Stay });
    }

    /// Moves a control.
    pub fn set_param(self, key: &str, value: f64) {
        let mut setup = self.setup.get_untracked();
        if setup.set(key, value).is_err() {
            return;
        }
        if setup.host.is_none() && setup.hosted().is_some() {
            setup.host = untrack(|| self.host()).map(Box::new);
        }
        let live = setup.card().ok().and_then(|c| c.param(key)).is_some_and(|p| p.live);
        self.setup.set(setup);
        self.write_link();
        // The network on show may be of another method, until a run of this one begins.
        let has = |run: &Run| run.setup.card().is_ok_and(|card| card.param(key).is_some());
        if live && let Some(run) = self.run.get_untracked().filter(has) {
            self.update_run(|r| {
                r.setup.values.insert(key.into(), value);
            });
            self.send(&Command::Set { run: run.id, key: key.into(), value });
        }
    }

    /// Moves several controls: `key=value`, joined by `&`. What the method does not know stays as it is.
    pub fn set_pairs(self, pairs: &str) {
        for pair in pairs.split('&') {
            let mut setup = self.setup.get_untracked();
            if let (Ok(()), Some((key, _))) = (setup.set_pair(pair), pair.split_once('=')) {
                self.set_param(key, setup.get(key));
            }
        }
    }

    /// Puts the controls back to what the run on show was built with.
    pub fn revert_setup(self) {
        if let Some(run) = self.run.get_untracked() {
            self.setup.set(run.setup);
            self.write_link();
        }
    }

    /// Times training steps; `done` hears the report.
    pub fn bench(self, setup: Setup, steps: u32, done: Waiter) {
        // A command sent before the engine listens would never be answered.
        if self.with(|inner| inner.link.is_none()) || !untrack(|| self.can_run()) {
            return done(Err(text::NO_ENGINE.into()));
        }
        self.with(|inner| inner.waiters.push(done));
        self.send(&Command::Bench { setup, steps });
    }
}
