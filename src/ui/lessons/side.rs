//! What stands beside the page on a desktop, and below it on a phone.

use leptos::prelude::*;

use super::list::{List, sheet};
use super::lock::Hiding;
use super::reader::Reader;
use super::words;
use crate::browser;
use crate::dress::Dress;
use crate::lesson::PROJECTOR;
use crate::offline::Offline;
use crate::react::react;
use crate::store::look::Look;
use latent_lesson::{Lesson, Term};

/// The page's class while a lesson is open: it leaves room.
const OPEN: &str = "with-lesson";

/// The root's class while it is read from afar.
const LARGE: &str = "projector";

fn set_large(large: bool) {
    if let Some(root) = browser::document().document_element() {
        let list = root.class_list();
        let _ = if large { list.add_1(LARGE) } else { list.remove_1(LARGE) };
        // Canvases are painted for the size that they have now.
        if let Ok(event) = web_sys::Event::new("resize") {
            let _ = browser::window().dispatch_event(&event);
        }
    }
}

/// The words that may be underlined.
pub const GLOSSARY: &str = "lessons/glossary.json";

/// A lesson as it was fetched, with the words that it may underline.
type Fetched = Result<(Lesson, Vec<Term>), String>;

#[component]
pub fn Side() -> impl IntoView {
    let look = Look::get();
    let folded = RwSignal::new(false);
    let body = browser::document().body();
    if let Some(body) = &body {
        let _ = body.class_list().add_1(OPEN);
    }
    on_cleanup(|| {
        if let Some(body) = browser::document().body() {
            let _ = body.class_list().remove_1(OPEN);
        }
    });
    let large = RwSignal::new(browser::asks(PROJECTOR));
    react(move || set_large(large.get()));
    on_cleanup(|| set_large(false));
    let which = Memo::new(move |_| look.lesson.with(|lesson| lesson.as_ref().map(|(id, _)| id.clone()).unwrap_or_default()));
    let close = move |_| {
        look.lesson.set(None);
        look.write_link();
    };
    let all = move |_| {
        look.lesson.set(Some((String::new(), 0)));
        look.write_link();
    };
    // Another language is other files.
    let spoken = RwSignal::new(0u32);
    let listener = window_event_listener_untyped("languagechange", move |_| spoken.update(|n| *n += 1));
    on_cleanup(move || listener.remove());
    // Without its style it would stand below the page for a moment.
    let styled = RwSignal::new(false);
    view! {
        <Dress name="lessons" there=Some(styled) />
        // Of findings.
        <Dress name="dialogs" />
        <aside class="lesson" class:gone=move || !styled.get() class:folded=move || folded.get() aria-label=words::LESSONS data-testid="lesson">
            <Hiding />
            <div class="lesson-head">
                <Show when=move || which.with(|id| !id.is_empty()) fallback=|| view! { <b>{words::LESSONS}</b> }>
                    <button class="link" data-testid="lesson-all" on:click=all>{words::ALL}</button>
                    <a target="_blank" href=move || { spoken.track(); sheet(&which.get()) }>{words::SHEET}</a>
                </Show>
                <span class="spring"></span>
                <button class="link large" aria-pressed=move || large.get().to_string() title=words::PROJECTOR_HELP data-testid="lesson-projector"
                    on:click=move |_| large.update(|large| *large = !*large)>{words::PROJECTOR}</button>
                <button class="quiet fold" aria-label=words::FOLD aria-expanded=move || (!folded.get()).to_string() data-testid="lesson-fold"
                    on:click=move |_| folded.update(|folded| *folded = !*folded)>{move || if folded.get() { "▴" } else { "▾" }}</button>
                <button class="quiet" aria-label=words::CLOSE data-testid="lesson-close" on:click=close>"✕"</button>
            </div>
            <div class="lesson-body">
                {move || {
                    spoken.track();
                    match which.get() {
                        id if id.is_empty() => view! { <List /> }.into_any(),
                        id => view! { <Fetch id /> }.into_any(),
                    }
                }}
                <Offline />
            </div>
        </aside>
    }
}

/// Fetches a lesson and shows it.
#[component]
fn Fetch(id: String) -> impl IntoView {
    let found = RwSignal::new_local(None::<Fetched>);
    leptos::task::spawn_local(async move {
        let lesson = browser::fetch_json(&browser::worded(&format!("lessons/{id}.json"))).await;
        let glossary = browser::fetch_json(&browser::worded(GLOSSARY)).await;
        let _ = found.try_set(Some(lesson.and_then(|lesson| Ok((lesson, glossary?)))));
    });
    move || match found.get() {
        None => view! { <p class="note">{words::LOADING}</p> }.into_any(),
        Some(Err(why)) => view! { <p role="alert">{why}</p> }.into_any(),
        Some(Ok((lesson, glossary))) => view! { <Reader lesson glossary /> }.into_any(),
    }
}
