//! A method's objective as data: its terms. The formula is printed from them; a term's curve and its sliders belong to it by key.

use serde::Serialize;

use super::prose::prose;

/// Where something is there: a choice's key, and the options of it; `None`: always.
pub type Under = Option<(&'static str, &'static [&'static str])>;

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
