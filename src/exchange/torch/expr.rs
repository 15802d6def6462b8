//! Expressions of Python, and when they need brackets.

/// What binds how firmly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `a == b`
    Compare,
    /// `a + b`
    Sum,
    /// `a * b`, `a @ b`
    Product,
    /// `-a`
    Sign,
    /// `a ** b`
    Power,
    /// Names, calls, numbers.
    Whole,
}

/// A text with its level.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The text.
    pub text: String,
    /// How firmly it holds together.
    pub level: Level,
    /// Whether it calls a layer.
    pub layer: bool,
}

impl Expr {
    /// A name, a call, a number.
    pub fn whole(text: String) -> Self {
        Self { text, level: Level::Whole, layer: false }
    }

    /// A text of some level.
    pub fn at(level: Level, text: String) -> Self {
        Self { text, level, layer: false }
    }

    /// In brackets, if it holds less firmly than that.
    pub fn within(&self, level: Level) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text.clone() }
    }

    /// Something of it: `x.sum()`.
    pub fn dot(&self, call: &str) -> Self {
        // A number before a dot would be read as a fraction.
        let number = self.text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        let held = if number { format!("({})", self.text) } else { self.within(Level::Whole) };
        Self::whole(format!("{held}.{call}"))
    }
}

/// A number as Python writes it, as short as it can be told from others of 32 bits.
pub fn number(n: f32) -> String {
    match n {
        _ if n == f32::INFINITY => "float(\"inf\")".into(),
        _ if n == f32::NEG_INFINITY => "float(\"-inf\")".into(),
        _ if n != 0.0 && (n.abs() < 1e-4 || n.abs() >= 1e7) => format!("{n:e}"),
        _ => format!("{n:?}"),
    }
}
