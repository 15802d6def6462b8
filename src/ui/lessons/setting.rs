//! What a page of a lesson opens, and what of the page it points at.

use leptos::prelude::*;

use crate::browser;
use crate::camera::Camera;
use crate::conductor::Conductor;
use crate::held::{Changing, Held};
use crate::store::link::{EngineState, Link};
use crate::store::look::Look;
use crate::store::runs::{Runs, Then};
use latent_experiment::Setup;
use latent_lesson::{Opens, Page};

/// The class of what the page speaks of.
const POINTED: &str = "pointed-at";

/// Below the bar that sticks to the top, in pixels; and above what may be covered at the bottom, as a part of the window.
const TOP: f64 = 70.0;
const LOW: f64 = 0.55;

/// What is wanted of the page.
#[derive(Clone)]
struct Wanted {
    opens: Opens,
    /// It was asked for.
    asked: bool,
    /// Where to look then: the model of before may have no such tab.
    view: Option<Camera>,
    show: String,
    /// It was brought into view.
    shown: bool,
}

#[derive(Clone, Copy)]
pub struct Setting {
    look: Look,
    link: Link,
    runs: Runs,
    conductor: Conductor,
    /// The page shows what it was to open.
    pub settled: RwSignal<bool>,
    wanted: Held<Changing<Option<Wanted>>>,
    /// A seed that a teacher's link asks for, for every run.
    seed: Option<f64>,
}

impl Setting {
    pub fn new() -> Self {
        let seed = browser::parameter("seed").and_then(|seed| seed.parse::<u32>().ok());
        Self {
            look: Look::get(),
            link: Link::get(),
            runs: Runs::get(),
            conductor: Conductor::get(),
            settled: RwSignal::new(false),
            wanted: Held::new(Changing::default()),
            seed: seed.map(f64::from),
        }
    }

    /// The experiment of a page, with the seed of the link.
    pub fn setup(self, page: &Page) -> Option<Setup> {
        let Ok((Opens::Setup(mut setup), _)) = page.opens() else { return None };
        if let Some(seed) = self.seed {
            // Of a whole number within range this cannot fail.
            let _ = setup.set("seed", seed);
        }
        Some(setup)
    }

    /// A page comes: its model when there is somebody to take it, then its view.
    pub fn open(self, page: &Page) {
        let (opens, view) = page.opens().unwrap_or((Opens::Nothing, ""));
        let view = (!view.is_empty()).then(|| Camera::read(view).0);
        let opens = match self.setup(page) {
            Some(setup) => Opens::Setup(setup),
            None => opens,
        };
        self.point_at("");
        self.settled.set(false);
        self.wanted.get().set(Some(Wanted { opens, asked: false, view, show: page.show.clone(), shown: false }));
        self.settle();
    }

    /// Looks how far it is. Whether the page shows what it was to open.
    pub fn settle(self) -> bool {
        let Some(mut wanted) = self.wanted.get().get() else { return true };
        let can_run = untrack(|| self.link.can_run());
        let never = self.is_without_engine();
        if !wanted.asked && (can_run || never) {
            wanted.asked = true;
            match &wanted.opens {
                Opens::Preset(preset) if !self.shows(&wanted.opens) => self.conductor.open_preset(preset),
                Opens::Setup(setup) if can_run => self.conductor.lay_out(setup.clone(), Then::Stay),
                _ => {}
            }
        }
        let settled = wanted.asked && (never || self.shows(&wanted.opens));
        if settled && let Some(view) = wanted.view.take() {
            self.look.tab.set(view.tab);
            self.look.axes.set(view.axes);
            self.look.pins.set(view.pins);
            self.look.write_camera();
        }
        if settled && !wanted.shown && self.point_at(&wanted.show) {
            wanted.shown = true;
        }
        self.wanted.get().set(Some(wanted));
        if self.settled.get_untracked() != settled && settled {
            self.settled.set(true);
        }
        self.settled.get_untracked()
    }

    /// Whether nothing will ever be trained here.
    pub fn is_without_engine(self) -> bool {
        self.link.engine.with_untracked(|engine| matches!(engine, EngineState::NoGpu(..) | EngineState::Crashed(_)))
    }

    /// Whether the page shows that model.
    fn shows(self, opens: &Opens) -> bool {
        let stands = untrack(|| self.runs.stands());
        match opens {
            Opens::Nothing => true,
            Opens::Preset(preset) => {
                stands && self.runs.preset.with_untracked(|p| p.id == preset.id) && untrack(|| self.runs.shows_preset())
            }
            Opens::Setup(setup) => {
                stands && self.runs.run.with_untracked(|run| run.as_ref().is_some_and(|run| run.setup == *setup))
            }
        }
    }

    /// Has that part of the page stand out, in view. Whether it is there.
    fn point_at(self, name: &str) -> bool {
        let Some(body) = browser::document().body() else { return false };
        let part = (!name.is_empty()).then(|| body.query_selector(&format!("[data-testid=\"{name}\"]")).ok().flatten()).flatten();
        if let Some(before) = body.query_selector(&format!(".{POINTED}")).ok().flatten()
            && part.as_ref() != Some(&before)
        {
            let _ = before.class_list().remove_1(POINTED);
        }
        let Some(part) = part else { return name.is_empty() };
        let _ = part.class_list().add_1(POINTED);
        let rect = part.get_bounding_client_rect();
        let height = browser::window().inner_height().ok().and_then(|h| h.as_f64()).unwrap_or(0.0);
        if rect.top() < TOP || rect.bottom() > LOW * height {
            // The style keeps it clear of the bar at the top.
            part.scroll_into_view();
        }
        true
    }

    /// Leaves the page as it is.
    pub fn leave(self) {
        self.wanted.get().set(None);
        self.point_at("");
    }
}
