//! The controls: what they describe, and what of it reaches the run at once.

use leptos::prelude::*;

use crate::store::runs::{Run, Runs};
use latent_experiment::Setup;
use latent_protocol::Command;

impl Runs {
    /// Chooses another method. What it has in common with the present one keeps its value; the network on show stays until
    /// the next run starts.
    pub fn set_method(self, id: &str) {
        self.choose();
        let host = untrack(|| self.host());
        self.setup.update(|s| {
            let mut next = Setup::new(&s.data, id);
            for (key, value) in &s.values {
                // A parameter that the new method lacks, or has in another range, takes its default.
                let _ = next.set(key, *value);
            }
            next.host = s.host.take().filter(|host| next.can_stand_on(host));
            if next.host.is_none() && next.hosted().is_some() {
                next.host = host.filter(|host| next.can_stand_on(host)).map(Box::new);
            }
            next.settle();
            *s = next;
        });
        self.look().write_link();
    }

    /// Moves a control, and the run with it where that is possible.
    pub fn set_param(self, key: &str, value: f64) {
        let mut setup = self.setup.get_untracked();
        if setup.set(key, value).is_err() {
            return;
        }
        if setup.host.is_none() && setup.hosted().is_some() {
            setup.host = untrack(|| self.host()).filter(|host| setup.can_stand_on(host)).map(Box::new);
        }
        let live = setup.card().ok().and_then(|c| c.param(key)).is_some_and(|p| p.live);
        self.setup.set(setup);
        self.look().write_link();
        if live {
            self.move_run(key, value);
        }
    }

    /// Moves a live parameter of the run. The network on show may be of a method that lacks it, until a run of this one begins.
    pub fn move_run(self, key: &str, value: f64) {
        let place = |run: &Run| Some((run.id, run.setup.card().ok()?.all_params().position(|p| p.key == key)? as u8));
        if let Some((run, param)) = self.run.with_untracked(|run| place(run.as_ref()?)) {
            self.update(|r| {
                r.setup.values.insert(key.into(), value);
            });
            self.link().send(&Command::Set { run, param, value });
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
            self.look().write_link();
        }
    }
}
