//! The engine: how it starts, breaks and is restarted, and what becomes of all that it says.

use leptos::prelude::*;

use crate::browser;
use crate::caution;
use crate::conductor::Conductor;
use crate::keep::words as keep;
use crate::port::Heard;
use crate::store::Stores;
use crate::store::files::Storage;
use crate::store::link::{Data, EngineState};
use crate::store::runs::{Beginning, Origin, Phase, Then};
use crate::views::MEASURES;
use latent_experiment::History;
use latent_protocol::{Command, Event, Export, PlanInfo, RunId};
use latent_vocabulary::device::NoGpu;

/// What the engine is where the browser starts no worker, and says so.
fn without_worker(said: String) -> EngineState {
    if browser::is_nobodys() { EngineState::NoGpu(NoGpu::NoOrigin, said) } else { EngineState::Crashed(said) }
}

impl Conductor {
    pub(super) fn spawn_engine(self) {
        let Stores { link, files, .. } = self.stores();
        files.forget_questions();
        if let Err(e) = link.spawn(move |heard| self.hear(heard)) {
            link.engine.set(without_worker(browser::error_text(&e)));
        }
    }

    /// Starts a new engine after a crash; it goes on from the last copy of the weights.
    pub fn restart_engine(self) {
        self.stores().look.warning.set(None);
        self.spawn_engine();
    }

    fn hear(self, heard: Heard) {
        let link = self.stores().link;
        match heard {
            Heard::Loaded => {
                link.begin_opening();
                link.send(&Command::Open {
                    assets: browser::assets(),
                    engine: link.executor.get_untracked(),
                    hints: caution::hints(),
                });
            }
            Heard::Crashed(message) => self.lose_engine(message),
            Heard::Event(event) => self.take(event),
        }
    }

    fn lose_engine(self, message: String) {
        let Stores { link, runs, files, .. } = self.stores();
        if matches!(link.engine.get_untracked(), EngineState::Crashed(_) | EngineState::NoGpu(..)) {
            return;
        }
        if let Some((run, _)) = self.parts().leaving.get() {
            // It was to go anyway.
            return self.leave_engine(run);
        }
        caution::lost();
        let never = link.engine.with_untracked(|engine| *engine == EngineState::Loading);
        link.engine.set(if never { without_worker(message.clone()) } else { EngineState::Crashed(message.clone()) });
        self.parts().starting.set(files.kept_start());
        link.fail_waiters(&message);
        // The wire is dropped after this message handler, which belongs to it, has returned.
        browser::next_frame(move || {
            link.hang_up();
            runs.run.set(None);
            self.fall_back_to_player();
        });
    }

    /// Shows the pretrained model again when the engine cannot answer.
    pub(super) fn fall_back_to_player(self) {
        self.stores().link.data_info.set(None);
        self.show_player();
    }

    fn take(self, event: Event) {
        let Stores { look, link, runs, desks, codes, files } = self.stores();
        let current = runs.current();
        let made = matches!(
            event,
            Event::DataReady { .. }
                | Event::DataFailed { .. }
                | Event::Built { .. }
                | Event::NotCompiled { .. }
                | Event::RunFailed { .. }
        );
        if made {
            caution::done();
        }
        match event {
            Event::Ready { adapter } => {
                link.engine.set(EngineState::Ready(adapter));
                self.load_data();
                files.ask_for_runs();
            }
            Event::NoGpu { reason, detail } => link.engine.set(EngineState::NoGpu(reason, detail)),
            Event::DataProgress { loaded, total, unit } => link.data.set(Data::Arriving { loaded, total, unit }),
            // An answer that a later choice has overtaken says nothing.
            Event::DataReady { data, labels_n, .. } if data.id == runs.setup.with_untracked(|s| s.data.clone()) => {
                link.take_data(data, labels_n.into_vec());
                self.start_first_run();
            }
            Event::DataFailed { message } => link.data.set(Data::Failed(message)),
            Event::Built { run, info } if Some(run) == current => self.built(run, info),
            Event::NotCompiled { run, message } if Some(run) == current => self.fall_back(&message),
            Event::RunFailed { run, message } if Some(run) == current => self.lose_run(run, message),
            Event::Metrics { run, rows, speed } if Some(run) == current => {
                runs.history.update_value(|h| rows.iter().for_each(|row| h.push(row)));
                if let Some(last) = rows.last() {
                    runs.step.set(last.step);
                    codes.take_metrics(&last.kl_d);
                    runs.take_speed(last.step, speed);
                }
                runs.curves.update(|n| *n += 1);
                files.keep_now_and_then();
            }
            Event::TestMetrics { run, step, count, terms } if Some(run) == current => {
                runs.tested.set(Some(count));
                runs.history.update_value(|h| h.push_test(step, terms));
                runs.curves.update(|n| *n += 1);
            }
            Event::Paused { run, step } if Some(run) == current => {
                runs.step.set(step);
                runs.update(|r| r.phase = Phase::Paused);
                files.keep_run();
            }
            Event::Viewed { run, slot, step, view } if Some(run) == current => {
                if slot == MEASURES {
                    runs.measured_at.set(Some((run, step)));
                }
                desks.viewed(slot, view);
            }
            Event::Benched { report } => link.take_report(report),
            Event::Timed { report } => link.timed.set(Some(report)),
            Event::Warning { message } => look.warning.set(Some(message)),
            Event::DeviceLost { message } => self.lose_engine(message),
            Event::Runs { runs, used, quota } => {
                files.take_storage(Storage::Open { runs, used, quota });
                self.start_first_run();
            }
            Event::NoStore { message } => {
                files.take_storage(Storage::Absent(message));
                self.start_first_run();
            }
            Event::Kept { run, id, step } if Some(run) == current => {
                files.take_kept(run, id, step);
                files.forget_copy();
                self.kept_up_to(run, step);
            }
            Event::NotKept { run, message } if Some(run) == current => files.take_refusal(run, &message),
            Event::Resumed { run, step, history } if Some(run) == current => self.resumed(run, step, history),
            Event::Saved { run, step, what, bytes } if Some(run) == current => self.saved(run, step, what, bytes.into_vec()),
            Event::Examined { setup, .. } => self.begin_examined(Ok(setup)),
            Event::Unfit { message } => self.begin_examined(Err(message)),
            // The rest is of an older run, or an answer nobody on this page asks for.
            _ => {}
        }
    }

    fn built(self, run: RunId, info: PlanInfo) {
        let Stores { runs, desks, codes, .. } = self.stores();
        let pretrained = runs.run.with_untracked(|r| r.as_ref().is_some_and(|r| r.origin == Origin::Pretrained));
        runs.update(|r| {
            r.info = Some(info.clone());
            r.phase = Phase::Paused;
        });
        // The pretrained model has said already what its latents carry.
        if !pretrained {
            codes.show_built(&info);
        }
        desks.refresh();
        self.send_live_changes();
        match self.parts().starting.take().map_or(Then::Stay, |start| start.then) {
            Then::Stay => {}
            Then::Train => runs.go(run),
            Then::Steps(steps) => runs.take_steps(run, steps),
        }
    }

    /// Moves a kept run's live controls to where the address has them.
    fn send_live_changes(self) {
        let runs = self.stores().runs;
        let Some(run) = runs.run.get_untracked().filter(|r| r.origin == Origin::Kept) else { return };
        let wanted = runs.setup.get_untracked();
        let Ok(card) = run.setup.card() else { return };
        if !run.setup.needs_rebuild(&wanted) {
            card.all_params()
                .filter(|p| wanted.get(p.key) != run.setup.get(p.key))
                .for_each(|p| runs.set_param(p.key, wanted.get(p.key)));
        }
    }

    fn resumed(self, run: RunId, step: u64, history: History) {
        let Stores { runs, files, .. } = self.stores();
        if let Some(id) = self.kept_to_begin() {
            files.take_kept(run, id, step);
        }
        runs.history.set_value(history);
        runs.step.set(step);
        runs.curves.update(|n| *n += 1);
    }

    /// A file of the run has come: it is kept if that is the page's own copy.
    fn saved(self, run: RunId, step: u64, what: Export, bytes: Vec<u8>) {
        if self.stores().files.take_saved(step, what, bytes) {
            self.kept_up_to(run, step);
        }
    }

    fn lose_run(self, run: RunId, message: String) {
        let Stores { look, runs, .. } = self.stores();
        if self.parts().leaving.get().is_some() {
            return self.leave_engine(run);
        }
        let starting = self.parts().starting.take();
        if starting.is_some_and(|start| matches!(start.from, Beginning::Kept(_))) {
            // A kept run could not be begun: the page shows what a fresh one would.
            look.warning.set(Some(keep::not_resumed(&message)));
            runs.run.set(None);
            return self.start_first_run();
        }
        runs.update(|r| r.phase = Phase::Failed(message));
    }
}
