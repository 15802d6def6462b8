//! `cargo lab export`: trained models for other tools.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use latent_exchange::{Model, onnx, sae};
use latent_packed::{META, Meta};
use latent_vocabulary::code::NO_DECODER;
use latent_vocabulary::plan::Normalised;

use crate::Failure;
use crate::train::check_place;

#[derive(clap::Args)]
pub struct Args {
    /// Weights written by `cargo lab train --out` or by the page (safetensors).
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Write the encoder and the decoder as ONNX to these two files; or every program of the model into this folder.
    #[arg(long, value_name = "FILE|DIR", num_args = 1..=2, required_unless_present_any = ["torch", "saelens"])]
    onnx: Vec<PathBuf>,
    /// Write a module of PyTorch to this file (.py), with its objective, and the tensors that it loads beside it (.safetensors).
    #[arg(long, value_name = "FILE")]
    torch: Option<PathBuf>,
    /// Write a sparse autoencoder into this folder, made if it is not there, as `SAE.load_from_disk` of SAELens takes it (cfg.json,
    /// sae_weights.safetensors).
    #[arg(long, value_name = "DIR")]
    saelens: Option<PathBuf>,
    /// The packed rows that it was trained on: the number that they were multiplied by is taken into its weights.
    #[arg(long, value_name = "DIR", requires = "saelens")]
    rows: Option<PathBuf>,
}

/// What was done to packed rows.
fn rows(folder: &Path) -> Result<Normalised, Failure> {
    let place = folder.join(META);
    let named = |e: String| format!("--rows {}: {e}", place.display());
    let meta = std::fs::read(&place).map_err(|e| named(e.to_string()))?;
    let vectors =
        Meta::from_json(&meta).map_err(named)?.vectors.ok_or_else(|| named("its samples are no rows of numbers".into()))?;
    Ok(Normalised { how: vectors.normalize_activations, scale: vectors.scaling_factor })
}

/// The files of a folder for SAELens.
fn saelens_files(model: &Model<'_>, args: &Args) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let Some(folder) = &args.saelens else { return Ok(vec![]) };
    if !folder.is_dir() {
        check_place("--saelens", folder)?;
    }
    let files = sae::write(model, args.rows.as_deref().map(rows).transpose()?)?;
    Ok(files.into_iter().map(|(name, bytes)| (folder.join(name), bytes)).collect())
}

/// Which program goes to which file.
fn onnx_files(model: &Model<'_>, places: &[PathBuf]) -> Result<Vec<(String, PathBuf)>, Failure> {
    match places {
        [] => Ok(vec![]),
        [_, decoder] if !model.programs().any(|name| name == "Decode") => Err(format!(
            "--onnx {}: {NO_DECODER}; name a folder instead of two files, for the programs that it has",
            decoder.display()
        )),
        [encoder, decoder] => {
            check_place("--onnx", encoder)?;
            check_place("--onnx", decoder)?;
            Ok(vec![("Encode".into(), encoder.clone()), ("Decode".into(), decoder.clone())])
        }
        [folder] if folder.is_dir() => {
            Ok(model.programs().map(|name| (name.into(), folder.join(format!("{name}.onnx")))).collect())
        }
        _ => Err(format!("--onnx {}: expected two files, for encoder and decoder, or a folder that is there", places[0].display())),
    }
}

/// Where the tensors of a module go.
fn state_beside(torch: &Path) -> Result<PathBuf, Failure> {
    check_place("--torch", torch)?;
    match torch.extension().and_then(|end| end.to_str()) {
        Some("py") => Ok(torch.with_extension("safetensors")),
        _ => Err(format!("--torch {}: expected a name that ends with .py", torch.display())),
    }
}

fn read(args: &Args) -> Result<Vec<u8>, Failure> {
    std::fs::read(&args.weights).map_err(|e| format!("--weights {}: {e}", args.weights.display()))
}

fn write(option: &str, file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, bytes).map_err(|e| format!("{option} {}: {e}", file.display()))?;
    println!("{}: {} bytes", file.display(), bytes.len());
    Ok(())
}

/// Writes the files, and says how large each is. What needs the methods' own code is left to the command that has it.
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    let bytes = read(&args)?;
    let model = Model::open(&bytes).map_err(|e| format!("--weights {}: {e}", args.weights.display()))?;
    let files = onnx_files(&model, &args.onnx)?;
    let state = args.torch.as_deref().map(state_beside).transpose()?;
    let folder = saelens_files(&model, &args)?;
    #[cfg(not(feature = "native"))]
    if state.is_some() {
        return crate::native::hand_over("native");
    }
    // Everything is made before the first file is written.
    let made =
        files.into_iter().map(|(name, file)| Ok((onnx::write(&model, &name)?, file))).collect::<Result<Vec<_>, Failure>>()?;
    for (bytes, file) in made {
        write("--onnx", &file, &bytes)?;
    }
    if let Some(place) = &args.saelens {
        std::fs::create_dir_all(place).map_err(|e| format!("--saelens {}: {e}", place.display()))?;
    }
    for (file, bytes) in folder {
        write("--saelens", &file, &bytes)?;
    }
    #[cfg(feature = "native")]
    if let (Some(module), Some(state)) = (&args.torch, &state) {
        let name = state.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let written = latent_native::pytorch(&bytes, name)?;
        if let Some(why) = written.missing {
            eprintln!("no objective is written: {why}");
        }
        write("--torch", module, written.module.as_bytes())?;
        write("--torch", state, &written.state)?;
    }
    Ok(ExitCode::SUCCESS)
}
