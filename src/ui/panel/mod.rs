//! The panels. Each is a file here and a line in [`PANELS`].

mod arithmetic;
pub mod chart;
pub mod codebook;
mod diagram;
mod draw;
pub mod features;
mod kl;
mod map;
mod measures;
pub mod objective;
mod path;
mod reconstructions;
mod samples;
mod traversal;

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

use super::keep::figure;
use super::model::Model;
use super::part::{Make, fetched};
use super::state::Lab;
use super::tab::Tab;
use super::text;
use crate::spec::protocol::Slot;

/// What the page knows of a panel before it is made.
pub struct Entry {
    pub tab: Tab,
    pub id: &'static str,
    pub title: &'static str,
    /// Whether it has something to say about a model.
    pub applies: fn(&Model) -> bool,
    pub make: Make,
}

/// A panel that comes with the page.
const fn entry(tab: Tab, id: &'static str, title: &'static str, applies: fn(&Model) -> bool, view: fn() -> AnyView) -> Entry {
    Entry { tab, id, title, applies, make: Make::Now(view) }
}

/// A panel that is fetched with the others of its part, [`fetched`].
const fn part(tab: Tab, id: &'static str, title: &'static str, applies: fn(&Model) -> bool, make: Make) -> Entry {
    Entry { tab, id, title, applies, make }
}

const ANY: fn(&Model) -> bool = |_| true;
const CLOUDS: fn(&Model) -> bool = |model| model.clouds;
const PRIOR: fn(&Model) -> bool = |model| model.prior.is_some();
const VECTOR: fn(&Model) -> bool = |model| model.vector;
// Before the first model is there, nothing is known against a plane.
const PLANE: fn(&Model) -> bool = |model| model.vector && model.latent != 1;

const TOKENS: fn(&Model) -> bool = |model| model.grid.is_some();
const DRAWN_TOKENS: fn(&Model) -> bool = |model| model.grid.is_some_and(|grid| grid.drawn);
const FEATURES: fn(&Model) -> bool = |model| model.features.is_some();

/// All panels, in the order in which they stand.
pub const PANELS: &[Entry] = &[
    entry(Tab::Learn, "traversal", text::TRAVERSAL, VECTOR, || view! { <traversal::Traversal /> }.into_any()),
    entry(Tab::Learn, "map", text::MAP, PLANE, || view! { <map::Map /> }.into_any()),
    entry(Tab::Learn, "loss", text::LOSS, ANY, || view! { <chart::Loss /> }.into_any()),
    entry(Tab::Learn, "kl", text::KL, CLOUDS, || view! { <kl::KlBars /> }.into_any()),
    entry(Tab::Learn, "reconstructions", text::RECONSTRUCTIONS, ANY, || view! { <reconstructions::Reconstructions /> }.into_any()),
    entry(Tab::Learn, "samples", text::SAMPLES, PRIOR, || view! { <samples::Samples /> }.into_any()),
    entry(Tab::Latents, "latents", text::LATENTS, VECTOR, || view! { <traversal::Latents /> }.into_any()),
    part(Tab::Map, "explore", text::EXPLORE, PLANE, fetched!(panels, explore, view! { <map::Explore /> })),
    part(Tab::Paths, "path", text::PATH, VECTOR, fetched!(panels, path, view! { <path::Paths /> })),
    part(Tab::Paths, "arithmetic", text::ARITHMETIC, VECTOR, fetched!(panels, arithmetic, view! { <arithmetic::Arithmetic /> })),
    part(Tab::Codebook, "tokens", text::codebook::TOKENS, TOKENS, fetched!(codes, tokens, view! { <codebook::Tokens /> })),
    part(Tab::Codebook, "codebook", text::codebook::ATLAS, TOKENS, fetched!(codes, atlas, view! { <codebook::Atlas /> })),
    part(
        Tab::Codebook,
        "token-samples",
        text::codebook::SAMPLES,
        DRAWN_TOKENS,
        fetched!(codes, token_samples, view! { <codebook::Samples /> }),
    ),
    part(Tab::Codebook, "code-map", text::codebook::MAP, TOKENS, fetched!(codes, code_map, view! { <codebook::CodeMap /> })),
    part(Tab::Features, "features", text::features::LIST, FEATURES, fetched!(codes, feature_list, view! { <features::List /> })),
    part(Tab::Features, "feature", text::features::ONE, FEATURES, fetched!(codes, feature, view! { <features::One /> })),
    part(
        Tab::Features,
        "steering",
        text::features::STEERING,
        FEATURES,
        fetched!(codes, steering, view! { <features::Steering /> }),
    ),
    part(Tab::Draw, "draw", text::DRAW, ANY, fetched!(panels, draw, view! { <draw::Draw /> })),
    part(Tab::Measure, "measures", text::measures::TITLE, ANY, fetched!(panels, measures, view! { <measures::Measures /> })),
    part(Tab::Explain, "objective", text::OBJECTIVE_PANEL, ANY, fetched!(panels, objective, view! { <objective::Objective /> })),
    entry(Tab::Explain, "loss", text::LOSS, ANY, || view! { <chart::Loss /> }.into_any()),
    part(Tab::Explain, "diagram", text::DIAGRAM, ANY, fetched!(panels, diagram, view! { <diagram::Diagram /> })),
];

/// A titled part of the page. While it is scrolled out of view its slots are not watched.
#[component]
pub fn Panel(
    /// Its entry's.
    id: &'static str,
    #[prop(into)] help: Signal<String>,
    #[prop(default = &[])] slots: &'static [Slot],
    /// Buttons beside the title.
    #[prop(optional, into)]
    tools: ViewFn,
    children: Children,
) -> impl IntoView {
    let lab = Lab::get();
    let root = NodeRef::<html::Section>::new();
    let in_view = RwSignal::new(false);
    let watching = StoredValue::new_local(None::<(IntersectionObserver, Closure<dyn FnMut(js_sys::Array)>)>);
    let look = move |visible: bool| {
        if in_view.try_update_untracked(|was| std::mem::replace(was, visible) != visible) == Some(true) {
            slots.iter().for_each(|slot| lab.show(*slot, visible));
        }
    };
    root.on_load(move |element| {
        let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let last: Option<IntersectionObserverEntry> = entries.at(-1).dyn_into().ok();
            look(last.is_some_and(|e| e.is_intersecting()));
        });
        let Ok(observer) = IntersectionObserver::new(seen.as_ref().unchecked_ref()) else { return look(true) };
        observer.observe(&element);
        watching.set_value(Some((observer, seen)));
    });
    on_cleanup(move || {
        watching.update_value(|watching| {
            if let Some((observer, _)) = watching {
                observer.disconnect();
            }
        });
        look(false);
    });
    let title = PANELS.iter().find(|p| p.id == id).map_or("", |p| p.title);
    let heading = format!("{id}-title");
    let save = move |_| {
        if let Some(panel) = root.get_untracked() {
            figure::save(&panel, id, &lab.theme.get_untracked());
        }
    };
    let title_id = heading.clone();
    view! {
        <section class=format!("panel panel-{id}") id=id data-testid=format!("panel-{id}") aria-labelledby=heading node_ref=root>
            <header>
                <h2 id=title_id>{title}</h2>
                <div class="tools">
                    {tools.run()}
                    <button class="quiet figure" title=text::keep::FIGURE_HELP aria-label=text::keep::FIGURE_HELP data-testid=format!("figure-{id}") on:click=save>
                        {text::keep::FIGURE}
                    </button>
                </div>
            </header>
            {children()}
            <p class="caption">{help}</p>
        </section>
    }
}
