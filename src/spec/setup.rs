//! The whole experiment as plain data, and its form in a link.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::card::Card;
use super::data;

/// Version of the link format. Links written by older versions must keep opening.
pub const LINK_VERSION: u32 = 1;

/// One experiment: data set, method, and every parameter that differs from its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub data: String,
    pub method: String,
    /// Values by key. Keys that are absent have their card's default.
    pub values: BTreeMap<String, f64>,
}

/// Why a setup is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum SetupError {
    UnknownMethod(String),
    UnknownData(String),
    UnknownParam { method: String, key: String },
    BadValue(String),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMethod(id) => write!(f, "no method is called {id:?}; `cargo lab methods` lists them"),
            Self::UnknownData(id) => write!(f, "no data set is called {id:?}; there are {}", data::ids().join(", ")),
            Self::UnknownParam { method, key } => write!(f, "method {method} has no parameter {key:?}"),
            Self::BadValue(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for SetupError {}

impl Setup {
    /// The method's defaults on a data set.
    pub fn new(data: &str, method: &str) -> Self {
        Self { data: data.into(), method: method.into(), values: BTreeMap::new() }
    }

    /// The card of this setup's method.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn card(&self) -> Result<&'static Card, SetupError> {
        crate::catalog::card(&self.method).ok_or_else(|| SetupError::UnknownMethod(self.method.clone()))
    }

    /// The value of `key`, or its default.
    ///
    /// # Panics
    /// If the method has no such parameter: that is a mistake in the method's own code.
    pub fn get(&self, key: &str) -> f64 {
        self.values.get(key).copied().unwrap_or_else(|| {
            let spec = self.card().ok().and_then(|c| c.param(key));
            spec.unwrap_or_else(|| panic!("method {} has no parameter {key}", self.method)).default
        })
    }

    /// The value of a whole-number or choice parameter.
    pub fn usize(&self, key: &str) -> usize {
        self.get(key) as usize
    }

    /// Sets `key` after checking its name and range.
    ///
    /// # Errors
    /// If the method has no such parameter or the value is out of range.
    pub fn set(&mut self, key: &str, value: f64) -> Result<(), SetupError> {
        let spec = self
            .card()?
            .param(key)
            .ok_or_else(|| SetupError::UnknownParam { method: self.method.clone(), key: key.into() })?;
        let value = spec.check(value).map_err(SetupError::BadValue)?;
        self.values.insert(key.into(), value);
        Ok(())
    }

    /// Sets a parameter from what a person types: a number, or the name of a choice.
    ///
    /// # Errors
    /// If the method has no such parameter or the value is out of range.
    pub fn set_text(&mut self, key: &str, text: &str) -> Result<(), SetupError> {
        let unknown = || SetupError::UnknownParam { method: self.method.clone(), key: key.into() };
        let value = self.card()?.param(key).ok_or_else(unknown)?.parse(text).map_err(SetupError::BadValue)?;
        self.set(key, value)
    }

    /// [`Setup::set_text`] for `KEY=VALUE`.
    ///
    /// # Errors
    /// As there, and if there is no `=`.
    pub fn set_pair(&mut self, pair: &str) -> Result<(), SetupError> {
        let unreadable = || SetupError::BadValue(format!("{pair}: expected KEY=VALUE, for example beta=4"));
        let (key, text) = pair.split_once('=').ok_or_else(unreadable)?;
        self.set_text(key, text)
    }

    /// Checks the data set, the method and every value.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SetupError> {
        if !data::known(&self.data) {
            return Err(SetupError::UnknownData(self.data.clone()));
        }
        let card = self.card()?;
        for (key, value) in &self.values {
            let spec =
                card.param(key).ok_or_else(|| SetupError::UnknownParam { method: self.method.clone(), key: key.clone() })?;
            spec.check(*value).map_err(SetupError::BadValue)?;
        }
        Ok(())
    }

    /// Whether going from `self` to `other` needs a new network, as opposed to moving live controls.
    pub fn needs_rebuild(&self, other: &Self) -> bool {
        if self.data != other.data || self.method != other.method {
            return true;
        }
        let Ok(card) = self.card() else { return true };
        card.all_params().any(|p| !p.live && self.get(p.key) != other.get(p.key))
    }

    /// The link form: `v=1&data=mnist&method=vae&beta=4`. Only what differs from the defaults is written.
    pub fn to_query(&self) -> String {
        let mut out = format!("v={LINK_VERSION}&data={}&method={}", self.data, self.method);
        if let Ok(card) = self.card() {
            for p in card.all_params() {
                let value = self.get(p.key);
                if value != p.default {
                    out.push_str(&format!("&{}={}", p.key, p.format(value)));
                }
            }
        }
        out
    }

    /// Reads a link. Unknown keys and bad values are reported and ignored, so that an old or foreign link still opens.
    ///
    /// `query` may start with `?` or `#`. The keys in `reserved` belong to the page and are skipped silently.
    pub fn from_query(query: &str, reserved: &[&str]) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let pairs: Vec<(&str, &str)> = query
            .trim_start_matches(['?', '#'])
            .split('&')
            .filter(|s| !s.is_empty())
            .map(|s| s.split_once('=').unwrap_or((s, "")))
            .collect();
        let find = |key: &str| pairs.iter().rev().find(|(k, _)| *k == key).map(|(_, v)| *v);
        let first = crate::catalog::CARDS[0].id;
        let mut setup = Self::new(find("data").unwrap_or(data::SETS[0].id), find("method").unwrap_or(first));
        if !data::known(&setup.data) {
            notes.push(SetupError::UnknownData(setup.data.clone()).to_string());
            setup.data = data::SETS[0].id.into();
        }
        if setup.card().is_err() {
            notes.push(SetupError::UnknownMethod(setup.method.clone()).to_string());
            setup.method = first.into();
        }
        let card = setup.card().expect("the first card is registered");
        for (key, text) in pairs {
            if matches!(key, "v" | "data" | "method") || reserved.contains(&key) {
                continue;
            }
            match card.param(key) {
                None => notes.push(SetupError::UnknownParam { method: card.id.into(), key: key.into() }.to_string()),
                Some(spec) => match spec.parse(text) {
                    Ok(value) => {
                        setup.values.insert(key.into(), value);
                    }
                    Err(note) => notes.push(note),
                },
            }
        }
        (setup, notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_round_trips_and_reports_what_it_ignores() {
        let mut setup = Setup::new("mnist", "vae");
        setup.set("beta", 4.0).unwrap();
        setup.set("latent", 7.0).unwrap();
        assert_eq!(Setup::from_query(&setup.to_query(), &[]), (setup.clone(), vec![]));

        let (back, notes) = Setup::from_query("?v=9&method=vae&beta=4&latent=7&colour=red&batch=0", &[]);
        assert_eq!(back, setup);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].contains("colour") && notes[1].contains("batch"), "{notes:?}");
    }

    #[test]
    fn only_structure_asks_for_a_rebuild() {
        let a = Setup::new("mnist", "vae");
        let mut b = a.clone();
        b.set("beta", 2.0).unwrap();
        b.set("lr", 0.01).unwrap();
        assert!(!a.needs_rebuild(&b));
        b.set("latent", 3.0).unwrap();
        assert!(a.needs_rebuild(&b));
    }

    #[test]
    fn out_of_range_names_the_parameter() {
        let mut a = Setup::new("mnist", "vae");
        for (key, value) in [("beta", f64::NAN), ("latent", 2.5), ("net", 9.0)] {
            let text = a.set(key, value).unwrap_err().to_string();
            assert!(text.starts_with(key), "{text}");
        }
        assert_eq!(a, Setup::new("mnist", "vae"));
    }
}
