//! What a code says besides numbers: buttons for its kinds, of which one is chosen.

use crate::store::runs::Runs;
use crate::words;
use leptos::prelude::*;

/// A button for each class or kind; nothing where the model's codes have no choice.
#[component]
pub fn Choices(
    /// Only where the encoder is told it, and so asks.
    #[prop(optional)]
    given: bool,
    #[prop(into)] chosen: Signal<Option<usize>>,
    pick: impl Fn(usize) + Copy + Send + Sync + 'static,
    testid: &'static str,
) -> impl IntoView {
    let runs = Runs::get();
    let choice = Memo::new(move |_| runs.model().choice.filter(|c| c.given || !given));
    move || {
        choice.get().map(|choice| {
            let label = match (choice.given, given) {
                (true, true) => words::CHOICE_TOLD,
                (true, false) => words::CHOICE_CLASS,
                _ => words::CHOICE_KIND,
            };
            let button = move |kind: usize| view! {
                <button class="small" data-testid=format!("{testid}-{kind}") aria-pressed=move || (chosen.get() == Some(kind)).to_string()
                    on:click=move |_| pick(kind)>{move || name(runs, choice.given, kind)}</button>
            };
            view! {
                <div class="row-of-buttons choices" role="group" aria-label=label>
                    <span class="note">{label}</span>
                    {(0..choice.count).map(button).collect_view()}
                </div>
            }
        })
    }
}

/// What a kind is called: as the label that it is, else by its number.
pub fn name(runs: Runs, given: bool, kind: usize) -> String {
    match u8::try_from(kind) {
        Ok(label) if given => runs.class_name(label),
        _ => kind.to_string(),
    }
}
