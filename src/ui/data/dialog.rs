//! The dialog in which a visitor adds images.

use leptos::html;
use leptos::prelude::*;

use super::choose::{Choose, Kept};
use super::fit::Fit;
use super::own::{OwnData, Step};
use crate::data::words;
use crate::dress::Dress;
use latent_vocabulary::import::{ImportCommand, Progress, USABLE};

#[component]
pub fn Dialog() -> impl IntoView {
    let own = OwnData::get();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            match (own.open.get(), dialog.open()) {
                // Refused only for an element that is not on the page.
                (true, false) => drop(dialog.show_modal()),
                (false, true) => dialog.close(),
                _ => {}
            }
        }
    });
    Effect::new(move || {
        own.list_anew.track();
        own.send(ImportCommand::List, &[]);
    });
    // A dictionary that has no rows here brings its directions.
    Effect::new(move || {
        own.kept.brought.with(|brought| brought.iter().for_each(|waiting| own.inspect_directions(waiting)));
    });
    let brought = move || {
        let words = own.kept.brought.with(|brought| brought.as_ref().map(|waiting| waiting.words.clone()));
        words.map(|words| view! { <p class="notice" data-testid="import-dictionary">{words}</p> })
    };
    let closed = move |_| {
        own.open.set(false);
        own.kept.brought.set(None);
    };
    let body = move || match own.step.get() {
        Step::Choose => view! { <Choose /> }.into_any(),
        Step::Looking => view! {
            <p class="status busy" role="status">{words::LOOKING}</p>
            <div class="row"><button data-testid="import-cancel" on:click=move |_| own.give_up()>{words::CANCEL}</button></div>
        }
        .into_any(),
        // A refusal may ask for room, or for the name of another set.
        Step::Found => view! { <Show when=move || own.problem.with(Option::is_some)><Kept /></Show> }.into_any(),
        Step::Packing | Step::Done => view! { <Packing /> }.into_any(),
    };
    // The form outlives the packing that begins with it, for the case that it is refused.
    let form = move || own.found.get().map(|found| view! { <Fit found /> });
    view! {
        <dialog class="import" node_ref=dialog aria-labelledby="import-title" data-testid="import" on:close=closed>
            <Dress name="dialogs" />
            <header>
                <h2 id="import-title">{words::ADD_TITLE}</h2>
                <button class="icon" aria-label=words::CLOSE title=words::CLOSE data-testid="import-close" on:click=move |_| own.open.set(false)>"×"</button>
            </header>
            {brought}
            {move || own.problem.get().map(|p| view! { <p class="notice" role="alert" data-testid="import-problem">{p}</p> })}
            <div hidden=move || own.step.get() != Step::Found>{form}</div>
            {body}
        </dialog>
    }
}

/// How far packing is, and the way on.
#[component]
fn Packing() -> impl IntoView {
    let own = OwnData::get();
    let done = move || own.step.get() == Step::Done;
    let usable = move || done() || own.progress.with(|p| p.as_ref().is_some_and(|(_, p)| p.packed >= USABLE));
    let train = move |_| {
        if let Some((id, _)) = own.progress.get_untracked() {
            own.train_on(&id);
        }
    };
    let again = move |_| {
        own.progress.set(None);
        own.step.set(Step::Choose);
    };
    view! {
        <Bar />
        {move || own.skipped.get().map(|why| view! { <p class="help" data-testid="import-skipped">{words::skipped(&why)}</p> })}
        <div class="row">
            <button class="primary" data-testid="import-use" disabled=move || !usable() on:click=train>
                {move || if done() { words::USE } else { words::USE_NOW }}</button>
            <Show when=move || !done() fallback=move || view! { <button on:click=again>{words::BACK}</button> }>
                <button data-testid="import-stop" on:click=move |_| own.send(ImportCommand::Stop, &[])>{words::STOP}</button>
            </Show>
        </div>
    }
}

/// The progress of an import, in the dialog and beside the picker.
#[component]
pub fn Bar() -> impl IntoView {
    let own = OwnData::get();
    let part = move || own.progress.with(|p| p.as_ref().map_or(0.0, |(_, p)| p.looked as f64 / p.total.max(1) as f64));
    // Numbers that run are not to be read out.
    let vectors = move || own.found.with(|f| f.as_ref().is_some_and(|f| f.plan.vectors.is_some()));
    let words = move |done: bool, of: &dyn Fn(&Progress) -> String| {
        own.progress.with(|p| p.as_ref().filter(|_| done == (own.step.get() == Step::Done)).map(|(_, p)| of(p)))
    };
    view! {
        <progress max="1" value=move || part().to_string() aria-label=words::ADD_TITLE></progress>
        <p class="note" data-testid="import-progress"><span role="status">{move || words(true, &|p| words::done(p, vectors()))}</span>{move || words(false, &words::progress)}</p>
    }
}
