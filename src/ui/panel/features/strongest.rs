//! The rows on which a feature is strongest, by what lies beside them: a text each, and a picture.

use leptos::prelude::*;

use super::inspector::Inspector;
use super::table::Example;
use crate::panel::features::words;
use crate::picture::Picture;
use crate::react::react;
use crate::store::desks::Desks;
use crate::store::link::Link;
use crate::store::runs::Runs;
use crate::views::DESCRIBED;
use latent_view::{Describe, TOP_EXAMPLES, View};

/// What stands about a token in the text of a row: `a <<cat>> sat`.
const MARKS: [&str; 2] = ["<<", ">>"];

/// The pieces of a text, and whether each is marked. A mark that is not closed is text like any other.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some((before, (marked, after))) =
        rest.split_once(MARKS[0]).and_then(|(before, after)| Some((before, after.split_once(MARKS[1])?)))
    {
        out.extend((!before.is_empty()).then_some((before, false)));
        out.push((marked, true));
        rest = after;
    }
    out.extend((!rest.is_empty()).then_some((rest, false)));
    out
}

/// The rows, strongest first, where anything lies beside them. Pressing one steers it.
#[component]
pub fn Strongest(examples: Memo<Vec<Option<Example>>>) -> impl IntoView {
    let (link, runs, desks) = (Link::get(), Runs::get(), Desks::get());
    let inspector = Inspector::get();
    let top = Memo::new(move |_| {
        let top = |all: &Vec<Option<Example>>| all.iter().take(TOP_EXAMPLES).flatten().copied().collect::<Vec<_>>();
        if inspector.beside.get() { examples.with(top) } else { Vec::new() }
    });
    react(move || {
        let indices: Vec<u32> = top.with(|top| top.iter().map(|e| e.image as u32).collect());
        if !indices.is_empty() {
            desks.ask(DESCRIBED, Describe { indices });
        }
    });
    let label = move |image: usize| link.label_of(image).map(|label| runs.class_name(label));
    let rows = move || {
        let view = desks.view(DESCRIBED).get()?;
        let View::Described(told) = &*view else { return None };
        let pictured = !told.pixels.is_empty();
        let rows = top.get().into_iter().filter_map(|e| {
            let i = told.indices.iter().position(|image| *image as usize == e.image)?;
            let text = told.texts.get(i).cloned().unwrap_or_default();
            let name = words::row(e.image, &text);
            let marked = pieces(&text).into_iter().map(|(piece, marked)| match marked {
                true => view! { <mark>{piece.to_owned()}</mark> }.into_any(),
                false => view! { {piece.to_owned()} }.into_any(),
            });
            let marked = marked.collect_view();
            let take = move |_| {
                let found = top.with_untracked(|top| top.iter().position(|other| other.image == e.image));
                inspector.take(found.unwrap_or(0), e.image);
            };
            Some(view! {
                <li><button class="strongest-row" aria-label=name on:click=take>
                    {pictured.then(|| view! { <Picture from=DESCRIBED index=i /> })}
                    <span class="strongest-text">{marked}</span>
                    <span class="note">{label(e.image)}</span>
                    <output class="value">{words::amount(e.activation)}</output>
                </button></li>
            })
        });
        Some(rows.collect_view())
    };
    view! { <ol class="strongest" class:absent=move || top.with(Vec::is_empty) data-testid="feature-strongest">{rows}</ol> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_tokens_are_found() {
        assert_eq!(pieces("a <<cat>> sat"), [("a ", false), ("cat", true), (" sat", false)]);
        assert_eq!(pieces("<<a>><<b>>"), [("a", true), ("b", true)]);
        for text in ["", "plain", "a << b", "a >> b", "x < y <<"] {
            assert_eq!(pieces(text).iter().map(|(t, _)| *t).collect::<String>(), text);
            assert!(pieces(text).iter().all(|(_, marked)| !marked), "{text}");
        }
    }
}
