//! A run from an earlier visit, offered where the page begins with something else.

use leptos::prelude::*;

use crate::ui::state::{Lab, Origin};
use crate::ui::{browser, text};

#[component]
pub fn Offer() -> impl IntoView {
    let lab = Lab::get();
    // Who has begun something else has answered.
    let untouched = move || {
        lab.run
            .with(|r| r.as_ref().is_none_or(|r| r.origin == Origin::Pretrained || r.origin == Origin::Noise && lab.step.get() == 0))
    };
    let there = move |id: &str| {
        lab.keep.storage.track();
        lab.keep.find(id).is_some()
    };
    let offered = move || lab.keep.offer.get().filter(|run| untouched() && lab.can_run() && there(&run.id));
    move || {
        offered().map(|run| {
            let line = text::keep::offer(&run, browser::today());
            view! {
                <p class="notice" data-testid="offer">
                    {line}" "
                    <button class="link" data-testid="resume" on:click=move |_| lab.open_kept(&run)>{text::keep::RESUME}</button>" · "
                    <button class="link" on:click=move |_| lab.keep.offer.set(None)>{text::DISMISS}</button>
                </p>
            }
        })
    }
}
