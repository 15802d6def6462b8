//! Sentences with experiments in them: `[Raise β to 8](beta=8) and watch` has a phrase that sets itself up on a click.

/// A stretch of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phrase<'a> {
    Text(&'a str),
    /// `set` is `key=value`, several joined by `&`, as in a link.
    Experiment {
        words: &'a str,
        set: &'a str,
    },
}

/// The phrases of a sentence, in order. Brackets that are no experiment stay text.
pub fn phrases(text: &str) -> Vec<Phrase<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, words, set, after)) = experiment(rest) {
        out.extend([Phrase::Text(before), Phrase::Experiment { words, set }]);
        rest = after;
    }
    out.push(Phrase::Text(rest));
    out.retain(|p| *p != Phrase::Text(""));
    out
}

/// The sentence without its marks.
pub fn plain(text: &str) -> String {
    phrases(text)
        .into_iter()
        .map(|p| match p {
            Phrase::Text(words) | Phrase::Experiment { words, .. } => words,
        })
        .collect()
}

/// Splits at the first experiment: what is before it, its words, what it sets, and what is after it.
fn experiment(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (middle, after) = text.split_once("](")?;
    let (before, words) = middle.rsplit_once('[')?;
    let (set, after) = after.split_once(')')?;
    Some((before, words, set, after))
}

/// The pieces of a formula, and whether each stands below the line: what follows an underscore does, letters and digits, or what is in braces.
pub fn lowered(formula: &str) -> Vec<(&str, bool)> {
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
    use super::*;

    #[test]
    fn experiments_are_found_among_words() {
        use Phrase::{Experiment, Text};
        assert_eq!(phrases("just [words] (here)"), vec![Text("just [words] (here)")]);
        assert_eq!(
            phrases("First [raise β](beta=8), then [go back](beta=1&latent=3)."),
            vec![
                Text("First "),
                Experiment { words: "raise β", set: "beta=8" },
                Text(", then "),
                Experiment { words: "go back", set: "beta=1&latent=3" },
                Text("."),
            ]
        );
        assert_eq!(plain("[Raise β](beta=8) now"), "Raise β now");
    }

    #[test]
    fn what_follows_an_underscore_stands_below() {
        assert_eq!(lowered("β · Σ_d KL(z_d)"), [("β · Σ", false), ("d", true), (" KL(z", false), ("d", true), (")", false)]);
        assert_eq!(lowered("Σ_{i≠j} C_ij²"), [("Σ", false), ("i≠j", true), (" C", false), ("ij", true), ("²", false)]);
        assert_eq!(lowered("‖M‖_*"), [("‖M‖", false), ("*", true), ("", false)]);
        assert_eq!(lowered("x"), [("x", false)]);
    }
}
