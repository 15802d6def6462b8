//! The page. Sees cards, setups and the player; talks to the engine through `latent_protocol` alone.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod ahead;
mod api;
mod attributes;
mod bench;
mod boot;
mod browser;
mod camera;
mod caution;
mod choice;
mod clipboard;
mod conductor;
mod control;
mod data;
mod doors;
mod dress;
mod embed;
mod encoded;
mod findings;
mod formula;
mod gallery;
mod held;
mod keep;
mod latents;
mod lesson;
mod lessons;
mod machine;
mod model;
mod noise;
mod number;
mod offline;
mod only;
mod paint;
mod panel;
mod part;
mod past;
mod picture;
mod plane;
mod popup;
mod port;
mod prose;
mod rank;
mod react;
mod roving;
mod shelf;
mod source;
mod store;
mod sway;
mod tab;
mod tabs;
mod texts;
mod theme;
mod throttle;
mod tiles;
mod told;
mod transport;
mod verify;
mod views;
mod what;
mod words;

use leptos::prelude::*;

use bench::BenchButton;
use camera::Camera;
use conductor::Conductor;
use control::Controls;
use doors::Doors;
use embed::EmbedButton;
use gallery::Gallery;
use keep::{Offer, RunsButton};
use latent_experiment::{PRESETS, Preset, Setup};
use latent_protocol::EngineChoice;
use lessons::Lessons;
use store::Stores;
use store::look::Look;
use tabs::{TabPanel, Tabs};
use theme::ThemeButton;
use transport::{Notices, OnShow, Transport};
use verify::Verify;
use what::WhatButton;

/// Mounts the page on the document's body.
pub fn mount() {
    console_error_panic_hook::set_once();
    if !boot::waits() {
        boot::lift();
    }
    mount_to_body(Page);
}

#[component]
fn CopyLink() -> impl IntoView {
    let look = Look::get();
    let said = RwSignal::new(words::COPY_LINK);
    let copy = move |_| {
        look.write_what_waits();
        clipboard::copy(browser::address(), said, [words::COPY_LINK, words::COPY_FAILED]);
    };
    view! { <button class="link" data-testid="copy-link" on:click=copy>{said}</button> }
}

/// The state of a page opened at the current address, and where in the model it says to look.
fn opened() -> (Stores, Camera) {
    let (mut setup, mut notes) = Setup::from_query(&browser::query(), browser::RESERVED);
    notes.extend(setup.settle());
    let executor = port::asked_for().unwrap_or_else(|other| {
        notes.push(words::unknown_engine(&other));
        EngineChoice::Best
    });
    let (camera, strange) = Camera::read(&browser::fragment());
    notes.extend(strange);
    let preset = browser::parameter("preset").and_then(|id| Preset::find(&id)).unwrap_or(&PRESETS[0]);
    (Stores::new(setup, preset, executor, &camera, notes), camera)
}

/// From here on a picture is so many times as wide as high that rows of pictures have fewer of them: it is a film strip.
const WIDE: f64 = 3.0;

#[component]
fn Page() -> impl IntoView {
    let (stores, camera) = opened();
    let conductor = Conductor::new(stores);
    conductor.look_where_the_address_says(&camera);
    part::provide_root();
    provide_context(stores);
    provide_context(conductor);
    provide_context(data::OwnData::new(stores, conductor));
    theme::init(stores.look);
    lesson::open_asked_for(stores.look);
    boot::begin(stores);
    api::install(stores);
    conductor.follow_address();
    conductor.open();
    stores.files.keep_when_hidden();
    stores.look.warning.set(caution::told().map(String::from));
    conductor.follow_camera();
    sway::begin(stores);
    ahead::begin(stores.link, stores.runs);
    panel::chart::settle(stores.runs);
    let aspect = Memo::new(move |_| {
        let shape = stores.runs.model().shape;
        f64::from(shape.width) / f64::from(shape.height.max(1))
    });
    view! {
        <a class="skip" href="#panels">{words::SKIP}</a>
        <header class="masthead">
            <h1>{words::NAME}</h1>
            <div class="masthead-tools"><BenchButton /><RunsButton /><CopyLink /><EmbedButton /><WhatButton /><ThemeButton /></div>
        </header>
        <Transport />
        // Below the buttons, which stay where they are when it folds.
        <div class="entrance" class:folded=move || stores.look.chosen.get()><p class="lead">{words::LEAD}</p><Doors /><Gallery /></div>
        <div class="messages" role="region" aria-label=words::MESSAGES><Notices /><OnShow /><Offer /><machine::Machine /></div>
        <nav aria-label=words::TABS><Tabs /></nav>
        <div class="columns" class:wide=move || { aspect.get() >= WIDE } style=move || { (aspect.get() != 1.0).then(|| format!("--aspect:{}", aspect.get())) }>
            <main><TabPanel /></main>
            <Controls />
        </div>
        <Lessons />
        <data::Dialog />
        <footer><Verify /><p>{words::CREDIT_DATA}</p><p>{words::CREDIT_CODE}</p></footer>
    }
}
