//! Earlier runs of this visit, to compare the present one with.

use crate::words;
use latent_experiment::Setup;
use latent_experiment::history::Bucket;

/// Runs remembered.
const MOST: usize = 3;
/// Differences that are named.
const NAMED: usize = 3;

/// The curves of a run that has given way to another.
pub struct Past {
    setup: Setup,
    names: Vec<String>,
    train: Vec<Bucket>,
}

impl Past {
    /// Of a run of `setup`, whose numbers have these names; `None` of one that has hardly begun.
    pub fn of(setup: Setup, names: Vec<String>, train: Vec<Bucket>) -> Option<Self> {
        (train.len() >= 2).then_some(Self { setup, names, train })
    }

    /// Goes before the others, of which the oldest is forgotten.
    pub fn enter(self, all: &mut Vec<Self>) {
        all.insert(0, self);
        all.truncate(MOST);
    }

    /// The curve to compare with number `of` (a name) of a run of `setup`: the same number, or where another method minimises
    /// another objective, how well it reconstructs. `None` if the two have nothing in common.
    pub fn curve(&self, setup: &Setup, of: &str) -> Option<Vec<(f64, f64)>> {
        let of = if of == "loss" && self.setup.method != setup.method { "reconstruction" } else { of };
        let at = self.names.iter().position(|name| name == of).filter(|_| self.setup.data == setup.data)?;
        Some(self.train.iter().filter_map(|b| Some((b.step as f64, f64::from(*b.terms.get(at)?)))).collect())
    }

    /// What was other than in `setup`.
    pub fn words(&self, setup: &Setup) -> String {
        let Ok(card) = self.setup.card() else { return String::new() };
        let method = (self.setup.method != setup.method).then(|| card.label.to_owned());
        let other = |p: &&latent_vocabulary::ParamSpec| {
            let now = setup.card().is_ok_and(|card| card.param(p.key).is_some()).then(|| setup.get(p.key));
            self.setup.applies(p) && now.map_or(p.default, |v| v) != self.setup.get(p.key)
        };
        let params = card.all_params().filter(other).map(|p| format!("{} {}", p.label, p.format(self.setup.get(p.key))));
        let words: Vec<String> = method.into_iter().chain(params).take(NAMED).collect();
        if words.is_empty() { words::THE_SAME.into() } else { words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(query: &str, names: &[&str]) -> Past {
        let train = vec![Bucket { step: 3, count: 1, terms: (0..names.len()).map(|i| i as f32).collect() }];
        Past { setup: Setup::from_query(query, &[]).0, names: names.iter().map(|n| (*n).into()).collect(), train }
    }

    #[test]
    fn what_was_other_is_named_and_like_is_compared_with_like() {
        let now = Setup::new("mnist", "vae");
        let vae = past("data=mnist&method=vae&beta=4", &["loss", "reconstruction", "kl"]);
        assert_eq!(vae.words(&now), "β 4");
        assert_eq!(vae.curve(&now, "loss"), Some(vec![(3.0, 0.0)]));
        assert_eq!(vae.curve(&now, "kl"), Some(vec![(3.0, 2.0)]));
        assert_eq!(vae.curve(&now, "mmd"), None);
        let wae = past("data=mnist&method=wae-mmd", &["loss", "reconstruction", "mmd"]);
        assert!(wae.words(&now).starts_with("WAE-MMD"), "{}", wae.words(&now));
        assert_eq!(wae.curve(&now, "loss"), Some(vec![(3.0, 1.0)]), "objectives differ");
        assert_eq!(past("data=faces&method=vae", &["loss"]).curve(&now, "loss"), None, "other images");
        assert_eq!(past("data=mnist&method=vae", &["loss"]).words(&now), words::THE_SAME);
    }
}
