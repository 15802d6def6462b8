//! The panels. Each is a file here and a line in [`PANELS`].

mod arithmetic;
pub mod chart;
pub mod codebook;
mod diagram;
mod draw;
pub mod features;
mod kl;
mod map;
pub mod measures;
pub mod objective;
mod path;
mod reconstructions;
mod samples;
pub mod section;
mod traversal;

use leptos::prelude::*;

use crate::model::Model;
use crate::part::{Make, fetched};
use crate::tab::Tab;

/// What the page knows of a panel before it is made.
pub struct Entry {
    pub tab: Tab,
    /// Whether it has something to say about a model.
    pub applies: fn(&Model) -> bool,
    pub make: Make,
}

/// A panel that comes with the page.
const fn entry(tab: Tab, applies: fn(&Model) -> bool, view: fn() -> AnyView) -> Entry {
    Entry { tab, applies, make: Make::Now(view) }
}

/// A panel that is fetched with the others of its part, [`fetched`].
const fn part(tab: Tab, applies: fn(&Model) -> bool, make: Make) -> Entry {
    Entry { tab, applies, make }
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
    entry(Tab::Learn, VECTOR, || view! { <traversal::Traversal /> }.into_any()),
    entry(Tab::Learn, PLANE, || view! { <map::Map /> }.into_any()),
    entry(Tab::Learn, ANY, || view! { <chart::Loss /> }.into_any()),
    entry(Tab::Learn, CLOUDS, || view! { <kl::KlBars /> }.into_any()),
    entry(Tab::Learn, ANY, || view! { <reconstructions::Reconstructions /> }.into_any()),
    entry(Tab::Learn, PRIOR, || view! { <samples::Samples /> }.into_any()),
    entry(Tab::Latents, VECTOR, || view! { <traversal::Latents /> }.into_any()),
    part(Tab::Map, PLANE, fetched!(panels, explore, view! { <map::Explore /> })),
    part(Tab::Paths, VECTOR, fetched!(panels, path, view! { <path::Paths /> })),
    part(Tab::Paths, VECTOR, fetched!(panels, arithmetic, view! { <arithmetic::Arithmetic /> })),
    part(Tab::Codebook, TOKENS, fetched!(codes, tokens, view! { <codebook::Tokens /> })),
    part(Tab::Codebook, TOKENS, fetched!(codes, atlas, view! { <codebook::Atlas /> })),
    part(Tab::Codebook, DRAWN_TOKENS, fetched!(codes, token_samples, view! { <codebook::Samples /> })),
    part(Tab::Codebook, TOKENS, fetched!(codes, code_map, view! { <codebook::CodeMap /> })),
    part(Tab::Features, FEATURES, fetched!(codes, feature_list, view! { <features::List /> })),
    part(Tab::Features, FEATURES, fetched!(codes, feature, view! { <features::One /> })),
    part(Tab::Features, FEATURES, fetched!(codes, steering, view! { <features::Steering /> })),
    part(Tab::Draw, ANY, fetched!(panels, draw, view! { <draw::Draw /> })),
    part(Tab::Measure, ANY, fetched!(panels, measures, view! { <measures::Measures /> })),
    part(Tab::Explain, ANY, fetched!(panels, objective, view! { <objective::Objective /> })),
    entry(Tab::Explain, ANY, || view! { <chart::Loss /> }.into_any()),
    part(Tab::Explain, ANY, fetched!(panels, diagram, view! { <diagram::Diagram /> })),
];
