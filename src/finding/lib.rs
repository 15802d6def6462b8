//! Findings: a claim of a paper as data. Runs are made and measured, and the figures are held against what the claim expects of them.
//!
//! A finding is a file in `assets/findings`; `cargo lab reproduce` makes its runs and writes what came out into `benches/findings.json`,
//! *also where it did not hold*. The page shows both.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod expect;
mod question;
mod record;

pub use expect::{Judged, Lookup, judge};
pub use question::Question;
pub use record::{Record, Taken};

use std::collections::BTreeSet;

use latent_experiment::Setup;
use latent_sweep::{Job, OF_TWINS, Row, Stop};
pub use latent_sweep::{figure_id, mean};
use serde::{Deserialize, Serialize};

/// Under which key a job of a finding has the name of its run.
const RUN: &str = "run";

/// A claim, and how it is tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Also the name of its file.
    pub id: String,
    /// One plain sentence that is true or false.
    pub claim: String,
    /// What somebody is asked before they see what came out.
    pub ask: String,
    /// What it is about.
    pub question: Question,
    /// Exact titles.
    pub papers: Vec<String>,
    /// One that stands on a trained network comes after that network's own run.
    pub runs: Vec<Run>,
    /// Training steps of each run.
    pub steps: u64,
    /// Each run is made with the seeds `0 .. seeds`; figures are means.
    pub seeds: u32,
    /// Test images that each is measured on, and as many training images for what is fitted.
    pub images: u32,
    pub figures: Vec<Figure>,
    /// Comparisons, all of which must be so: see [`judge`].
    pub expect: Vec<String>,
    /// The tab of the page where it is seen best.
    pub look: String,
    /// How the setting differs from the paper's.
    pub reduced: String,
    /// Why it does not hold here, where it does not.
    #[serde(default)]
    pub why_not: String,
}

/// One network that is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// In comparisons.
    pub name: String,
    /// In a chart.
    pub label: String,
    /// As in a link: `data=mnist&method=vae&beta=4`.
    pub setup: String,
}

/// A number that is taken of every run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The id of a measure, with `_` where it has anything but letters and digits.
    pub measure: String,
    /// With its unit, in a chart.
    pub label: String,
}

impl Run {
    /// The experiment, with one of the seeds, and so what it stands on.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn setup(&self, seed: u32) -> Result<Setup, String> {
        let (mut setup, notes) = Setup::from_query(&self.setup, &[]);
        if let Some(note) = notes.first() {
            return Err(format!("run {}: {note}", self.name));
        }
        if let Some(mut host) = setup.hosted() {
            host.set("seed", f64::from(seed)).map_err(|e| format!("run {}: {e}", self.name))?;
            setup.host = Some(Box::new(host));
        }
        setup.set("seed", f64::from(seed)).and_then(|()| setup.check()).map_err(|e| format!("run {}: {e}", self.name))?;
        Ok(setup)
    }
}

impl Finding {
    /// Whether all of it goes together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), String> {
        let of = |what: String| format!("finding {}: {what}", self.id);
        let named = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
        };
        if !named(&self.id) || self.claim.is_empty() || self.ask.is_empty() || self.papers.is_empty() {
            return Err(of("it needs an id of small letters, a claim, a question and a paper".into()));
        }
        if self.runs.is_empty() || self.steps == 0 || self.seeds == 0 || self.images < 10 {
            return Err(of("it needs runs, steps, a seed, and ten images to measure on".into()));
        }
        let names: BTreeSet<&str> = self.runs.iter().map(|run| run.name.as_str()).collect();
        if names.len() < self.runs.len() || !self.runs.iter().all(|run| named(&run.name)) {
            return Err(of("two of its runs have one name, or one has no name of small letters".into()));
        }
        let setups = self.runs.iter().map(|run| run.setup(0).map_err(&of)).collect::<Result<Vec<Setup>, String>>()?;
        for (at, setup) in setups.iter().enumerate() {
            let Some(wanted) = setup.hosted() else { continue };
            let host = setups[..at].iter().rev().find(|before| before.can_host() == Ok(true));
            if self.seeds > 1 || host.is_none_or(|host| host.needs_rebuild(&wanted)) {
                let why = "the last run before it that can be a host is not what it stands on, or there are several seeds";
                return Err(of(format!("run {}: {why}", self.runs[at].name)));
            }
        }
        if self.seeds == 1 && self.figures.iter().any(|figure| OF_TWINS.contains(&figure.measure.as_str())) {
            return Err(of("what is compared with another seed needs two".into()));
        }
        if self.figures.is_empty() || self.expect.is_empty() {
            return Err(of("it takes no figures, or expects nothing of them".into()));
        }
        let lookup = |measure: &str, run: &str| {
            let known = self.figures.iter().any(|figure| figure.measure == measure);
            let there = names.contains(run);
            if known && there { Ok(1.0) } else { Err(format!("{measure}({run}): no such figure of such a run")) }
        };
        self.expect.iter().try_for_each(|text| judge(text, &lookup).map(drop).map_err(&of))
    }

    /// Its runs in the order in which they are made.
    ///
    /// # Errors
    /// What is wrong with one.
    pub fn jobs(&self) -> Result<Vec<Job>, String> {
        let each = self.runs.iter().flat_map(|run| (0..self.seeds).map(move |seed| (run, seed)));
        each.map(|(run, seed)| {
            Ok(Job {
                stop: Stop::default(),
                label: format!("{}, seed {seed}", run.label),
                values: vec![(RUN.into(), run.name.clone())],
                seed,
                setup: run.setup(seed)?.to_query(),
                steps: self.steps,
                images: self.images,
                measures: self.figures.iter().map(|figure| figure.measure.clone()).collect(),
            })
        })
        .collect()
    }

    /// The figures of runs that were made, by run and measure, with a value for each seed. A run that is there to be stood on has those that it
    /// can have.
    ///
    /// # Errors
    /// Names a run that lacks one, and what it has.
    pub fn taken(&self, rows: &[Row]) -> Result<Vec<Taken>, String> {
        let mut all = vec![];
        let stands = |run: &Run| run.setup(0).is_ok_and(|setup| setup.hosted().is_some());
        for (at, run) in self.runs.iter().enumerate() {
            let stood_on = !stands(run) && self.runs[at + 1..].iter().any(stands);
            let of_run = || rows.iter().filter(|row| row.job.values.iter().any(|(key, name)| key == RUN && *name == run.name));
            for figure in &self.figures {
                let value = |row: &Row| {
                    let measures = &row.made.measures;
                    measures.iter().find(|(id, _)| *id == figure.measure).map(|(_, value)| *value).ok_or_else(|| {
                        let known: Vec<&str> = measures.iter().map(|(id, _)| id.as_str()).collect();
                        format!("run {} has no figure {}; it has {}", run.name, figure.measure, known.join(", "))
                    })
                };
                let has = |row: &Row| row.made.measures.iter().any(|(id, _)| *id == figure.measure);
                if stood_on && !of_run().any(has) {
                    continue;
                }
                let alone = |row: &&Row| row.job.seed == 0 && OF_TWINS.contains(&figure.measure.as_str());
                let values = of_run().filter(|row| !alone(row)).map(value).collect::<Result<Vec<f64>, String>>()?;
                all.push(Taken { run: run.name.clone(), measure: figure.measure.clone(), values });
            }
        }
        Ok(all)
    }

    /// Whether everything that is expected was so.
    ///
    /// # Errors
    /// As [`Self::judge`].
    pub fn holds(&self, taken: &[Taken]) -> Result<bool, String> {
        Ok(self.judge(taken)?.iter().all(|judged| judged.holds))
    }

    /// What is expected, held against the figures.
    ///
    /// # Errors
    /// If one is missing.
    pub fn judge(&self, taken: &[Taken]) -> Result<Vec<Judged>, String> {
        let lookup = |measure: &str, run: &str| {
            let found = taken.iter().find(|t| t.measure == measure && t.run == run);
            found
                .filter(|t| !t.values.is_empty())
                .map(|t| mean(&t.values))
                .ok_or_else(|| format!("{measure}({run}): it was not measured"))
        };
        self.expect.iter().map(|text| judge(text, &lookup)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        Finding {
            id: "a-claim".into(),
            claim: "More is more.".into(),
            ask: "What do you expect?".into(),
            question: Question::Information,
            papers: vec!["A Paper".into()],
            runs: [("low", 1.0), ("high", 4.0)]
                .map(|(name, beta)| Run {
                    name: name.into(),
                    label: name.into(),
                    setup: format!("data=moons&method=beta-vae&beta={beta}"),
                })
                .into(),
            steps: 10,
            seeds: 2,
            images: 100,
            figures: vec![Figure { measure: "kl".into(), label: "KL, nats".into() }],
            expect: vec!["kl(high) < 0.5 * kl(low)".into()],
            look: "latents".into(),
            reduced: String::new(),
            why_not: String::new(),
        }
    }

    #[test]
    fn a_finding_is_judged_by_the_means_of_its_figures() {
        let finding = finding();
        assert_eq!(finding.check(), Ok(()));
        assert_eq!(finding.runs[1].setup(1).unwrap().get("seed"), 1.0);
        let taken = |run: &str, values: &[f64]| Taken { run: run.into(), measure: "kl".into(), values: values.to_vec() };
        let judged = finding.judge(&[taken("low", &[8.0, 12.0]), taken("high", &[4.0, 4.0])]).unwrap();
        assert_eq!((judged[0].holds, judged[0].left, judged[0].right), (true, 4.0, 5.0));
        assert_eq!(finding.holds(&[taken("low", &[8.0]), taken("high", &[7.0])]), Ok(false));
        assert!(finding.judge(&[taken("low", &[1.0])]).unwrap_err().contains("kl(high)"));
    }

    #[test]
    fn the_figures_of_its_runs_are_found() {
        let finding = finding();
        let jobs = finding.jobs().unwrap();
        let labels: Vec<&str> = jobs.iter().map(|job| job.label.as_str()).collect();
        assert_eq!(labels, ["low, seed 0", "low, seed 1", "high, seed 0", "high, seed 1"]);
        assert_eq!((jobs[3].setup().unwrap().get("beta"), jobs[3].steps, jobs[3].images), (4.0, 10, 100));
        let made = |at: usize, measure: &str| {
            let measures = vec![(measure.to_owned(), at as f64)];
            let made = latent_sweep::Made { measures, ..latent_sweep::Made::default() };
            Row { job: jobs[at].clone(), made, terms: vec![], curve: latent_sweep::Curve::default() }
        };
        let taken = finding.taken(&[0, 1, 2, 3].map(|at| made(at, "kl"))).unwrap();
        assert_eq!((&taken[0].values[..], &taken[1].values[..]), (&[0.0, 1.0][..], &[2.0, 3.0][..]));
        let mut of_twins = finding.clone();
        of_twins.figures[0].measure = OF_TWINS[0].into();
        let taken = of_twins.taken(&[0, 1, 2, 3].map(|at| made(at, OF_TWINS[0]))).unwrap();
        assert_eq!((&taken[0].values[..], &taken[1].values[..]), (&[1.0][..], &[3.0][..]), "the first seed has no other before it");
        assert!(finding.taken(&[made(0, "mse")]).unwrap_err().contains("run low has no figure kl; it has mse"));
        assert!(finding.holds(&finding.taken(&[]).unwrap()).unwrap_err().contains("not measured"));
        let mut stands = finding.clone();
        stands.seeds = 1;
        stands.runs[1].setup = "data=moons&method=latent-flow&host=beta-vae&host.beta=1".into();
        let of_the_second = Row { job: stands.jobs().unwrap()[1].clone(), ..made(3, "kl") };
        let taken = stands.taken(&[made(0, "mse"), of_the_second]).unwrap();
        assert_eq!(taken.len(), 1, "what it stands on need not have the figure: {taken:?}");
        assert_eq!((taken[0].run.as_str(), &taken[0].values[..]), ("high", &[3.0][..]));
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let wrong = |change: fn(&mut Finding)| {
            let mut finding = finding();
            change(&mut finding);
            finding.check().unwrap_err()
        };
        assert!(wrong(|f| f.expect[0] = "kl(middle) < 1".into()).contains("kl(middle)"));
        assert!(wrong(|f| f.expect[0] = "mse(low) < 1".into()).contains("mse(low)"));
        assert!(wrong(|f| f.runs[0].setup = "data=moons&method=sorcery".into()).contains("sorcery"));
        assert!(wrong(|f| f.runs[1].name = "low".into()).contains("one name"));
        let alone = wrong(|f| {
            f.seeds = 1;
            f.figures[0].measure = OF_TWINS[1].into();
        });
        assert!(alone.contains("needs two"), "{alone}");
        assert!(wrong(|f| f.papers.clear()).contains("a paper"));
        let on_the_first = |f: &mut Finding| {
            f.seeds = 1;
            f.runs[1].setup = "data=moons&method=latent-flow&host=beta-vae&host.beta=1".into();
        };
        let mut stands = finding();
        on_the_first(&mut stands);
        assert_eq!(stands.check(), Ok(()));
        stands.runs[0].setup = "data=moons&method=beta-vae&latent=3".into();
        assert!(stands.check().unwrap_err().contains("not what it stands on"));
    }
}
