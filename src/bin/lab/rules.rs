//! `cargo lab rules`: every rule of a sparse autoencoder at the same number of active features, on data whose features are known.

use std::process::ExitCode;

use latent_catalog::CARDS;
#[cfg(feature = "native")]
use latent_experiment::Setup;
use latent_vocabulary::world::PlantedVectors;
use latent_vocabulary::{Card, Family, Kind, ParamSpec, SOURCE};

use crate::Failure;
use crate::train::EngineArg;

#[derive(clap::Args)]
pub struct Args {
    /// A data set with planted features: `toy`, `toy:tree-x2` and the like, or `acts:planted-100000x768-1536`, so many vectors of so many numbers that are sums of so
    /// many directions.
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
    /// Rules that are tried at a time, each on one core; as many as there are cores by default, one where a graphics card executes the steps.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    at_once: Option<u32>,
    /// Print one JSON object a rule instead of the table.
    #[arg(long)]
    json: bool,
}

#[cfg(feature = "native")]
impl Args {
    fn at_once(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.at_once.map_or(if self.engine == EngineArg::Cpu { cores } else { 1 }, |n| n as usize)
    }
}

/// What says how many features are active on an input.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sets {
    /// A parameter that is the number.
    Number(&'static ParamSpec),
    /// A price on the features that are active, or on their strengths.
    Price(&'static ParamSpec),
    /// The rule has its own way.
    Itself,
}

/// The parameter that is the number, the one that weighs the term of this name, or none.
fn sets(card: &'static Card) -> Sets {
    const NUMBER: &str = "k";
    const PRICE: &str = "lambda";
    const SPARSITY: &str = "sparsity";
    if let Some(spec) = card.param(NUMBER) {
        return Sets::Number(spec);
    }
    let priced = card.terms.iter().any(|term| term.name == SPARSITY && term.weights.contains(&PRICE));
    card.param(PRICE).filter(|_| priced).map_or(Sets::Itself, Sets::Price)
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
    let planted =
        latent_catalog::set(&args.data).is_some_and(|card| card.planted > 0) || PlantedVectors::parse(&args.data).is_some();
    if !planted {
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
    use std::collections::BTreeMap;
    use std::sync::Arc;

    check(&args)?;
    let data = Arc::new(latent_native::load(&args.data, None)?);
    let rules = rules(&args)?;
    if !args.json {
        println!("| rule | set | active | recovered | cosine | unexplained | dead | shared by two seeds |");
        println!("|---|---|---|---|---|---|---|---|");
    }
    let compare = made::Compare::new(&args, data);
    // Rows come as they are made, and are printed in order.
    let (mut waiting, mut failed, mut next) = (BTreeMap::new(), None, 0);
    latent_native::side_by_side(
        args.at_once(),
        rules.len(),
        |i| compare.row(rules[i]),
        |i, row| {
            waiting.insert(i, row);
            while let Some(row) = waiting.remove(&next) {
                next += 1;
                match row {
                    Ok(row) => println!("{}", if args.json { row.json() } else { row.markdown() }),
                    Err(why) => failed = Some(why),
                }
            }
        },
    );
    if args.method.is_empty() {
        compare.baselines()?.iter().for_each(|row| println!("{}", if args.json { row.json() } else { row.markdown() }));
    }
    failed.map_or(Ok(ExitCode::SUCCESS), Err)
}

#[cfg(feature = "native")]
mod made {
    use std::sync::Arc;

    use latent_data::Dataset;
    use latent_native::{Aim, Maker, Search, baselines, calibrate};
    use latent_sweep::{Job, Stop};
    use latent_vocabulary::measured::four_digits;
    use serde_json::{Value, json};

    use super::{Args, Failure, Rule, Sets, Setup};

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
    /// Whole runs at most in which the penalty is corrected, once a run that goes on has found about where it lies; and how near the number of active
    /// features must come: a share of what is wanted, as a logarithm.
    const CORRECTIONS: usize = 2;
    const NEAR: f64 = 0.05;
    /// Test images that are measured on.
    const IMAGES: u32 = 2048;

    pub struct Compare<'a> {
        args: &'a Args,
        data: Arc<Dataset>,
    }

    /// What came out of a rule.
    pub struct Found {
        name: String,
        set: String,
        /// Means over the seeds, by [`FIGURES`].
        figures: Vec<f64>,
        features: f64,
    }

    /// Figures of one run, `None` where it does not have one.
    type Taken = Vec<Option<f64>>;

    impl<'a> Compare<'a> {
        pub fn new(args: &'a Args, data: Arc<Dataset>) -> Self {
            Self { args, data }
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

        fn run(&self, maker: &mut Maker, setup: &Setup, seed: u32) -> Result<Taken, Failure> {
            let mut setup = setup.clone();
            setup.set("seed", f64::from(seed))?;
            let job = Job {
                label: format!("{}, seed {seed}", setup.method),
                values: vec![],
                seed,
                setup: setup.to_query(),
                steps: self.args.steps,
                stop: Stop::default(),
                images: IMAGES.min(self.data.test_labels.len() as u32),
                measures: FIGURES.map(String::from).to_vec(),
            };
            let measures = maker.make(&job)?.made.measures;
            Ok(FIGURES.iter().map(|id| measures.iter().find(|(known, _)| known == id).map(|(_, value)| *value)).collect())
        }

        /// The runs of a rule with as many active features as are wanted, or as near as it came, and what sets their number.
        fn runs(&self, rule: Rule) -> Result<(Vec<Taken>, String), Failure> {
            let (mut setup, wanted) = (self.setup(rule)?, f64::from(self.args.l0));
            let mut maker = Maker::on(self.args.engine.into(), self.data.clone());
            let (spec, words) = match super::sets(rule.0) {
                Sets::Number(spec) => {
                    setup.set(spec.key, wanted)?;
                    (None, format!("{} = {}", spec.key, self.args.l0))
                }
                Sets::Price(spec) => (Some(spec), String::new()),
                Sets::Itself => (None, "itself".into()),
            };
            let mut first = None;
            if let Some(spec) = spec {
                let aim = Aim { spec, count: "l0", wanted, steps: self.args.steps };
                let mut search = Search::new(calibrate(self.args.engine.into(), &setup, &self.data, aim)?);
                for _ in 0..=CORRECTIONS {
                    setup.set(spec.key, search.at)?;
                    let taken = self.run(&mut maker, &setup, 0)?;
                    let off = search.tell((taken[0].unwrap_or_default().max(1e-3) / wanted).ln());
                    // The second seed is compared with the run before it: this one, if no other is made.
                    if off < NEAR {
                        first = Some(taken);
                        break;
                    }
                    search.at = spec.check(search.next()).unwrap_or(search.at);
                }
                setup.set(spec.key, search.best())?;
            }
            let words = spec.map_or(words, |spec| format!("λ = {}", four_digits(setup.get(spec.key))));
            let mut runs = vec![match first {
                Some(first) => first,
                None => self.run(&mut maker, &setup, 0)?,
            }];
            for seed in 1..SEEDS {
                runs.push(self.run(&mut maker, &setup, seed)?);
            }
            Ok((runs, words))
        }

        pub fn row(&self, rule: Rule) -> Result<Found, Failure> {
            let (runs, set) = self.runs(rule)?;
            let mean = |i: usize| {
                let known: Vec<f64> = runs.iter().filter_map(|run| run[i]).collect();
                known.iter().sum::<f64>() / known.len() as f64
            };
            let option = rule.1.map(|(key, name)| format!(" {key}={name}")).unwrap_or_default();
            Ok(Found {
                name: format!("`{}{option}`", rule.0.id),
                set,
                figures: (0..FIGURES.len()).map(mean).collect(),
                features: f64::from(self.args.features),
            })
        }

        /// What dictionaries come to that nobody has learnt.
        pub fn baselines(&self) -> Result<Vec<Found>, Failure> {
            let mut planted_kd = self.data.beside.planted_kd.clone();
            if planted_kd.is_empty() {
                let render = pollster::block_on(latent_registry::renderer(&self.data.id))?;
                planted_kd = render.map_or_else(Vec::new, |render| render.planted_kp().to_vec());
            }
            let [l0, features] = [self.args.l0, self.args.features].map(|n| n as usize);
            let all = baselines(&self.data, &planted_kd, IMAGES as usize, features, l0);
            let row = |baseline: latent_native::Baseline| Found {
                name: baseline.name.into(),
                set: format!("k = {l0}"),
                figures: FIGURES
                    .iter()
                    .filter_map(|id| baseline.figures.iter().find(|(known, _)| known == id))
                    .map(|f| f.1)
                    .collect(),
                features: baseline.directions as f64,
            };
            Ok(all.into_iter().map(row).collect())
        }
    }

    impl Found {
        pub fn markdown(&self) -> String {
            let f = &self.figures;
            let percent = |v: f64| format!("{:.1} %", 100.0 * v);
            format!(
                "| {} | {} | {:.1} | {} | {:.2} | {:.3} | {} | {}, cosine {:.2} |",
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
            let mut row = json!({ "rule": self.name.trim_matches('`'), "set": self.set, "features": self.features });
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
        let by = |id: &str| sets(all.iter().find(|(card, _)| card.id == id).unwrap().0);
        assert!(matches!(by("topk-sae"), Sets::Number(spec) if spec.key == "k"));
        assert!(["relu-sae", "gated-sae", "jump-relu", "p-annealing"].iter().all(|id| matches!(by(id), Sets::Price(_))));
        assert_eq!(by("top-afa"), Sets::Itself, "its λ is a price on codes of another length than the input's");
        assert_eq!(all.iter().filter(|(card, _)| sets(card) == Sets::Itself).count(), 1);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert!(check(&of(&["--data", "mnist"])).unwrap_err().contains("planted"));
        assert!(check(&of(&["--method", "vae"])).unwrap_err().contains("topk-sae"));
        for data in ["toy:tree-x2", "acts:planted-1000x64-96"] {
            assert_eq!(check(&of(&["--data", data, "--method", "topk-sae,relu-sae"])), Ok(()));
        }
    }
}
