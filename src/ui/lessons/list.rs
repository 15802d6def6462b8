//! All lessons, with how far one is.

use leptos::prelude::*;

use super::{progress, words};
use crate::browser;
use crate::store::look::Look;
use latent_lesson::Entry;

/// The page to print for a lesson, beside this one.
pub fn sheet(id: &str) -> String {
    browser::worded(&format!("lessons/{id}.html"))
}

#[component]
pub fn List() -> impl IntoView {
    let look = Look::get();
    let all = RwSignal::new_local(None::<Result<Vec<Entry>, String>>);
    leptos::task::spawn_local(async move { all.set(Some(browser::fetch_json(&browser::worded("lessons/index.json")).await)) });
    let item = move |entry: Entry| {
        let kept = progress::recall(&entry.id);
        let done = kept.done.iter().filter(|done| **done).count();
        let (id, page) = (entry.id.clone(), kept.page.min(entry.pages.saturating_sub(1)));
        let open = move |_| {
            look.lesson.set(Some((id.clone(), page)));
            look.write_link();
        };
        view! {
            <li>
                <button class="link" data-testid=format!("lesson-{}", entry.id) on:click=open>{entry.title}</button>
                <p>{entry.summary}</p>
                <p class="note">{words::pages(entry.pages, done)}" · "<a target="_blank" href=sheet(&entry.id)>{words::SHEET}</a></p>
            </li>
        }
    };
    move || match all.get() {
        None => view! { <p class="note">{words::LOADING}</p> }.into_any(),
        Some(Err(why)) => view! { <p role="alert">{why}</p> }.into_any(),
        Some(Ok(entries)) => view! {
            <p class="help">{words::INTRO}</p>
            <ol class="lessons" data-testid="lesson-list">{entries.into_iter().map(item).collect_view()}</ol>
        }
        .into_any(),
    }
}
