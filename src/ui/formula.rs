//! The formula of what the controls describe, each part in the colour of its curve.

use leptos::prelude::*;

use super::paint::term_colour;
use super::prose::typeset;
use crate::store::runs::Runs;
use crate::words;
use latent_vocabulary::objective::{Objective, Term};

/// A summand of the objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShownTerm {
    pub sign: &'static str,
    pub term: &'static Term,
    /// Which of the run's numbers is its value; none while the network on show is of another method.
    pub number: Option<usize>,
    /// Its place in the theme's colours: that of its number.
    pub colour: usize,
    /// Its place in the formula, from 1: what a pointer points at where there is no number.
    pub place: usize,
}

impl ShownTerm {
    /// What is pointed at with it.
    pub fn points_at(&self) -> usize {
        self.number.unwrap_or(self.place)
    }
}

/// What the setup of the controls makes small.
pub fn objective(runs: Runs) -> Option<Objective> {
    runs.setup.with(|setup| setup.card().ok().map(|card| card.objective(|under| setup.holds(under))))
}

/// The objective in parts.
pub fn parts(runs: Runs) -> Vec<ShownTerm> {
    let Some(objective) = objective(runs) else { return vec![] };
    let names = runs.run.with(|run| {
        let run = run.as_ref().filter(|r| runs.setup.with(|setup| r.setup.method == setup.method))?;
        run.info.as_ref().map(|info| info.terms.clone())
    });
    let part = |(i, term): (usize, &'static Term)| {
        let number = names.as_ref().and_then(|names| names.iter().position(|name| *name == term.name));
        let place = i + 1;
        ShownTerm { sign: objective.sign(i), term, number, colour: term_colour(number.unwrap_or(place)), place }
    };
    objective.terms.iter().copied().enumerate().map(part).collect()
}

/// A term's number at the latest step: `kl = 12.3`.
pub fn value(runs: Runs, part: &ShownTerm) -> Option<String> {
    runs.curves.track();
    let number = runs.history.with_value(|h| h.train.last()?.terms.get(part.number?).copied())?;
    Some([part.term.name, &words::reading(f64::from(number))].join(" = "))
}

/// What the symbols of the objective stand for.
pub fn symbols(runs: Runs) -> impl IntoView {
    let said = objective(runs).map(|objective| objective.symbols).unwrap_or_default();
    said.into_iter().enumerate().map(|(i, text)| view! { {(i > 0).then_some(", ")}{typeset(text)} }).collect_view()
}
