//! A slider for every latent, over pictures of what it does, and the digit they make together.

use leptos::html;
use leptos::prelude::*;

use super::Panel;
use crate::spec::protocol::{Query, View, f32_bytes};
use crate::ui::views::{CURRENT, STRIPS};
use crate::ui::{paint, state::Lab, text};

/// Reach of a slider, in standard deviations of the prior.
const REACH: f32 = 3.0;
/// Pictures in a row, at −3, −2, … 3.
const COLUMNS: usize = 7;
/// Rows with pictures; a code of 64 latents does not need 448 pictures after each step.
const ROWS: usize = 24;

#[component]
pub fn Traversal() -> impl IntoView {
    let lab = Lab::get();
    let order = Memo::new(move |_| lab.latents.with(|l| l.order.clone()));
    let big = NodeRef::<html::Canvas>::new();
    // Which latent each row of the strips' answer belongs to.
    let asked = RwSignal::new(Vec::<usize>::new());

    let rows = Memo::new(move |_| {
        lab.latents.with(|l| l.order.iter().copied().filter(|i| l.active(*i)).take(ROWS).collect::<Vec<_>>())
    });
    Effect::new(move || {
        let code = lab.code.get();
        lab.ask(CURRENT, Query::Decode { z_nd: f32_bytes(&code) });
        let rows = rows.get();
        let mut z = Vec::with_capacity(rows.len() * COLUMNS * code.len());
        for &latent in rows.iter().filter(|i| **i < code.len()) {
            for column in 0..COLUMNS {
                let start = z.len();
                z.extend(&code);
                z[start + latent] = column as f32 - REACH;
            }
        }
        asked.set(rows);
        lab.ask(STRIPS, Query::Decode { z_nd: f32_bytes(&z) });
    });
    Effect::new(move || {
        let theme = lab.theme.get();
        if let (Some(canvas), Some(view)) = (big.get(), lab.view(CURRENT).get())
            && let View::Images { width, pixels, .. } = &*view
        {
            paint::image(&canvas, pixels, *width, &theme);
        }
    });

    let zero = move |_| lab.code.update(|z| z.fill(0.0));
    let picks = (0..10u8).map(|label| {
        let pick = move |_| {
            if let Some(index) = lab.first_with_label(label) {
                lab.start_from(index);
            }
        };
        view! { <button class="small pick" aria-label=text::digit_pick(label) on:click=pick>{label}</button> }
    });
    let picks = picks.collect_view();
    view! {
        <Panel id="traversal" title=text::TRAVERSAL help=text::TRAVERSAL_HELP slots=&[CURRENT, STRIPS]>
            <div class="traversal">
                <figure class="stage">
                    <canvas class="digit big" data-testid="traversal-digit" role="img" aria-label=text::TRAVERSAL_PICTURE
                        node_ref=big width="28" height="28"></canvas>
                    <div class="picks" role="group" aria-label=text::TRAVERSAL_START>
                        <span class="note">{text::TRAVERSAL_START}</span>
                        {picks}
                        <button class="small pick wide" title=text::TRAVERSAL_ZERO_HELP data-testid="traversal-zero" on:click=zero>{text::TRAVERSAL_ZERO}</button>
                    </div>
                </figure>
                <div class="rows" on:pointerdown=move |_| lab.held.set(true) on:pointerup=move |_| lab.held.set(false)
                    on:pointercancel=move |_| lab.held.set(false)
                    on:focusin=move |_| lab.held.set(true) on:focusout=move |_| lab.held.set(false)>
                    <For each=move || order.get() key=|latent| *latent let:latent>
                        <Row latent asked />
                    </For>
                </div>
            </div>
        </Panel>
    }
}

/// One latent: name, slider over its pictures, value.
#[component]
fn Row(latent: usize, asked: RwSignal<Vec<usize>>) -> impl IntoView {
    let lab = Lab::get();
    let canvas = NodeRef::<html::Canvas>::new();
    let value = Memo::new(move |_| lab.code.with(|z| z.get(latent).copied().unwrap_or(0.0)));
    let kl = Memo::new(move |_| lab.latents.with(|l| l.kl_d.get(latent).copied().unwrap_or(0.0)));
    let active = Memo::new(move |_| lab.latents.with(|l| l.active(latent)));
    Effect::new(move || {
        let theme = lab.theme.get();
        let Some(view) = lab.view(STRIPS).get() else { return };
        let View::Images { n, width, height, pixels, .. } = &*view else { return };
        let asked = asked.get_untracked();
        // An answer to an earlier order of the latents: the next one is on its way.
        if asked.len() * COLUMNS != *n as usize {
            return;
        }
        if let (Some(canvas), Some(row)) = (canvas.get(), asked.iter().position(|i| *i == latent)) {
            let images: Vec<&[u8]> =
                pixels.chunks_exact((width * height) as usize).skip(row * COLUMNS).take(COLUMNS).collect();
            paint::tiles(&canvas, &images, *width, COLUMNS as u32, &theme);
        }
    });
    let moved = move |text: String| {
        if let Ok(v) = text.parse::<f32>() {
            lab.code.update(|z| {
                if let Some(slot) = z.get_mut(latent) {
                    *slot = v;
                }
            });
        }
    };
    view! {
        <div class="row" class:inactive=move || !active.get()>
            <span class="name" title=move || text::latent_title(latent, kl.get(), active.get())>{text::latent(latent)}</span>
            <span class="strip">
                <canvas class="digit" class:gone=move || !active.get() node_ref=canvas width="196" height="28" aria-hidden="true"></canvas>
                <input type="range" min=-REACH max=REACH step="0.05" data-testid=format!("latent-{latent}")
                    aria-label=move || text::latent_slider(latent, kl.get())
                    aria-valuetext=move || text::coordinate(value.get())
                    prop:value=move || value.get().to_string() on:input=move |e| moved(event_target_value(&e)) />
            </span>
            <output class="value">{move || text::coordinate(value.get())}</output>
        </div>
    }
}
