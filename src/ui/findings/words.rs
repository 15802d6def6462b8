//! The words of the findings.

pub const FINDINGS: &str = "Findings";
pub const CLOSE: &str = "Close";
pub const INTRO: &str = "Claims of papers, each run here, in a small setting, on an ordinary processor. Say what you expect before you open one. Every run has a link: train it yourself.";
pub const LOADING: &str = "Loading…";
pub const SHOW: &str = "What came out";
pub const HELD: &str = "Held here";
pub const DID_NOT_HOLD: &str = "Did not hold here";
pub const NOT_RUN: &str = "Not run yet";
pub const EXPECTED: &str = "Expected, and so";
pub const NOT_SO: &str = "Expected, and not so";
pub const OPEN: &str = "Open in the page:";
pub const LINK: &str = "Link to this finding";

pub fn protocol(steps: u64, seeds: u32, images: u32) -> String {
    let runs = if seeds == 1 { "One seed".into() } else { format!("Means over {seeds} seeds") };
    format!("{runs}, {steps} training steps, measured on {images} test images.")
}

pub fn took(seconds: f64, adapter: &str) -> String {
    let time = if seconds < 90.0 { format!("{seconds:.0} seconds") } else { format!("{:.0} minutes", seconds / 60.0) };
    format!("All runs took {time} on the {adapter}. `cargo lab reproduce` runs them again.").replace('`', "")
}

pub fn count(held: usize, all: usize) -> String {
    format!("{held} of {all} held")
}

/// A comparison with both of its sides.
pub fn sides(text: &str, left: &str, right: &str) -> String {
    format!("{text} ({left} and {right})")
}
