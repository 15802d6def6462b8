//! Sentences with experiments in them, on the page.

use leptos::prelude::*;

use super::state::Lab;
use super::tab::Tab;
use crate::spec::phrase::{Phrase, phrases};

/// The text with its experiments as buttons, which set the parameters, open the first tab and train.
pub fn linked(text: &'static str) -> impl IntoView {
    let lab = Lab::get();
    let run = move |set: &'static str| {
        lab.set_pairs(set);
        lab.open_tab(Tab::Learn);
        if untrack(|| lab.can_run() && !lab.is_training()) {
            lab.train();
        }
    };
    phrases(text)
        .into_iter()
        .map(|phrase| match phrase {
            Phrase::Text(words) => words.into_any(),
            Phrase::Experiment { words, set } => {
                view! { <button class="link" data-testid="experiment" on:click=move |_| run(set)>{words}</button> }.into_any()
            }
        })
        .collect_view()
}
