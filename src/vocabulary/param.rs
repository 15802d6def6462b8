//! One adjustable number of a method or of the training loop.

use latent_small::number;
use serde::Serialize;

pub use super::objective::Under;
use super::prose::{at_length, prose};

/// The range of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "type")]
pub enum Kind {
    /// A real number; `log` asks for a logarithmic slider.
    Float { min: f64, max: f64, log: bool },
    /// A whole number.
    Int { min: i64, max: i64 },
    /// One of a few names; the value is the index.
    Choice { names: &'static [&'static str] },
}

/// One adjustable number of a method or of the training loop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParamSpec {
    /// Name in links and on the command line.
    pub key: &'static str,
    /// Name on the page.
    pub label: &'static str,
    pub kind: Kind,
    pub default: f64,
    /// What a link means that does not name it, where that is not the default: a link from before the default changed.
    pub unnamed: Option<f64>,
    /// `true`: takes effect on the next step without recompiling. `false`: changes the network and starts a new run.
    pub live: bool,
    /// The choice under which it means something.
    pub under: Under,
    /// The parameter that it can be no larger than: there are no more to choose from.
    pub at_most: Option<&'static str>,
    /// The parameter that it multiplies: what is [`at_most`](Self::at_most) so many is their product.
    pub times: Option<&'static str>,
    /// Live, and neither weighs nor shapes a term of the objective.
    pub of_no_term: bool,
    /// Options that need pictures: neighbouring pixels, or values from 0 to 1.
    pub of_pictures: &'static [&'static str],
    /// What it does, in one or two sentences.
    pub help: &'static str,
}

impl ParamSpec {
    const fn new(key: &'static str, label: &'static str, kind: Kind, default: f64, help: &'static str) -> Self {
        Self {
            key,
            label: prose(label),
            kind,
            default,
            unnamed: None,
            live: false,
            under: None,
            at_most: None,
            times: None,
            of_no_term: false,
            of_pictures: &[],
            help: at_length(help),
        }
    }

    /// A real number on a linear slider.
    pub const fn float(key: &'static str, label: &'static str, min: f64, max: f64, default: f64, help: &'static str) -> Self {
        Self::new(key, label, Kind::Float { min, max, log: false }, default, help)
    }

    /// A real number on a logarithmic slider.
    pub const fn log(key: &'static str, label: &'static str, min: f64, max: f64, default: f64, help: &'static str) -> Self {
        Self::new(key, label, Kind::Float { min, max, log: true }, default, help)
    }

    /// A whole number.
    pub const fn int(key: &'static str, label: &'static str, min: i64, max: i64, default: i64, help: &'static str) -> Self {
        Self::new(key, label, Kind::Int { min, max }, default as f64, help)
    }

    /// One of a few names.
    pub const fn choice(
        key: &'static str,
        label: &'static str,
        names: &'static [&'static str],
        default: usize,
        help: &'static str,
    ) -> Self {
        Self::new(key, label, Kind::Choice { names }, default as f64, help)
    }

    /// Marks the parameter as taking effect at once.
    pub const fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Marks a live parameter that no [`Term`](super::objective::Term) names.
    pub const fn of_no_term(mut self) -> Self {
        self.of_no_term = true;
        self
    }

    /// Marks options of a choice as such that need pictures. One is left at least.
    pub const fn of_pictures(mut self, options: &'static [&'static str]) -> Self {
        self.of_pictures = options;
        self
    }

    /// Marks the default as one that is newer than links that do not name the parameter: those mean `value`, and are written out otherwise.
    pub const fn unnamed(mut self, value: f64) -> Self {
        self.unnamed = Some(value);
        self
    }

    /// What a link means that does not name it.
    pub fn in_link(&self, pictures: bool) -> f64 {
        self.unnamed.unwrap_or_else(|| self.default_for(pictures))
    }

    /// The default where samples are pictures, or vectors of numbers.
    pub fn default_for(&self, pictures: bool) -> f64 {
        match self.kind {
            Kind::Choice { names } if !pictures && self.needs_pictures(self.default) => {
                names.iter().position(|name| !self.of_pictures.contains(name)).map_or(self.default, |i| i as f64)
            }
            _ => self.default,
        }
    }

    /// Whether it can have such a value only where samples are pictures.
    pub fn needs_pictures(&self, value: f64) -> bool {
        self.of_pictures.contains(&self.format(value).as_str())
    }

    /// Marks the parameter as meaning nothing unless the choice `key` is one of `options`.
    pub const fn under(mut self, key: &'static str, options: &'static [&'static str]) -> Self {
        self.under = Some((key, options));
        self
    }

    /// Marks the parameter as contradicting the one called `key` where it is larger.
    pub const fn at_most(mut self, key: &'static str) -> Self {
        self.at_most = Some(key);
        self
    }

    /// Marks the parameter as multiplying the one called `key`, of which together there can be no more than `most`.
    pub const fn times_at_most(mut self, key: &'static str, most: &'static str) -> Self {
        (self.times, self.at_most) = (Some(key), Some(most));
        self
    }

    /// The parameter as a card has it that gives it another default, and says why.
    pub const fn with(mut self, default: f64, help: &'static str) -> Self {
        (self.default, self.help) = (default, at_length(help));
        self
    }

    /// Reads a value as a person types it: a number, or the name of a choice.
    ///
    /// # Errors
    /// A sentence that names the parameter and its range.
    pub fn parse(&self, text: &str) -> Result<f64, String> {
        if let Kind::Choice { names } = self.kind
            && let Some(i) = names.iter().position(|n| *n == text)
        {
            return Ok(i as f64);
        }
        let value = number(text.trim()).ok_or_else(|| format!("{} = {text:?}: expected {}", self.key, self.range_text()))?;
        self.check(value)
    }

    /// Returns `value` if it is finite, in range and whole where it must be.
    ///
    /// # Errors
    /// A sentence that names the parameter and its range.
    pub fn check(&self, value: f64) -> Result<f64, String> {
        let ok = match self.kind {
            Kind::Float { min, max, .. } => value >= min && value <= max,
            Kind::Int { min, max } => value.fract() == 0.0 && value >= min as f64 && value <= max as f64,
            Kind::Choice { names } => value.fract() == 0.0 && value >= 0.0 && value < names.len() as f64,
        };
        if ok { Ok(value) } else { Err(format!("{} = {value}: expected {}", self.key, self.range_text())) }
    }

    /// The range in words.
    pub fn range_text(&self) -> String {
        match self.kind {
            Kind::Float { min, max, .. } => format!("a number from {min} to {max}"),
            Kind::Int { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Choice { names } => format!("one of {}", names.join(", ")),
        }
    }

    /// The value as it is written in links and on the command line.
    pub fn format(&self, value: f64) -> String {
        match self.kind {
            Kind::Choice { names } => names.get(value as usize).map_or_else(|| value.to_string(), |n| (*n).to_string()),
            _ => value.to_string(),
        }
    }
}
