//! The address bar: the experiment behind the `?` and the view behind the `#`, written as one. Browsers limit how often a page may
//! change its address (Safari: a hundred times in half a minute, then it throws), and a slider moves a hundred times a second.

use std::time::Duration;

use leptos::prelude::*;

use super::browser;
use super::camera::Camera;
use super::state::Lab;
use super::throttle::{Throttle, Turn};
use crate::spec::{PRESETS, Setup};

/// Milliseconds between two changes of the address.
const EVERY: f64 = 400.0;

/// What of the address the page has overtaken.
pub struct Address {
    throttle: Throttle,
    link: bool,
    camera: bool,
}

impl Default for Address {
    fn default() -> Self {
        Self { throttle: Throttle::new(EVERY), link: false, camera: false }
    }
}

impl Lab {
    /// Has the address say what the controls describe: at once, or a moment later where it has just changed.
    pub fn write_link(self) {
        self.with(|inner| inner.address.link = true);
        self.write_soon();
    }

    /// Has the address say what the page shows of the model, likewise.
    pub fn write_camera(self) {
        self.with(|inner| inner.address.camera = true);
        self.write_soon();
    }

    fn write_soon(self) {
        match self.with(|inner| inner.address.throttle.ask(browser::now())) {
            Turn::Now => self.write_address(),
            Turn::In(ms) => set_timeout(move || self.write_what_waits(), Duration::from_millis(ms.ceil() as u64)),
            Turn::Waits => {}
        }
    }

    /// Brings the address up to date now: somebody is about to read it, or the page to go.
    pub fn write_what_waits(self) {
        if self.with(|inner| inner.address.throttle.done(browser::now())) {
            self.write_address();
        }
    }

    /// [`Lab::write_camera`], at once.
    pub fn write_camera_now(self) {
        self.write_camera();
        self.write_what_waits();
    }

    fn write_address(self) {
        let (link, camera) =
            self.with(|inner| (std::mem::take(&mut inner.address.link), std::mem::take(&mut inner.address.camera)));
        let (query, fragment) = (browser::query(), browser::fragment());
        let (query, fragment) = (query.trim_start_matches('?'), fragment.trim_start_matches('#'));
        let new_query = if link { self.link() } else { query.into() };
        let new_fragment = if camera { untrack(|| self.camera()).write() } else { fragment.into() };
        // A bare address stays bare until there is something to say.
        let bare = fragment.is_empty() && new_fragment == Camera::default().write();
        let new_fragment = if bare { "" } else { &new_fragment };
        if link || fragment != new_fragment {
            browser::replace_address(&new_query, new_fragment);
        }
    }

    /// The query of a link to the experiment.
    fn link(self) -> String {
        let engine = browser::parameter("engine").map_or_else(String::new, |engine| format!("&engine={engine}"));
        let preset =
            self.preset.with_untracked(|p| if p.id == PRESETS[0].id { String::new() } else { format!("&preset={}", p.id) });
        let weights = self.weights_part();
        format!("{}{engine}{preset}{weights}", self.setup.with_untracked(Setup::to_query))
    }

    /// Has nothing of the address be lost with the page.
    pub fn write_before_leaving(self) {
        for event in ["pagehide", "visibilitychange"] {
            // Of the document; it rises to the window.
            let listener = window_event_listener_untyped(event, move |_| self.write_what_waits());
            on_cleanup(move || listener.remove());
        }
    }
}
