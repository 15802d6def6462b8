//! `cargo lab bench`: milliseconds a step.

use std::process::ExitCode;

use latent_catalog as catalog;
use latent_experiment::Setup;

use crate::Failure;
use crate::setup::{card, setup};

#[derive(clap::Args)]
pub struct Args {
    /// Which method; `cargo lab methods` lists them.
    #[arg(long, value_name = "ID", default_value = catalog::CARDS[0].id)]
    method: String,
    /// A parameter of the method, for example batch=8; as many as wanted.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    set: Vec<String>,
    /// The data set; `cargo lab data` lists them.
    #[arg(long, value_name = "ID", default_value = catalog::SETS[0].id)]
    data: String,
    /// Steps a turn.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=512))]
    steps: u32,
    /// Time eager Burn on the same GPU as well, turn by turn.
    #[arg(long)]
    eager: bool,
    /// Time each dispatch of a step, where the adapter has time stamps.
    #[arg(long)]
    kernels: bool,
    /// Print nothing but one line of JSON.
    #[arg(long)]
    json: bool,
}

fn check(args: &Args) -> Result<Setup, Failure> {
    let setup = setup(card(&args.method)?, &args.data, &args.set)?;
    setup.check().map_err(|error| error.to_string())?;
    Ok(setup)
}

#[cfg(not(feature = "native"))]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    check(&args)?;
    crate::native::hand_over(if args.eager { "native,eager-wgpu" } else { "native" })
}

#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use std::sync::Arc;

    use latent_native as native;
    use latent_native::bench;

    let setup = check(&args)?;
    #[cfg(not(feature = "eager-wgpu"))]
    if args.eager {
        return crate::native::hand_over("native,eager-wgpu");
    }
    let mut report = bench::bench(&setup, Arc::new(native::load(&setup.data, None)?), args.steps, args.eager, args.kernels)?;
    if args.json {
        println!("{report}");
        return Ok(ExitCode::SUCCESS);
    }
    let kernels = report.as_object_mut().and_then(|r| r.remove("kernels"));
    println!("{report:#}");
    if let Some(rows) = kernels.as_ref().and_then(|k| k.as_array()) {
        println!("{:>10} {:>10} {:>10}  kernels", "µs", "GFLOP/s", "GB/s");
        for row in rows {
            let number = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
            let name = row["kernels"].as_str().unwrap_or_default();
            println!("{:10.1} {:10.2} {:10.2}  {name}", number("us"), number("gflop_per_s"), number("gb_per_s"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
