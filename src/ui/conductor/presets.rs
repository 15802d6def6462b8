//! The models that ship trained: which is on show, and how another takes its place.

use leptos::prelude::*;

use crate::conductor::Conductor;
use crate::store::Stores;
use crate::store::desks::Shown;
use crate::store::link::EngineState;
use crate::store::runs::{Beginning, Origin, Start, Then};
use crate::{browser, words};
use latent_experiment::Preset;
use latent_player::Player;
use latent_protocol::PlanInfo;

impl Conductor {
    /// Takes the preset that the page opens with.
    pub(super) fn take_first_preset(self, bytes: Vec<u8>) {
        let Stores { look, runs, .. } = self.stores();
        let player = match Player::load(&bytes) {
            Ok(player) => player,
            Err(e) => return look.no_preset.set(Some(e)),
        };
        look.write_what_waits();
        // A link that says nothing of an experiment means "the model on show": Train then starts the same one over.
        let query = browser::query();
        let mut keys =
            query.trim_start_matches('?').split('&').filter_map(|pair| pair.split('=').next()).filter(|key| !key.is_empty());
        if keys.all(|key| browser::RESERVED.contains(&key)) {
            runs.setup.set(runs.preset.get_untracked().setup());
        }
        self.take_player(player, bytes);
        self.show_player();
        self.start_first_run();
    }

    /// Puts another preset on show, unless the visitor has chosen something else by the time it is there.
    pub fn open_preset(self, preset: &'static Preset) {
        let Stores { look, runs, .. } = self.stores();
        let choice = runs.choose();
        leptos::task::spawn_local(async move {
            let player = match browser::fetch(&preset.weights()).await {
                Ok(bytes) => Player::load(&bytes).map(|player| (player, bytes)),
                Err(e) => Err(e),
            };
            if !runs.is_latest(choice) {
                return;
            }
            match player {
                Ok((player, bytes)) => self.put_preset(preset, player, bytes),
                Err(e) => look.warning.set(Some(words::preset_failed(preset.label, &e))),
            }
        });
    }

    fn put_preset(self, preset: &'static Preset, player: Player, bytes: Vec<u8>) {
        let Stores { look, link, runs, .. } = self.stores();
        let setup = preset.setup();
        let other_data = runs.setup.with_untracked(|s| s.data != setup.data);
        runs.preset.set(preset);
        runs.setup.set(setup);
        self.take_player(player, bytes);
        look.write_link();
        let parts = self.parts();
        if other_data && link.is_ready() {
            parts.preset_wanted.set(true);
            if runs.run.with_untracked(Option::is_none) {
                self.show_player();
            }
            runs.pause();
            self.load_data();
        } else if untrack(|| link.can_run()) {
            self.open_pretrained();
        } else {
            // The engine takes it up when it has come so far, unless it has a run to bring back.
            if !matches!(link.engine.get_untracked(), EngineState::Crashed(_)) {
                parts.starting.take();
                parts.preset_wanted.set(true);
            }
            self.show_player();
        }
    }

    /// Puts the player's model on show.
    pub(super) fn show_player(self) {
        let Stores { desks, codes, .. } = self.stores();
        self.put_on_show(desks.preset());
        codes.show_played();
        desks.refresh();
    }

    /// Keeps the player of a preset, and what it says of itself.
    fn take_player(self, player: Player, bytes: Vec<u8>) {
        let [channels, height, width] = player.image.map(|n| n as u32);
        self.stores().runs.played.set(Some(PlanInfo {
            latent: player.latent() as u32,
            code: player.code().to_vec(),
            channels,
            height,
            width,
            ..PlanInfo::default()
        }));
        self.stores().desks.set_player(player);
        self.parts().preset.set(Some(bytes));
    }

    /// Puts the pretrained model back on show, as the visitor wishes.
    pub fn show_pretrained(self) {
        self.stores().runs.choose();
        self.open_pretrained();
    }

    pub(super) fn open_pretrained(self) {
        let Stores { runs, desks, codes, .. } = self.stores();
        if runs.setup.with_untracked(|s| s.data != runs.preset_data()) {
            return self.set_data(runs.preset_data());
        }
        let weights = self.parts().preset.get();
        let Some(weights) = weights else { return };
        self.put_on_show(desks.preset());
        codes.show_played();
        let (setup, from) = (runs.preset.get_untracked().setup(), Beginning::File(weights));
        self.start(Start { setup, origin: Origin::Pretrained, from, then: Then::Stay });
    }

    /// Trains the pretrained model further instead of starting over.
    pub fn continue_pretrained(self) {
        let Stores { look, runs, desks, .. } = self.stores();
        let Some(run) = runs.run.get_untracked() else { return };
        runs.choose();
        let wanted = runs.setup.get_untracked();
        if let Ok(card) = run.setup.card() {
            for p in card.all_params().filter(|p| p.live && wanted.method == run.setup.method) {
                // Within range: it comes from a control made from the same card.
                runs.move_run(p.key, wanted.get(p.key));
            }
        }
        runs.update(|r| r.origin = Origin::Continued);
        if let Some(setup) = runs.run.with_untracked(|r| r.as_ref().map(|r| r.setup.clone())) {
            runs.setup.set(setup);
        }
        look.write_link();
        // From here on it is no longer the model that ships.
        desks.rename(Shown::Run(run.id));
        runs.go(run.id);
    }
}
