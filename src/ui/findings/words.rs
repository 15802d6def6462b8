//! The words of the findings.

use latent_finding::Question;

pub const FINDINGS: &str = "Findings";
pub const DOOR: &str = "Check a paper";
pub const DOOR_SAYS: &str = "Claims of papers, each a click to run again.";
pub const INTRO: &str = "Claims of papers, each run here, in a small setting, on an ordinary processor. Say what you expect before you open one. Every run has a link: train it yourself.";
pub const LOADING: &str = "Loading…";
pub const SHOW: &str = "What came out";
pub const HELD: &str = "Held here";
pub const DID_NOT_HOLD: &str = "Did not hold here";
pub const NOT_RUN: &str = "Not run yet";
pub const EXPECTED: &str = "Expected, and so";
pub const NOT_SO: &str = "Expected, and not so";
pub const OPEN: &str = "Open in the page:";
// Run by the visitor.
pub const RUN_HOLDS: &str = "I expect that it holds: run it";
pub const RUN_NOT: &str = "I expect that it does not: run it";
pub const AGAIN_HOLDS: &str = "Run it again: I expect that it holds";
pub const AGAIN_NOT: &str = "Run it again: I expect that it does not";
pub const HERE: &str = "here";
pub const RECORDED: &str = "recorded";
pub const NONE_OF_CARD: &str = "None of these papers' claims was run here.";
pub const BY: &str = "In which order";
/// Test id, name and hint of each order.
pub const BYS: &[(&str, &str, &str)] = &[
    ("by-family", "By family", "Variational and plain autoencoders, codebooks, sparse features"),
    ("by-question", "By question", "What the claims are about"),
];
pub const LINK: &str = "Link to this finding";
pub const EMBED: &str = "Copy the code for your own page";
pub const EMBED_HELP: &str = "Two lines of HTML that show this finding in any page";
pub const NOT_COPIED: &str = "This browser does not let pages copy";

/// What shows a finding in somebody's own page.
pub fn code(site: &str, id: &str) -> String {
    format!("<script type=\"module\" src=\"{site}embed.js\"></script>\n<latent-lab finding=\"{id}\"></latent-lab>")
}

pub fn protocol(steps: u64, seeds: u32, images: u32) -> String {
    let runs = if seeds == 1 { "One seed".into() } else { format!("Means over {seeds} seeds") };
    format!("{runs}, {steps} training steps, measured on {images} test images.")
}

pub fn took(seconds: f64, adapter: &str) -> String {
    let time = if seconds < 90.0 { format!("{seconds:.0} seconds") } else { format!("{:.0} minutes", seconds / 60.0) };
    format!("All runs took {time} on the {adapter}. cargo lab reproduce runs them again.")
}

pub fn count(held: usize, all: usize) -> String {
    format!("{held} of {all} held")
}

/// A comparison with both of its sides.
pub fn sides(text: &str, left: &str, right: &str) -> String {
    format!("{text} ({left} and {right})")
}

pub fn run_here(runs: usize, steps: u64) -> String {
    let runs = if runs == 1 { "one run".into() } else { format!("{runs} runs") };
    format!("Try it on your machine: {runs} of {steps} steps. What do you expect?")
}

pub fn on_yours(held: bool) -> &'static str {
    if held { "On your machine it held." } else { "On your machine it did not hold." }
}

pub fn guess(expects: bool, held: bool) -> &'static str {
    match (expects, held) {
        (true, true) => "As you expected.",
        (true, false) => "You expected that it would.",
        (false, true) => "You expected that it would not.",
        (false, false) => "As you expected.",
    }
}

pub fn no_verdict(why: &str) -> String {
    format!("There is no verdict: {}.", why.trim_end_matches('.'))
}

/// What a group of claims asks.
pub fn question(of: Question) -> &'static str {
    match of {
        Question::Information => "What does a code carry, and what does it cost?",
        Question::Prior => "Are codes like the prior, and samples like images?",
        Question::Disentangling => "Does each latent stand for one thing?",
        Question::Dimensions => "How many dimensions does it take?",
        Question::Told => "What if something is told, hidden or disturbed?",
        Question::Codebook => "Is the codebook used, and used well?",
        Question::Sparsity => "What does sparsity cost?",
        Question::Meaning => "What do single features mean?",
    }
}
