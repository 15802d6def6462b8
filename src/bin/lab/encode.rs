//! `cargo lab encode`: codes of images, for other programs.

use std::path::PathBuf;
use std::process::ExitCode;

use latent_protocol::Table;

use crate::Failure;
use crate::setup::{Given, data};
use crate::train::{EngineArg, by_ending, check_file, check_place};

#[derive(clap::Args)]
pub struct Args {
    /// Weights written by `cargo lab train --out` or by the page (safetensors).
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Where the codes go: FILE.npz for NumPy (arrays mean, logvar where codes are clouds, label), FILE.csv for a table.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The training images, not the test images.
    #[arg(long)]
    training: bool,
    /// Another data set than the one the weights were trained on: a folder with the four MNIST-like IDX files, or packed images as in
    /// celeba:DIR.
    #[arg(long, value_name = "NAME|DIR")]
    data: Option<String>,
    /// Who executes the model.
    #[arg(long, value_enum, default_value_t = EngineArg::Plan)]
    engine: EngineArg,
}

/// The kind of file, and the images that are given.
fn check(args: &Args) -> Result<(Table, Option<Given>), Failure> {
    check_file("--weights", &args.weights)?;
    check_place("--out", &args.out)?;
    let table = by_ending(&args.out, [("npz", Table::Npz), ("csv", Table::Csv)])?;
    Ok((table, args.data.as_deref().map(data).transpose()?))
}

with_burn!(check);

/// Encodes, and ends with one line of JSON on standard output.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use latent_native::{EncodeOptions, encode};

    let (table, data) = check(&args)?;
    let Args { weights, out, training, engine, .. } = args;
    println!("{}", encode(&EncodeOptions { weights, data, training, engine: engine.into(), out, table })?);
    Ok(ExitCode::SUCCESS)
}
