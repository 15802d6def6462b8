//! Often asked for, seldom done.

/// Decides when something is done that may be asked for at any time: at most once in a while, and once more after the last time
/// it was asked for. The clock is the caller's.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// Milliseconds between two times.
    every: f64,
    last: f64,
    /// It was asked for and has not been done.
    due: bool,
}

/// What follows from being asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// Do it.
    Now,
    /// Come back after so many milliseconds with [`Throttle::done`].
    In(f64),
    /// Somebody is about to come back.
    Waits,
}

impl Throttle {
    pub const fn new(every: f64) -> Self {
        Self { every, last: f64::NEG_INFINITY, due: false }
    }

    /// It is asked for at `now`, in milliseconds.
    pub fn ask(&mut self, now: f64) -> Turn {
        if self.due {
            return Turn::Waits;
        }
        let left = self.last + self.every - now;
        if left > 0.0 {
            self.due = true;
            return Turn::In(left);
        }
        self.last = now;
        Turn::Now
    }

    /// Whether it is to be done at once, because the wait is over or nobody will be there later.
    pub fn done(&mut self, now: f64) -> bool {
        let due = std::mem::take(&mut self.due);
        if due {
            self.last = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks at each of `times`, in milliseconds, and comes back as promised. Returns when it was done, and what was the latest
    /// question then.
    fn run(every: f64, times: &[f64]) -> Vec<(f64, f64)> {
        let (mut throttle, mut back, mut done) = (Throttle::new(every), None, vec![]);
        let mut asked = f64::NAN;
        for now in times.iter().copied().chain([f64::INFINITY]) {
            if let Some(at) = back.filter(|at| *at <= now) {
                assert!(throttle.done(at));
                done.push((at, asked));
                back = None;
            }
            if now.is_infinite() {
                break;
            }
            asked = now;
            match throttle.ask(now) {
                Turn::Now => done.push((now, asked)),
                Turn::In(left) => assert_eq!(back.replace(now + left), None, "one is enough to come back"),
                Turn::Waits => assert!(back.is_some(), "nobody comes back"),
            }
        }
        done
    }

    #[test]
    fn a_long_drag_is_written_seldom_and_its_end_always() {
        // Ten seconds of a slider, 120 events each.
        let drag: Vec<f64> = (0..1200).map(|i| f64::from(i) * 1000.0 / 120.0).collect();
        let done = run(400.0, &drag);
        assert!(done.len() <= 27, "{} times", done.len());
        assert_eq!(done[0], (0.0, 0.0), "the first change at once");
        assert!(done.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 400.0 - 1e-6), "{done:?}");
        assert_eq!(done.last().map(|d| d.1), drag.last().copied(), "the last change is not lost");
    }

    #[test]
    fn changes_far_apart_are_written_at_once() {
        assert_eq!(run(400.0, &[0.0, 500.0, 2000.0]), [(0.0, 0.0), (500.0, 500.0), (2000.0, 2000.0)]);
    }

    #[test]
    fn a_page_that_is_left_writes_what_waits_and_nothing_else() {
        let mut throttle = Throttle::new(400.0);
        assert!(!throttle.done(0.0), "nothing was asked for");
        assert_eq!([throttle.ask(0.0), throttle.ask(1.0), throttle.ask(2.0)], [Turn::Now, Turn::In(399.0), Turn::Waits]);
        assert!(throttle.done(3.0) && !throttle.done(400.0), "once");
        assert_eq!(throttle.ask(404.0), Turn::Now);
    }
}
