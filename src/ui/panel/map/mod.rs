//! The test images' codes on a plane; pointing anywhere decodes that place.

mod chart;
mod density;
mod draw;
mod points;
mod spread;
mod state;
pub mod words;

use leptos::prelude::*;

use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::views::{CODES, FOUND, MANIFOLD, THUMBNAILS};
use chart::{Axis, Chart};
use draw::{Ground, Marks};
use latent_view::Originals;
use state::MapState;

/// Selected images on show.
const SHOWN: usize = 40;

/// The map of the overview.
#[component]
pub fn Map() -> impl IntoView {
    let (map, runs) = (MapState::new(), Runs::get());
    let help = Signal::derive(move || if runs.model().undrawn { words::MAP_UNDRAWN_HELP } else { words::MAP_HELP }.to_string());
    view! {
        <Panel id="map" title=words::MAP help slots=&[CODES] tools=move || view! { <Axis map /> }><Chart map /></Panel>
    }
}

/// The map on a tab of its own: pictures, clouds, the manifold, the density, a lasso.
#[component]
pub fn Explore() -> impl IntoView {
    let (runs, desks, codes) = (Runs::get(), Desks::get(), Codes::get());
    let map = MapState::new();
    let gaussian = Memo::new(move |_| runs.model().gaussian);
    let undrawn = Memo::new(move |_| runs.model().undrawn);
    let help = Signal::derive(move || if undrawn.get() { words::EXPLORE_UNDRAWN_HELP } else { words::EXPLORE_HELP }.to_string());
    react(move || {
        let indices: Vec<u32> = map.selected.with(|s| s.iter().take(SHOWN).map(|i| *i as u32).collect());
        if !indices.is_empty() {
            desks.ask(FOUND, Originals { indices });
        }
    });
    let mark = move |value: Marks, name: &'static str, id: &'static str| {
        view! {
            <button class="small" data-testid=id aria-pressed=move || (map.marks.get() == value).to_string() on:click=move |_| map.marks.set(value)>{name}</button>
        }
    };
    let ground = move |value: Ground, name: &'static str, id: &'static str| {
        view! {
            <button class="small" data-testid=id aria-pressed=move || (map.ground.get() == value).to_string() on:click=move |_| map.ground.set(value)>{name}</button>
        }
    };
    let toggle = move |signal: RwSignal<bool>, name: &'static str, help: &'static str, id: &'static str| {
        view! {
            <button class="small" title=help data-testid=id aria-pressed=move || signal.get().to_string() on:click=move |_| signal.update(|v| *v = !*v)>{name}</button>
        }
    };
    let found = move || {
        let n = map.selected.with(|s| s.len().min(SHOWN));
        (0..n)
            .map(|k| view! {
                <button class="cell" aria-label=move || map.selected.with(|s| s.get(k).map(|i| words::reconstruction(*i as u32)))
                    on:click=move |_| if let Some(i) = map.selected.with_untracked(|s| s.get(k).copied()) { codes.start_from(Source::Test(i)) }>
                    <Picture from=FOUND index=k />
                </button>
            })
            .collect_view()
    };
    let counts = move || {
        map.selected.with(|selected| {
            let mut counts = [0usize; 256];
            map.points.with(|p| selected.iter().filter_map(|i| p.labels.get(*i)).for_each(|l| counts[usize::from(*l)] += 1));
            words::selected(selected.len(), &counts, |label| runs.class_name(label))
        })
    };
    view! {
        <Panel id="explore" title=words::EXPLORE help slots=&[CODES, FOUND, THUMBNAILS, MANIFOLD] tools=move || view! { <Axis map /> }>
            <div class="explore">
                <div><Chart map /></div>
                <div class="explore-side">
                    <h3>{words::MAP_MARKS}</h3>
                    <div class="segments" role="group" aria-label=words::MAP_MARKS>
                        {mark(Marks::Dots, words::MARKS_DOTS, "marks-dots")} {mark(Marks::Pictures, words::MARKS_PICTURES, "marks-pictures")} {mark(Marks::None, words::MARKS_NONE, "marks-none")}
                    </div>
                    <h3>{words::MAP_GROUND}</h3>
                    <div class="segments" role="group" aria-label=words::MAP_GROUND>
                        {ground(Ground::Plain, words::GROUND_PLAIN, "ground-plain")}
                        <Show when=move || !undrawn.get()>{ground(Ground::Manifold, words::GROUND_MANIFOLD, "ground-manifold")}</Show>
                        <Show when=move || gaussian.get()>{ground(Ground::Density, words::GROUND_DENSITY, "ground-density")}</Show>
                    </div>
                    <p class="help">{move || match map.ground.get() {
                        Ground::Plain => String::new(),
                        Ground::Manifold => words::GROUND_MANIFOLD_HELP.into(),
                        Ground::Density => map.points.with(|p| words::density(p.distance)),
                    }}</p>
                    <div class="row-of-buttons">
                        <Show when=move || gaussian.get()>{toggle(map.ellipses, words::MAP_CLOUDS, words::MAP_CLOUDS_HELP, "map-clouds")}</Show>
                        {toggle(map.lasso, words::MAP_LASSO, words::MAP_LASSO_HELP, "map-lasso")}
                    </div>
                    <h3>{words::MAP_SELECTED}</h3>
                    <p class="note" data-testid="map-selected">{counts}</p>
                    <div class="cells" data-testid="map-found">{found}</div>
                </div>
            </div>
        </Panel>
    }
}
