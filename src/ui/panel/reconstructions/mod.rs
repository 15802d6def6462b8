//! Test digits beside their reconstructions.

pub mod words;

use leptos::html;
use leptos::prelude::*;

use crate::paint;
use crate::paint::Pictures;
use crate::panel::section::Panel;
use crate::react::react;
use crate::shelf::turned;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::{CODES, RECONSTRUCTIONS};
use latent_view::Reconstruct;

const COUNT: u32 = 16;

#[component]
pub fn Reconstructions() -> impl IntoView {
    let (look, runs, desks, codes) = (Look::get(), Runs::get(), Desks::get(), Codes::get());
    let (page, there) = (RwSignal::new(0u32), Memo::new(move |_| runs.test_images()));
    // Of other images there may be fewer.
    let first = Memo::new(move |_| if page.get() < there.get() { page.get() } else { 0 });
    react(move || desks.ask(RECONSTRUCTIONS, Reconstruct { first: first.get(), count: COUNT }));
    let pairs = (0..COUNT).map(|i| {
        let canvas = NodeRef::<html::Canvas>::new();
        react(move || {
            let theme = look.theme.get();
            let (Some(canvas), view) = (canvas.get(), desks.view(RECONSTRUCTIONS).get()) else { return };
            let Some(pictures) = view.as_deref().and_then(Pictures::of) else { return paint::clear(&canvas) };
            let i = i as usize;
            // The images, what is left of them after the code, and what the network saw, if that was something else.
            let n = COUNT.min(there.get().saturating_sub(first.get())).max(1) as usize;
            if let (Some(original), Some(copy)) = (pictures.get(i), pictures.get(n + i)) {
                let column: Vec<&[u8]> = [Some(original), pictures.get(2 * n + i), Some(copy)].into_iter().flatten().collect();
                paint::tiles(&canvas, &column, pictures.shape, 1, &theme);
            }
        });
        view! {
            <button class="cell" class:gone=move || { first.get() + i >= there.get() } aria-label=move || words::reconstruction(first.get() + i)
                on:click=move |_| codes.start_from(Source::Test((first.get_untracked() + i) as usize))>
                <canvas class="digit" node_ref=canvas width="28" height="56"></canvas>
            </button>
        }
    });
    let pairs = pairs.collect_view();
    let other = move |_| page.set(turned(first.get_untracked(), COUNT, there.get_untracked()));
    view! {
        <Panel id="reconstructions" title=words::RECONSTRUCTIONS help=words::RECONSTRUCTIONS_HELP slots=&[RECONSTRUCTIONS, CODES]
            tools=move || view! { <button class="small" on:click=other>{words::RECONSTRUCTIONS_OTHER}</button> }>
            <div class="cells pairs" data-testid="reconstructions">{pairs}</div>
        </Panel>
    }
}
