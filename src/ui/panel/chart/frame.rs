//! From steps and values to the canvas.

use latent_experiment::history::{Bucket, History};

pub const LEFT: f64 = 44.0;
pub const RIGHT: f64 = 10.0;
pub const TOP: f64 = 10.0;
pub const BOTTOM: f64 = 24.0;
/// The lowest value on a logarithmic scale: a KL may start at nothing.
const FLOOR: f64 = 0.5;
/// And how far below the highest it lies at most.
const DEPTH: f64 = 1e3;

/// Where a chart's numbers lie.
pub struct Frame {
    pub width: f64,
    pub height: f64,
    pub last: f64,
    low: f64,
    high: f64,
    pub log: bool,
}

impl Frame {
    /// For those of a run's numbers that are `shown`, and for the numbers `beside` them. A logarithmic scale has no place for an
    /// objective below zero, as the density of continuous pixels gives: there it is linear, whatever was asked for.
    pub fn new(history: &History, shown: &[usize], beside: &[(f64, f64)], (width, height): (f64, f64), log: bool) -> Self {
        let last = history.train.last().map_or(1, |b| b.step).max(1) as f64;
        let both = || history.train.iter().chain(&history.test);
        let first = || both().filter_map(|b| b.terms.get(*shown.first()?));
        let log = log && first().all(|v| !(*v < 0.0));
        // On a linear scale the fall from noise would flatten all that follows.
        let from = if log { 0.0 } else { 0.04 * last };
        let of = |b: &Bucket| shown.iter().filter_map(|i| b.terms.get(*i).map(|v| f64::from(*v))).collect::<Vec<_>>();
        let values = both().filter(|b| b.step as f64 >= from).flat_map(of);
        let beside = beside.iter().filter(|(step, _)| *step >= from && *step <= last).map(|(_, v)| *v);
        let all = values.chain(beside).filter(|v| v.is_finite());
        let (least, most) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let (low, high) = match (least <= most, log) {
            (false, _) => (0.0, 1.0),
            (true, true) => {
                let high = most.max(1e-6) * 1.04;
                (least.min(high / 4.0).max(FLOOR.min(high / DEPTH)), high)
            }
            // From zero, unless what is shown lies far below it.
            (true, false) if most < 0.0 => (least - 0.04 * (most - least), most + 0.04 * (most - least)),
            (true, false) => (least.min(0.0) * 1.04, most * 1.04),
        };
        Self { width, height, last, low, high: if high > low { high } else { low + 1.0 }, log }
    }

    pub fn x(&self, step: f64) -> f64 {
        LEFT + (self.width - LEFT - RIGHT) * step / self.last
    }

    pub fn step(&self, x: f64) -> f64 {
        (x - LEFT) / (self.width - LEFT - RIGHT) * self.last
    }

    pub fn y(&self, value: f64) -> f64 {
        let part = if self.log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.height - BOTTOM - (self.height - TOP - BOTTOM) * part.clamp(0.0, 1.02)
    }

    pub fn y_ticks(&self) -> Vec<f64> {
        if !self.log {
            return ticks(self.low, self.high, 5);
        }
        let decades = -6..=6;
        let all = decades.flat_map(|d| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(d)));
        all.filter(|v| *v >= self.low && *v <= self.high).collect()
    }
}

/// About `n` round numbers from `low` to `high`.
pub fn ticks(low: f64, high: f64, n: usize) -> Vec<f64> {
    let rough = ((high - low) / n as f64).max(1e-9);
    let digit = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * digit).into_iter().find(|s| *s >= rough).unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    (first..).map(|i| i as f64 * step).take_while(|v| *v <= high).collect()
}

/// A number in a few letters.
pub fn short(v: f64) -> String {
    let size = v.abs();
    let text = if size >= 1e6 {
        format!("{}M", (v / 1e5).round() / 10.0)
    } else if size >= 1e4 {
        format!("{}k", (v / 100.0).round() / 10.0)
    } else {
        // Multiples of 0.2 are not exact.
        format!("{}", (v * 1e6).round() / 1e6)
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_experiment::history::MetricRow;

    fn run(value: impl Fn(f32) -> f32) -> History {
        let mut history = History::default();
        for step in 1..=100 {
            history.push(&MetricRow { step, terms: vec![value(step as f32), 20.0], kl_d: vec![] });
        }
        history
    }

    const SIZE: (f64, f64) = (600.0, 300.0);

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(0.0, 100.0, 5), vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(0.0, 7.0, 5), vec![0.0, 2.0, 4.0, 6.0]);
        assert_eq!(ticks(-7.0, 3.0, 5), vec![-6.0, -4.0, -2.0, 0.0, 2.0]);
        assert!(ticks(0.0, 1.0, 3).len() <= 4);
        assert_eq!([short(-14_808.0), short(0.6000000000000001), short(2.5e6)], ["−14.8k", "0.6", "2.5M"]);
    }

    #[test]
    fn the_frame_maps_steps_both_ways() {
        let history = run(|step| 500.0 / step);
        for log in [true, false] {
            let frame = Frame::new(&history, &[0], &[], SIZE, log);
            assert_eq!(frame.log, log);
            assert!((frame.step(frame.x(37.0)) - 37.0).abs() < 1e-9);
            assert!(frame.y(5.0) > frame.y(50.0), "higher values lie higher");
            assert!(frame.y(0.0) <= 300.0 - BOTTOM + 1e-9, "nothing falls out of the frame");
        }
    }

    #[test]
    fn an_objective_below_zero_is_seen() {
        let history = run(|step| 1000.0 - 100.0 * step);
        for shown in [&[0, 1][..], &[0]] {
            let frame = Frame::new(&history, shown, &[], SIZE, true);
            assert!(!frame.log, "no logarithm of a density");
            let (early, late) = (frame.y(-1000.0), frame.y(-9000.0));
            assert!(late > early + 100.0 && late <= 300.0 - BOTTOM, "{early} {late}");
            assert!(frame.y_ticks().len() > 2);
        }
        // Alone, a number between 0 and 1 has the whole height.
        let share = run(|step| 1.0 / step);
        let frame = Frame::new(&share, &[0], &[], SIZE, false);
        assert!(frame.y(0.01) - frame.y(0.2) > 150.0);
    }

    #[test]
    fn what_is_compared_fits_as_well() {
        let history = run(|_| 10.0);
        let frame = Frame::new(&history, &[0], &[(50.0, 80.0), (500.0, 9000.0)], SIZE, false);
        assert!(frame.y(80.0) > TOP, "80 lies within");
        assert!(frame.y(80.0) < frame.y(70.0), "and what comes after the last step does not count");
        assert!(frame.y_ticks().iter().all(|t| *t < 100.0));
    }
}
