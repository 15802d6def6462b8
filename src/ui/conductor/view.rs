//! The view: where the visitor looks, as the address has it and as the page has it.

use leptos::prelude::*;

use crate::browser;
use crate::camera::{Camera, Standpoint};
use crate::conductor::Conductor;
use crate::lesson;
use crate::react::react;
use crate::source::Source;
use crate::store::Stores;
use latent_experiment::{PRESETS, Setup};

impl Conductor {
    /// What the page shows of the model, as the address would have it.
    fn camera(self) -> Camera {
        let Stores { look, codes, .. } = self.stores();
        let code = codes.code.get();
        let place = match codes.origin.get() {
            // The sliders stand where the image put them, or is about to.
            Source::Test(i) if codes.awaits_a_code() || codes.is_where_it_arrived(&code) => Standpoint::Test(i),
            _ => Standpoint::Code(code),
        };
        Camera { tab: look.tab.get(), axes: look.axes.get(), pins: look.pins.get(), place }
    }

    /// The query of a link to the experiment.
    fn link(self) -> String {
        let Stores { runs, files, .. } = self.stores();
        let kept = |key| browser::parameter(key).map_or_else(String::new, |value| format!("&{key}={value}"));
        let (engine, language) = (kept("engine"), kept(browser::LANGUAGE));
        let preset =
            runs.preset.with_untracked(|p| if p.id == PRESETS[0].id { String::new() } else { format!("&preset={}", p.id) });
        let weights = files.weights_part();
        let lesson = lesson::in_link(self.stores().look);
        format!("{}{engine}{preset}{weights}{lesson}{language}", runs.setup.with_untracked(Setup::to_query))
    }

    /// Puts the traversal where the address has it, as soon as a model with such codes is there.
    pub fn look_where_the_address_says(self, camera: &Camera) {
        let codes = self.stores().codes;
        match &camera.place {
            Standpoint::Test(i) => codes.await_source(Source::Test(*i)),
            Standpoint::Code(z) => codes.await_source(Source::Code(z.as_slice().into())),
        }
    }

    /// The address has changed: Back and Forward lead from tab to tab, a link that is opened in the page to all that it says.
    fn take_address(self) {
        let Stores { look, codes, .. } = self.stores();
        let fragment = browser::fragment();
        if !Camera::is_in(&fragment) {
            return;
        }
        let (camera, strange) = Camera::read(&fragment);
        look.tab.set(camera.tab);
        if browser::is_own_entry() {
            // Nothing else goes back, and the address says so.
            look.write_link();
            return look.write_camera_now();
        }
        look.notes.set(strange);
        look.axes.set(camera.axes);
        look.pins.set(camera.pins.clone());
        match camera.place {
            Standpoint::Test(i) => codes.start_from(Source::Test(i)),
            Standpoint::Code(_) => {
                self.look_where_the_address_says(&camera);
                codes.arrive();
            }
        }
    }

    /// Follows the address, so that links that are opened in the page, Back and Forward do what they say.
    pub fn follow_address(self) {
        // Between addresses that differ in more than what follows the `#`, only the second is heard.
        let link = window_event_listener(leptos::ev::hashchange, move |_| self.take_address());
        let back = window_event_listener(leptos::ev::popstate, move |_| self.take_address());
        on_cleanup(move || {
            link.remove();
            back.remove();
        });
    }

    /// Lets the address follow what the page shows.
    pub fn follow_camera(self) {
        let (look, codes) = (self.stores().look, self.stores().codes);
        look.let_say(move || self.link(), move || self.camera());
        let mut begun = false;
        react(move || {
            self.camera();
            // While a code is on its way, the address says better than the page where it goes.
            if !std::mem::replace(&mut begun, true) || codes.awaits_a_code() {
                return;
            }
            look.write_camera();
        });
        look.write_before_leaving();
    }
}
