//! Words about kept runs and files.

use crate::number::{grouped, size};
pub use crate::words::DISMISS;
use latent_catalog as catalog;
use latent_experiment::Setup;
use latent_protocol::KeptRun;

pub const RUNS: &str = "Runs and files";
pub const CLOSE: &str = "Close";
pub const FILES: &str = "The model on show";
pub const FILES_HELP: &str = "A file of weights holds the model, its settings and, for figures in your own page, a few test images. Open it here or on another computer to see the same model. A checkpoint continues training exactly where it stopped.";
pub const WEIGHTS: &str = "Save weights";
pub const WEIGHTS_HELP: &str = "All parameters as safetensors, 32 bits each, with the experiment in the metadata";
pub const HALF: &str = "Save weights, 16 bits";
pub const HALF_HELP: &str = "Half the size, about three digits each";
pub const QUARTER: &str = "Save weights, 8 bits";
pub const QUARTER_HELP: &str = "A quarter of the size: whole numbers with a scale for each row";
pub const CHECKPOINT: &str = "Save checkpoint";
pub const CHECKPOINT_HELP: &str = "Weights, optimiser and curves: all that the run needs to go on";
pub const CODES_CSV: &str = "Save codes (CSV)";
pub const CODES_HELP: &str = "A row for each test image: its label and its code";
pub const CODES_NPZ: &str = "Save codes (NumPy)";
pub const CODES_NPZ_HELP: &str = "The same as .npz: arrays mean and label, and logvar if codes have a variance";
pub const ONNX: &str = "ONNX";
pub const ONNX_HELP: &str = "Encoder and decoder as two files that ONNX Runtime and others run";
pub const TORCH: &str = "PyTorch";
pub const TORCH_HELP: &str =
    "A module in Python to read, to use and to train on, with its objective, and the tensors that it loads";
pub const SAELENS: &str = "SAELens";
pub const SAELENS_HELP: &str = "An archive with the folder that SAE.load_from_disk of SAELens takes";
pub const OPEN_FILE: &str = "Open a file…";
pub const OPEN_FILE_HELP: &str = "Weights or a checkpoint, as safetensors; the state_dict of a PyTorch autoencoder that has a network as here; or a sparse autoencoder of SAELens, dictionary_learning, sparsify, OpenAI or Gemma Scope: safetensors or .npz, with its cfg.json";

pub const KEPT: &str = "Kept in this browser";
pub const KEPT_HELP: &str = "Your runs are kept as they train, at each pause, and when you leave. Nothing is sent anywhere.";
pub const NONE: &str = "None yet: train one.";
pub const OPEN: &str = "Open";
pub const RENAME: &str = "Rename";
pub const DELETE: &str = "Delete";
pub const DONE: &str = "Done";
pub const CANCEL: &str = "Cancel";
pub const SURE: &str = "For good?";
pub const NAME: &str = "Name of the run";
pub const HERE: &str = "· on show";
pub const ELSEWHERE: &str = "· open in another tab";
pub const ROOM: &str = "Room taken of this site's storage";
pub const OFFLINE: &str = "Without a network";
pub const RESUME: &str = "Go on with it";
pub const FIGURE: &str = "PNG";
pub const FIGURE_HELP: &str = "Save this panel's pictures as PNG";

pub fn room(used: f64, quota: f64) -> String {
    format!("{} of about {} that this site may use", size(used), size(quota))
}

pub fn no_store(why: &str) -> String {
    format!(
        "This browser keeps no runs for this page: {why}. A copy of the run stays in memory until the page is closed; save a checkpoint to keep it."
    )
}

pub fn not_kept(why: &str) -> String {
    format!("The run could not be kept: {why}. Training goes on, a copy stays in memory, and what was kept before is still there.")
}

pub fn not_resumed(why: &str) -> String {
    format!("The kept run could not be opened: {why}.")
}

pub fn saved(name: &str) -> String {
    format!("Saved as {name}.")
}

pub fn saved_without_objective(names: &str, why: &str) -> String {
    format!("Saved as {names}. The module has no objective to train on with: {why}.")
}

pub fn opened(name: &str, notes: &[String]) -> String {
    let first = std::iter::once(format!("{name} is on show."));
    first.chain(notes.iter().cloned()).collect::<Vec<_>>().join(" ")
}

pub fn needs_rows(name: &str, features: usize, inputs: usize) -> String {
    format!(
        "{name} is a dictionary of {} features of {inputs} numbers, and no rows of {inputs} numbers are here.",
        grouped(features as f64)
    )
}

pub fn waits(name: &str, features: usize, inputs: usize) -> String {
    format!(
        "{name} is a dictionary of {} features of {inputs} numbers, and it came without rows to look at. Below are its own directions, as rows: add \
         them to see what is like what. Or choose activations of {inputs} numbers.",
        grouped(features as f64)
    )
}

pub fn brought(library: &str) -> String {
    format!("This is a dictionary of {library}.")
}

/// What a run is called: the visitor's word, or else its method and data.
pub fn name(run: &KeptRun) -> String {
    if !run.name.is_empty() {
        return run.name.clone();
    }
    let setup = Setup::from_query(&run.setup, &[]).0;
    let method = catalog::card(&setup.method).map_or("", |card| card.label);
    format!("{method}, {}", catalog::set(&setup.data).map_or(setup.data.as_str(), |card| card.label))
}

/// What differs from the method's defaults.
fn changes(setup: &str) -> String {
    let known = |pair: &&str| !["v=", "data=", "method="].iter().any(|key| pair.starts_with(key));
    setup.split('&').filter(known).map(|pair| format!(" · {}", pair.replace('=', "\u{a0}=\u{a0}"))).collect()
}

pub fn about(run: &KeptRun, today_ms: f64) -> String {
    let (steps, when) = (grouped(run.step as f64), ago(today_ms - run.kept_ms));
    let named =
        if run.name.is_empty() { String::new() } else { format!("{} · ", name(&KeptRun { name: String::new(), ..run.clone() })) };
    format!("{named}step {steps} · {when} · {}{}", size(run.bytes as f64), changes(&run.setup))
}

pub fn offer(run: &KeptRun, today_ms: f64) -> String {
    format!(
        "Kept in this browser: your run “{}”, step {}, from {}.",
        name(run),
        grouped(run.step as f64),
        ago(today_ms - run.kept_ms)
    )
}

/// A time that has passed, in words.
fn ago(ms: f64) -> String {
    let minutes = (ms / 60_000.0).max(0.0);
    match minutes {
        m if m < 1.0 => "just now".into(),
        m if m < 60.0 => format!("{m:.0} min ago"),
        m if m < 48.0 * 60.0 => format!("{:.0} h ago", m / 60.0),
        m => format!("{:.0} days ago", m / 1440.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> KeptRun {
        KeptRun {
            id: "a".into(),
            name: String::new(),
            setup: "v=1&data=mnist&method=vae&beta=4".into(),
            step: 12_000,
            bytes: 7_830_000,
            kept_ms: 1e6,
            open: false,
        }
    }

    #[test]
    fn a_run_says_what_it_is() {
        assert_eq!(name(&run()), "VAE, Handwritten digits");
        assert_eq!(about(&run(), 1e6), "step 12\u{202f}000 · just now · 7.8 MB · beta\u{a0}=\u{a0}4");
        let named = KeptRun { name: "first try".into(), ..run() };
        assert_eq!(name(&named), "first try");
        assert!(about(&named, 1e6).starts_with("VAE, Handwritten digits · step"), "{}", about(&named, 1e6));
    }

    #[test]
    fn time_passes() {
        let words = [0.0, 86_000.0, 3e5, 7.2e6, 4e8].map(ago);
        assert_eq!(words, ["just now", "1 min ago", "5 min ago", "2 h ago", "5 days ago"]);
    }
}
