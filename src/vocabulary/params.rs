//! The parameters that a network is made with.

use std::collections::BTreeMap;

use crate::card::Card;
use crate::optimizer::Optimizer;

/// A method's parameters: the values that were chosen, and its card's defaults for all others. This is what a network knows of an
/// experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// The method's card.
    pub card: &'static Card,
    /// Values by key. Keys that are absent have their card's default.
    pub values: BTreeMap<String, f64>,
    /// Those of the trained network that is taken apart; `None` where images are.
    pub host: Option<Box<Self>>,
}

impl Params {
    /// A method's defaults.
    pub const fn new(card: &'static Card) -> Self {
        Self { card, values: BTreeMap::new(), host: None }
    }

    /// The value of `key`, or its default.
    ///
    /// # Panics
    /// If the method has no such parameter: that is a mistake in the method's own code.
    pub fn get(&self, key: &str) -> f64 {
        self.values.get(key).copied().unwrap_or_else(|| self.card.default_of(key))
    }

    /// The value of a whole-number or choice parameter.
    pub fn usize(&self, key: &str) -> usize {
        self.get(key) as usize
    }

    /// With a parameter as a person types it: a number, or the name of a choice.
    ///
    /// # Errors
    /// If the method has no such parameter or the value is out of range.
    pub fn with(mut self, key: &str, text: &str) -> Result<Self, String> {
        let spec = self.card.param(key).ok_or_else(|| format!("method {} has no parameter {key:?}", self.card.id))?;
        self.values.insert(key.into(), spec.parse(text)?);
        Ok(self)
    }
}

impl Optimizer {
    /// The choice among the parameters.
    pub fn of(params: &Params) -> Self {
        [Self::Adam, Self::AdamW, Self::Sgd][params.usize("optimizer")]
    }
}
