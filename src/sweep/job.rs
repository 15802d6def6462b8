//! One run that is to be made.

use latent_experiment::Setup;
use latent_vocabulary::measured::{Measured, Quantity};
use serde::{Deserialize, Serialize};

use crate::stop::Stop;

/// One run that is to be made, from noise, and what is to be measured then. One that stands on a trained network stands on that of the run
/// before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// What it is called among the others.
    pub label: String,
    /// Values of what is swept, by key, as people write them.
    pub values: Vec<(String, String)>,
    pub seed: u32,
    /// The experiment with its seed, as in a link.
    pub setup: String,
    pub steps: u64,
    /// What may end it before.
    #[serde(default)]
    pub stop: Stop,
    /// Test images that it is measured on, and as many training images for what is fitted; 0 where nothing is measured.
    pub images: u32,
    /// Which measures are wanted, by [`figure_id`]; all that apply where none is named.
    pub measures: Vec<String>,
}

impl Job {
    /// The experiment.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn setup(&self) -> Result<Setup, String> {
        let of = |what: String| format!("run {}: {what}", self.label);
        let (setup, notes) = Setup::from_query(&self.setup, &[]);
        if let Some(note) = notes.into_iter().next() {
            return Err(of(note));
        }
        setup.check().map_err(|e| of(e.to_string()))?;
        Ok(setup)
    }
}

/// Figures that compare a run with the same of the seed before, made right before it: a run of the first seed has none.
pub const OF_TWINS: [&str; 9] = [
    "stability_cosine",
    "stability_shared",
    "twin_found",
    "twin_found_relative",
    "twin_stitched",
    "twin_stitched_relative",
    "twin_own",
    "twin_spaces",
    "twin_spaces_chance",
];

/// The id of a measure as figures and comparisons write it.
pub fn figure_id(measure: &str) -> String {
    measure.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// What stands in `id` for the `*` at the end of a known one.
pub fn number_in<'a>(known: &str, id: &'a str) -> Option<&'a str> {
    let k = known.strip_suffix('*').and_then(|before| id.strip_prefix(before));
    k.filter(|k| k.bytes().all(|c| c.is_ascii_digit()))
}

/// The measures that are one finite number, by [`figure_id`]: those that are wanted, or all where none is named.
pub fn figures(measured: &[Measured], wanted: &[String]) -> Vec<(String, f64)> {
    let number = |m: &Measured| match m.value {
        Quantity::Count(n) => Some(n as f64),
        Quantity::Number(v) => Some(v),
        Quantity::Each(_) => None,
    };
    let all = measured.iter().filter_map(|m| Some((figure_id(&m.name), number(m)?)));
    all.filter(|(id, value)| {
        value.is_finite() && (wanted.is_empty() || wanted.iter().any(|known| known == id || number_in(known, id).is_some()))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_single_numbers_that_are_wanted() {
        let of = |name: &str, value| Measured { name: name.into(), label: String::new(), value, protocol: String::new() };
        let all = [
            of("total correlation", Quantity::Number(0.5)),
            of("codes_used", Quantity::Count(7)),
            of("kl_d", Quantity::Each(vec![1.0])),
        ];
        assert_eq!(figures(&all, &[]), [("total_correlation".into(), 0.5), ("codes_used".into(), 7.0)]);
        assert_eq!(figures(&all, &["codes_used".into(), "kl_d".into()]), [("codes_used".to_owned(), 7.0)]);
        let nll = [of("nll_k50", Quantity::Number(98.0)), of("nll_kind", Quantity::Number(1.0))];
        assert_eq!(figures(&nll, &["nll_k*".into()]), [("nll_k50".to_owned(), 98.0)], "any number of samples");
    }

    #[test]
    fn what_is_no_run_says_which() {
        let job = |setup: &str| Job {
            label: "first".into(),
            values: vec![],
            seed: 0,
            setup: setup.into(),
            steps: 1,
            stop: Stop::default(),
            images: 0,
            measures: vec![],
        };
        assert_eq!(job("data=moons&method=vae&seed=3").setup().unwrap().get("seed"), 3.0);
        for (setup, why) in [("method=sorcery", "sorcery"), ("method=vae&beta=x", "beta")] {
            let said = job(setup).setup().unwrap_err();
            assert!(said.starts_with("run first: ") && said.contains(why), "{setup}: {said}");
        }
    }
}
