//! Words that somebody may not know, and where they first stand in a lesson.

use serde::{Deserialize, Serialize};

/// A word of the field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    pub term: String,
    /// Its other forms.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it means, in a sentence or two.
    pub says: String,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    /// As it stands there, and the number of its term.
    Term(String, usize),
}

/// The byte range of a term in `text` at or after `from`, as a word of its own, whatever its case.
fn find(text: &str, from: usize, word: &str) -> Option<(usize, usize)> {
    text[from..].char_indices().map(|(at, _)| from + at).find_map(|start| {
        if text[..start].chars().next_back().is_some_and(char::is_alphanumeric) {
            return None;
        }
        let mut rest = text[start..].char_indices();
        for wanted in word.chars() {
            let (_, c) = rest.next()?;
            if !c.to_lowercase().eq(wanted.to_lowercase()) {
                return None;
            }
        }
        let end = rest.next().map_or(text.len(), |(at, _)| start + at);
        (!text[end..].starts_with(char::is_alphanumeric)).then_some((start, end))
    })
}

/// Cuts a text where terms stand that are not `known` yet: each once, the longest where several begin. They are known then.
pub fn pieces(text: &str, glossary: &[Term], known: &mut Vec<usize>) -> Vec<Piece> {
    let mut found: Vec<(usize, usize, usize)> = vec![];
    for (i, term) in glossary.iter().enumerate().filter(|(i, _)| !known.contains(i)) {
        let places = std::iter::once(&term.term).chain(&term.also).filter_map(|word| find(text, 0, word));
        found.extend(places.min_by_key(|(start, end)| (*start, usize::MAX - end)).map(|(start, end)| (start, end, i)));
    }
    found.sort_by_key(|(start, end, _)| (*start, usize::MAX - end));
    let (mut out, mut at) = (vec![], 0);
    for (start, end, term) in found {
        if start < at {
            continue;
        }
        if start > at {
            out.push(Piece::Text(text[at..start].into()));
        }
        out.push(Piece::Term(text[start..end].into(), term));
        known.push(term);
        at = end;
    }
    if at < text.len() {
        out.push(Piece::Text(text[at..].into()));
    }
    out
}

/// The text of page `at` of several, with the terms that no page before it has.
pub fn marked(texts: &[&str], at: usize, glossary: &[Term]) -> Vec<Piece> {
    let mut known = vec![];
    for text in &texts[..at.min(texts.len())] {
        pieces(text, glossary, &mut known);
    }
    texts.get(at).map_or_else(Vec::new, |text| pieces(text, glossary, &mut known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glossary() -> Vec<Term> {
        let term = |term: &str, also: &[&str]| Term {
            term: term.into(),
            also: also.iter().map(ToString::to_string).collect(),
            says: "…".into(),
        };
        vec![term("latent", &["latents"]), term("latent space", &[]), term("β", &[]), term("code", &["codes"])]
    }

    fn text(words: &str) -> Piece {
        Piece::Text(words.into())
    }

    #[test]
    fn terms_are_marked_once_and_as_words() {
        let said = pieces("Latents span the latent space; a decoder knows latents.", &glossary(), &mut vec![]);
        assert_eq!(
            said,
            [
                Piece::Term("Latents".into(), 0),
                text(" span the "),
                Piece::Term("latent space".into(), 1),
                text("; a decoder knows latents.")
            ]
        );
        let all: String = said
            .iter()
            .map(|piece| match piece {
                Piece::Text(t) | Piece::Term(t, _) => t.as_str(),
            })
            .collect();
        assert_eq!(all, "Latents span the latent space; a decoder knows latents.");
    }

    #[test]
    fn what_an_earlier_page_has_is_known() {
        let pages = ["A code and β.", "Two codes, one latent.", "β, code, latents."];
        assert_eq!(marked(&pages, 1, &glossary()), [text("Two codes, one "), Piece::Term("latent".into(), 0), text(".")]);
        assert_eq!(marked(&pages, 2, &glossary()), [text("β, code, latents.")]);
        assert_eq!(marked(&pages, 9, &glossary()), []);
    }
}
