//! What the page knows of a part of itself: the part's own help, its tooltip, and the words of the glossary in it.

use leptos::wasm_bindgen::JsCast;
use web_sys::Element;

use super::words::{self, of_part};
use crate::browser;
use latent_lesson::{Piece, Term, pieces};

/// What is said of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub name: String,
    pub says: Vec<String>,
}

/// A name is no longer than that.
const NAME: usize = 60;
/// Words of the glossary are looked for in what is no longer than that.
const SHORT: usize = 90;
/// And so many are explained.
const TERMS: usize = 2;

/// Parts that are one thing, whatever of them is pressed.
const WHOLE: &str = "button, label, input, select, summary, h1, h2, .control, .stat, .row, .term, .panel, .controls section, .on-show, .status, [data-testid]";

/// Text without its line breaks and doubled spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text_of(element: &Element) -> String {
    plain(&element.text_content().unwrap_or_default())
}

/// The text of what lies below `element` and is meant by `selector`.
fn inside(element: &Element, selector: &str) -> Option<String> {
    let found = element.query_selector(selector).ok().flatten()?;
    Some(text_of(&found)).filter(|text| !text.is_empty())
}

fn cut(text: &str) -> String {
    if text.chars().count() <= NAME { text.into() } else { text.chars().take(NAME - 1).chain(['…']).collect() }
}

/// What a part is called.
fn name(element: &Element) -> String {
    let own = || element.get_attribute("aria-label").filter(|label| !label.is_empty());
    let heading = || inside(element, "h2, h3, label, .name, summary b, b");
    let label = || {
        let id = element.get_attribute("id")?;
        browser::document().query_selector(&format!("label[for=\"{id}\"]")).ok().flatten().map(|label| text_of(&label))
    };
    cut(&own().or_else(label).or_else(heading).unwrap_or_else(|| text_of(element)))
}

/// What stands beside a part for whoever wants to know more.
fn help(element: &Element) -> Vec<String> {
    let title = element.get_attribute("title");
    let described = element.get_attribute("aria-describedby").unwrap_or_default();
    let described =
        described.split_whitespace().filter_map(|id| browser::document().get_element_by_id(id)).map(|found| text_of(&found));
    let is = |selector: &str| element.matches(selector).unwrap_or(false);
    let named = if is(".stat") { element.first_element_child() } else { Some(element.clone()) };
    let own = named.and_then(|named| named.get_attribute("data-testid")).and_then(|part| of_part(&part));
    let beside = if is(".control") {
        inside(element, ".help")
    } else if is(".panel") {
        inside(element, ":scope > .caption")
    } else if is(".controls section") {
        inside(element, ".help, .method, .try")
    } else if is(".preset") {
        inside(element, ".words > span")
    } else if is(".door") {
        inside(element, ":scope > span")
    } else if is(".term") {
        element.closest("section").ok().flatten().and_then(|section| inside(&section, ".where"))
    } else if is("h1") {
        Some(crate::words::LEAD.into())
    } else if is(".controls h2") {
        // What stands below it: there are several in one section.
        element.next_element_sibling().filter(|next| next.matches("p, ul").unwrap_or(false)).map(|next| text_of(&next))
    } else if is(".row") {
        Some(words::ROW.into())
    } else {
        None
    };
    let all = own.map(String::from).into_iter().chain(title).chain(described).chain(beside);
    let mut out: Vec<String> = vec![];
    for line in all.filter(|line| !line.is_empty()) {
        if !out.contains(&line) {
            out.push(line);
        }
    }
    out
}

/// What is known of a part, and what it is known of: the part itself, or the innermost around it of which something is known.
pub fn answer(pressed: &Element, glossary: &[Term]) -> (Answer, Element) {
    let mut at = pressed.closest(WHOLE).ok().flatten();
    while let Some(element) = at {
        let mut says = help(&element);
        let text = text_of(&element);
        if text.chars().count() <= SHORT {
            let terms = pieces(&text, glossary, &mut vec![]).into_iter().filter_map(|piece| match piece {
                Piece::Term(_, i) => glossary.get(i),
                Piece::Text(_) => None,
            });
            says.extend(terms.take(TERMS).map(|term| format!("{}: {}", term.term, term.says)));
        }
        if !says.is_empty() {
            return (Answer { name: name(&element), says }, element);
        }
        at = element.parent_element().and_then(|parent| parent.closest(WHOLE).ok().flatten());
    }
    (Answer { name: words::WHAT.into(), says: vec![words::NOTHING.into()] }, pressed.unchecked_ref::<Element>().clone())
}
