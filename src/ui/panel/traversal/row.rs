//! One latent: name, slider over its pictures, value; and in detail, which pixels it moves.

use latent_small::number;
use leptos::html;
use leptos::prelude::*;

use super::shared::{COLUMNS, Shared};
use crate::paint;
use crate::paint::Pictures;
use crate::panel::traversal::words;
use crate::react::react;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::views::STRIPS;

/// Positions of a slider.
const NOTCHES: f32 = 120.0;

#[component]
pub fn Row(latent: usize, shared: Shared) -> impl IntoView {
    let (look, desks, codes) = (Look::get(), Desks::get(), Codes::get());
    let strip = NodeRef::<html::Canvas>::new();
    let heat = NodeRef::<html::Canvas>::new();
    let value = Memo::new(move |_| codes.code.with(|z| z.get(latent).copied().unwrap_or(0.0)));
    let active = Memo::new(move |_| codes.latents.with(|l| l.active(latent)));
    let title = move || words::latent_title(latent, codes.latents.with(|l| l.carries(latent)), active.get());
    let range = Memo::new(move |_| shared.ranges.with(|r| r.get(latent).copied().unwrap_or((-1.0, 1.0))));
    let pinned = Memo::new(move |_| shared.pins.with(|p| p.contains(&latent)));
    react(move || {
        let theme = look.theme.get();
        let view = desks.view(STRIPS).get();
        let Some(pictures) = view.as_deref().and_then(Pictures::of) else {
            return [strip, heat].iter().filter_map(|canvas| canvas.get()).for_each(|canvas| paint::clear(&canvas));
        };
        let asked = shared.asked.get_untracked();
        // An answer to an earlier order of the latents: the next one is on its way.
        if asked.len() * COLUMNS != pictures.len() {
            return;
        }
        let Some(row) = asked.iter().position(|i| *i == latent) else { return };
        let images: Vec<&[u8]> = pictures.iter().skip(row * COLUMNS).take(COLUMNS).collect();
        if let Some(canvas) = strip.get() {
            paint::tiles(&canvas, &images, pictures.shape, COLUMNS as u32, &theme);
        }
        if let Some(canvas) = heat.get() {
            paint::difference(
                &canvas,
                &paint::change(images[0], images[COLUMNS - 1], pictures.shape.channels),
                pictures.shape,
                &theme,
            );
        }
    });
    let moved = move |text: String| {
        if let Some(v) = number(&text) {
            codes.forget_source();
            codes.code.update(|z| {
                if let Some(slot) = z.get_mut(latent) {
                    *slot = v as f32;
                }
            });
        }
    };
    let pin = move |_| {
        shared.pins.update(|pins| match pins.iter().position(|i| *i == latent) {
            Some(i) => drop(pins.remove(i)),
            None => pins.push(latent),
        });
    };
    let details = move || {
        shared.detailed.then(|| view! {
            <canvas class="digit heat" class:gone=move || !active.get() node_ref=heat width="28" height="28"
                role="img" aria-label=words::latent_heat(latent) title=words::HEAT_HELP data-testid=format!("heat-{latent}")></canvas>
            <button class="quiet pin" aria-pressed=move || pinned.get().to_string() aria-label=words::pin(latent) title=words::PIN_HELP
                data-testid=format!("pin-{latent}") on:click=pin>{move || if pinned.get() { "★" } else { "☆" }}</button>
        })
    };
    view! {
        <div class="row" class:upper=move || codes.latents.with(|l| l.is_upper(latent)) class:inactive=move || !active.get() class:pinned=move || pinned.get()>
            <span class="name" title=title>{words::latent(latent)}</span>
            <span class="strip">
                <canvas class="digit" class:gone=move || !active.get() node_ref=strip width="196" height="28" aria-hidden="true"></canvas>
                <input type="range" data-testid=format!("latent-{latent}")
                    min=move || range.get().0.to_string() max=move || range.get().1.to_string()
                    step=move || ((range.get().1 - range.get().0) / NOTCHES).to_string()
                    aria-label=title
                    aria-valuetext=move || words::coordinate(value.get())
                    prop:value=move || { range.track(); value.get().to_string() } on:input=move |e| moved(event_target_value(&e)) />
            </span>
            <output class="value">{move || words::coordinate(value.get())}</output>
            {details}
        </div>
    }
}
