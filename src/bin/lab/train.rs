//! `cargo lab train`: one training run without a browser.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use latent_catalog::SETS;
use latent_experiment::Setup;
use latent_vocabulary::Precision;

use crate::Failure;
use crate::setup::{card, data, setup};

#[derive(clap::Args)]
pub struct Args {
    /// Which method; `cargo lab methods` lists them.
    #[arg(long, value_name = "ID", required_unless_present = "resume")]
    method: Option<String>,
    /// A parameter of the method, for example beta=4; as many as wanted.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    set: Vec<String>,
    /// A data set (`cargo lab data` lists them), a folder with the four MNIST-like IDX files, or packed images: celeba:DIR, or
    /// celeba:Male:DIR with another attribute for labels.
    #[arg(long, value_name = "NAME|DIR", default_value = SETS[0].id)]
    data: String,
    /// Passes over the training images, from the very first step on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), required_unless_present = "steps")]
    epochs: Option<u32>,
    /// Training steps in place of --epochs, from the very first one on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "epochs")]
    steps: Option<u64>,
    /// Images a step; the same as --set batch=N.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    batch: Option<String>,
    /// Fixes weights, order and noise; the same as --set seed=N.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<String>,
    /// Who executes the steps.
    #[arg(long, value_enum, default_value_t = EngineArg::Plan)]
    engine: EngineArg,
    /// Trained weights of the network that the method stands on (safetensors): for latent-flow, and for a sparse autoencoder with source=code,
    /// encoder or decoder.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// Keep no more than so many megabytes of packed training images on the device at a time.
    #[arg(long, value_name = "MB")]
    room: Option<f64>,
    /// Go on from a checkpoint, of --checkpoint or of the page: same setup, same data, and bit by bit the same steps. --data then
    /// only says where packed images are.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["method", "set", "batch", "seed", "host"])]
    resume: Option<PathBuf>,
    /// After each epoch, write all that the run needs to go on to this file (safetensors).
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Write the trained weights to this file (safetensors), with a few test images for figures.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Bits of a weight in --out: 32, 16, or 8 (whole numbers with a scale for each row).
    #[arg(long, value_name = "N", default_value = "32", value_parser = precision)]
    bits: Precision,
    /// Print nothing but one line of JSON on standard output.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

fn precision(text: &str) -> Result<Precision, String> {
    let known = text.parse().ok().and_then(Precision::of_bits);
    known.ok_or_else(|| "expected 32, 16 or 8".into())
}

/// Who executes the model.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// The recorded WGSL plan, on the GPU.
    Plan,
    /// The recorded step on the processor: the quick one where there is no graphics card.
    Cpu,
    /// Burn on the processor, operation by operation.
    BurnCpu,
    /// Burn on the GPU, operation by operation.
    Burn,
}

#[cfg(feature = "native")]
impl From<EngineArg> for latent_native::EngineKind {
    fn from(arg: EngineArg) -> Self {
        match arg {
            EngineArg::Plan => Self::Plan,
            EngineArg::Cpu => Self::Cpu,
            EngineArg::BurnCpu => Self::BurnCpu,
            EngineArg::Burn => Self::Burn,
        }
    }
}

/// The experiment that the arguments describe, unless a checkpoint does, and the folder with its data where that is not the
/// shipped one.
///
/// Everything that can be refused without a device is refused here, before anything is compiled or written.
fn check(args: &Args) -> Result<(Option<Setup>, Option<PathBuf>), Failure> {
    for (name, path) in [("--out", &args.out), ("--checkpoint", &args.checkpoint)] {
        if let Some(path) = path {
            check_place(name, path)?;
        }
    }
    let tells = matches!(args.engine, EngineArg::Plan | EngineArg::Cpu);
    if !tells && (args.checkpoint.is_some() || args.resume.is_some()) {
        return Err(
            "--checkpoint and --resume need --engine plan or cpu: the others do not tell what their optimiser remembers".into()
        );
    }
    if let Some(resume) = &args.resume {
        return if resume.is_file() {
            Ok((None, data(&args.data)?.1))
        } else {
            Err(format!("--resume {}: there is no such file", resume.display()))
        };
    }
    let card = card(args.method.as_deref().unwrap_or_default())?;
    let (name, folder) = data(&args.data)?;
    let mut setup = setup(card, &name, &args.set)?;
    for (key, text) in [("batch", &args.batch), ("seed", &args.seed)] {
        if let Some(text) = text {
            setup.set_text(key, text).map_err(|error| error.to_string())?;
        }
    }
    setup.check().map_err(|error| error.to_string())?;
    match (&args.host, setup.hosted()) {
        (Some(host), Some(_)) if !host.is_file() => return Err(format!("--host {}: there is no such file", host.display())),
        (Some(_), None) => {
            return Err(
                "--host: this setup stands on no trained network; latent-flow does, and a sparse autoencoder with source=code, encoder or decoder"
                    .into(),
            );
        }
        (None, Some(_)) => return Err("which trained network does it stand on? Give its weights with --host FILE".into()),
        _ => {}
    }
    Ok((Some(setup), folder))
}

/// Whether there is such a file.
pub fn check_file(option: &str, file: &Path) -> Result<(), Failure> {
    if file.is_file() { Ok(()) } else { Err(format!("{option} {}: there is no such file", file.display())) }
}

/// What the end of `--out`'s name asks for, of two kinds of files.
pub fn by_ending<T: Copy>(out: &Path, kinds: [(&str, T); 2]) -> Result<T, Failure> {
    let end = out.extension().and_then(|end| end.to_str());
    let known = kinds.iter().find(|(name, _)| end == Some(name)).map(|(_, kind)| *kind);
    let [(first, _), (second, _)] = kinds;
    known.ok_or_else(|| format!("--out {}: expected a name that ends with .{first} or .{second}", out.display()))
}

/// Whether a file can be written there.
pub fn check_place(option: &str, file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|p| !p.is_dir()) {
        return Err(format!("{option} {}: there is no folder {}", file.display(), folder.display()));
    }
    if file.is_dir() {
        return Err(format!("{option} {}: this is a folder", file.display()));
    }
    Ok(())
}

/// Checks the arguments, then hands them as they are to the command built with the engines.
#[cfg(not(feature = "native"))]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    check(&args)?;
    crate::native::hand_over(if args.engine == EngineArg::Burn { "native,eager-wgpu" } else { "native" })
}

/// Trains, and ends with one JSON object on standard output.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use latent_model::beginning::Beginning;
    use latent_native as native;
    use latent_native::{Length, TrainOptions};

    let (setup, data_dir) = check(&args)?;
    #[cfg(not(feature = "eager-wgpu"))]
    if args.engine == EngineArg::Burn {
        return crate::native::hand_over("native,eager-wgpu");
    }
    let (setup, from) = match (setup, &args.resume, &args.host) {
        (Some(setup), _, None) => (setup, Beginning::Noise),
        (Some(mut setup), _, Some(host)) => {
            let host = native::trained(host)?;
            setup.host = Some(Box::new(host.setup));
            (setup, Beginning::Host(host.tensors))
        }
        (None, resume, _) => {
            let checkpoint = native::checkpoint(resume.as_deref().expect("there is no setup of its own"))?;
            let trained_on = &checkpoint.setup.data;
            let given = native::labelled(trained_on, &data(&args.data)?.0);
            if args.data != SETS[0].id && given != *trained_on {
                return Err(format!("--data {}: the checkpoint was trained on {trained_on}", args.data));
            }
            (checkpoint.setup.clone(), Beginning::Checkpoint(Box::new(checkpoint)))
        }
    };
    let options = TrainOptions {
        setup,
        length: args.steps.map_or_else(|| Length::Epochs(args.epochs.unwrap_or(1)), Length::Steps),
        engine: args.engine.into(),
        data_dir,
        from,
        room: args.room.map(|mb| (mb * 1e6) as u64),
        out: args.out,
        checkpoint: args.checkpoint,
        precision: args.bits,
        quiet: args.quiet,
    };
    let report = native::train(&options)?;
    if args.json {
        println!("{report}");
    } else {
        println!("{report:#}");
    }
    Ok(ExitCode::SUCCESS)
}
