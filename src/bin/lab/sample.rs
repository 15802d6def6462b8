//! `cargo lab sample`: new images from trained weights.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::Failure;
use crate::setup::{Given, data};
use crate::train::{EngineArg, check_file, check_place};

/// Most images of one picture.
const MOST: i64 = 4096;

#[derive(clap::Args)]
pub struct Args {
    /// Weights written by `cargo lab train --out` or by the page (safetensors).
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// How many images.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=MOST))]
    count: u32,
    /// Write the picture to this file (PNG).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Below 1: likelier images, and fewer kinds. For tokens and for codes with a Gaussian prior.
    #[arg(long, value_name = "T", default_value_t = 1.0, value_parser = temperature, allow_negative_numbers = true)]
    temperature: f32,
    /// Steps from noise to images, for methods that take some.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    steps: u32,
    /// A row for each image, with the pictures after each of these steps, the noise first.
    #[arg(long)]
    film: bool,
    /// Decides what is drawn.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u32,
    /// Only images of this class, a number from 0, or of this choice, where the model draws one.
    #[arg(long, value_name = "N")]
    label: Option<u32>,
    /// Only images of which the model is told this, as in Eyeglasses=round or Smiling=15; as many as wanted. What is not named is drawn.
    #[arg(long, value_name = "FACTOR=VALUE", num_args = 1.., value_parser = factor)]
    factor: Vec<(String, String)>,
    /// Folder with the packed images that the weights were trained on, as in celeba:DIR, where it was not a shipped set.
    #[arg(long, value_name = "NAME:DIR")]
    data: Option<String>,
    /// Who executes the model.
    #[arg(long, value_enum, default_value_t = EngineArg::Plan)]
    engine: EngineArg,
}

/// A number that is not negative.
fn temperature(text: &str) -> Result<f32, String> {
    text.parse().ok().filter(|t: &f32| *t >= 0.0 && t.is_finite()).ok_or_else(|| "expected a number from 0".into())
}

/// A factor and its value.
fn factor(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected FACTOR=VALUE")?;
    Ok((name.into(), value.into()))
}

/// The images that are given. Everything that needs no engine is refused here.
fn check(args: &Args) -> Result<Option<Given>, Failure> {
    check_file("--weights", &args.weights)?;
    check_place("--out", &args.out)?;
    args.data.as_deref().map(data).transpose()
}

with_burn!(check);

/// Draws the images, and writes them about as many in a row as there are rows.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use latent_engine::sampling::Draw;
    use latent_native as native;
    use latent_native::SampleOptions;

    use crate::picture;

    let data = check(&args)?;
    let draw = Draw {
        count: args.count as usize,
        temperature: args.temperature,
        seed: args.seed,
        choice: args.label,
        told: vec![],
        steps: args.steps,
    };
    let options =
        SampleOptions { weights: args.weights, data, engine: args.engine.into(), draw, factors: args.factor, film: args.film };
    let samples = native::sample(&options)?;
    let shape = samples.shape;
    let (count, frames) = (args.count as usize, samples.frames.len());
    if args.film && frames == 1 {
        return Err("--film: this model draws its images at once; those of latent-flow come from noise in steps".into());
    }
    let image = |x: &[f32], i: usize| x[i * shape.len()..][..shape.len()].to_vec();
    let tiles: Vec<Vec<f32>> = (0..count).flat_map(|i| samples.frames.iter().map(move |x| image(x, i))).collect();
    let columns = if args.film { frames } else { count.isqrt().max(1) };
    let png = picture::png(&tiles, [shape.channels, shape.height, shape.width], columns);
    std::fs::write(&args.out, png).map_err(|e| format!("--out {}: {e}", args.out.display()))?;
    println!("{}: {count} images of {}", args.out.display(), samples.setup);
    Ok(ExitCode::SUCCESS)
}
