//! What a part of a code stands for: the first tokens of each place, or the strongest features.

mod curve;
mod told;
pub mod words;

use latent_small::number;
use leptos::prelude::*;

use self::curve::Curve;
use self::told::Told;
use self::words::{BY_FEATURE, BY_TOKEN, Words};
use crate::dress::Dress;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::shelf::turned;
use crate::store::desks::Desks;
use crate::store::link::Link;
use crate::store::runs::Runs;
use crate::views::SHORTENED;
use latent_view::Shorten as Asked;

/// Test images on show, and those of which the numbers are.
const SHOWN: u32 = 6;
const COUNT: u32 = 64;

/// One token of each place, two, and so on.
#[component]
pub fn ByToken() -> impl IntoView {
    view! { <Shorten says=&BY_TOKEN /> }
}

/// The strongest feature of each input, the two strongest, and so on.
#[component]
pub fn ByFeature() -> impl IntoView {
    view! { <Shorten says=&BY_FEATURE /> }
}

#[component]
fn Shorten(says: &'static Words) -> impl IntoView {
    let (link, runs, desks) = (Link::get(), Runs::get(), Desks::get());
    let (first, chosen) = (RwSignal::new(0u32), RwSignal::new(0usize));
    let there = Memo::new(move |_| runs.test_images());
    react(move || {
        let (from, end) = (first.get(), there.get());
        desks.ask(SHORTENED, Asked { at: (from..end.min(from + SHOWN)).collect(), count: COUNT });
    });
    runs.on_other_data(move || first.set(0));
    let told = Memo::new(move |_| desks.view(SHORTENED).get().as_deref().and_then(Told::of).unwrap_or_default());
    let lengths = Memo::new(move |_| told.with(|told| told.length_n.len()));
    let shown = Memo::new(move |_| there.get().saturating_sub(first.get()).min(SHOWN) as usize);
    let at = Memo::new(move |_| chosen.get().min(lengths.get().saturating_sub(1)));
    let name = move |row: usize| told.with(|told| told.length_n.get(row).map_or_else(String::new, |n| (says.name)(*n)));
    let said = move || {
        if !link.can_run() {
            return words::NO_ENGINE.into();
        }
        told.with(|told| words::said(says, told, at.get(), runs.model().pixels()))
    };
    // Row 0 is of the images themselves.
    let pictures = move |row: usize| {
        let all = (0..shown.get()).map(|i| {
            let label = if row == 0 { words::IMAGES.to_string() } else { name(row - 1) };
            view! { <Picture from=SHORTENED index=row * shown.get_untracked() + i label /> }
        });
        all.collect_view()
    };
    let row = move |row: usize| {
        let number = move || told.with(|told| told.fvu_n.get(row).map_or_else(String::new, |v| words::percent(*v)));
        let width =
            move || told.with(|told| format!("{:.1}%", 100.0 * told.fvu_n.get(row).copied().unwrap_or(0.0).clamp(0.0, 1.0)));
        view! {
            <li class:chosen=move || at.get() == row data-testid=format!("length-{row}")>
                <span class="name">{move || name(row)}</span>
                <div class="cells">{move || pictures(row + 1)}</div>
                <span class="share"><span class="usage"><i style:width=width></i></span><span>{number}</span></span>
            </li>
        }
    };
    let turn = move |text: String| {
        if let Some(v) = number(&text) {
            chosen.set(v as usize);
        }
    };
    let other = move |_| first.update(|f| *f = turned(*f, SHOWN, there.get_untracked()));
    view! {
        <Panel id=says.id title=says.title help=says.help slots=&[SHORTENED]
            tools=move || view! { <button class="small" data-testid="shorten-other" on:click=other>{words::OTHERS}</button> }>
            <Dress name="codes" />
            <label class="heat-control"><span>{says.slider}</span>
                <input type="range" class="slider" min="0" step="1" data-testid="length" max=move || lengths.get().saturating_sub(1).to_string()
                    aria-valuetext=move || name(at.get())
                    prop:value=move || { lengths.track(); at.get().to_string() } on:input=move |e| turn(event_target_value(&e)) />
                <output class="value">{move || told.with(|told| told.length_n.get(at.get()).map_or_else(String::new, u32::to_string))}</output></label>
            <p class="note" data-testid="shorten-said">{said}</p>
            <div class="shorten">
                <div>
                    <div class="cells" data-testid="shorten-images">{move || pictures(0)}</div>
                    <div class="cells" data-testid="shorten-copies">{move || pictures(at.get() + 1)}</div>
                </div>
                <Curve says told at />
            </div>
            <ol class="lengths" data-testid="lengths">{move || (0..lengths.get()).map(row).collect_view()}</ol>
        </Panel>
    }
}
