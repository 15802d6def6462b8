//! "Verify against Burn": the same steps on both engines, compared.

mod asked;
mod comparison;
pub mod words;

use leptos::prelude::*;

use self::asked::Asked;
use self::comparison::Answer;
use crate::part::{Make, fetched};
use crate::store::link::Link;

/// The button and its answer.
#[component]
pub fn Verify() -> impl IntoView {
    const ANSWER: Make = fetched!(machine, verify_answer, view! { <Answer /> });
    let link = Link::get();
    let asked = Asked { presses: RwSignal::new(0), running: RwSignal::new(false) };
    provide_context(asked);
    let begun = Memo::new(move |_| asked.presses.get() > 0);
    let answer = move || if begun.get() { ANSWER.view() } else { words::VERIFY_HELP.into_any() };
    view! {
        <p>
            <button class="link" data-testid="verify" disabled=move || !link.can_run() || asked.running.get()
                on:click=move |_| asked.presses.update(|n| *n += 1)>{words::VERIFY}</button>
            ": "<span role="status" data-testid="verified">{answer}</span>
        </p>
    }
}
