//! A method's formula taken apart: the summands of its objective, and which of a run's numbers belongs to each.

use super::{Kind, Setup};

/// A part of the objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summand {
    /// What joins it to those before it.
    pub sign: &'static str,
    pub text: &'static str,
}

/// The objective that a setup's choices make small, and what its symbols stand for. Where a formula has one objective for each
/// option of a choice, they stand behind the options' names: `capacity: …; fixed: …`.
pub fn objective(formula: &'static str, setup: &Setup) -> (Vec<Summand>, &'static str) {
    let params = setup.card().map_or(&[][..], |card| card.params);
    let options = params.iter().filter_map(|p| if let Kind::Choice { names } = p.kind { Some((p, names)) } else { None });
    for (param, names) in options {
        let name = names.get(setup.usize(param.key)).copied().unwrap_or_default();
        let mut alternatives = formula.split("; ").filter_map(|part| part.split_once(": "));
        if let Some((_, alternative)) = alternatives.find(|(option, _)| *option == name) {
            return taken_apart(alternative);
        }
    }
    taken_apart(formula)
}

/// What is in parentheses or between bars, and what is defined behind the objective, is not taken apart.
fn taken_apart(formula: &'static str) -> (Vec<Summand>, &'static str) {
    let (mut depth, mut bars, mut end) = (0, false, formula.len());
    let (mut sign, mut from, mut summands) = ("", 0, vec![]);
    for (at, c) in formula.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '‖' | '|' if depth == 0 => bars = !bars,
            ',' | ';' if depth == 0 && !bars => {
                end = at;
                break;
            }
            // A minus that stands close belongs to what follows it.
            '+' | '−' if depth == 0 && !bars && formula[..at].ends_with(' ') && formula[at..].starts_with([c, ' ']) => {
                let after = at + c.len_utf8();
                if formula[after..].starts_with(' ') {
                    summands.push(Summand { sign, text: formula[from..at].trim() });
                    (sign, from) = (&formula[at..=after], after);
                }
            }
            _ => {}
        }
    }
    summands.push(Summand { sign, text: formula[from..end].trim() });
    (summands, formula[end..].trim_start_matches([',', ';', ' ']))
}

/// By what a summand is known, and what a run calls its number. The first that fits counts.
const KNOWN: &[(&str, &str)] = &[
    ("log p(tokens", "prior"),
    ("log p(x", "reconstruction"),
    ("L_", "loss"),
    ("MMD", "mmd"),
    ("sort(", "sliced wasserstein"),
    ("C_c(t)", "choice kl"),
    ("I(x; z)", "information"),
    ("Π_d", "total correlation"),
    ("q(z_d) ‖", "latent-wise kl"),
    ("D(z)", "total correlation"),
    ("C_ij", "off-diagonal"),
    ("C_ii", "diagonal"),
    ("KL", "kl"),
    ("‖sg[z]", "codebook"),
    ("(sg[z_d]", "quantisation"),
    ("sg[", "commitment"),
    ("‖z − ẑ", "commitment"),
    ("H(c|u)", "unsure"),
    ("H(E[c|u])", "diverse"),
    ("‖M‖_*", "nuclear norm"),
    ("‖e − ê‖", "revival"),
    ("x̂′", "gate"),
    ("x̂ₘ", "all levels"),
    ("‖x − x̂", "reconstruction"),
    ("f‖₀", "sparsity"),
    ("Σᵢ", "sparsity"),
];

/// Which of a run's numbers, `names`, belongs to summand `i` of `summands`.
pub fn number_of(summands: &[Summand], i: usize, names: &[String]) -> Option<usize> {
    let place = |wanted: &str| names.iter().position(|name| name == wanted);
    let known = KNOWN.iter().find(|(part, _)| summands[i].text.contains(part)).map(|(_, name)| *name);
    match known {
        Some(name) => place(name).or_else(|| (summands.len() == 1).then_some(0)),
        // The numbers stand in the order of the formula, behind the objective itself.
        None if summands.len() == 1 => Some(0),
        None => Some(i + 1).filter(|i| *i < names.len()),
    }
}

/// What the numbers count that are no part of an objective, and so have no place beside it on one scale.
pub fn counts(name: &str) -> Option<&'static str> {
    Some(match name {
        "l0" => "features active on an input",
        "dead" => "features that have not been active for long",
        "fvu" => "share of the variance that is not explained",
        "perplexity" => "codes, as many as would be used evenly for the same entropy",
        "in use" => "codes in use",
        "rank" => "dimensions of the code that are used, on average",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Family;

    fn texts(formula: &'static str) -> Vec<(&'static str, &'static str)> {
        taken_apart(formula).0.into_iter().map(|s| (s.sign, s.text)).collect()
    }

    #[test]
    fn only_summands_of_the_objective_are_taken_apart() {
        let formula = "−log p(x|z) + λ·(a + b)² − β·|KL − C|,  z = c + d; e";
        assert_eq!(texts(formula), [("", "−log p(x|z)"), ("+ ", "λ·(a + b)²"), ("− ", "β·|KL − C|")]);
        assert_eq!(taken_apart(formula).1, "z = c + d; e");
        assert_eq!((texts("x"), taken_apart("x").1), (vec![("", "x")], ""));
        assert_eq!(texts("Σ over pixels of −log p(x|z), z = 1").len(), 1);
    }

    #[test]
    fn a_choice_has_its_own_objective() {
        let mut setup = Setup::new("mnist", "beta-vae");
        let formula = "capacity: a + b, b = c; fixed: d + e; autogen: f";
        let parts = |setup: &Setup| objective(formula, setup).0.iter().map(|s| s.text).collect::<Vec<_>>();
        assert_eq!(parts(&setup), ["a", "b"]);
        setup.set_pair("objective=fixed").unwrap();
        assert_eq!(parts(&setup), ["d", "e"]);
    }

    #[test]
    fn summands_have_their_numbers() {
        let names = ["loss", "reconstruction", "kl", "mmd"].map(String::from);
        let (summands, _) = taken_apart("−log p(x|z) + λ·MMD² + ω");
        let numbers: Vec<_> = (0..3).map(|i| number_of(&summands, i, &names)).collect();
        assert_eq!(numbers, [Some(1), Some(3), Some(3)]);
        assert_eq!(number_of(&taken_apart("−log p(x|z)").0, 0, &names[..1]), Some(0));
        assert_eq!(number_of(&taken_apart("a − log p(tokens)").0, 1, &names), None, "a run without this part");
    }

    /// The codebook's term is in the loss where the gradient moves the codes, and only there.
    #[test]
    fn codes_that_the_gradient_moves_have_a_term() {
        let names = ["loss", "reconstruction", "commitment", "codebook", "prior"].map(String::from);
        for (link, has) in [("method=vq-vae", false), ("method=vq-vae&update=gradient", true), ("method=cvq", true)] {
            let (setup, _) = Setup::from_query(link, &[]);
            let (summands, behind) = objective(setup.card().unwrap().formula, &setup);
            let numbers: Vec<_> = (0..summands.len()).map(|i| number_of(&summands, i, &names)).collect();
            let want: &[Option<usize>] = if has { &[Some(1), Some(3), Some(2), Some(4)] } else { &[Some(1), Some(2), Some(4)] };
            assert_eq!(numbers, want, "{link}: {summands:?}");
            assert!(behind.starts_with("Σ over places"), "{link}: {behind}");
        }
    }

    /// What is asked of every place of a grid is summed over the places, as `TokenAutoencoder` does.
    #[test]
    fn terms_of_places_are_sums() {
        for card in crate::catalog::CARDS.iter().filter(|c| c.family == Family::Vq) {
            let (summands, behind) = objective(card.formula, &Setup::new("mnist", card.id));
            let of_places = summands.iter().filter(|s| !s.text.contains("log p("));
            assert!(of_places.clone().all(|s| s.text.contains('Σ')), "{summands:?}");
            assert_eq!(behind.starts_with("Σ over places"), of_places.count() > 0, "{}: {behind}", card.id);
        }
    }

    #[test]
    fn active_features_are_counted_by_input() {
        assert_eq!(counts("l0"), Some("features active on an input"));
    }
}
