//! Sentences with experiments in them, and formulas, on the page.

use leptos::prelude::*;

use super::tab::Tab;
use crate::conductor::Conductor;
use crate::store::link::Link;
use crate::store::look::Look;
use crate::store::runs::Runs;
use latent_vocabulary::phrase::{Phrase, phrases};

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

/// A formula, with what follows an underscore below the line: letters and digits, or what is in braces.
pub fn typeset(formula: &'static str) -> impl IntoView {
    let piece = |(text, below): (&'static str, bool)| if below { view! { <sub>{text}</sub> }.into_any() } else { text.into_any() };
    pieces(formula).into_iter().map(piece).collect_view()
}

fn pieces(formula: &str) -> Vec<(&str, bool)> {
    let mut pieces = vec![];
    let mut rest = formula;
    while let Some((before, after)) = rest.split_once('_') {
        pieces.push((before, false));
        let (below, behind) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some(split) => split,
            None => after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric() && c != '*').unwrap_or(after.len())),
        };
        pieces.push((below, true));
        rest = behind;
    }
    pieces.push((rest, false));
    pieces
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn what_follows_an_underscore_stands_below() {
        assert_eq!(pieces("β · Σ_d KL(z_d)"), [("β · Σ", false), ("d", true), (" KL(z", false), ("d", true), (")", false)]);
        assert_eq!(pieces("Σ_{i≠j} C_ij²"), [("Σ", false), ("i≠j", true), (" C", false), ("ij", true), ("²", false)]);
        assert_eq!(pieces("‖M‖_*"), [("‖M‖", false), ("*", true), ("", false)]);
        assert_eq!(pieces("x"), [("x", false)]);
    }
}
