//! `cargo lab reproduce`: the runs of findings once more.

use std::process::ExitCode;

use crate::Failure;
use crate::findings::findings;
use crate::train::EngineArg;

#[derive(clap::Args)]
pub struct Args {
    /// Which findings; `cargo lab findings` lists them.
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
    /// All that have no record of this code: what an interruption has left.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Who executes the steps.
    #[arg(long, value_enum, default_value_t = EngineArg::Cpu)]
    engine: EngineArg,
    /// Do not write what comes out into `benches/findings.json`.
    #[arg(long)]
    dry: bool,
    /// Print each record as a line of JSON.
    #[arg(long)]
    json: bool,
}

fn check(args: &Args) -> Result<(), Failure> {
    let known = findings()?;
    match args.ids.iter().find(|id| known.iter().all(|finding| finding.id != **id)) {
        Some(id) => Err(format!("no finding is called {id:?}; `cargo lab findings` lists them")),
        None => Ok(()),
    }
}

with_burn!(check);

#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use crate::findings::{record, sum, with_records};
    use latent_vocabulary::measured::four_digits;

    check(&args)?;
    let mut held = true;
    for found in with_records()? {
        let (finding, state) = (&found.finding, found.state()?);
        let wanted = if args.all { matches!(state, "not run" | "stale") } else { args.ids.contains(&finding.id) };
        if !wanted {
            continue;
        }
        eprintln!("{}: {}", finding.id, finding.claim);
        let new = latent_native::reproduce(finding, sum(finding)?, args.engine.into(), |run| eprintln!("  {run}"))?;
        let judged = finding.judge(&new.taken)?;
        let holds = judged.iter().all(|judged| judged.holds);
        held &= holds;
        if args.json {
            println!("{}", serde_json::json!(new));
        } else {
            for judged in &judged {
                let so = if judged.holds { "yes" } else { "no" };
                println!("{}: {so}: {} ({} and {})", finding.id, judged.text, four_digits(judged.left), four_digits(judged.right));
            }
            println!("{}: {} ({:.0} s)", finding.id, if holds { "held" } else { "did not hold" }, new.seconds);
        }
        if !args.dry {
            record(new)?;
        }
    }
    // That a claim does not hold is a result.
    Ok(if held || args.all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
