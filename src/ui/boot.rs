//! What stands in `index.html` until the page runs: its name and what it is for, or the first tab with the pretrained model's pictures, where
//! the address asks for nothing else (`cargo lab shell`). That stays in front of the page until the page has the same pictures.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser;
use crate::react::react;
use crate::store::Stores;
use crate::views::{CURRENT, STRIPS};

/// The root's class while the first tab stands there.
const FIRST: &str = "first";
/// Who has waited for the pictures so long sees the page without them.
const PATIENCE: Duration = Duration::from_secs(6);

/// Whether the page is to have pictures before it is shown.
pub fn waits() -> bool {
    browser::document().document_element().is_some_and(|root| root.class_name() == FIRST)
}

/// Shows the page.
pub fn lift() {
    let document = browser::document();
    if let Some(boot) = document.get_element_by_id("boot") {
        boot.remove();
    }
    if let Some(root) = document.document_element() {
        root.set_class_name("");
    }
}

/// Shows the page once its pictures are there, or will not come.
pub fn begin(Stores { look, desks, .. }: Stores) {
    if !waits() {
        return;
    }
    react(move || {
        let painted = [CURRENT, STRIPS].iter().all(|slot| desks.view(*slot).with(Option::is_some));
        if painted || look.no_preset.with(Option::is_some) {
            browser::next_frame(lift);
        }
    });
    browser::later(lift, PATIENCE);
}
