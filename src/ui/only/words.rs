//! The words of the choice of measures.

pub const WAITS: &str = "The engine says which measures apply to the model on show, as soon as it runs.";
pub const HELP: &str = "With none chosen, all that apply are taken. Some are taken together.";

/// One measure, and how many are taken with it.
pub fn one(label: &str, others: usize) -> String {
    match others {
        0 => label.into(),
        n => format!("{label}, and {n} more"),
    }
}

pub fn summary(chosen: usize) -> String {
    match chosen {
        0 => "Which measures: all that apply".into(),
        n => format!("Which measures: {n} chosen"),
    }
}
