//! `cargo lab measure`: what trained weights are worth.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::Failure;
use crate::setup::{Given, data};
use crate::train::{EngineArg, check_file};

#[derive(clap::Args)]
pub struct Args {
    /// Weights written by `cargo lab train --out` or by the page (safetensors).
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Weights of another sparse autoencoder, as from another seed: how many of the features are the same?
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Another data set than the one the weights were trained on: a folder with the four MNIST-like IDX files, or packed images as in
    /// celeba:DIR.
    #[arg(long, value_name = "NAME|DIR")]
    data: Option<String>,
    /// Test images, and as many training images for the probes; by default all, but no more than 10,000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10..))]
    images: Option<u32>,
    /// Decides which images are drawn; noise follows the seed of the training run.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Who executes the model.
    #[arg(long, value_enum, default_value_t = EngineArg::Plan)]
    engine: EngineArg,
    /// Print nothing but one line of JSON.
    #[arg(long)]
    json: bool,
}

/// The images that are given. Everything that needs no engine is refused here.
fn check(args: &Args) -> Result<Option<Given>, Failure> {
    check_file("--weights", &args.weights)?;
    if let Some(against) = &args.against {
        check_file("--against", against)?;
    }
    args.data.as_deref().map(data).transpose()
}

with_burn!(check);

/// Prints each measure with its protocol.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use latent_assess::Sizes;
    use latent_native as native;
    use latent_native::MeasureOptions;
    use latent_vocabulary::measured::{Quantity, four_digits};

    let data = check(&args)?;
    let sizes = Sizes { images: args.images.map(|n| n as usize), seed: args.seed };
    let options = MeasureOptions { weights: args.weights, against: args.against, data, engine: args.engine.into(), sizes };
    let report = native::measure(&options)?;
    if args.json {
        println!("{}", serde_json::to_string(&report).map_err(|e| e.to_string())?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}, {} steps, on {}", report.setup, report.step, report.adapter);
    for measured in &report.measures {
        let value = match &measured.value {
            Quantity::Count(n) => n.to_string(),
            Quantity::Number(v) => four_digits(*v),
            Quantity::Each(v) => v.iter().map(|v| four_digits(*v)).collect::<Vec<_>>().join(" "),
        };
        println!("\n{} = {value}\n    {}", measured.name, measured.protocol);
    }
    Ok(ExitCode::SUCCESS)
}
