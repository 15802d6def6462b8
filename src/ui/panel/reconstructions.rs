//! Test digits beside their reconstructions.

use leptos::html;
use leptos::prelude::*;

use super::Panel;
use crate::spec::protocol::Query;
use crate::ui::paint::{self, Pictures};
use crate::ui::react::react;
use crate::ui::source::Source;
use crate::ui::views::{CODES, RECONSTRUCTIONS};
use crate::ui::{state::Lab, text};

const COUNT: u32 = 16;
/// Only as far as the map's codes reach: a digit that is pressed needs its code.
const LAST: u32 = 1984;

#[component]
pub fn Reconstructions() -> impl IntoView {
    let lab = Lab::get();
    let first = RwSignal::new(0u32);
    react(move || lab.ask(RECONSTRUCTIONS, Query::Reconstruct { first: first.get(), count: COUNT }));
    let pairs = (0..COUNT).map(|i| {
        let canvas = NodeRef::<html::Canvas>::new();
        react(move || {
            let theme = lab.theme.get();
            let (Some(view), Some(canvas)) = (lab.view(RECONSTRUCTIONS).get(), canvas.get()) else { return };
            let Some(pictures) = Pictures::of(&view) else { return };
            let i = i as usize;
            if let (Some(original), Some(copy)) = (pictures.get(i), pictures.get(pictures.len() / 2 + i)) {
                paint::tiles(&canvas, &[original, copy], pictures.shape, 1, &theme);
            }
        });
        view! {
            <button class="cell" aria-label=move || text::reconstruction(first.get() + i)
                on:click=move |_| lab.start_from(Source::Test((first.get_untracked() + i) as usize))>
                <canvas class="digit" node_ref=canvas width="28" height="56"></canvas>
            </button>
        }
    });
    let pairs = pairs.collect_view();
    let other = move |_| first.update(|f| *f = if *f + COUNT > LAST { 0 } else { *f + COUNT });
    view! {
        <Panel id="reconstructions" help=text::RECONSTRUCTIONS_HELP slots=&[RECONSTRUCTIONS, CODES]
            tools=move || view! { <button class="small" on:click=other>{text::RECONSTRUCTIONS_OTHER}</button> }>
            <div class="cells pairs" data-testid="reconstructions">{pairs}</div>
        </Panel>
    }
}
