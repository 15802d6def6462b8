//! What somebody expects of a run, and how far off it was.

use serde::{Deserialize, Serialize};

/// A question before a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// What is asked.
    pub ask: String,
    /// How many steps the run takes then.
    pub steps: u64,
    /// The number that is asked for: a term of the run, or `awake`.
    pub figure: String,
    pub by: By,
}

/// How one answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum By {
    /// One of a few sentences, in rising order of the number.
    Choice(Vec<Answer>),
    /// A place on an axis, on which the number lies in the end.
    Place(Axis),
    /// The curve of the number over the steps, on such an axis.
    Curve(Axis),
}

/// It is the right one where the number is below `below` and no earlier one is right; the last has no bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub say: String,
    #[serde(default)]
    pub below: Option<f64>,
}

/// What a guess is drawn on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    pub label: String,
    pub from: f64,
    pub to: f64,
}

/// What came of the run of a page at a fixed seed: for the teacher's sheet, and for a page that runs no engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    pub steps: u64,
    pub figure: String,
    /// The figure over the steps.
    pub curve: Vec<(f64, f64)>,
    /// There is a picture of what the model draws.
    pub pictured: bool,
}

impl Recorded {
    /// What the files of page `page`, from 0, of a lesson are called, without their ends.
    pub fn name(lesson: &str, page: usize) -> String {
        format!("{lesson}-{}", page + 1)
    }
}

/// Heights of a guessed curve, from the first step to the last: in equal parts of the run.
pub const KNOTS: usize = 9;

/// What somebody expects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guess {
    Choice(usize),
    Place(f64),
    Curve(Vec<f64>),
}

/// How a guess came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// Which choice was right, and the number.
    Right {
        truth: usize,
        value: f64,
    },
    Wrong {
        truth: usize,
        value: f64,
    },
    /// Within a tenth of the axis.
    Near {
        guess: f64,
        truth: f64,
    },
    TooHigh {
        guess: f64,
        truth: f64,
    },
    TooLow {
        guess: f64,
        truth: f64,
    },
}

impl Predict {
    /// Which of the choices a number makes right.
    pub fn right(&self, value: f64) -> Option<usize> {
        let By::Choice(options) = &self.by else { return None };
        options.iter().position(|option| option.below.is_none_or(|below| value < below))
    }

    /// Holds a guess against the curve of the run, as steps and values; `None` where the curve is empty or they are of two kinds.
    pub fn outcome(&self, guess: &Guess, curve: &[(f64, f64)]) -> Option<Outcome> {
        let value = last(curve)?;
        match (&self.by, guess) {
            (By::Choice(_), Guess::Choice(at)) => {
                let truth = self.right(value)?;
                Some(if truth == *at { Outcome::Right { truth, value } } else { Outcome::Wrong { truth, value } })
            }
            (By::Place(axis), Guess::Place(guess)) => Some(apart(axis, *guess, value)),
            (By::Curve(axis), Guess::Curve(knots)) => {
                // The mean of both over the run, after its first eighth, in which most curves fall from anywhere.
                let part = |step: f64| step / self.steps as f64 * (KNOTS - 1) as f64;
                let pairs: Vec<(f64, f64)> = curve
                    .iter()
                    .filter(|(step, _)| part(*step) >= 1.0)
                    .map(|(step, value)| (at(knots, part(*step)), value.clamp(axis.from, axis.to)))
                    .collect();
                let n = pairs.len().max(1) as f64;
                let mean = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n;
                Some(apart(axis, mean(|p| p.0), mean(|p| p.1)))
            }
            _ => None,
        }
    }

    /// Whether it can be asked.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self) -> Result<(), String> {
        if self.ask.is_empty() || self.steps == 0 || self.figure.is_empty() {
            return Err("a prediction needs a question, steps and a figure".into());
        }
        match &self.by {
            By::Choice(options) => {
                let bounds: Vec<f64> = options.iter().filter_map(|option| option.below).collect();
                let rising = bounds.windows(2).all(|pair| pair[0] < pair[1]);
                let open = options.last().is_some_and(|last| last.below.is_none());
                let good = options.len() >= 2 && bounds.len() + 1 == options.len() && rising && open;
                if good { Ok(()) } else { Err("choices rise, and the last one has no bound".into()) }
            }
            By::Place(axis) | By::Curve(axis) if axis.from < axis.to && !axis.label.is_empty() => Ok(()),
            _ => Err("an axis has a label and rises".into()),
        }
    }
}

fn apart(axis: &Axis, guess: f64, truth: f64) -> Outcome {
    if (guess - truth).abs() <= 0.1 * (axis.to - axis.from) {
        Outcome::Near { guess, truth }
    } else if guess > truth {
        Outcome::TooHigh { guess, truth }
    } else {
        Outcome::TooLow { guess, truth }
    }
}

/// Height of a guessed curve at a place between its knots.
fn at(knots: &[f64], place: f64) -> f64 {
    let last = knots.len().saturating_sub(1);
    let left = (place.max(0.0) as usize).min(last);
    let right = (left + 1).min(last);
    let part = (place - left as f64).clamp(0.0, 1.0);
    knots.get(left).zip(knots.get(right)).map_or(0.0, |(a, b)| a + part * (b - a))
}

/// The number that a curve comes to: the mean of its last tenth.
pub fn last(curve: &[(f64, f64)]) -> Option<f64> {
    let (end, _) = *curve.last()?;
    let tail: Vec<f64> = curve.iter().filter(|(step, _)| *step >= 0.9 * end).map(|(_, value)| *value).collect();
    Some(tail.iter().sum::<f64>() / tail.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis() -> Axis {
        Axis { label: "nats".into(), from: 0.0, to: 100.0 }
    }

    fn predict(by: By) -> Predict {
        Predict { ask: "How many?".into(), steps: 80, figure: "kl".into(), by }
    }

    fn falls() -> Vec<(f64, f64)> {
        (1..=80).map(|step| (f64::from(step), 100.0 - f64::from(step))).collect()
    }

    #[test]
    fn the_end_of_a_curve_is_the_mean_of_its_last_tenth() {
        assert_eq!(last(&[]), None);
        // Steps 72 to 80.
        assert_eq!(last(&falls()), Some(24.0));
    }

    #[test]
    fn one_choice_is_right_for_every_number() {
        let option = |say: &str, below| Answer { say: say.into(), below };
        let asked = predict(By::Choice(vec![option("few", Some(5.0)), option("some", Some(20.0)), option("many", None)]));
        assert_eq!(asked.check(), Ok(()));
        assert_eq!([-1.0, 5.0, 19.9, 1e9].map(|v| asked.right(v)), [Some(0), Some(1), Some(1), Some(2)]);
        assert_eq!(asked.outcome(&Guess::Choice(2), &falls()), Some(Outcome::Right { truth: 2, value: 24.0 }));
        assert_eq!(asked.outcome(&Guess::Choice(0), &falls()), Some(Outcome::Wrong { truth: 2, value: 24.0 }));
        assert_eq!(asked.outcome(&Guess::Place(3.0), &falls()), None);
        for options in [vec![option("alone", None)], vec![option("few", Some(5.0)), option("bound", Some(6.0))]] {
            assert!(predict(By::Choice(options)).check().is_err());
        }
    }

    #[test]
    fn a_place_is_near_within_a_tenth_of_its_axis() {
        let asked = predict(By::Place(axis()));
        let of = |guess| asked.outcome(&Guess::Place(guess), &falls()).unwrap();
        assert_eq!(of(33.0), Outcome::Near { guess: 33.0, truth: 24.0 });
        assert_eq!(of(35.0), Outcome::TooHigh { guess: 35.0, truth: 24.0 });
        assert_eq!(of(13.0), Outcome::TooLow { guess: 13.0, truth: 24.0 });
    }

    #[test]
    fn a_curve_is_held_against_the_run_where_both_are() {
        let asked = predict(By::Curve(axis()));
        let knots =
            |from: f64, to: f64| Guess::Curve((0..KNOTS).map(|i| from + (to - from) * i as f64 / (KNOTS - 1) as f64).collect());
        assert!(
            matches!(asked.outcome(&knots(100.0, 20.0), &falls()), Some(Outcome::Near { guess, truth }) if (guess - truth).abs() < 1e-9)
        );
        assert!(matches!(asked.outcome(&knots(100.0, 80.0), &falls()), Some(Outcome::TooHigh { .. })));
        assert!(matches!(asked.outcome(&knots(0.0, 0.0), &falls()), Some(Outcome::TooLow { .. })));
    }
}
