//! What a sweep goes over.

use std::collections::BTreeSet;

use latent_experiment::Setup;
use serde::{Deserialize, Serialize};

use crate::job::Job;
use crate::stop::Stop;

/// Most runs of a sweep.
pub const MOST: usize = 400;

/// The key of an axis over methods, and that of one over data sets; others are parameters.
pub const METHOD: &str = "method";
pub const DATA: &str = "data";

/// What is swept, and over which values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// A parameter of the method, [`METHOD`] or [`DATA`].
    pub key: String,
    /// As people write them.
    pub values: Vec<String>,
}

impl Axis {
    /// Reads `1, 4, 16`.
    ///
    /// # Errors
    /// If there is no value, or one is there twice.
    pub fn read(key: &str, text: &str) -> Result<Self, String> {
        let values: Vec<String> = text.split(',').map(|value| value.trim().to_owned()).collect();
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err(format!("{key} = {text:?}: expected values with commas between them, for example 1, 4, 16"));
        }
        if values.iter().collect::<BTreeSet<_>>().len() < values.len() {
            return Err(format!("{key} = {text}: one of the values is there twice"));
        }
        Ok(Self { key: key.into(), values })
    }
}

/// Runs over values of one or two parameters, each with several seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    pub data: String,
    pub method: String,
    /// Parameters that are the same in all runs, where they are not the defaults.
    pub pairs: Vec<(String, String)>,
    /// One or two.
    pub axes: Vec<Axis>,
    /// Each run is made with the seeds `0 .. seeds`.
    pub seeds: u32,
    pub steps: u64,
    /// As in [`Job`].
    pub stop: Stop,
    /// As in [`Job`].
    pub images: u32,
    /// As in [`Job`].
    pub measures: Vec<String>,
}

impl Sweep {
    /// The runs in the order in which they are made: all with the first seed come before those with the second, so that what comes out
    /// is soon seen as a whole.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn jobs(&self) -> Result<Vec<Job>, String> {
        if self.seeds == 0 || self.steps == 0 {
            return Err("a sweep needs a seed and a step at least".into());
        }
        self.stop.check()?;
        if (1..10).contains(&self.images) {
            return Err(format!("{} images: measures need 10 at least", self.images));
        }
        let [first, second] = match &self.axes[..] {
            [first] => [Some(first), None],
            [first, second] if first.key != second.key => [Some(first), Some(second)],
            [first, _] => return Err(format!("{} is swept twice", first.key)),
            [] => return Err("what is to be swept? Give several values, for example beta=1,4,16".into()),
            _ => return Err("at most two things are swept at a time".into()),
        };
        let each = |axis: Option<&Axis>| -> Vec<Option<(String, String)>> {
            axis.map_or_else(|| vec![None], |a| a.values.iter().map(|v| Some((a.key.clone(), v.clone()))).collect())
        };
        let (first, second) = (each(first), each(second));
        let count = first.len() * second.len() * self.seeds as usize;
        if count > MOST {
            return Err(format!("these are {count} runs, and {MOST} are the most"));
        }
        let mut jobs = Vec::with_capacity(count);
        for seed in 0..self.seeds {
            for a in &first {
                for b in &second {
                    jobs.push(self.job(a.iter().chain(b).cloned().collect(), seed)?);
                }
            }
        }
        if let Some(job) = jobs.iter().find(|job| job.setup().is_ok_and(|setup| setup.hosted().is_some())) {
            let why = "it stands on a trained network, and a sweep begins from noise; for sparse autoencoders choose source=pixels";
            return Err(format!("run {}: {why}", job.label));
        }
        let applies = |job: &Job, key: &str| {
            let setup = job.setup();
            setup.is_ok_and(|setup| setup.card().is_ok_and(|card| card.param(key).is_none_or(|spec| setup.applies(spec))))
        };
        if let Some(axis) = self.axes.iter().find(|axis| !jobs.iter().any(|job| applies(job, &axis.key))) {
            return Err(format!("{} has no effect here: it belongs to other choices of the method", axis.key));
        }
        let distinct: BTreeSet<&str> = jobs.iter().map(|job| job.setup.as_str()).collect();
        if distinct.len() < jobs.len() {
            return Err("two of the values make the same run".into());
        }
        Ok(jobs)
    }

    fn job(&self, values: Vec<(String, String)>, seed: u32) -> Result<Job, String> {
        let swept = |key: &str| values.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str());
        let mut setup = Setup::new(swept(DATA).unwrap_or(&self.data), swept(METHOD).unwrap_or(&self.method));
        setup.card().map_err(|e| e.to_string())?;
        let own = values.iter().filter(|(key, _)| key != METHOD && key != DATA);
        for (key, text) in self.pairs.iter().chain(own) {
            if key == "seed" {
                return Err("each run is made with several seeds: say how many, not which".into());
            }
            setup.set_text(key, text).map_err(|e| e.to_string())?;
        }
        setup.set("seed", f64::from(seed)).map_err(|e| e.to_string())?;
        let words: Vec<String> = values.iter().map(|(key, value)| format!("{key} {value}")).collect();
        let job = Job {
            label: format!("{}, seed {seed}", words.join(", ")),
            values,
            seed,
            setup: setup.to_query(),
            steps: self.steps,
            stop: self.stop,
            images: self.images,
            measures: self.measures.clone(),
        };
        job.setup()?;
        Ok(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(axes: &[(&str, &str)]) -> Sweep {
        Sweep {
            data: "moons".into(),
            method: "vae".into(),
            pairs: vec![("latent".into(), "2".into())],
            axes: axes.iter().map(|(key, text)| Axis::read(key, text).unwrap()).collect(),
            seeds: 2,
            steps: 10,
            stop: Stop::default(),
            images: 0,
            measures: vec![],
        }
    }

    #[test]
    fn all_values_come_with_the_first_seed_then_with_the_next() {
        let jobs = sweep(&[("beta", "1, 4"), ("lr", "0.001,0.01")]).jobs().unwrap();
        let labels: Vec<&str> = jobs.iter().map(|job| job.label.as_str()).collect();
        assert_eq!(labels[..3], ["beta 1, lr 0.001, seed 0", "beta 1, lr 0.01, seed 0", "beta 4, lr 0.001, seed 0"]);
        assert_eq!((labels.len(), labels[4]), (8, "beta 1, lr 0.001, seed 1"));
        let last = jobs[7].setup().unwrap();
        assert_eq!([last.get("beta"), last.get("lr"), last.get("seed"), last.get("latent")], [4.0, 0.01, 1.0, 2.0]);
    }

    #[test]
    fn methods_and_data_sets_are_swept_as_well() {
        let jobs = sweep(&[("method", "vae,ae"), ("data", "moons,s-curve")]).jobs().unwrap();
        let of: Vec<(String, String)> = jobs[..4].iter().map(|j| j.setup().unwrap()).map(|s| (s.method, s.data)).collect();
        let said = |m: &str, d: &str| (m.to_owned(), d.to_owned());
        assert_eq!(of, [said("vae", "moons"), said("vae", "s-curve"), said("ae", "moons"), said("ae", "s-curve")]);
    }

    #[test]
    fn what_makes_no_sense_is_said_in_a_sentence() {
        let wrong = |change: fn(&mut Sweep)| {
            let mut sweep = sweep(&[("beta", "1,4")]);
            change(&mut sweep);
            sweep.jobs().unwrap_err()
        };
        let axes = |s: &mut Sweep, all: &[(&str, &str)]| s.axes = sweep(all).axes;
        assert!(wrong(|s| s.axes.clear()).contains("what is to be swept?"));
        assert!(wrong(|s| s.seeds = 0).contains("a seed"));
        assert!(wrong(|s| s.seeds = 300).contains("600 runs"));
        assert!(wrong(|s| s.images = 5).contains("10 at least"));
        assert!(wrong(|s| s.stop.seconds = -1.0).contains("-1 seconds"));
        assert!(wrong(|s| s.pairs.push(("seed".into(), "3".into()))).contains("how many, not which"));
        assert!(wrong(|s| s.axes[0].values[1] = "1.0".into()).contains("the same run"));
        assert!(wrong(|s| s.axes[0].values[1] = "much".into()).contains("beta"));
        assert!(wrong(|s| s.axes[0].key = "size".into()).contains("size"));
        assert!(wrong(|s| s.method = "sorcery".into()).contains("sorcery"));
        assert!(wrong(|s| s.method = "beta-vae".into()).contains("beta has no effect here"), "its objective is another");
        let mut three = sweep(&[("beta", "1,4")]);
        axes(&mut three, &[("beta", "1"), ("lr", "0.01"), ("latent", "2")]);
        assert!(three.jobs().unwrap_err().contains("at most two"));
        axes(&mut three, &[("beta", "1"), ("beta", "4")]);
        assert!(three.jobs().unwrap_err().contains("swept twice"));
        for text in ["", "1,,2", "1,1"] {
            assert!(Axis::read("beta", text).is_err(), "{text:?}");
        }
    }
}
