//! What every panel stands in.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

use crate::keep::{figure, words};
use crate::store::desks::Desks;
use crate::store::look::Look;
use latent_view::Slot;

/// A titled part of the page. While it is scrolled out of view its slots are not watched.
#[component]
pub fn Panel(
    /// What links, tests and the style sheet call it.
    id: &'static str,
    title: &'static str,
    #[prop(into)] help: Signal<String>,
    #[prop(default = &[])] slots: &'static [Slot],
    /// Buttons beside the title.
    #[prop(optional, into)]
    tools: ViewFn,
    children: Children,
) -> impl IntoView {
    let (look, desks) = (Look::get(), Desks::get());
    let root = NodeRef::<html::Section>::new();
    let in_view = RwSignal::new(false);
    let watching = StoredValue::new_local(None::<(IntersectionObserver, Closure<dyn FnMut(js_sys::Array)>)>);
    let see = move |visible: bool| {
        if in_view.try_update_untracked(|was| std::mem::replace(was, visible) != visible) == Some(true) {
            slots.iter().for_each(|slot| desks.show(*slot, visible));
        }
    };
    root.on_load(move |element| {
        let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let last: Option<IntersectionObserverEntry> = entries.at(-1).dyn_into().ok();
            see(last.is_some_and(|e| e.is_intersecting()));
        });
        let Ok(observer) = IntersectionObserver::new(seen.as_ref().unchecked_ref()) else { return see(true) };
        observer.observe(&element);
        watching.set_value(Some((observer, seen)));
    });
    on_cleanup(move || {
        watching.update_value(|watching| {
            if let Some((observer, _)) = watching {
                observer.disconnect();
            }
        });
        see(false);
    });
    let heading = format!("{id}-title");
    let save = move |_| {
        if let Some(panel) = root.get_untracked() {
            figure::save(&panel, id, &look.theme.get_untracked());
        }
    };
    let title_id = heading.clone();
    view! {
        <section class=format!("panel panel-{id}") id=id data-testid=format!("panel-{id}") aria-labelledby=heading node_ref=root>
            <header>
                <h2 id=title_id>{title}</h2>
                <div class="tools">
                    {tools.run()}
                    <button class="quiet figure" title=words::FIGURE_HELP aria-label=words::FIGURE_HELP data-testid=format!("figure-{id}") on:click=save>
                        {words::FIGURE}
                    </button>
                </div>
            </header>
            {children()}
            <p class="caption">{help}</p>
        </section>
    }
}
