//! The panels. Each says which slots it looks at; hidden panels are not asked for.

pub mod chart;
pub mod kl;
pub mod map;
pub mod reconstructions;
pub mod samples;
pub mod traversal;

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

use super::state::Lab;
use crate::spec::protocol::Slot;

/// A titled part of the page. While it is scrolled out of view its slots are not watched.
#[component]
pub fn Panel(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    #[prop(default = &[])] slots: &'static [Slot],
    /// Buttons beside the title.
    #[prop(optional, into)]
    tools: ViewFn,
    children: Children,
) -> impl IntoView {
    let lab = Lab::get();
    let root = NodeRef::<html::Section>::new();
    root.on_load(move |element| {
        let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let last: Option<IntersectionObserverEntry> = entries.at(-1).dyn_into().ok();
            let visible = last.is_some_and(|e| e.is_intersecting());
            slots.iter().for_each(|slot| lab.show(*slot, visible));
        });
        if let Ok(observer) = IntersectionObserver::new(seen.as_ref().unchecked_ref()) {
            observer.observe(&element);
        }
        // The panels live as long as the page.
        seen.forget();
    });
    let heading = format!("{id}-title");
    let title_id = heading.clone();
    view! {
        <section class=format!("panel panel-{id}") id=id data-testid=format!("panel-{id}") aria-labelledby=heading node_ref=root>
            <header>
                <h2 id=title_id>{title}</h2>
                <div class="tools">{tools.run()}</div>
            </header>
            {children()}
            <p class="caption">{help}</p>
        </section>
    }
}
