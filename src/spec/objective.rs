//! A method's objective as data: its terms. The formula is printed from them; a term's curve and its sliders belong to it by key.

use serde::Serialize;

use super::card::{Card, Under, prose};

/// A summand of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Term {
    /// Its curve: the number that the method's `Terms` show under this name.
    pub name: &'static str,
    /// As it stands in the formula, in plain Unicode.
    pub text: &'static str,
    /// What joins it to those before.
    pub sign: &'static str,
    /// Keys of the live parameters that weigh or shape it.
    pub weights: &'static [&'static str],
    /// The choice under which the objective has it.
    pub under: Under,
}

impl Term {
    const fn new(sign: &'static str, name: &'static str, text: &'static str) -> Self {
        Self { name, text, sign, weights: &[], under: None }
    }

    /// A term that is added.
    pub const fn plus(name: &'static str, text: &'static str) -> Self {
        Self::new("+ ", name, text)
    }

    /// A term that is taken away.
    pub const fn minus(name: &'static str, text: &'static str) -> Self {
        Self::new("− ", name, text)
    }

    /// With the live parameters that weigh or shape it.
    pub const fn weighed(mut self, keys: &'static [&'static str]) -> Self {
        self.weights = keys;
        self
    }

    /// Of the objective only where the choice `key` is one of `options`.
    pub const fn under(mut self, key: &'static str, options: &'static [&'static str]) -> Self {
        self.under = Some((key, options));
        self
    }
}

/// What symbols of a formula stand for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Symbols {
    pub text: &'static str,
    /// The choice under which it is said.
    pub under: Under,
}

impl Symbols {
    pub const fn new(text: &'static str) -> Self {
        Self { text, under: None }
    }

    /// Said only where the choice `key` is one of `options`.
    pub const fn under(mut self, key: &'static str, options: &'static [&'static str]) -> Self {
        self.under = Some((key, options));
        self
    }
}

/// A number that a method shows beside its objective and that counts something else, so that it has no place on one scale with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Count {
    /// Its curve.
    pub name: &'static str,
    /// What it counts.
    pub text: &'static str,
}

impl Count {
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text: prose(text) }
    }
}

/// The objective under certain choices.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    pub terms: Vec<&'static Term>,
    /// What its symbols stand for.
    pub symbols: Vec<&'static str>,
}

impl Objective {
    /// What joins term `i` to those before.
    pub fn sign(&self, i: usize) -> &'static str {
        if i == 0 && self.terms[i].sign.starts_with('+') { "" } else { self.terms[i].sign }
    }

    /// The terms as one line.
    pub fn formula(&self) -> String {
        let terms: Vec<String> = self.terms.iter().enumerate().map(|(i, term)| format!("{}{}", self.sign(i), term.text)).collect();
        terms.join(" ")
    }
}

impl Card {
    /// The objective where `holds` says which choices are made.
    pub fn objective(&self, holds: impl Fn(Under) -> bool) -> Objective {
        Objective {
            terms: self.terms.iter().filter(|term| holds(term.under)).collect(),
            symbols: self.symbols.iter().filter(|symbols| holds(symbols.under)).map(|symbols| symbols.text).collect(),
        }
    }

    /// The objective of the defaults, and behind it those of other options where they differ, each with the choice and the option.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn objectives(&self) -> Vec<(Option<(&'static str, &'static str)>, Objective)> {
        use super::Kind;

        let of = |other: Option<(&'static str, &'static str)>| {
            let chosen = |key: &str| match other {
                Some((choice, option)) if choice == key => option.into(),
                _ => self.param(key).map_or_else(String::new, |p| p.format(p.default)),
            };
            self.objective(|under| under.is_none_or(|(key, options)| options.contains(&chosen(key).as_str())))
        };
        let usual = of(None);
        let choices =
            self.params.iter().filter_map(|p| if let Kind::Choice { names } = p.kind { Some((p.key, names)) } else { None });
        let others = choices.flat_map(|(key, names)| names.iter().map(move |name| Some((key, *name))));
        let others: Vec<_> = others.map(|other| (other, of(other))).filter(|(_, objective)| *objective != usual).collect();
        [(None, usual)].into_iter().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::CARDS;
    use crate::spec::{Family, Kind, Setup};

    fn objective(link: &str) -> Objective {
        let (setup, notes) = Setup::from_query(link, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        setup.card().unwrap().objective(|under| setup.holds(under))
    }

    #[test]
    fn a_choice_has_its_own_objective() {
        assert_eq!(objective("method=beta-vae").formula(), "−E[log p(x|z)] + γ·|KL − C(t)|");
        assert_eq!(objective("method=beta-vae&objective=fixed").formula(), "−E[log p(x|z)] + β·KL");
        assert_eq!(objective("method=beta-vae&objective=autogen").formula(), "−(1 + m)·E[log p(x|z)] + KL");
        let all = crate::catalog::card("beta-vae").unwrap().objectives();
        let others: Vec<_> = all.iter().map(|(other, objective)| (*other, objective.symbols.len())).collect();
        assert_eq!(others, [(None, 1), (Some(("objective", "fixed")), 0), (Some(("objective", "autogen")), 0)]);
    }

    /// The codebook's term is in the loss where the gradient moves the codes, and only there.
    #[test]
    fn codes_that_the_gradient_moves_have_a_term() {
        for (link, has) in [("method=vq-vae", false), ("method=vq-vae&update=gradient", true), ("method=cvq", true)] {
            let Objective { terms, symbols } = objective(link);
            let names: Vec<_> = terms.iter().map(|term| term.name).collect();
            let want: &[&str] = if has {
                &["reconstruction", "codebook", "commitment", "prior"]
            } else {
                &["reconstruction", "commitment", "prior"]
            };
            assert_eq!(names, want, "{link}");
            assert!(symbols[0].starts_with("Σ over places"), "{link}: {symbols:?}");
        }
        assert!(objective("method=vq-vae&prior=none").terms.iter().all(|term| term.name != "prior"));
    }

    /// What is asked of every place of a grid is summed over the places, as `TokenAutoencoder` does.
    #[test]
    fn terms_of_places_are_sums() {
        for card in CARDS.iter().filter(|card| card.family == Family::Vq) {
            let of_places: Vec<_> = card.terms.iter().filter(|term| !term.text.contains("log p(")).collect();
            assert!(of_places.iter().all(|term| term.text.contains('Σ')), "{of_places:?}");
            let said = card.symbols.first().is_some_and(|symbols| symbols.text.starts_with("Σ over places"));
            assert_eq!(said, !of_places.is_empty(), "{}", card.id);
        }
    }

    /// A slider stands with the terms that it moves, or says that it moves none.
    #[test]
    fn every_live_parameter_has_its_term_or_none() {
        for card in CARDS {
            for p in card.all_params() {
                let of = card.terms.iter().filter(|term| term.weights.contains(&p.key)).count();
                let right = if p.live { (of == 0) == p.of_no_term } else { of == 0 && !p.of_no_term };
                assert!(right, "{}: {} is live: {}, of {of} terms, says of none: {}", card.id, p.key, p.live, p.of_no_term);
            }
            for key in card.terms.iter().flat_map(|term| term.weights) {
                assert!(card.param(key).is_some(), "{}: no parameter {key}", card.id);
            }
            let unders = card.terms.iter().map(|term| term.under).chain(card.symbols.iter().map(|symbols| symbols.under));
            for (key, options) in unders.flatten() {
                let kind = card.param(key).unwrap_or_else(|| panic!("{}: no choice {key}", card.id)).kind;
                let known = matches!(kind, Kind::Choice { names } if options.iter().all(|option| names.contains(option)));
                assert!(known, "{}: {key} is not one of {options:?}", card.id);
            }
        }
    }
}
