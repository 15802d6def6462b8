//! `cargo lab verify`: the plan against eager Burn.

use std::process::ExitCode;

use latent_catalog as catalog;

use crate::Failure;
use crate::setup::card;

#[derive(clap::Args)]
pub struct Args {
    /// Which method; `cargo lab methods` lists them.
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    method: Option<String>,
    /// Every method.
    #[arg(long)]
    all: bool,
    /// A parameter of the method, for example precision=f16; as many as wanted.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    set: Vec<String>,
    /// Steps to take.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// One JSON object a method.
    #[arg(long)]
    json: bool,
}

/// The methods that were asked for.
fn check(args: &Args) -> Result<Vec<&'static str>, Failure> {
    match &args.method {
        Some(id) => Ok(vec![card(id)?.id]),
        None if args.all => Ok(catalog::CARDS.iter().map(|c| c.id).collect()),
        None => Err("which method? Give --method ID or --all".into()),
    }
}

with_burn!(check);

/// Prints the largest relative differences; fails where one exceeds what rounding explains.
#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use latent_data::Dataset;

    use latent_engine::verify;
    use latent_experiment::Setup;
    use latent_native as native;
    use latent_registry::entry;

    let methods = check(&args)?;
    let mut sets: BTreeMap<String, Arc<Dataset>> = BTreeMap::new();
    let mut good = true;
    for id in methods {
        let mut setup = Setup::of_method(id);
        if !sets.contains_key(&setup.data) {
            sets.insert(setup.data.clone(), Arc::new(native::load(&setup.data, None)?));
        }
        let data = &sets[&setup.data];
        setup.set("batch", 32.0).map_err(|e| e.to_string())?;
        for pair in &args.set {
            setup.set_pair(pair).map_err(|e| e.to_string())?;
        }
        let entry = entry(id).ok_or("a card without an entry")?;
        let report = pollster::block_on(async {
            verify::verify(native::open_gpu().await?, native::cpu(), entry, &setup.params()?, data, args.steps).await
        })?;
        let agrees = report.agrees();
        good &= agrees;
        if args.json {
            println!("{}", serde_json::to_string(&report).map_err(|e| e.to_string())?);
        } else {
            println!(
                "{id}: {} steps, terms within {:.1e}, gradients within {:.1e} ({}){}",
                report.steps,
                report.loss,
                report.gradient,
                report.worst,
                if agrees { "" } else { "  DIFFERS" }
            );
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
