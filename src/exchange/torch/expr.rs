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

/// Words of Python's own that keys of parameters and names of terms could be.
const KEYWORDS: [&str; 12] = ["and", "as", "class", "from", "global", "if", "in", "is", "lambda", "not", "or", "with"];

/// A name that Python takes: `free-bits` as `free_bits`, `lambda` as `lambda_`.
pub fn identifier(name: &str) -> String {
    let text: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if KEYWORDS.contains(&text.as_str()) { text + "_" } else { text }
}
