//! `cargo lab import`: weights from PyTorch.

use std::path::PathBuf;
use std::process::ExitCode;

use latent_experiment::Setup;

use crate::Failure;
use crate::setup::{card, setup};
use crate::train::check_place;

#[derive(clap::Args)]
pub struct Args {
    /// A state_dict of PyTorch, saved as safetensors. What it is of follows from shapes and names.
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Write the weights with their setup and their programs to this file (safetensors), which the page opens.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The method they are of, where that is no plain one; `cargo lab methods` lists them.
    #[arg(long, value_name = "ID", default_value = "vae")]
    method: String,
    /// The shipped data set whose images the network takes.
    #[arg(long, value_name = "NAME", default_value = "mnist")]
    data: String,
    /// A parameter of the method, for example likelihood=gaussian; sizes follow from the weights.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    set: Vec<String>,
}

/// The file, and what it is taken for if it may be.
fn check(args: &Args) -> Result<(Vec<u8>, Setup), Failure> {
    let bytes = std::fs::read(&args.weights).map_err(|e| format!("--weights {}: {e}", args.weights.display()))?;
    check_place("--out", &args.out)?;
    if latent_catalog::set(&args.data).is_none() {
        return Err(format!("--data {}: there are {}", args.data, latent_catalog::set_ids().join(", ")));
    }
    Ok((bytes, setup(card(&args.method)?, &args.data, &args.set)?))
}

#[cfg(not(feature = "native"))]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    check(&args)?;
    crate::native::hand_over("native")
}

/// Writes the file, and says what the weights were taken for.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    let (bytes, otherwise) = check(&args)?;
    let name = args.weights.display();
    let (setup, file) = latent_native::import(&bytes, &otherwise).map_err(|e| format!("--weights {name}: {e}"))?;
    std::fs::write(&args.out, &file).map_err(|e| format!("--out {}: {e}", args.out.display()))?;
    println!("{name} is of {}", setup.to_query());
    println!("{}: {} bytes", args.out.display(), file.len());
    Ok(ExitCode::SUCCESS)
}
