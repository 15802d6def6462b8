//! What measures come to.

use serde::{Deserialize, Serialize};

/// One number or one for each latent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Quantity {
    Count(usize),
    Number(f64),
    Each(Vec<f64>),
}

impl From<usize> for Quantity {
    fn from(n: usize) -> Self {
        Self::Count(n)
    }
}

impl From<f64> for Quantity {
    fn from(v: f64) -> Self {
        Self::Number(v)
    }
}

impl From<Vec<f64>> for Quantity {
    fn from(v: Vec<f64>) -> Self {
        Self::Each(v)
    }
}

/// A measure, what it came to, and how it was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Its id.
    pub name: String,
    /// What it is called.
    pub label: String,
    pub value: Quantity,
    pub protocol: String,
}

/// A number in four digits, whatever its size.
pub fn four_digits(v: f64) -> String {
    if v == 0.0 || !v.is_finite() {
        return v.to_string();
    }
    let before = v.abs().log10().floor() as i32 + 1;
    if before < -2 { format!("{v:.3e}") } else { format!("{v:.*}", (4 - before).max(0) as usize) }
}
