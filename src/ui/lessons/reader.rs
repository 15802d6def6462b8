//! A lesson that is read: page by page, each with what it opens and asks for.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::lock;
use super::predict::Prediction;
use super::progress::{self, Progress};
use super::setting::Setting;
use super::told::told;
use super::watch::Watch;
use super::words;
use crate::browser;
use crate::findings;
use crate::react::react;
use crate::store::look::Look;
use latent_lesson::{Lesson, Page, Recorded, Seen, Term, marked};

/// How often somebody looks whether it is done.
const EVERY: Duration = Duration::from_millis(250);
/// The buttons that turn pages.
const TURN: &str = ".lesson .turn";
/// Where arrow keys have a meaning of their own.
const KEYS_OF_ITS_OWN: &str = "input, select, textarea, [role=slider], summary";

/// Once a deed is done, what is said then and the way on are in view, on a phone too.
fn show_what_follows() {
    if let Some(turn) = browser::document().query_selector(TURN).ok().flatten() {
        turn.scroll_into_view_with_bool(false);
    }
}

#[component]
pub fn Reader(lesson: Lesson, glossary: Vec<Term>) -> impl IntoView {
    let look = Look::get();
    let (watch, setting) = (Watch::new(), Setting::new());
    let (id, pages, title) = (lesson.id.clone(), lesson.pages.len(), lesson.title.clone());
    let mut kept = progress::recall(&id);
    kept.done.resize(pages, false);
    let done = RwSignal::new(kept.done);
    let at =
        Memo::new(move |_| look.lesson.with(|lesson| lesson.as_ref().map_or(0, |(_, page)| (*page).min(pages.saturating_sub(1)))));
    let lesson = StoredValue::new_local(lesson);
    let glossary = StoredValue::new_local(glossary);
    let page = move |at: usize| lesson.with_value(|lesson| lesson.pages[at].clone());
    let came = StoredValue::new_local(Seen::default());
    let heading = NodeRef::<html::H2>::new();
    let remember = {
        let id = id.clone();
        move || progress::remember(&id, &Progress { page: at.get_untracked(), done: done.get_untracked() })
    };
    let remember = StoredValue::new_local(remember);
    let is_done = move || remember.with_value(|remember| remember());
    let mark = move |at: usize| {
        if done.with_untracked(|done| !done[at]) {
            done.update(|done| done[at] = true);
            is_done();
            browser::next_frame(show_what_follows);
        }
    };
    let mut first = true;
    react(move || {
        let now = page(at.get());
        setting.open(&now);
        came.set_value(watch.now());
        if !now.asks() {
            done.update(|done| done[at.get_untracked()] = true);
        }
        is_done();
        if !std::mem::replace(&mut first, false)
            && let Some(heading) = heading.get_untracked()
        {
            let _ = heading.focus();
        }
    });
    let locked = lock::locked();
    let tick = move || {
        lock::lock(&locked);
        let at = at.get_untracked();
        if !setting.settle() {
            came.set_value(watch.now());
            return;
        }
        let now = watch.now();
        let is = lesson
            .with_value(|lesson| lesson.pages[at].done.as_ref().is_some_and(|done| came.with_value(|came| done.is(came, &now))));
        if is {
            mark(at);
        }
    };
    if let Ok(ticking) = set_interval_with_handle(tick, EVERY) {
        on_cleanup(move || ticking.clear());
    }
    on_cleanup(move || setting.leave());
    let turn = move |to: Option<usize>| match to {
        Some(to) if to < pages => {
            look.lesson.update(|lesson| {
                if let Some((_, page)) = lesson {
                    *page = to;
                }
            });
            look.write_link();
        }
        Some(_) => {
            look.lesson.set(Some((String::new(), 0)));
            look.write_link();
        }
        None => {}
    };
    let back = move || turn(at.get_untracked().checked_sub(1));
    let next = move || turn(Some(at.get_untracked() + 1));
    let on_key = move |e: KeyboardEvent| {
        let own = e
            .target()
            .and_then(|t| t.dyn_into::<Element>().ok())
            .is_some_and(|t| t.closest(KEYS_OF_ITS_OWN).is_ok_and(|t| t.is_some()));
        let plain = !(e.alt_key() || e.ctrl_key() || e.meta_key());
        match e.key().as_str() {
            "ArrowLeft" | "PageUp" if plain && !own => back(),
            "ArrowRight" | "PageDown" if plain && !own && at.get_untracked() + 1 < pages => next(),
            _ => return,
        }
        e.prevent_default();
    };
    let is = Memo::new(move |_| done.with(|done| done[at.get()]));
    let onward = move || match (at.get() + 1 == pages, is.get()) {
        (true, _) => words::END,
        (false, true) => words::NEXT,
        (false, false) => words::SKIP,
    };
    let dots = move || {
        done.with(|done| {
            done.iter().enumerate().map(|(i, is)| view! { <i class:done=*is class:at=i == at.get()></i> }).collect_view()
        })
    };
    let again = move |_| {
        setting.open(&page(at.get_untracked()));
        came.set_value(watch.now());
    };
    let body = move || {
        let at = at.get();
        let now = page(at);
        let said = lesson.with_value(|lesson| {
            let texts: Vec<&str> = lesson.pages.iter().map(|page| page.text.as_str()).collect();
            glossary.with_value(|glossary| told(marked(&texts, at, glossary), glossary))
        });
        let Page { title, deed, reveal, predict, finding, .. } = now.clone();
        let prediction = predict.zip(setting.setup(&now)).map(|(predict, setup)| {
            let recorded = Recorded::name(&lesson.with_value(|lesson| lesson.id.clone()), at);
            view! { <Prediction predict setup watch ready=setting.settled recorded over=move || mark(at) /> }
        });
        // A finding that is open is long: what it showed is said before it.
        let (before, behind) = if finding.is_empty() { (None, Some(reveal)) } else { (Some(reveal), None) };
        let revealed = move |text: Option<String>| {
            text.map(|text| {
                view! {
                    <p class="reveal" role="status" data-testid="lesson-reveal">{move || is.get().then(|| text.clone())}</p>
                }
            })
        };
        let finding = (!finding.is_empty()).then(|| findings::of_lesson(finding));
        let deed = (!deed.is_empty()).then(|| {
            view! {
                <p class="deed" class:done=move || is.get()>
                    <b>{move || if is.get() { words::DONE } else { words::TO_DO }}</b>" "{deed}
                </p>
            }
        });
        view! {
            <h2 tabindex="-1" node_ref=heading data-testid="lesson-page">{title}</h2>
            <p>{said}</p>
            {deed}
            {revealed(before)}
            {finding}
            {prediction}
            {revealed(behind)}
        }
    };
    let opens = Memo::new(move |_| {
        lesson.with_value(|lesson| {
            let open = &lesson.pages[at.get()].open;
            !open.is_empty() && !open.starts_with('#')
        })
    });
    let state = move || {
        if setting.settled.get() {
            None
        } else if setting.is_without_engine() {
            Some(words::NO_ENGINE)
        } else {
            Some(words::SETTING_UP)
        }
    };
    view! {
        <div class="reader" data-testid="reader" on:keydown=on_key>
            <p class="note">{title}" · "<span data-testid="lesson-place">{move || words::place(at.get(), pages)}</span></p>
            <div class="dots" aria-hidden="true">{dots}</div>
            {body}
            <p class="note" data-testid="lesson-state">{state}</p>
            <div class="turn">
                <button data-testid="lesson-back" disabled=move || at.get() == 0 on:click=move |_| back()>{words::BACK}</button>
                <button data-testid="lesson-next" class:primary=move || is.get() on:click=move |_| next()>{onward}</button>
            </div>
            <Show when=move || opens.get()>
                <button class="link again" data-testid="lesson-again" on:click=again>{words::AGAIN}</button>
            </Show>
        </div>
    }
}
