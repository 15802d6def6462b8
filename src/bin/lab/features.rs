//! `cargo lab features`: what each feature of a dictionary does, for other programs.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::Failure;
use crate::setup::{Given, data};
use crate::train::{by_ending, check_file, check_place};

#[derive(clap::Args)]
pub struct Args {
    /// Weights of a sparse autoencoder, written by `cargo lab train --out`, by `cargo lab import` or by the page (safetensors).
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Where the table goes: FILE.csv for a row a feature, FILE.jsonl for an object a line, with the texts of the samples on which it is
    /// strongest.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Test samples that are looked at, at most.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// Another data set than the one the weights were trained on: packed samples, as in acts:DIR.
    #[arg(long, value_name = "NAME|DIR")]
    data: Option<String>,
}

/// Whether an object a line is wanted, and the samples that are given.
fn check(args: &Args) -> Result<(bool, Option<Given>), Failure> {
    check_file("--weights", &args.weights)?;
    check_place("--out", &args.out)?;
    let lines = by_ending(&args.out, [("csv", false), ("jsonl", true)])?;
    Ok((lines, args.data.as_deref().map(data).transpose()?))
}

with_burn!(check);

/// Writes the table, and ends with one line of JSON on standard output.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use latent_native::{FeatureFile, FeaturesOptions, features};

    let (lines, data) = check(&args)?;
    let Args { weights, out, samples, .. } = args;
    let file = if lines { FeatureFile::Jsonl } else { FeatureFile::Csv };
    println!("{}", features(&FeaturesOptions { weights, data, samples, out, file })?);
    Ok(ExitCode::SUCCESS)
}
