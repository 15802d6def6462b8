//! Words of the lessons.

use latent_lesson::Outcome;
use latent_vocabulary::measured::four_digits;

pub const DOOR: &str = "Take a lesson";
pub const DOOR_SAYS: &str = "From the first latent to the latest paper, in short steps.";
pub const LESSONS: &str = "Lessons";
pub const INTRO: &str =
    "Each takes about 45 minutes in class, less alone. You act in the page beside the lesson. Nothing needs a graphics card.";
pub const LOADING: &str = "Loading…";
pub const CLOSE: &str = "Close the lesson";
pub const FOLD: &str = "Fold or unfold the lesson";
pub const ALL: &str = "All lessons";
pub const SHEET: &str = "Teacher’s sheet";
pub const PROJECTOR: &str = "Projector";
pub const PROJECTOR_HELP: &str = "Larger type and thicker lines, for a class";
pub const BACK: &str = "Back";
pub const NEXT: &str = "Next";
pub const SKIP: &str = "Skip";
pub const END: &str = "Finish";
pub const AGAIN: &str = "Set this page up again";
pub const SETTING_UP: &str = "Setting the page up…";
pub const TO_DO: &str = "To do";
pub const DONE: &str = "Done";
pub const RUN: &str = "Run it";
pub const RECORDED: &str = "Nothing can be trained in this browser. A run that was recorded stands in: the same settings, seed 1.";
pub const SHOW: &str = "Show the recorded run";
pub const DRAWS: &str = "What the model draws";
pub const GO_ON: &str = "Go on";
pub const YOURS: &str = "Your guess";
pub const TRUTH: &str = "The run";
pub const CURVE_KEYS: &str = "Your curve. Drag it, or use the keys: left and right choose a place, up and down move it.";
pub const NO_ENGINE: &str = "This browser runs no engine, so nothing can be trained here. The pretrained model still answers.";

/// A number of few digits, without zeros that say nothing.
pub fn short(v: f64) -> String {
    let digits = four_digits(v);
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').into() } else { digits }
}

pub fn place(page: usize, pages: usize) -> String {
    format!("Page {} of {pages}", page + 1)
}

pub fn pages(pages: usize, done: usize) -> String {
    if done == 0 { format!("{pages} pages") } else { format!("{done} of {pages} pages done") }
}

pub fn running(step: u64, steps: u64) -> String {
    format!("Step {step} of {steps}")
}

pub fn curve_at(step: u64, value: f64) -> String {
    format!("step {step}: {}", short(value))
}

/// What became of a guess.
pub fn outcome(outcome: Outcome, curve: bool) -> String {
    let (lay, came) = if curve { ("On average your curve lay at", "the run’s at") } else { ("You said", "it came to") };
    let both = |guess, truth, how: &str| format!("{lay} {}, {came} {}: {how}", short(guess), short(truth));
    match outcome {
        Outcome::Right { value, .. } => format!("It came to {}, as you expected.", short(value)),
        Outcome::Wrong { value, .. } => format!("It came to {}: not what you expected.", short(value)),
        Outcome::Near { guess, truth } => both(guess, truth, "close."),
        Outcome::TooHigh { guess, truth } => both(guess, truth, "lower than you thought."),
        Outcome::TooLow { guess, truth } => both(guess, truth, "higher than you thought."),
    }
}
