//! What came out of a run.

use latent_experiment::History;
use serde::{Deserialize, Serialize};

use crate::job::Job;
use crate::statistics::mean;

/// Steps at the end of a run that its terms are averaged over: a tenth of all, at least one and at most this many.
const LAST: u64 = 100;
/// Points of a curve at most.
const POINTS: u64 = 60;

/// What is known of a run once it is made, besides its curves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Names of the terms, as in the curves.
    pub names: Vec<String>,
    /// Parameters that are trained.
    pub parameters: u64,
    /// Floating-point operations of one step.
    pub flops: u64,
    /// Steps that were made: fewer than asked for where a rule has ended the run; 0 for all.
    #[serde(default)]
    pub steps: u64,
    /// Milliseconds that a step took.
    pub ms: f64,
    /// Who executed it.
    pub engine: String,
    /// By [`figure_id`](crate::job::figure_id).
    pub measures: Vec<(String, f64)>,
}

/// What came out of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub job: Job,
    pub made: Made,
    /// Means of the terms over the last steps, see [`end`]; one for each of the names.
    pub terms: Vec<f64>,
    pub curve: Curve,
}

impl Row {
    /// Of a run that has been made.
    pub fn of(job: &Job, made: Made, history: &History) -> Self {
        let steps = if made.steps == 0 { job.steps } else { made.steps };
        Self { terms: end(history, steps), curve: Curve::of(history, steps), job: job.clone(), made }
    }
}

/// A curve in few points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub points: Vec<Point>,
}

/// Means of the terms over a stretch of steps, which all runs of as many steps have alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Last step of the stretch.
    pub step: u64,
    pub terms: Vec<f32>,
}

/// Adds means over `count` steps to a sum.
fn add(sums: &mut Vec<f64>, terms: &[f32], count: u32) {
    sums.resize(terms.len(), 0.0);
    sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += f64::from(*term) * f64::from(count));
}

/// Means of the terms over the last tenth of a run's steps, of 100 steps at most.
pub fn end(history: &History, steps: u64) -> Vec<f64> {
    let from = steps - (steps / 10).clamp(1, LAST).min(steps);
    let (mut sums, mut count) = (vec![], 0);
    for bucket in history.train.iter().filter(|bucket| bucket.step > from) {
        add(&mut sums, &bucket.terms, bucket.count);
        count += bucket.count;
    }
    sums.into_iter().map(|sum| sum / f64::from(count)).collect()
}

impl Curve {
    /// Of a run of so many steps.
    pub fn of(history: &History, steps: u64) -> Self {
        let stretches = POINTS.min(steps).max(1);
        let mut points = vec![];
        let (mut sums, mut count) = (vec![], 0);
        for (i, bucket) in history.train.iter().enumerate() {
            add(&mut sums, &bucket.terms, bucket.count);
            count += bucket.count;
            let stretch = |step: u64| (step.max(1) - 1) * stretches / steps.max(1);
            let goes_on = history.train.get(i + 1).is_some_and(|next| stretch(next.step) == stretch(bucket.step));
            if !goes_on {
                points
                    .push(Point { step: bucket.step, terms: sums.drain(..).map(|sum| (sum / f64::from(count)) as f32).collect() });
                count = 0;
            }
        }
        Self { points }
    }
}

/// Steps, each with mean, least and most over several runs.
pub type Band = Vec<(u64, [f64; 3])>;

/// The band of a term over several runs, as far as all of them have come.
pub fn band(curves: &[(&Curve, usize)]) -> Band {
    let length = curves.iter().map(|(curve, _)| curve.points.len()).min().unwrap_or(0);
    let at = |i: usize| -> Option<(u64, [f64; 3])> {
        let values: Option<Vec<f64>> =
            curves.iter().map(|(curve, term)| curve.points[i].terms.get(*term).map(|v| f64::from(*v))).collect();
        let values = values?;
        let (least, most) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        Some((curves.first()?.0.points[i].step, [mean(&values), least, most]))
    };
    (0..length).filter_map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_experiment::MetricRow;

    fn run(steps: u64, term: impl Fn(u64) -> f32) -> History {
        let mut history = History::default();
        for step in 1..=steps {
            history.push(&MetricRow { step, terms: vec![term(step), 2.0], kl_d: vec![] });
        }
        history
    }

    #[test]
    fn the_end_is_the_mean_of_the_last_tenth() {
        // Of 50 steps the last 5: (46 + … + 50) / 5.
        assert_eq!(end(&run(50, |step| step as f32), 50), [48.0, 2.0]);
        // Never more than 100: (901 + … + 1000) / 100, and 4,901 to 5,000 though buckets hold four steps each by then.
        assert_eq!(end(&run(2000, |step| step as f32), 2000)[0], 1950.5);
        assert_eq!(end(&run(5000, |step| step as f32), 5000)[0], 4950.5);
        assert_eq!(end(&run(3, |step| step as f32), 3), [3.0, 2.0]);
    }

    #[test]
    fn a_curve_has_few_points_at_the_same_steps_in_all_runs() {
        let [a, b] = [1.0, 3.0].map(|k| Curve::of(&run(1200, |step| k * step as f32), 1200));
        assert_eq!((a.points.len(), a.points[0].step, a.points[59].step), (60, 20, 1200));
        assert_eq!(a.points[0].terms, [10.5, 2.0], "the mean of 1 to 20");
        let band = band(&[(&a, 0), (&b, 0)]);
        assert_eq!(band[0], (20, [21.0, 10.5, 31.5]));
        assert_eq!(Curve::of(&run(7, |step| step as f32), 7).points.len(), 7);
        assert!(super::band(&[(&a, 5)]).is_empty(), "there is no sixth term");
    }
}
