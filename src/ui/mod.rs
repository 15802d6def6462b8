//! The page. Sees `spec`, the catalogue and the player; talks to the engine through `spec::protocol` alone.

mod address;
mod ahead;
mod api;
mod browser;
mod camera;
mod choice;
mod codes;
mod control;
mod data;
mod embed;
mod formula;
mod gallery;
mod keep;
mod link;
mod model;
mod noise;
mod paint;
mod panel;
mod part;
mod picture;
mod plane;
mod prose;
mod rank;
mod react;
mod roving;
mod shelf;
mod source;
mod state;
mod sway;
mod tab;
mod text;
mod theme;
mod throttle;
mod tiles;
mod transport;
mod verify;
mod views;

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use control::Controls;
use embed::EmbedButton;
use gallery::Gallery;
use keep::{Offer, RunsButton};
use state::Lab;
use tab::{TabPanel, Tabs};
use theme::ThemeButton;
use transport::{Notices, OnShow, Transport};
use verify::Verify;

/// Mounts the page on the document's body.
pub fn mount() {
    console_error_panic_hook::set_once();
    if let Some(boot) = browser::document().get_element_by_id("boot") {
        boot.remove();
    }
    mount_to_body(Page);
}

#[component]
fn CopyLink() -> impl IntoView {
    let lab = Lab::get();
    let said = RwSignal::new(text::COPY_LINK);
    let copy = move |_| {
        lab.write_what_waits();
        let window = browser::window();
        let href = window.location().href().unwrap_or_default();
        leptos::task::spawn_local(async move {
            let done = JsFuture::from(window.navigator().clipboard().write_text(&href)).await;
            said.set(if done.is_ok() { text::COPIED } else { text::COPY_FAILED });
            set_timeout(move || said.set(text::COPY_LINK), std::time::Duration::from_secs(2));
        });
    };
    view! { <button class="link" data-testid="copy-link" on:click=copy>{said}</button> }
}

#[component]
fn Page() -> impl IntoView {
    let lab = Lab::new();
    part::provide_root();
    provide_context(lab);
    provide_context(data::OwnData::new(lab));
    theme::init(lab);
    api::install(lab);
    tab::follow_address(lab);
    lab.open();
    lab.keep_when_hidden();
    lab.follow_camera();
    lab.write_before_leaving();
    sway::begin(lab);
    ahead::begin(lab);
    panel::chart::settle(lab);
    view! {
        <a class="skip" href="#panels">{text::SKIP}</a>
        <header class="masthead">
            <div class="title">
                <h1>{text::NAME}</h1>
                <p class="lead">{text::LEAD}</p>
            </div>
            <div class="masthead-tools"><RunsButton /><CopyLink /><EmbedButton /><ThemeButton /></div>
        </header>
        <Transport />
        <div class="messages" role="region" aria-label=text::MESSAGES><Notices /><OnShow /><Offer /></div>
        <Gallery />
        <nav aria-label=text::TABS><Tabs /></nav>
        <div class="columns">
            <main><TabPanel /></main>
            <Controls />
        </div>
        <data::Dialog />
        <footer><Verify /><p>{text::CREDIT_DATA}</p><p>{text::CREDIT_CODE}</p></footer>
    }
}
