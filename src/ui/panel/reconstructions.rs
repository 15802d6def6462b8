//! Test digits beside their reconstructions.

use leptos::html;
use leptos::prelude::*;

use super::Panel;
use crate::spec::protocol::{Query, View};
use crate::ui::{paint, state::Lab, text, views::RECONSTRUCTIONS};

const COUNT: u32 = 16;
/// Only as far as the map's codes reach: a digit that is pressed needs its code.
const LAST: u32 = 1984;

#[component]
pub fn Reconstructions() -> impl IntoView {
    let lab = Lab::get();
    let first = RwSignal::new(0u32);
    Effect::new(move || lab.ask(RECONSTRUCTIONS, Query::Reconstruct { first: first.get(), count: COUNT }));
    let pairs = (0..COUNT).map(|i| {
        let canvases = [NodeRef::<html::Canvas>::new(), NodeRef::new()];
        Effect::new(move || {
            let theme = lab.theme.get();
            let Some(view) = lab.view(RECONSTRUCTIONS).get() else { return };
            let View::Images { n, width, height, pixels, .. } = &*view else { return };
            for (canvas, index) in canvases.iter().zip([i, n / 2 + i]) {
                if let (Some(canvas), Some(image)) =
                    (canvas.get(), pixels.chunks_exact((width * height) as usize).nth(index as usize))
                {
                    paint::image(&canvas, image, *width, &theme);
                }
            }
        });
        view! {
            <button class="cell pair" aria-label=move || text::reconstruction(first.get() + i)
                on:click=move |_| lab.start_from((first.get_untracked() + i) as usize)>
                <canvas class="digit" node_ref=canvases[0] width="28" height="28"></canvas>
                <canvas class="digit" node_ref=canvases[1] width="28" height="28"></canvas>
            </button>
        }
    });
    let pairs = pairs.collect_view();
    let other = move |_| first.update(|f| *f = if *f + COUNT > LAST { 0 } else { *f + COUNT });
    view! {
        <Panel id="reconstructions" title=text::RECONSTRUCTIONS help=text::RECONSTRUCTIONS_HELP slots=&[RECONSTRUCTIONS]
            tools=move || view! { <button class="small" on:click=other>{text::RECONSTRUCTIONS_OTHER}</button> }>
            <div class="cells pairs" data-testid="reconstructions">{pairs}</div>
        </Panel>
    }
}
