//! What a measure is, and the sheet on which it notes its numbers.

use super::subject::{About, Answer, Subject};
use latent_sweep::number_in;
use latent_vocabulary::measured::{Measured, Quantity};

/// A measure, or several that are taken together.
pub struct Measure {
    /// The ids of its values, each with its name for people; nothing in place of the name where the id reads as words. `*` stands
    /// for any number.
    pub names: &'static [(&'static str, &'static str)],
    /// Whether such a model has it.
    pub applies: fn(&About) -> bool,
    /// Adds its values, or nothing where the model turns out not to have it.
    pub run: for<'s> fn(&'s mut Subject<'_>, &'s mut Sheet) -> Answer<'s, ()>,
}

impl Measure {
    /// Whether one of its values is called so.
    pub fn gives(&self, id: &str) -> bool {
        self.names.iter().any(|(known, _)| *known == id || number_in(known, id).is_some())
    }
}

/// For measures that every model has.
pub fn any(_: &About) -> bool {
    true
}

/// Measures in the order in which they are shown.
#[derive(Default)]
pub struct Sheet {
    pub rows: Vec<Measured>,
    /// Of the measure that is being taken.
    pub names: &'static [(&'static str, &'static str)],
}

impl Sheet {
    pub fn add(&mut self, id: &str, value: impl Into<Quantity>, protocol: impl Into<String>) {
        let label = label(self.names, id);
        self.rows.push(Measured { name: id.into(), label, value: value.into(), protocol: protocol.into() });
    }
}

/// What a value is called.
pub fn label(names: &[(&str, &str)], id: &str) -> String {
    for (known, name) in names.iter().filter(|(_, name)| !name.is_empty()) {
        if *known == id {
            return (*name).into();
        }
        if let Some(k) = number_in(known, id) {
            return name.replace('*', k);
        }
    }
    // One number a latent.
    let words = id.strip_suffix("_d").unwrap_or(id).replace('_', " ");
    let mut letters = words.chars();
    letters.next().into_iter().map(|first| first.to_ascii_uppercase()).chain(letters).collect()
}
