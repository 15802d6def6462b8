//! `cargo lab classifier`: trains the small classifier that the Fréchet score takes its features from.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::Failure;

#[derive(clap::Args)]
pub struct Args {
    /// Write the weights to this file (safetensors, 16 bits).
    #[arg(long, value_name = "FILE", default_value = "assets/classifier/digits.safetensors")]
    out: PathBuf,
    /// Passes over the training digits.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Fixes weights and order.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u32,
}

#[cfg(not(feature = "native"))]
pub fn run(_: Args) -> Result<ExitCode, Failure> {
    crate::native::hand_over("native")
}

/// Trains, writes, and prints the accuracy.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use latent_native as native;

    println!("{:#}", native::classifier(&args.out, args.epochs, args.seed)?);
    Ok(ExitCode::SUCCESS)
}
