//! `cargo lab rules`: every rule of a sparse autoencoder at the same number of active features, on data whose features are known.

use std::process::ExitCode;

use latent_catalog::CARDS;
#[cfg(feature = "native")]
use latent_experiment::Setup;
use latent_vocabulary::{Card, Family, Kind, SOURCE};

use crate::Failure;
use crate::train::EngineArg;

#[derive(clap::Args)]
pub struct Args {
    /// A data set with planted features; `toy:tree-x2` and the like are worlds of another make.
    #[arg(long, value_name = "NAME", default_value = "toy")]
    data: String,
    /// How many features shall be active on an input. Where no k says it, the penalty is sought that leads there.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    l0: u32,
    /// Size of the dictionaries.
    #[arg(long, value_name = "N", default_value_t = 512)]
    features: u32,
    /// Training steps of each run.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
    /// Inputs of each step.
    #[arg(long, value_name = "N", default_value_t = 64)]
    batch: u32,
    /// Only these methods, with commas between them.
    #[arg(long, value_name = "ID[,ID]", value_delimiter = ',')]
    method: Vec<String>,
    /// Who executes the steps.
    #[arg(long, value_enum, default_value_t = EngineArg::Cpu)]
    engine: EngineArg,
    /// Print one JSON object a rule instead of the table.
    #[arg(long)]
    json: bool,
}

/// A method, and an option that is not its default.
type Rule = (&'static Card, Option<(&'static str, &'static str)>);

/// The rules that are compared: every method that takes images apart, and each other option of its choices.
fn rules(args: &Args) -> Result<Vec<Rule>, Failure> {
    let takes_apart = |card: &&&Card| card.family == Family::Sae && card.param(SOURCE.key).is_some();
    let all: Vec<&'static Card> = CARDS.iter().filter(takes_apart).copied().collect();
    if let Some(id) = args.method.iter().find(|id| all.iter().all(|card| card.id != **id)) {
        return Err(format!("--method {id}: expected {}", all.iter().map(|card| card.id).collect::<Vec<_>>().join(", ")));
    }
    if latent_catalog::set(&args.data).is_none_or(|card| card.planted == 0) {
        return Err(format!("--data {}: nothing is known to be planted in it", args.data));
    }
    let wanted = all.into_iter().filter(|card| args.method.is_empty() || args.method.iter().any(|id| id == card.id));
    Ok(wanted
        .flat_map(|card| {
            let choices = card.params.iter().filter(|p| p.key != SOURCE.key).filter_map(|p| match p.kind {
                Kind::Choice { names } => Some((p, names)),
                _ => None,
            });
            let others = choices.flat_map(move |(p, names)| {
                names
                    .iter()
                    .enumerate()
                    .filter(move |(i, _)| *i as f64 != p.default)
                    .map(move |(_, name)| (card, Some((p.key, *name))))
            });
            [(card, None)].into_iter().chain(others)
        })
        .collect())
}

fn check(args: &Args) -> Result<(), Failure> {
    rules(args).map(drop)
}

with_burn!(check);

#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    check(&args)?;
    let mut compare = made::Compare::new(&args);
    if !args.json {
        println!("| rule | set | active | recovered | cosine | unexplained | dead | shared by two seeds |");
        println!("|---|---|---|---|---|---|---|---|");
    }
    for rule in rules(&args)? {
        let row = compare.row(rule)?;
        println!("{}", if args.json { row.json() } else { row.markdown() });
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "native")]
mod made {
    use latent_native::Maker;
    use latent_sweep::{Job, Stop};
    use latent_vocabulary::measured::four_digits;
    use serde_json::{Value, json};

    use super::{Args, Failure, Rule, Setup};

    /// Figures of each run, in the order of the table.
    const FIGURES: [&str; 7] = [
        "l0",
        "planted_recovered",
        "planted_cosine",
        "fraction_unexplained",
        "dead_features",
        "stability_shared",
        "stability_cosine",
    ];
    const SEEDS: u32 = 2;
    /// What says how many features are active.
    const COUNT: &str = "k";
    /// The penalty that sets the number of active features, where no k does.
    const PENALTY: &str = "lambda";
    /// Runs that seek it at most, and how near they must come: a share of what is wanted.
    const TRIES: usize = 7;
    const NEAR: f64 = 0.05;
    /// Test images that are measured on.
    const IMAGES: u32 = 2048;

    pub struct Compare<'a> {
        args: &'a Args,
        maker: Maker,
    }

    /// What came out of a rule.
    pub struct Found {
        name: String,
        set: String,
        /// Means over the seeds, by [`FIGURES`].
        figures: Vec<f64>,
        features: f64,
    }

    impl<'a> Compare<'a> {
        pub fn new(args: &'a Args) -> Self {
            Self { args, maker: Maker::new(args.engine.into()) }
        }

        fn setup(&self, (card, option): Rule) -> Result<Setup, Failure> {
            let mut setup = Setup::new(&self.args.data, card.id);
            for (key, value) in [("features", self.args.features), ("batch", self.args.batch)] {
                setup.set(key, f64::from(value))?;
            }
            if let Some((key, name)) = option {
                setup.set_text(key, name)?;
            }
            Ok(setup)
        }

        /// Figures of one run, `None` where it does not have one.
        fn run(&mut self, setup: &Setup, seed: u32) -> Result<Vec<Option<f64>>, Failure> {
            let mut setup = setup.clone();
            setup.set("seed", f64::from(seed))?;
            let job = Job {
                label: format!("{}, seed {seed}", setup.method),
                values: vec![],
                seed,
                setup: setup.to_query(),
                steps: self.args.steps,
                stop: Stop::default(),
                images: IMAGES,
                measures: FIGURES.map(String::from).to_vec(),
            };
            let measures = self.maker.make(&job)?.made.measures;
            Ok(FIGURES.iter().map(|id| measures.iter().find(|(known, _)| known == id).map(|(_, value)| *value)).collect())
        }

        /// The rule with as many active features as are wanted, or as near as it came, and what sets their number.
        fn calibrated(&mut self, rule: Rule) -> Result<(Setup, String), Failure> {
            let (mut setup, wanted) = (self.setup(rule)?, f64::from(self.args.l0));
            if rule.0.param(COUNT).is_some() {
                setup.set(COUNT, wanted)?;
                return Ok((setup, format!("k = {}", self.args.l0)));
            }
            let spec = rule.0.param(PENALTY).ok_or_else(|| format!("{}: nothing sets how many features are active", rule.0.id))?;
            let mut at = setup.get(PENALTY);
            // The dearest that leaves too many active, the cheapest that leaves too few, as logarithms; and the nearest of all.
            let (mut low, mut high, mut best): (Option<[f64; 2]>, Option<[f64; 2]>, _) = (None, None, (f64::INFINITY, at));
            for _ in 0..TRIES {
                setup.set(PENALTY, at)?;
                let l0 = self.run(&setup, 0)?[0].unwrap_or_default().max(1e-3);
                let off = (l0 / wanted).ln();
                if off.abs() < best.0 {
                    best = (off.abs(), at);
                }
                if off.abs() < NEAR {
                    break;
                }
                *if off > 0.0 { &mut low } else { &mut high } = Some([at.ln(), off]);
                // A straight line between both sides; with one side alone, as if the number fell with the penalty.
                let next = match (low, high) {
                    (Some([a, over]), Some([b, under])) => {
                        let share = (over / (over - under)).clamp(0.15, 0.85);
                        a + share * (b - a)
                    }
                    _ => at.ln() + off.clamp(-2.0, 2.0),
                };
                at = spec.check(next.exp()).unwrap_or(at);
            }
            setup.set(PENALTY, best.1)?;
            Ok((setup, format!("λ = {}", four_digits(best.1))))
        }

        pub fn row(&mut self, rule: Rule) -> Result<Found, Failure> {
            let (setup, set) = self.calibrated(rule)?;
            let runs = (0..SEEDS).map(|seed| self.run(&setup, seed)).collect::<Result<Vec<_>, _>>()?;
            let mean = |i: usize| {
                let known: Vec<f64> = runs.iter().filter_map(|run| run[i]).collect();
                known.iter().sum::<f64>() / known.len() as f64
            };
            let option = rule.1.map(|(key, name)| format!(" {key}={name}")).unwrap_or_default();
            Ok(Found {
                name: format!("{}{option}", rule.0.id),
                set,
                figures: (0..FIGURES.len()).map(mean).collect(),
                features: f64::from(self.args.features),
            })
        }
    }

    impl Found {
        pub fn markdown(&self) -> String {
            let f = &self.figures;
            let percent = |v: f64| format!("{:.1} %", 100.0 * v);
            format!(
                "| `{}` | {} | {:.1} | {} | {:.2} | {:.3} | {} | {}, cosine {:.2} |",
                self.name,
                self.set,
                f[0],
                percent(f[1]),
                f[2],
                f[3],
                percent(f[4] / self.features),
                percent(f[5]),
                f[6]
            )
        }

        pub fn json(&self) -> String {
            let mut row = json!({ "rule": self.name, "set": self.set, "features": self.features });
            FIGURES.iter().zip(&self.figures).for_each(|(id, value)| row[*id] = Value::from(*value));
            row.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        args: Args,
    }

    fn of(words: &[&str]) -> Args {
        Only::parse_from([&["rules"], words].concat()).args
    }

    #[test]
    fn every_rule_and_option_is_there_once() {
        let all = rules(&of(&[])).unwrap();
        let named = |id: &str| all.iter().filter(|(card, _)| card.id == id).map(|(_, option)| *option).collect::<Vec<_>>();
        assert_eq!(named("batch-topk"), [None, Some(("budget", "feature")), Some(("revive", "underused"))]);
        assert_eq!(named("topk-sae"), [None]);
        assert!(named("e2e-sae").is_empty(), "it needs a network");
        // Each says how many features fire, or has a price on them.
        assert!(all.iter().all(|(card, _)| card.param("k").is_some() || card.param("lambda").is_some()));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert!(check(&of(&["--data", "mnist"])).unwrap_err().contains("planted"));
        assert!(check(&of(&["--method", "vae"])).unwrap_err().contains("topk-sae"));
        assert_eq!(check(&of(&["--data", "toy:tree-x2", "--method", "topk-sae,relu-sae"])), Ok(()));
    }
}
