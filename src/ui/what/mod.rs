//! “What is this?”: while it is on, a press of anything on the screen says what it is, and does nothing else.

mod find;
mod words;

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent};

use self::find::{Answer, answer};
use crate::browser;
use crate::dress::Dress;
use crate::lessons::GLOSSARY;
use crate::part::{Make, fetched};
use crate::store::look::Look;
use latent_lesson::Term;

#[component]
pub fn WhatButton() -> impl IntoView {
    // With the lessons, whose glossary it reads: each part of its own costs the first visit a little.
    const INSIDE: Make = fetched!(lessons, what_inside, view! { <Inside /> });
    let on = Look::get().asking;
    view! {
        <button class="link" data-testid="what" on:click=move |_| on.set(true)>{words::WHAT}</button>
        {move || on.get().then(|| INSIDE.view())}
    }
}

/// What keys reach only while it is on.
const ASKED_BY_KEY: &str =
    ".panel:not([tabindex]), .panel canvas:not([tabindex], [aria-hidden]), .stat, .status, .gallery, .on-show";
/// What stands over the page.
const VEIL: &str = ".veil";

/// Where an answer stands: left and top in pixels.
type Place = (f64, f64);

#[component]
fn Inside() -> impl IntoView {
    let on = Look::get().asking;
    let glossary = StoredValue::new_local(Vec::<Term>::new());
    leptos::task::spawn_local(async move {
        if let Ok(terms) = browser::fetch_json(&browser::worded(GLOSSARY)).await {
            let _ = glossary.try_set_value(terms);
        }
    });
    let said = RwSignal::new(None::<(Answer, Place)>);
    let pointed = StoredValue::new_local(None::<Element>);
    let light = move |element: Option<Element>| {
        pointed.update_value(|before| {
            if let Some(before) = before.take() {
                let _ = before.class_list().remove_1("asked");
            }
            if let Some(element) = &element {
                let _ = element.class_list().add_1("asked");
            }
            *before = element;
        });
    };
    let say = move |element: Element, (x, y): Place| {
        let (found, of) = glossary.with_value(|glossary| answer(&element, glossary));
        light(Some(of));
        let side = |size: Result<JsValue, _>| size.ok().and_then(|size| size.as_f64()).unwrap_or(600.0);
        let (width, height) = (side(browser::window().inner_width()), side(browser::window().inner_height()));
        let left = x.min(width - words::WIDTH - 12.0).max(12.0);
        // Above what lies low.
        let top = if y > 0.6 * height { (y - words::HEIGHT).max(12.0) } else { y + 18.0 };
        said.set(Some((found, (left, top))));
    };
    let under = |event: &MouseEvent| {
        let veil = browser::document().query_selector(VEIL).ok().flatten()?.dyn_into::<HtmlElement>().ok()?;
        let style = veil.style();
        // It stands in front of what is asked for.
        let _ = style.set_property("pointer-events", "none");
        let found = browser::document().element_from_point(event.client_x() as f32, event.client_y() as f32);
        let _ = style.remove_property("pointer-events");
        found
    };
    let press = move |event: MouseEvent| {
        if let Some(element) = under(&event) {
            say(element, (f64::from(event.client_x()), f64::from(event.client_y())));
        }
    };
    // By keyboard: what has the focus is asked for instead of pressed.
    let key = move |event: KeyboardEvent| {
        let Some(element) = browser::document().active_element() else { return };
        let of_answer = || element.closest(".answer").is_ok_and(|found| found.is_some());
        match event.key().as_str() {
            "Escape" => on.set(false),
            "Enter" | " " if of_answer() => return,
            // The space bar presses when it comes up.
            "Enter" | " " if event.type_() == "keyup" => {}
            "Enter" | " " => {
                let rect = element.get_bounding_client_rect();
                say(element, (rect.left() + rect.width() / 2.0, rect.top() + rect.height() / 2.0));
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Ok(event) = event.dyn_into() {
            key(event);
        }
    });
    let listener = listener.into_js_value();
    for name in ["keydown", "keyup"] {
        let _ = browser::window().add_event_listener_with_callback_and_bool(name, listener.unchecked_ref(), true);
    }
    let listener = StoredValue::new_local(listener);
    let body = browser::document().body();
    let found = body.map(|body| browser::all(&body, ASKED_BY_KEY).to_vec()).unwrap_or_default();
    let reached: Vec<Element> = found.into_iter().filter_map(|found| found.dyn_into().ok()).collect();
    for element in &reached {
        let _ = element.set_attribute("tabindex", "0");
    }
    let reached = StoredValue::new_local(reached);
    on_cleanup(move || {
        light(None);
        listener.with_value(|listener| {
            for name in ["keydown", "keyup"] {
                let _ = browser::window().remove_event_listener_with_callback_and_bool(name, listener.unchecked_ref(), true);
            }
        });
        reached.with_value(|reached| {
            for element in reached {
                let _ = element.remove_attribute("tabindex");
            }
        });
    });
    view! {
        <Dress name="what" />
        <div class="veil" data-testid="what-veil" on:click=press></div>
        <div class="answer" role="status" data-testid="what-answer"
            style=move || said.with(|said| said.as_ref().map(|(_, (left, top))| format!("left:{left:.0}px;top:{top:.0}px")))>
            {move || said.get().map_or_else(
                || view! { <p>{words::HOW}</p> }.into_any(),
                |(Answer { name, says }, _)| view! {
                    <b>{name}</b>
                    {says.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
                }.into_any(),
            )}
            <button class="small" data-testid="what-end" on:click=move |_| on.set(false)>{words::END}</button>
        </div>
    }
}
