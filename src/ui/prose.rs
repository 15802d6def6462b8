//! Sentences with experiments in them, and formulas, on the page.

use leptos::prelude::*;

use super::tab::Tab;
use crate::conductor::Conductor;
use crate::store::link::Link;
use crate::store::look::Look;
use crate::store::runs::Runs;
use latent_vocabulary::phrase::{Phrase, lowered, phrases};

/// The text with its experiments as buttons, which set the parameters, open the first tab and train.
pub fn linked(text: &str) -> impl IntoView + use<> {
    let (look, link, runs, conductor) = (Look::get(), Link::get(), Runs::get(), Conductor::get());
    let run = move |set: &str| {
        runs.set_pairs(set);
        look.open_tab(Tab::Learn);
        if untrack(|| link.can_run() && !runs.is_training()) {
            conductor.train();
        }
    };
    phrases(text)
        .into_iter()
        .map(|phrase| match phrase {
            Phrase::Text(words) => words.to_owned().into_any(),
            Phrase::Experiment { words, set } => {
                let (words, set) = (words.to_owned(), set.to_owned());
                view! { <button class="link" data-testid="experiment" on:click=move |_| run(&set)>{words}</button> }.into_any()
            }
        })
        .collect_view()
}

/// A formula, with what [`lowered`] says below the line.
pub fn typeset(formula: &'static str) -> impl IntoView {
    let piece = |(text, below): (&'static str, bool)| if below { view! { <sub>{text}</sub> }.into_any() } else { text.into_any() };
    lowered(formula).into_iter().map(piece).collect_view()
}
