//! Switches, sliders and lists for the factors that the encoder is told: of the code on show, and of the visitor's own image.

mod judge;
mod words;

use leptos::prelude::*;

use self::judge::Verdicts;
use crate::part::{Make, fetched};
use crate::store::codes::Codes;
use crate::store::runs::Runs;
use crate::told::Told;

/// Those of the code that the traversal shows.
pub const OF_CODE: Make = fetched!(told, attributes_of_code, view! { <Attributes own=false /> });
/// Those that the encoder is told of the visitor's own image.
pub const OF_OWN: Make = fetched!(told, attributes_of_own, view! { <Attributes own=true /> });

/// Whether codes of the model on show have any.
pub fn any(codes: Codes) -> bool {
    codes.latents.with(|latents| !latents.told.is_empty())
}

/// Whether it has to be told any of an image.
pub fn any_given(codes: Codes) -> bool {
    codes.latents.with(|latents| latents.told.iter().any(|told| told.given))
}

#[component]
fn Attributes(own: bool) -> impl IntoView {
    let codes = Codes::get();
    let told = Memo::new(move |_| {
        codes.latents.with(|latents| latents.told.iter().filter(|told| told.given || !own).copied().collect::<Vec<_>>())
    });
    let title = move || if any_given(codes) { words::TOLD } else { words::FOUND };
    let verdicts = Verdicts::get();
    view! {
        <div class="attributes" role="group" aria-label=title data-testid=if own { "own-attributes" } else { "attributes" }>
            <span class="note">{title}</span>
            {(!own).then(|| view! { <span class="note" data-testid="judged" aria-live="polite">{move || verdicts.note()}</span> })}
            <For each=move || told.get() key=|told| *told let:told>
                <Attribute told own />
            </For>
        </div>
    }
}

#[component]
fn Attribute(told: Told, own: bool) -> impl IntoView {
    let (runs, codes, verdicts) = (Runs::get(), Codes::get(), Verdicts::get());
    let name = Memo::new(move |_| runs.factor_name(told.index));
    let id = if own { format!("own-attribute-{}", told.index) } else { format!("attribute-{}", told.index) };
    let value = Memo::new(move |_| {
        if own {
            codes.own_factors.with(|values| values.get(told.index).map_or(0, |v| usize::from(*v)))
        } else {
            codes.code.with(|z| told.read(z))
        }
    });
    let set = move |to: usize| {
        if own {
            codes.tell_own(told, to);
        } else {
            codes.forget_source();
            codes.code.update(|z| told.make(z, to));
            verdicts.ask();
        }
    };
    let typed = move |text: String| {
        if let Ok(to) = text.parse() {
            set(to);
        }
    };
    let words = move || name.with(|name| name.value(value.get()));
    let widget = if !told.is_amount() {
        let options = (0..told.size).map(|kind| {
            view! { <option value=kind.to_string() selected=move || value.get() == kind>{move || name.with(|name| name.value(kind))}</option> }
        });
        view! {
            <select id=id.clone() data-testid=id.clone() on:change=move |e| typed(event_target_value(&e))>{options.collect_view()}</select>
        }
        .into_any()
    } else if told.size > 2 {
        view! {
            <input type="range" class="slider" id=id.clone() data-testid=id.clone() min="0" max=told.size - 1 step="1"
                aria-valuetext=words prop:value=move || value.get().to_string() on:input=move |e| typed(event_target_value(&e)) />
        }
        .into_any()
    } else {
        view! {
            <input type="checkbox" id=id.clone() data-testid=id.clone() prop:checked=move || value.get() == 1
                on:change=move |e| set(usize::from(event_target_checked(&e))) />
        }
        .into_any()
    };
    let testid = format!("held-{}", told.index);
    let held = move || verdicts.of(told.index).filter(|_| !own);
    view! {
        <div class="attribute">
            <label for=id>{move || name.with(|name| name.shown())}</label>
            {widget}
            {move || held().map(|held| view! { <span class="note" data-testid=testid.clone()>{held}</span> })}
        </div>
    }
}
