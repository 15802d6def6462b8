//! `cargo lab`: serve the page, run every test, list the methods, train without a browser.
//!
//! The command is built without features, in well under a minute, so that `cargo lab serve` on a fresh machine compiles
//! nothing that serving does not need. What needs Burn and wgpu is the same source built again with the feature
//! `native` (`native.rs`), and what reads archives and pictures with the feature `pack`.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

/// `run` of a command that needs Burn, where this program is built without it: what `check` can refuse is refused here.
macro_rules! with_burn {
    ($check:ident) => {
        #[cfg(not(feature = "native"))]
        pub fn run(args: Args) -> Result<ExitCode, Failure> {
            $check(&args)?;
            crate::native::hand_over("native")
        }
    };
}

mod bench;
mod cargo;
mod classifier;
mod data;
#[allow(dead_code, reason = "part of it is for the browser tests only")]
mod driver;
mod encode;
mod expected;
mod export;
mod features;
mod findings;
mod import;
mod index;
mod languages;
mod lessons;
mod measure;
mod methods;
#[cfg(not(all(feature = "native", feature = "pack", feature = "eager-wgpu")))]
mod native;
mod offline;
mod order;
mod pack;
mod page;
#[cfg(feature = "native")]
mod picture;
mod plan;
mod presets;
mod programs;
mod reproduce;
mod rules;
mod sample;
mod serve;
mod setup;
mod shell;
mod shots;
mod site;
#[cfg(feature = "native")]
mod still;
mod suite;
mod sweep;
mod tools;
mod train;
mod verify;
mod wasm;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

/// Train and take apart autoencoders on your own GPU.
#[derive(Parser)]
#[command(name = "cargo lab", bin_name = "cargo lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page and serve it on localhost. Installs what the build needs first.
    Serve(serve::Args),
    /// Build the page into a folder, ready for any static web server.
    Build(page::Args),
    /// Run every test: unit, shader, native GPU, browser. Installs what they need first.
    Test(suite::Args),
    /// Write anew what stands in the page's place until it runs.
    Shell(shell::Args),
    /// Make pictures of every panel, light and dark, on desktop and phone.
    Shots(shots::Args),
    /// List the registered methods.
    Methods(methods::Args),
    /// List the data sets.
    Data(data::Args),
    /// Pack images for training: CelebA from its official files, or your own.
    Pack(pack::Args),
    /// Train natively, on any Vulkan, Metal or DX12 adapter, or on the CPU.
    Train(train::Args),
    /// Compare the plan with eager Burn: loss and every gradient, from equal weights and noise.
    Verify(verify::Args),
    /// Measure trained weights: likelihood, reconstructions, samples, probes.
    Measure(measure::Args),
    /// Write the codes of images to a file, for NumPy or as CSV.
    Encode(encode::Args),
    /// Write what each feature of a sparse autoencoder does: its numbers, and the samples on which it is strongest.
    Features(features::Args),
    /// Write a trained model for other tools: ONNX, PyTorch, SAELens.
    Export(export::Args),
    /// Take weights from PyTorch: a state_dict of an autoencoder whose network there is here, or a sparse autoencoder of another library.
    Import(import::Args),
    /// Draw new images from trained weights.
    Sample(sample::Args),
    /// List the findings: claims of papers as runs, with what came out.
    Findings(findings::Args),
    /// List the lessons, with how long and how hard their pages are.
    Lessons(lessons::Args),
    /// Make the runs of findings and record what comes out.
    Reproduce(reproduce::Args),
    /// Make runs over values of a parameter, each with several seeds, and put what comes out in a table.
    Sweep(sweep::Args),
    /// Compare all rules of sparse autoencoders at the same number of active features, on planted features.
    Rules(rules::Args),
    /// Train the models that ship with the page.
    Presets(presets::Args),
    /// Train anew the classifier whose features the Fréchet score is taken on.
    Classifier(classifier::Args),
    /// List the kernels that a network becomes: levels, memory, text.
    Plan(plan::Args),
    /// Time training steps natively.
    Bench(bench::Args),
}

/// What went wrong, in one line.
type Failure = String;

/// Wrong arguments, a missing file, no adapter.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&one_line(&error)),
    };
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(&args),
        Command::Build(args) => page::run(&args),
        Command::Test(args) => suite::run(&args),
        Command::Shell(args) => shell::run(&args),
        Command::Shots(args) => shots::run(&args),
        Command::Methods(args) => methods::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Pack(args) => pack::run(&args),
        Command::Train(args) => train::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Measure(args) => measure::run(args),
        Command::Encode(args) => encode::run(args),
        Command::Features(args) => features::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
        Command::Sample(args) => sample::run(args),
        Command::Findings(args) => findings::run(&args),
        Command::Lessons(args) => lessons::run(&args),
        Command::Reproduce(args) => reproduce::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Presets(args) => presets::run(args),
        Command::Classifier(args) => classifier::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Bench(args) => bench::run(args),
    };
    outcome.unwrap_or_else(|message| refuse(&message))
}

/// Says why on one line of standard error.
fn refuse(message: &str) -> ExitCode {
    eprintln!("error: {}", message.split_whitespace().collect::<Vec<_>>().join(" "));
    ExitCode::from(USAGE)
}

/// The first paragraph of clap's message: the rest repeats the usage.
fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "no command given; `cargo lab --help` lists them".into();
    }
    let text = error.to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    format!("{}; see --help", paragraph.trim_start_matches("error: ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
