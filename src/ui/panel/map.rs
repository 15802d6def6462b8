//! The test images' codes on a plane; pointing anywhere decodes that place.

mod chart;
mod density;
mod draw;
mod points;

use leptos::prelude::*;

use super::Panel;
use crate::ui::picture::Picture;
use crate::ui::react::react;
use crate::ui::source::Source;
use crate::ui::views::{CODES, FOUND, MANIFOLD, THUMBNAILS};
use crate::ui::{state::Lab, text};
use crate::view::Originals;
use chart::{Axis, Chart};
use draw::{Ground, Marks};
use points::Points;

/// Selected images on show.
const SHOWN: usize = 40;

/// What a map shows; made by its panel, shared with the chart and the buttons.
#[derive(Clone, Copy)]
pub struct MapState {
    axes: RwSignal<crate::ui::plane::Axes>,
    points: RwSignal<Points>,
    /// The one label on show.
    only: RwSignal<Option<u8>>,
    marks: RwSignal<Marks>,
    ground: RwSignal<Ground>,
    ellipses: RwSignal<bool>,
    /// The pointer draws a lasso instead of moving the traversal.
    lasso: RwSignal<bool>,
    /// Images inside of it.
    selected: RwSignal<Vec<usize>>,
}

impl MapState {
    fn new() -> Self {
        let lab = Lab::get();
        let (points, only, selected) = (RwSignal::new(Points::default()), RwSignal::new(None), RwSignal::new(Vec::new()));
        lab.on_other_data(move || {
            points.set(Points::default());
            only.set(None);
            selected.set(Vec::new());
        });
        Self {
            axes: lab.axes,
            points,
            only,
            marks: RwSignal::new(Marks::Dots),
            ground: RwSignal::new(Ground::Plain),
            ellipses: RwSignal::new(false),
            lasso: RwSignal::new(false),
            selected,
        }
    }
}

/// The map of the overview.
#[component]
pub fn Map() -> impl IntoView {
    let map = MapState::new();
    view! {
        <Panel id="map" help=text::MAP_HELP slots=&[CODES] tools=move || view! { <Axis map /> }><Chart map /></Panel>
    }
}

/// The map on a tab of its own: pictures, clouds, the manifold, the density, a lasso.
#[component]
pub fn Explore() -> impl IntoView {
    let lab = Lab::get();
    let map = MapState::new();
    let gaussian = Memo::new(move |_| lab.model().gaussian);
    react(move || {
        let indices: Vec<u32> = map.selected.with(|s| s.iter().take(SHOWN).map(|i| *i as u32).collect());
        if !indices.is_empty() {
            lab.ask(FOUND, Originals { indices });
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
                <button class="cell" aria-label=move || map.selected.with(|s| s.get(k).map(|i| text::reconstruction(*i as u32)))
                    on:click=move |_| if let Some(i) = map.selected.with_untracked(|s| s.get(k).copied()) { lab.start_from(Source::Test(i)) }>
                    <Picture from=FOUND index=k />
                </button>
            })
            .collect_view()
    };
    let counts = move || {
        map.selected.with(|selected| {
            let mut counts = [0usize; 256];
            map.points.with(|p| selected.iter().filter_map(|i| p.labels.get(*i)).for_each(|l| counts[usize::from(*l)] += 1));
            text::selected(selected.len(), &counts, |label| lab.class_name(label))
        })
    };
    view! {
        <Panel id="explore" help=text::EXPLORE_HELP slots=&[CODES, FOUND, THUMBNAILS, MANIFOLD] tools=move || view! { <Axis map /> }>
            <div class="explore">
                <div><Chart map /></div>
                <div class="explore-side">
                    <h3>{text::MAP_MARKS}</h3>
                    <div class="segments" role="group" aria-label=text::MAP_MARKS>
                        {mark(Marks::Dots, text::MARKS_DOTS, "marks-dots")} {mark(Marks::Pictures, text::MARKS_PICTURES, "marks-pictures")} {mark(Marks::None, text::MARKS_NONE, "marks-none")}
                    </div>
                    <h3>{text::MAP_GROUND}</h3>
                    <div class="segments" role="group" aria-label=text::MAP_GROUND>
                        {ground(Ground::Plain, text::GROUND_PLAIN, "ground-plain")} {ground(Ground::Manifold, text::GROUND_MANIFOLD, "ground-manifold")}
                        <Show when=move || gaussian.get()>{ground(Ground::Density, text::GROUND_DENSITY, "ground-density")}</Show>
                    </div>
                    <p class="help">{move || match map.ground.get() {
                        Ground::Plain => String::new(),
                        Ground::Manifold => text::GROUND_MANIFOLD_HELP.into(),
                        Ground::Density => map.points.with(|p| text::density(p.distance)),
                    }}</p>
                    <div class="row-of-buttons">
                        <Show when=move || gaussian.get()>{toggle(map.ellipses, text::MAP_CLOUDS, text::MAP_CLOUDS_HELP, "map-clouds")}</Show>
                        {toggle(map.lasso, text::MAP_LASSO, text::MAP_LASSO_HELP, "map-lasso")}
                    </div>
                    <h3>{text::MAP_SELECTED}</h3>
                    <p class="note" data-testid="map-selected">{counts}</p>
                    <div class="cells" data-testid="map-found">{found}</div>
                </div>
            </div>
        </Panel>
    }
}
