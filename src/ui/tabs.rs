//! The strip to choose a tab, and the panels of the open one.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::panel::{PANELS, codebook, features, measures};
use super::react::react;
use super::tab::Tab;
use crate::store::link::{EngineState, Link};
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::words;

/// What the strip says of a tab.
fn title(tab: Tab) -> &'static str {
    match tab {
        Tab::Learn => words::TAB_LEARN,
        Tab::Latents => words::TAB_LATENTS,
        Tab::Map => words::TAB_MAP,
        Tab::Paths => words::TAB_PATHS,
        Tab::Codebook => codebook::words::TAB,
        Tab::Features => features::words::TAB,
        Tab::Draw => words::TAB_DRAW,
        Tab::Measure => measures::words::TAB,
        Tab::Explain => words::TAB_EXPLAIN,
    }
}

/// The strip of tabs: arrow keys, Home and End move along it, as the ARIA practices ask.
#[component]
pub fn Tabs() -> impl IntoView {
    let (look, link, runs) = (Look::get(), Link::get(), Runs::get());
    let strip = NodeRef::<html::Div>::new();
    let model = Memo::new(move |_| runs.model());
    // A tab whose panels all say nothing about this model is left out.
    let shown = Memo::new(move |_| {
        let model = model.get();
        Tab::ALL.into_iter().filter(|tab| PANELS.iter().any(|p| p.tab == *tab && (p.applies)(&model))).collect::<Vec<_>>()
    });
    react(move || {
        // Before a network stands, nobody knows that it will have nothing to show there.
        let stands = runs.run.with(|r| r.as_ref().is_some_and(|r| r.info.is_some()))
            || matches!(link.engine.get(), EngineState::NoGpu(..) | EngineState::Crashed(_));
        if stands && !shown.get().contains(&look.tab.get()) {
            // No step of the visitor's, to which Back would lead.
            look.tab.set(Tab::Learn);
            look.write_camera();
        }
    });
    let on_key = move |e: KeyboardEvent| {
        let all = shown.get_untracked();
        let at = all.iter().position(|tab| *tab == look.tab.get_untracked()).unwrap_or(0);
        let to = match e.key().as_str() {
            "ArrowRight" => (at + 1) % all.len(),
            "ArrowLeft" => (at + all.len() - 1) % all.len(),
            "Home" => 0,
            "End" => all.len() - 1,
            _ => return,
        };
        e.prevent_default();
        look.open_tab(all[to]);
        let button = strip.get_untracked().and_then(|s| s.query_selector(&format!("#tab-{}", all[to].id())).ok().flatten());
        if let Some(button) = button.and_then(|b| b.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus();
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=words::TABS node_ref=strip on:keydown=on_key>
            <For each=move || shown.get() key=|tab| *tab let:tab>
                <button role="tab" id=format!("tab-{}", tab.id()) data-testid=format!("tab-{}", tab.id()) aria-controls="panels"
                    aria-selected=move || (look.tab.get() == tab).to_string()
                    tabindex=move || if look.tab.get() == tab { "0" } else { "-1" }
                    on:click=move |_| look.open_tab(tab)>{title(tab)}</button>
            </For>
        </div>
    }
}

/// The panels of the open tab. Those of the others do not exist, and cost nothing.
#[component]
pub fn TabPanel() -> impl IntoView {
    let (look, runs) = (Look::get(), Runs::get());
    let model = Memo::new(move |_| runs.model());
    let shown = Memo::new(move |_| {
        let (tab, model) = (look.tab.get(), model.get());
        let of = |tab| (0..PANELS.len()).filter(|i| PANELS[*i].tab == tab && (PANELS[*i].applies)(&model)).collect::<Vec<_>>();
        // The first tab stands in for one that waits for its network.
        let panels = of(tab);
        if panels.is_empty() { of(Tab::Learn) } else { panels }
    });
    view! {
        <div id="panels" role="tabpanel" tabindex="-1" class=move || format!("panels tab-{}", look.tab.get().id())
            aria-labelledby=move || format!("tab-{}", look.tab.get().id())>
            <For each=move || shown.get() key=|i| *i let:i>{PANELS[i].make.view()}</For>
        </div>
    }
}
