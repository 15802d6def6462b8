//! The choice of the images to learn, and of what labels them.

use leptos::prelude::*;

use super::dialog::Bar;
use super::own::{OwnData, Step};
use crate::conductor::Conductor;
use crate::data::words;
use crate::store::link::{EngineState, Link};
use crate::store::runs::Runs;
use latent_vocabulary::data::{Own, label_id};
use latent_vocabulary::import::Stored;

/// Chooses the images.
#[component]
pub fn DataPicker() -> impl IntoView {
    let (link, runs, conductor) = (Link::get(), Runs::get(), Conductor::get());
    let own = OwnData::get();
    let id = Memo::new(move |_| runs.setup.with(|s| s.data.clone()));
    let card = Memo::new(move |_| id.with(|id| latent_catalog::set(id)));
    let current = Memo::new(move |_| own.current());
    // Another choice of labels is the same set.
    let chosen = move |set: &str| id.with(|id| Own::parse(id).map_or(id == set, |own| Own { label: None, ..own }.id() == set));
    // Other images would change nothing but what this box says.
    let barred = Memo::new(move |_| matches!(link.engine.get(), EngineState::NoGpu(..)));
    let reason = move || barred.get().then_some(words::NEEDS_GPU);
    let summary = move || match (card.get(), current.get()) {
        (Some(card), _) => format!("{} {}", card.summary, words::data_size(card)),
        (None, Some(set)) => words::own_size(&set),
        (None, None) => id.with(|id| words::unknown(Own::parse(id).map_or(id, |own| own.name))),
    };
    let credit = move || card.get().map_or_else(|| current.get().map(|s| s.credit).unwrap_or_default(), |c| c.credit.to_owned());
    let own_options = move || {
        let mut sets: Vec<(String, bool, String)> =
            own.sets.get().into_iter().filter(|s| s.images > 0).map(|s| (s.id, s.vectors, s.title)).collect();
        // A link may mean a set that is not there; the box shows it all the same.
        if let Some(own) =
            Own::parse(&id.get()).filter(|own| sets.iter().all(|(id, vectors, _)| (&**id, *vectors) != (own.name, own.vectors)))
        {
            sets.push((own.name.into(), own.vectors, own.name.into()));
        }
        (!sets.is_empty()).then(|| {
            view! {
                <optgroup label=words::OWN_GROUP>
                    {sets.into_iter().map(|(id, vectors, title)| {
                        let id = Own { name: &id, label: None, vectors }.id();
                        view! { <option value=id.clone() translate="no" selected=chosen(&id)>{title}</option> }
                    }).collect_view()}
                </optgroup>
            }
        })
    };
    view! {
        <section>
            <h2>{words::DATA}</h2>
            <div class="control">
                <select id="data" data-testid="data" aria-label=words::DATA_CHOICE aria-describedby="data-help" disabled=barred
                    on:change=move |e| conductor.set_data(&event_target_value(&e))>
                    {latent_catalog::SETS.iter().map(|d| view! {
                        <option value=d.id selected=move || card.get().is_some_and(|card| card.id == d.id)>{d.label}</option>
                    }).collect_view()}
                    {own_options}
                </select>
                <p class="help" id="data-help">{summary}" "{reason}</p>
                <p class="help">{credit}</p>
                {move || current.get().filter(|s| !s.factors.is_empty()).map(|set| view! { <Label set /> })}
                <button class="small" data-testid="add-data" disabled=barred on:click=move |_| own.open()>{words::ADD}</button>
                <Show when=move || own.step.get() == Step::Packing><Bar /></Show>
                <More />
            </div>
        </section>
    }
}

/// Which factor gives the labels.
#[component]
fn Label(set: Stored) -> impl IntoView {
    let (runs, conductor) = (Runs::get(), Conductor::get());
    let own = set.factors[set.label.min(set.factors.len() - 1)].clone();
    let (id, default, vectors) = (set.id.clone(), label_id(&own), set.vectors);
    let now = Memo::new(move |_| {
        runs.setup.with(|s| Own::parse(&s.data).and_then(|own| own.label.map(ToOwned::to_owned))).unwrap_or_else(|| default.clone())
    });
    let pick =
        move |e: leptos::ev::Event| conductor.set_data(&Own { name: &id, label: Some(&event_target_value(&e)), vectors }.id());
    view! {
        <label class="field">{words::LABEL}
            <select data-testid="data-label" on:change=pick>
                {set.factors.iter().map(|f| {
                    let value = label_id(f);
                    let same = value.clone();
                    view! { <option value=value selected=move || now.with(|now| *now == same)>{f.clone()}</option> }
                }).collect_view()}
            </select></label>
        <p class="help">{words::LABEL_HELP}</p>
    }
}

/// A set that has grown since it was loaded can be loaded again.
#[component]
fn More() -> impl IntoView {
    let own = OwnData::get();
    let grown = move || {
        let current = own.current()?;
        let (packing, p) = own.progress.get()?;
        (packing == current.id && own.loaded.get() > 0 && own.step.get() == Step::Done && p.packed > own.loaded.get())
            .then_some(packing)
    };
    let reload = move |_| {
        if let Some(id) = untrack(grown) {
            own.train_on(&id);
        }
    };
    view! { <Show when=move || grown().is_some()><button class="small" data-testid="reload-data" on:click=reload>{words::RELOAD}</button></Show> }
}
