//! When a run ends before its last step.

use latent_experiment::History;
use serde::{Deserialize, Serialize};

/// Rules by which a run ends before its last step; 0 is no rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// The run ends once the mean of its objective over so many steps is not below that over as many steps before.
    pub flat: u64,
    /// Seconds of training that a run may take. Where it ends then depends on the machine.
    pub seconds: f64,
}

impl Stop {
    /// # Errors
    /// If a rule makes no sense.
    pub fn check(self) -> Result<(), String> {
        if !self.seconds.is_finite() || self.seconds < 0.0 {
            return Err(format!("{} seconds: expected a number above 0", self.seconds));
        }
        Ok(())
    }

    /// The step up to which a run at `step` goes on before the rules are asked again. The rule of the objective is asked at multiples of
    /// its length alone, so that a run ends at the same step wherever it is made.
    pub fn next(self, step: u64, steps: u64) -> u64 {
        match self.flat {
            0 => steps,
            flat => ((step / flat + 1) * flat).min(steps),
        }
    }

    /// Whether a run that is at `step` of `steps` after that many seconds of training is over.
    pub fn ends(self, history: &History, step: u64, steps: u64, seconds: f64) -> bool {
        step >= steps || self.late(seconds) || self.is_flat(history, step)
    }

    /// Whether the time is up.
    pub fn late(self, seconds: f64) -> bool {
        self.seconds > 0.0 && seconds >= self.seconds
    }

    fn is_flat(self, history: &History, step: u64) -> bool {
        let flat = self.flat;
        if flat == 0 || step < 2 * flat || !step.is_multiple_of(flat) {
            return false;
        }
        let mean = |from: u64, to: u64| -> f64 {
            let of = history.train.iter().filter(|bucket| bucket.step > from && bucket.step <= to);
            let (sum, count) = of.fold((0.0, 0.0), |(sum, count), bucket| {
                let n = f64::from(bucket.count);
                (sum + n * f64::from(bucket.terms.first().copied().unwrap_or(0.0)), count + n)
            });
            sum / count
        };
        mean(step - flat, step) >= mean(step - 2 * flat, step - flat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_experiment::MetricRow;

    fn run(steps: u64, term: impl Fn(u64) -> f32) -> History {
        let mut history = History::default();
        for step in 1..=steps {
            history.push(&MetricRow { step, terms: vec![term(step)], kl_d: vec![] });
        }
        history
    }

    /// Where a run of such an objective ends.
    fn end(stop: Stop, steps: u64, term: impl Fn(u64) -> f32 + Copy) -> u64 {
        let mut step = 0;
        while !stop.ends(&run(step, term), step, steps, 0.0) {
            step = stop.next(step, steps);
        }
        step
    }

    #[test]
    fn a_run_ends_where_its_objective_is_flat() {
        let stop = Stop { flat: 50, ..Stop::default() };
        // Falls for 210 steps: the stretch 251 to 300 is still below that before it, the next is not.
        assert_eq!(end(stop, 1000, |step| 210u64.saturating_sub(step) as f32), 350);
        assert_eq!(end(stop, 1000, |step| -(step as f32)), 1000, "one that falls goes on");
        assert_eq!(end(Stop::default(), 1000, |_| 1.0), 1000, "without a rule too");
        assert_eq!(end(stop, 70, |_| 1.0), 70);
        // Where steps are kept in stretches, too.
        assert_eq!(end(Stop { flat: 1024, seconds: 0.0 }, 20_000, |step| 9000u64.saturating_sub(step) as f32), 11_264);
    }

    #[test]
    fn a_run_ends_when_its_time_is_up() {
        let stop = Stop { flat: 0, seconds: 2.0 };
        assert!(!stop.ends(&run(3, |_| 1.0), 3, 10, 1.9) && stop.ends(&run(3, |_| 1.0), 3, 10, 2.0));
        assert_eq!(stop.next(3, 10), 10);
        assert!(Stop { flat: 0, seconds: f64::NAN }.check().is_err() && stop.check().is_ok());
    }
}
