//! The models that ship trained, as cards: a press opens one.

use leptos::prelude::*;

use crate::conductor::Conductor;
use crate::store::link::{EngineState, Link};
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::words;
use latent_experiment::{PRESETS, Preset};

#[component]
pub fn Gallery() -> impl IntoView {
    let look = Look::get();
    // It folds once: who opens it again chooses among them.
    let in_use = Memo::new(move |_| look.chosen.get());
    view! {
        <details class="gallery" prop:open=move || !in_use.get() data-testid="gallery">
            <summary>{words::GALLERY}<span class="note">{words::GALLERY_HELP}</span></summary>
            <ul>{PRESETS.iter().map(|preset| view! { <li><PresetCard preset /></li> }).collect_view()}</ul>
        </details>
    }
}

#[component]
fn PresetCard(preset: &'static Preset) -> impl IntoView {
    let (link, runs, conductor) = (Link::get(), Runs::get(), Conductor::get());
    let chosen = move || (runs.preset.get().id == preset.id && runs.shows_preset()).to_string();
    // Without an engine the page has the digits alone.
    let barred =
        Memo::new(move |_| preset.data().id != PRESETS[0].data().id && matches!(link.engine.get(), EngineState::NoGpu(..)));
    view! {
        <button class="preset" class:grey=move || preset.data().channels == 1 data-testid=format!("preset-{}", preset.id) aria-pressed=chosen
            disabled=barred title=move || barred.get().then_some(words::NEEDS_GPU) on:click=move |_| conductor.open_preset(preset)>
            <img src=format!("assets/presets/{}.png", preset.id) alt="" width="84" height="56" loading="lazy" />
            <span class="words"><b>{preset.label}</b><span>{preset.summary}</span></span>
        </button>
    }
}
