//! What the visitor looks at and is told, and the address that says so. Names no other store.
//!
//! The address bar has the experiment behind the `?` and the view behind the `#`, written as one. Browsers limit how often a page
//! may change its address (Safari: a hundred times in half a minute, then it throws), and a slider moves a hundred times a second.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

use crate::browser;
use crate::camera::Camera;
use crate::held::Held;
use crate::paint::Theme;
use crate::plane::Axes;
use crate::tab::Tab;
use crate::throttle::{Throttle, Turn};

/// Milliseconds between two changes of the address.
const EVERY: f64 = 400.0;

/// Says what the address has to: the query of a link to the experiment, and the view.
type Says = (Box<dyn Fn() -> String>, Box<dyn Fn() -> Camera>);

/// What is no signal.
struct Parts {
    throttle: Cell<Throttle>,
    /// What of the address the page has overtaken.
    link: Cell<bool>,
    camera: Cell<bool>,
    says: OnceCell<Says>,
}

#[derive(Clone, Copy)]
pub struct Look {
    pub tab: RwSignal<Tab>,
    /// The two directions of the map.
    pub axes: RwSignal<Axes>,
    /// Latents kept on top of the traversal.
    pub pins: RwSignal<Vec<usize>>,
    /// The term of the objective that the visitor points at.
    pub pointed_term: RwSignal<Option<usize>>,
    pub dark: RwSignal<bool>,
    /// The colours that canvases are painted with; follows [`Look::dark`].
    pub theme: RwSignal<Rc<Theme>, LocalStorage>,
    /// What a link said that could not be used.
    pub notes: RwSignal<Vec<String>>,
    pub warning: RwSignal<Option<String>>,
    /// Something was chosen: the page is in use, and says less of itself.
    pub chosen: RwSignal<bool>,
    /// The lesson that is open, and which of its pages from 0; without a name, the list of all.
    pub lesson: RwSignal<Option<(String, usize)>>,
    /// A press of anything says what it is.
    pub asking: RwSignal<bool>,
    /// Why there is no pretrained model, if there is none.
    pub no_preset: RwSignal<Option<String>>,
    parts: Held<Parts>,
}

impl Look {
    pub fn new(camera: &Camera, notes: Vec<String>) -> Self {
        Self {
            tab: RwSignal::new(camera.tab),
            axes: RwSignal::new(camera.axes),
            pins: RwSignal::new(camera.pins.clone()),
            pointed_term: RwSignal::new(None),
            dark: RwSignal::new(false),
            theme: RwSignal::new_local(Rc::new(Theme::current())),
            notes: RwSignal::new(notes),
            warning: RwSignal::new(None),
            chosen: RwSignal::new(browser::asked_something()),
            lesson: RwSignal::new(None),
            asking: RwSignal::new(false),
            no_preset: RwSignal::new(None),
            parts: Held::new(Parts {
                throttle: Cell::new(Throttle::new(EVERY)),
                link: Cell::new(false),
                camera: Cell::new(false),
                says: OnceCell::new(),
            }),
        }
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    /// Opens a tab for the visitor, and says so in the address; Back leads to the one before.
    pub fn open_tab(self, tab: Tab) {
        if self.tab.get_untracked() != tab {
            // The entry that is left says where the visitor was.
            self.write_camera_now();
            browser::push_entry();
            self.chosen.set(true);
            self.tab.set(tab);
        }
        self.write_camera_now();
    }

    /// Who says from now on what the address has to.
    pub fn let_say(self, link: impl Fn() -> String + 'static, camera: impl Fn() -> Camera + 'static) {
        // The page has one root, which does so once.
        let _ = self.parts().says.set((Box::new(link), Box::new(camera)));
    }

    /// Has the address say what the controls describe: at once, or a moment later where it has just changed.
    pub fn write_link(self) {
        self.parts().link.set(true);
        self.write_soon();
    }

    /// Has the address say what the page shows of the model, likewise.
    pub fn write_camera(self) {
        self.parts().camera.set(true);
        self.write_soon();
    }

    fn write_soon(self) {
        let parts = self.parts();
        let mut throttle = parts.throttle.get();
        let turn = throttle.ask(browser::now());
        parts.throttle.set(throttle);
        match turn {
            Turn::Now => self.write_address(),
            Turn::In(ms) => browser::later(move || self.write_what_waits(), Duration::from_millis(ms.ceil() as u64)),
            Turn::Waits => {}
        }
    }

    /// Brings the address up to date now: somebody is about to read it, or the page to go.
    pub fn write_what_waits(self) {
        let parts = self.parts();
        let mut throttle = parts.throttle.get();
        let due = throttle.done(browser::now());
        parts.throttle.set(throttle);
        if due {
            self.write_address();
        }
    }

    /// [`Look::write_camera`], at once.
    pub fn write_camera_now(self) {
        self.write_camera();
        self.write_what_waits();
    }

    fn write_address(self) {
        let parts = self.parts();
        let Some((says_link, says_camera)) = parts.says.get() else { return };
        let (link, camera) = (parts.link.take(), parts.camera.take());
        let (query, fragment) = (browser::query(), browser::fragment());
        let (query, fragment) = (query.trim_start_matches('?'), fragment.trim_start_matches('#'));
        let new_query = if link { says_link() } else { query.into() };
        let new_fragment = if camera { untrack(says_camera).write() } else { fragment.into() };
        // A bare address stays bare until there is something to say.
        let bare = fragment.is_empty() && new_fragment == Camera::default().write();
        let new_fragment = if bare { "" } else { &new_fragment };
        if link || fragment != new_fragment {
            browser::replace_address(&new_query, new_fragment);
        }
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
