//! A run from an earlier visit, offered where the page begins with something else.

use leptos::prelude::*;

use crate::browser;
use crate::conductor::Conductor;
use crate::keep::words;
use crate::store::files::Files;
use crate::store::link::Link;
use crate::store::runs::{Origin, Runs};

#[component]
pub fn Offer() -> impl IntoView {
    let (link, runs, files, conductor) = (Link::get(), Runs::get(), Files::get(), Conductor::get());
    // Who has begun something else has answered.
    let untouched = move || {
        runs.run.with(|r| {
            r.as_ref().is_none_or(|r| r.origin == Origin::Pretrained || r.origin == Origin::Noise && runs.step.get() == 0)
        })
    };
    let there = move |id: &str| {
        files.storage.track();
        files.find(id).is_some()
    };
    let offered = move || files.offer.get().filter(|run| untouched() && link.can_run() && there(&run.id));
    move || {
        offered().map(|run| {
            let line = words::offer(&run, browser::today());
            view! {
                <p class="notice" data-testid="offer">
                    {line}" "
                    <button class="link" data-testid="resume" on:click=move |_| conductor.open_kept(&run)>{words::RESUME}</button>" · "
                    <button class="link" on:click=move |_| files.offer.set(None)>{words::DISMISS}</button>
                </p>
            }
        })
    }
}
