//! Text with the glossary's words underlined: a press says what one means.

use leptos::prelude::*;

use latent_lesson::{Piece, Term};

/// The pieces of a text; the notes of its terms stand beside it, out of sight until they are asked for.
pub fn told(said: Vec<Piece>, glossary: &[Term]) -> AnyView {
    let one = |piece: Piece| match piece {
        Piece::Text(text) => text.into_any(),
        Piece::Term(text, i) => {
            let Some(term) = glossary.get(i) else { return text.into_any() };
            let id = format!("term-{i}");
            view! {
                <button class="term-of" type="button" popovertarget=id.clone() title=term.says.clone()>{text}</button>
                <span class="meaning" popover="auto" id=id><b>{term.term.clone()}</b>" — "{term.says.clone()}</span>
            }
            .into_any()
        }
    };
    said.into_iter().map(one).collect_view().into_any()
}
