//! When what a page asks for is done: a closed list of conditions over what the page has seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the page has seen so far. Counts only grow; two moments are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Training steps that were taken, of all runs together.
    pub steps: u64,
    /// The open tab.
    pub tab: String,
    /// How often each part of the page was pressed or moved, by its name.
    pub touched: BTreeMap<String, u32>,
    /// The controls.
    pub params: BTreeMap<String, f64>,
    /// How often measures were taken.
    pub measured: u32,
    /// Findings whose outcome was opened.
    pub verdicts: Vec<String>,
    /// Numbers of the run on show: its terms, and `awake`, the latents in use.
    pub figures: BTreeMap<String, f64>,
}

/// What has to be so. Nothing of it is so while nobody has done anything: see [`Done::is`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Done {
    /// So many training steps were taken.
    Steps(u64),
    /// A part of the page was pressed or moved.
    Touched(Touched),
    /// A control was moved into a range.
    Moved(Moved),
    /// That tab was opened.
    Tab(String),
    /// The measures of the model were taken.
    Measured,
    /// What came out of that finding was opened.
    Verdict(String),
    /// A number of the run was trained into a range.
    Reached(Reached),
    /// All of these.
    All(Vec<Self>),
}

/// `times` presses, of as many `different` parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touched {
    /// The name of the part; one that ends with `-` stands for all whose names begin so.
    pub part: String,
    #[serde(default = "one")]
    pub times: u32,
    #[serde(default = "one")]
    pub different: u32,
}

/// A control in a range, which it was not in before or has been moved within.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    pub key: String,
    pub from: f64,
    pub to: f64,
}

/// A number in a range after at least one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    pub figure: String,
    pub from: f64,
    pub to: f64,
}

/// Whether a part is meant by that name.
fn is_of(name: &str, part: &str) -> bool {
    name == part || (part.ends_with('-') && name.starts_with(part))
}

fn one() -> u32 {
    1
}

impl Done {
    /// Whether it is done, by what was seen when the page came and what is seen `now`. Of two equal moments it never is.
    pub fn is(&self, came: &Seen, now: &Seen) -> bool {
        let steps = now.steps.saturating_sub(came.steps);
        match self {
            Self::Steps(wanted) => steps >= *wanted,
            Self::Touched(Touched { part, times, different }) => {
                let since = |(name, count): (&String, &u32)| {
                    is_of(name, part).then(|| count - came.touched.get(name).copied().unwrap_or(0).min(*count))
                };
                let counts: Vec<u32> = now.touched.iter().filter_map(since).filter(|count| *count > 0).collect();
                counts.iter().sum::<u32>() >= *times && counts.len() >= *different as usize
            }
            Self::Moved(Moved { key, from, to }) => {
                let value = now.params.get(key);
                value != came.params.get(key) && value.is_some_and(|v| (*from..=*to).contains(v))
            }
            Self::Tab(tab) => now.tab == *tab && came.tab != *tab,
            Self::Measured => now.measured > came.measured,
            Self::Verdict(finding) => now.verdicts.contains(finding) && !came.verdicts.contains(finding),
            Self::Reached(Reached { figure, from, to }) => {
                steps > 0 && now.figures.get(figure).is_some_and(|v| (*from..=*to).contains(v))
            }
            Self::All(all) => all.iter().all(|done| done.is(came, now)),
        }
    }

    /// Whether it asks for something that can be done.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let range = |from: f64, to: f64| from <= to;
        let good = match self {
            Self::Steps(steps) => *steps > 0,
            Self::Touched(Touched { part, times, different }) => !part.is_empty() && *different > 0 && times >= different,
            Self::Moved(Moved { key, from, to }) => !key.is_empty() && range(*from, *to),
            Self::Reached(Reached { figure, from, to }) => !figure.is_empty() && range(*from, *to),
            Self::Tab(name) | Self::Verdict(name) => !name.is_empty(),
            Self::Measured => true,
            Self::All(all) => return if all.is_empty() { Err(format!("{self:?}")) } else { all.iter().try_for_each(Self::check) },
        };
        if good { Ok(()) } else { Err(format!("{self:?} asks for nothing, or for what cannot be")) }
    }

    /// All that it is made of.
    pub fn each(&self) -> Vec<&Self> {
        match self {
            Self::All(all) => all.iter().flat_map(Self::each).collect(),
            one => vec![one],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Seen {
        Seen {
            steps: 40,
            tab: "learn".into(),
            touched: [("latent-0".into(), 2), ("train".into(), 1)].into(),
            params: [("beta".into(), 4.0)].into(),
            measured: 1,
            verdicts: vec!["a-claim".into()],
            figures: [("kl".into(), 12.0)].into(),
        }
    }

    fn touched(part: &str, times: u32, different: u32) -> Done {
        Done::Touched(Touched { part: part.into(), times, different })
    }

    type Deed = fn(&mut Seen);

    /// Every kind, each with what makes it so.
    fn deeds() -> Vec<(Done, Deed)> {
        vec![
            (Done::Steps(10), |s| s.steps += 10),
            (touched("latent-", 2, 2), |s| {
                s.touched.extend([("latent-0".into(), 3), ("latent-7".into(), 1)]);
            }),
            (touched("train", 1, 1), |s| *s.touched.get_mut("train").unwrap() += 1),
            (Done::Moved(Moved { key: "beta".into(), from: 2.0, to: 9.0 }), |s| {
                s.params.insert("beta".into(), 8.0);
            }),
            (Done::Tab("explore".into()), |s| s.tab = "explore".into()),
            (Done::Measured, |s| s.measured += 1),
            (Done::Verdict("another".into()), |s| s.verdicts.push("another".into())),
            (Done::Reached(Reached { figure: "kl".into(), from: 10.0, to: 20.0 }), |s| s.steps += 1),
            (Done::All(vec![Done::Steps(1), Done::Measured]), |s| (s.steps, s.measured) = (s.steps + 1, s.measured + 1)),
        ]
    }

    #[test]
    fn nothing_is_done_before_the_deed_and_all_is_after_it() {
        for (done, deed) in deeds() {
            assert_eq!(done.check(), Ok(()));
            let (came, mut now) = (seen(), seen());
            assert!(!done.is(&came, &now), "{done:?} before");
            deed(&mut now);
            assert!(done.is(&came, &now), "{done:?} after");
            // What was done on an earlier page counts for nothing on the next.
            assert!(!done.is(&now, &now), "{done:?} on the next page");
        }
    }

    #[test]
    fn half_a_deed_is_none() {
        let came = seen();
        let not = |done: Done, deed: fn(&mut Seen)| {
            let mut now = seen();
            deed(&mut now);
            assert!(!done.is(&came, &now), "{done:?}");
        };
        not(Done::Steps(10), |s| s.steps += 9);
        not(touched("train", 1, 1), |s| {
            s.touched.insert("train-new".into(), 1);
        });
        not(touched("latent-", 2, 2), |s| *s.touched.get_mut("latent-0").unwrap() += 2);
        not(Done::Moved(Moved { key: "beta".into(), from: 2.0, to: 9.0 }), |s| {
            s.params.insert("beta".into(), 1.0);
        });
        not(Done::Reached(Reached { figure: "kl".into(), from: 13.0, to: 20.0 }), |s| s.steps += 1);
        not(Done::All(vec![Done::Steps(1), Done::Measured]), |s| s.steps += 1);
    }

    #[test]
    fn what_nobody_can_do_is_refused() {
        for done in [
            Done::Steps(0),
            touched("", 1, 1),
            touched("latent-", 1, 2),
            Done::Moved(Moved { key: "beta".into(), from: 2.0, to: 1.0 }),
            Done::Tab(String::new()),
            Done::All(vec![]),
        ] {
            assert!(done.check().is_err(), "{done:?}");
        }
    }
}
