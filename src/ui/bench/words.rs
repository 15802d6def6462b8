//! The words of the runs bench.

use super::state::{SWEEP, Stage};
use latent_sweep::Job;
use latent_view::{Partners, Parts};

pub const BENCH: &str = "Compare runs";
pub const INTRO: &str = "Train the experiment on show several times, each time with another value of something, and compare what comes out. The runs are made one after the other, beside the page, and go on after a reload. Each is kept among your runs.";
pub const PROCESSOR: &str = "processor";
pub const FULL: &str = "This browser has no room left for the table: save it before you close the page, or delete runs.";
pub const STRANGE: &str = "this version of the page no longer knows what it is made of";

pub fn counted(done: usize, all: usize) -> String {
    format!("{BENCH}: {done} of {all}")
}

// The form.
pub const WHAT: &str = "What changes";
pub const AND: &str = "And with it";
pub const NOTHING: &str = "nothing else";
pub const VALUES: &str = "Its values";
pub const METHOD: &str = "Method";
pub const DATA: &str = "Data set";
pub const SEEDS: &str = "Seeds for each value";
pub const STEPS: &str = "Training steps";
pub const MEASURES: &str = "Measures at the end";
pub const EARLY: &str = "End runs early";
pub const EARLY_HELP: &str =
    "A run that no longer gets anywhere, or that takes too long, may end before its last step. Empty fields ask for nothing.";
pub const FLAT: &str = "Ends when flat for so many steps";
pub const SECONDS: &str = "Seconds of training at most";
pub const START: &str = "Start";
pub const ANEW: &str = "Start in place of the table below";
/// Numbers of images to measure on.
pub const ON_IMAGES: [(u32, &str); 4] = [
    (0, "none: the training curves say enough"),
    (200, "on 200 test images"),
    (500, "on 500 test images"),
    (1000, "on 1,000 test images"),
];

pub fn whole(what: &str) -> String {
    format!("{what}: expected a whole number above 0")
}

pub fn base(method: &str, data: &str) -> String {
    format!("Everything else is as the controls of the page have it now: {method} on {data}.")
}

pub fn range(text: &str) -> String {
    format!("With commas between them; each {text}.")
}

pub const OF_METHOD: &str = "Ids of methods with commas between them.";
pub const OF_DATA: &str = "Ids of data sets with commas between them.";

pub fn planned(runs: usize, steps: u64) -> String {
    let runs = if runs == 1 { "One run".into() } else { format!("{runs} runs") };
    format!("{runs} of {steps} steps.")
}

// The queue.
pub const PAUSE: &str = "Pause";
pub const GO_ON: &str = "Go on";
pub const PROGRESS: &str = "Runs made";

pub fn all_done(all: usize) -> String {
    if all == 1 { "The run is made.".into() } else { format!("All {all} runs are made.") }
}

pub fn rests(done: usize, all: usize) -> String {
    format!("{done} of {all} runs are made. The others wait.")
}

pub fn waits(done: usize, all: usize) -> String {
    format!("{done} of {all} runs are made. Runs that were asked for earlier come first.")
}

pub fn at(number: usize, all: usize, job: &Job, stage: Stage, step: u64, left: Option<f64>) -> String {
    let what = match stage {
        Stage::Opening => "the engine opens".into(),
        Stage::Loading => "its images arrive".into(),
        Stage::Building => "its network is built".into(),
        Stage::Training => format!("step {step} of {}", job.steps),
        Stage::Keeping => "it is kept".into(),
        Stage::Measuring => "it is measured".into(),
        Stage::Leaving => "it is kept, then all rests".into(),
    };
    let left = left.map_or_else(String::new, |seconds| format!(" {} left.", duration(seconds)));
    format!("Run {number} of {all}, {}: {what}.{left}", job.label)
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 5.0 => "A few seconds".into(),
        s if s < 90.0 => format!("About {s:.0} seconds"),
        s if s < 5400.0 => format!("About {:.0} minutes", s / 60.0),
        s => format!("About {:.0} hours", s / 3600.0),
    }
}

pub fn failed(label: &str, why: &str) -> String {
    format!("{label} has no result: {why}.").replace("..", ".")
}

pub fn not_kept(why: &str) -> String {
    format!("The runs go on, but are not kept among your runs: {why}.")
}

/// What a run is called among the kept ones.
pub fn run_name(batch: &str, label: &str) -> String {
    let of = if batch == SWEEP { "Compared" } else { batch };
    format!("{of}: {label}").chars().take(60).collect()
}

// Charts and table.
pub const OUTCOME: &str = "What came out";
pub const CHART: &str = "Chart";
pub const CHARTS: [&str; 4] = ["Curves", "Bars", "Two numbers", "Power law"];
pub const ACROSS: &str = "Across";
pub const UP: &str = "Up";
pub const OF: &str = "Of";
pub const MORE: &str = "more is better";
pub const SAVE_CSV: &str = "Table as CSV";
pub const SAVE_JSON: &str = "Table as JSON";
pub const SAVE_SVG: &str = "Chart as SVG";
pub const TABLE: &str = "All runs";
pub const ENGINES: &str =
    "These runs were made by different engines: their times cannot be compared, and their numbers may differ in the last digits.";
pub const NO_CHART: &str = "These runs have no such numbers.";
pub const NO_LAW: &str = "A power law needs two different numbers above 0 across.";

pub fn curves(of: &str, seeds: usize) -> String {
    let band = if seeds > 1 { "; the line is the mean over the seeds, the band goes from the lowest to the highest" } else { "" };
    format!("{of} during training, as means over stretches of steps{band}.")
}

pub fn bars(of: &str, seeds: usize) -> String {
    let how =
        if seeds > 1 { ": means, with 95 % intervals after Student, which are wide for few seeds; each dot is a run" } else { "" };
    format!("{of}{how}.")
}

pub fn scatter(x: &str, y: &str) -> String {
    format!("Each dot is a run. The line joins those that no other beats in both {x} and {y}: the Pareto front.")
}

pub fn law(x: &str, y: &str, slope: &str) -> String {
    format!("{y} over {x}, both on logarithmic scales. The line is fitted by least squares: {slope}.")
}

pub fn slope(slope: f64, half: Option<f64>) -> String {
    let half = half.map_or_else(String::new, |half| format!(" ± {half:.3} (95 %, after Student)"));
    format!("slope {slope:.3}{half}")
}

/// A column of the table.
pub fn column(name: &str) -> String {
    name.replace('_', " ")
}

pub fn sort_by(name: &str) -> String {
    format!("Sort by {}", column(name))
}

// Two runs side by side.
pub const PAIR: &str = "Two runs side by side";
pub const PAIR_HELP: &str = "Both show the same test image. A slider moves a latent or feature of the first run and, by as much of its own spread, the partner of the second: the one that agrees with it most over 500 test images, with no partner given twice. Codes of two codebooks are partners where they stand at the same places.";
pub const FIRST: &str = "First run";
pub const SECOND: &str = "Second run";
pub const OPEN_BOTH: &str = "Show both";
pub const CLOSE_BOTH: &str = "Close both";
pub const OPENING: &str = "Both are opened…";
pub const IMAGE: &str = "test image";
pub const NEXT_IMAGE: &str = "Next image";

pub const FIRST_TO_SECOND: &str = "first encodes, second decodes";
pub const SECOND_TO_FIRST: &str = "second encodes, first decodes";

pub fn stitched(there: f64, back: f64) -> String {
    let percent = |part: f64| format!("{:.0} %", 100.0 * part.max(0.0));
    format!(
        "To decode with the other run, a code goes through a linear map that was fitted on 400 test images. On 100 others it explains {} of the second's codes, and {} of the first's on the way back: near 100 %, both have learnt the same up to a turn and a stretch.",
        percent(there),
        percent(back),
    )
}

/// What a part of a code is called.
fn part(parts: Parts, at: u32) -> String {
    match parts {
        Parts::Latents => format!("z{}", at + 1),
        Parts::Features => format!("feature {at}"),
        Parts::Tokens => format!("code {at}"),
    }
}

pub fn partners(parts: Parts, at: [u32; 2], agreement: f64) -> String {
    let [a, b] = at.map(|at| part(parts, at));
    match parts {
        Parts::Tokens => format!("{a} and {b}: of the places where one stands, both do at {:.0} %", 100.0 * agreement),
        _ => format!("{a} and {b}, correlation {agreement:.2}").replace('-', "−"),
    }
}

/// Parts that are named one by one at most.
const NAMED: usize = 12;

pub fn alone(both: &Partners, shown: usize) -> String {
    let (kind, has) = match both.parts {
        Parts::Latents => ("latents", " have sliders"),
        Parts::Features => ("features", " have sliders"),
        Parts::Tokens => ("codes", " are listed"),
    };
    let mut said = vec![];
    let pairs = both.pairs.len();
    if pairs > shown {
        said.push(format!("The {shown} of {pairs} pairs that agree most{has}."));
    }
    for ((which, all), (spread, compared)) in ["first", "second"].iter().zip(&both.alone).zip(both.spread.iter().zip(both.compared))
    {
        let there = spread.iter().filter(|s| **s > 0.0).count();
        if there > compared as usize {
            said.push(format!("Of the {which} run, the {compared} of {there} {kind} that vary most were compared."));
        }
        match all.len() {
            0 => {}
            n if n > NAMED => said.push(format!("Without a partner in the other: {n} {kind} of the {which} run.")),
            _ => {
                let names = all.iter().map(|i| part(both.parts, *i)).collect::<Vec<_>>().join(", ");
                said.push(format!("Without a partner in the other: {names} of the {which} run."));
            }
        }
    }
    said.join(" ")
}
