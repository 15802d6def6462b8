//! The models that ship trained: which is on show, and how another takes its place.

use super::*;

impl Lab {
    /// The preset that the address asks for, or the first.
    pub(super) fn preset_of_address() -> &'static Preset {
        browser::parameter("preset").and_then(|id| Preset::find(&id)).unwrap_or(&PRESETS[0])
    }

    /// Name of the data set that the preset on show was trained on.
    pub(super) fn preset_data(self) -> &'static str {
        self.preset.with_untracked(|preset| preset.data().id)
    }

    /// Whether the model on show is the preset, as it was trained.
    pub fn shows_preset(self) -> bool {
        self.run.with(|run| run.as_ref().is_none_or(|r| r.origin == Origin::Pretrained))
    }

    /// Puts another preset on show, unless the visitor has chosen something else by the time it is there.
    pub fn open_preset(self, preset: &'static Preset) {
        let choice = self.choose();
        leptos::task::spawn_local(async move {
            let player = match browser::fetch(&preset.weights()).await {
                Ok(bytes) => Player::load(&bytes).map(|player| (player, bytes)),
                Err(e) => Err(e),
            };
            if !self.is_latest(choice) {
                return;
            }
            match player {
                Ok((player, bytes)) => self.put_preset(preset, player, bytes),
                Err(e) => self.warning.set(Some(text::preset_failed(preset.label, &e))),
            }
        });
    }

    fn put_preset(self, preset: &'static Preset, player: Player, bytes: Vec<u8>) {
        let other_data = self.setup.with_untracked(|s| s.data != player.setup.data);
        self.preset.set(preset);
        self.setup.set(player.setup.clone());
        self.take_player(player, bytes);
        self.write_link();
        if other_data && matches!(self.engine.get_untracked(), Engine::Ready(_)) {
            self.with(|inner| inner.preset_wanted = true);
            if self.run.with_untracked(Option::is_none) {
                self.show_player();
            }
            self.pause();
            self.load_data();
        } else if untrack(|| self.can_run()) {
            self.open_pretrained();
        } else {
            // The engine takes it up when it has come so far, unless it has a run to bring back.
            if !matches!(self.engine.get_untracked(), Engine::Crashed(_)) {
                self.with(|inner| (inner.starting, inner.preset_wanted) = (None, true));
            }
            self.show_player();
        }
    }

    /// Puts the player's model on show.
    pub(super) fn show_player(self) {
        self.put_on_show(Shown::Preset(self.with(|inner| inner.players)));
        self.show_played();
        self.refresh();
    }

    /// Keeps the player of a preset, and what it says of itself.
    pub(super) fn take_player(self, player: Player, bytes: Vec<u8>) {
        let [channels, height, width] = player.image.map(|n| n as u32);
        self.played.set(Some(PlanInfo {
            latent: player.latent() as u32,
            code: player.code(),
            channels,
            height,
            width,
            ..PlanInfo::default()
        }));
        self.with(|inner| {
            inner.player = Some(Rc::new(player));
            inner.players += 1;
            inner.preset = Some(bytes);
        });
    }
}
