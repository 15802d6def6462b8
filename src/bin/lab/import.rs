//! `cargo lab import`: weights from PyTorch, and dictionaries of other libraries.

use std::path::PathBuf;
use std::process::ExitCode;

use latent_experiment::Setup;
use latent_vocabulary::data::Own;

use crate::Failure;
use crate::setup::{card, setup};
use crate::train::check_place;

#[derive(clap::Args)]
pub struct Args {
    /// A state_dict of PyTorch, saved as safetensors; or a sparse autoencoder of SAELens, dictionary_learning, sparsify, OpenAI or Gemma Scope, as
    /// safetensors or .npz, with the cfg.json beside it. What it is of follows from shapes and names of tensors.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    weights: Vec<PathBuf>,
    /// Write the weights with their setup and their programs to this file (safetensors), which the page opens.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write a dictionary's directions to this file (.npy), which `cargo lab pack images` takes as rows where there are no activations.
    #[arg(long, value_name = "FILE")]
    directions: Option<PathBuf>,
    /// The method they are of, where that is no plain one; `cargo lab methods` lists them.
    #[arg(long, value_name = "ID", default_value = "vae")]
    method: String,
    /// The shipped data set whose images the network takes; or the name of packed rows, as in acts:gpt2.
    #[arg(long, value_name = "NAME", default_value = "mnist")]
    data: String,
    /// A parameter of the method, for example likelihood=gaussian; sizes follow from the weights.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    set: Vec<String>,
}

/// A file by its name.
type Named = (String, Vec<u8>);

/// The files, and what they are taken for if they may be.
fn check(args: &Args) -> Result<(Vec<Named>, Setup), Failure> {
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).map_err(|e| format!("--weights {}: {e}", path.display()))?;
        Ok((path.display().to_string(), bytes))
    };
    let files = args.weights.iter().map(read).collect::<Result<_, Failure>>()?;
    check_place("--out", &args.out)?;
    args.directions.iter().try_for_each(|place| check_place("--directions", place))?;
    let rows = Own::parse(&args.data).is_some_and(|own| own.vectors);
    if latent_catalog::set(&args.data).is_none() && !rows {
        return Err(format!("--data {}: there are {}", args.data, latent_catalog::set_ids().join(", ")));
    }
    Ok((files, setup(card(&args.method)?, &args.data, &args.set)?))
}

#[cfg(not(feature = "native"))]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    check(&args)?;
    crate::native::hand_over("native")
}

/// Writes the file, and says what the weights were taken for.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    let (files, otherwise) = check(&args)?;
    let given: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let name = &files[0].0;
    let made = latent_native::import(&given, &otherwise).map_err(|e| format!("--weights {name}: {e}"))?;
    if args.directions.is_some() && made.directions.is_none() {
        return Err(format!("--directions: {name} is no dictionary"));
    }
    let write = |option: &str, place: &PathBuf, bytes: &[u8]| {
        std::fs::write(place, bytes).map_err(|e| format!("{option} {}: {e}", place.display()))
    };
    write("--out", &args.out, &made.file)?;
    if let (Some(place), Some(directions)) = (&args.directions, &made.directions) {
        write("--directions", place, directions)?;
    }
    println!("{name} is of {}", made.setup.to_query());
    made.notes.iter().for_each(|note| println!("{note}"));
    println!("{}: {} bytes", args.out.display(), made.file.len());
    Ok(ExitCode::SUCCESS)
}
