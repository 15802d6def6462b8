//! The formula of what the controls describe, each part in the colour of its curve.

use leptos::prelude::*;

use super::paint::term_colour;
use crate::spec::objective::{number_of, objective};
use crate::ui::store::runs::Runs;

/// A summand of the objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub sign: &'static str,
    pub text: &'static str,
    /// Which of the run's numbers is its value; none while the network on show is of another method.
    pub number: Option<usize>,
    /// Its place in the theme's colours: that of its number.
    pub colour: usize,
    /// Its place in the formula, from 1: what a pointer points at where there is no number.
    pub place: usize,
}

impl Part {
    /// What is pointed at with it.
    pub fn points_at(&self) -> usize {
        self.number.unwrap_or(self.place)
    }
}

/// The objective in parts, and what is said behind it.
pub fn parts(runs: Runs) -> (Vec<Part>, &'static str) {
    let (formula, setup) = runs.setup.with(|s| (s.card().map_or("", |card| card.formula), s.clone()));
    let names = runs.run.with(|run| {
        let run = run.as_ref().filter(|r| r.setup.method == setup.method)?;
        run.info.as_ref().map(|info| info.terms.clone())
    });
    let (summands, behind) = objective(formula, &setup);
    let part = |i: usize| {
        let number = names.as_ref().and_then(|names| number_of(&summands, i, names));
        let place = i + 1;
        Part { sign: summands[i].sign, text: summands[i].text, number, colour: term_colour(number.unwrap_or(place)), place }
    };
    ((0..summands.len()).map(part).collect(), behind)
}
