//! The curves of a run in bounded memory.

use serde::{Deserialize, Serialize};

/// One training step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    /// Steps completed.
    pub step: u64,
    /// One value for each of the terms of the objective, in nats an image.
    pub terms: Vec<f32>,
    /// KL of each latent in nats, mean over the batch; empty for methods without one.
    pub kl_d: Vec<f32>,
}

impl MetricRow {
    /// The row itself, if the terms called `names` are numbers.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn finite(self, names: &[String]) -> Result<Self, String> {
        match self.terms.iter().position(|v| !v.is_finite()) {
            Some(bad) => {
                Err(format!("{} is {} at step {}; a lower learning rate may help", names[bad], self.terms[bad], self.step))
            }
            None => Ok(self),
        }
    }
}

/// Buckets kept; when they are full, neighbours merge and each stands for twice as many steps.
const CAPACITY: usize = 2048;

/// Mean of the terms over a stretch of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Last step of the stretch.
    pub step: u64,
    pub count: u32,
    pub terms: Vec<f32>,
}

impl Bucket {
    fn absorb(&mut self, other: &Self) {
        let (a, b) = (self.count as f32, other.count as f32);
        for (x, y) in self.terms.iter_mut().zip(&other.terms) {
            *x = (*x * a + y * b) / (a + b);
        }
        self.count += other.count;
        self.step = other.step;
    }
}

/// Training curves, thinned as they grow, and the test points beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    pub train: Vec<Bucket>,
    pub test: Vec<Bucket>,
    /// Steps that a full bucket stands for; a power of two.
    stride: u32,
}

impl History {
    /// The curves that were once taken apart.
    pub fn new(train: Vec<Bucket>, test: Vec<Bucket>) -> Self {
        // Only the last bucket may not be full.
        let stride = train.first().map_or(0, |b| b.count);
        Self { train, test, stride }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds one training step.
    pub fn push(&mut self, row: &MetricRow) {
        self.stride = self.stride.max(1);
        let new = Bucket { step: row.step, count: 1, terms: row.terms.clone() };
        match self.train.last_mut() {
            Some(last) if last.count < self.stride => last.absorb(&new),
            _ => self.train.push(new),
        }
        if self.train.len() == CAPACITY && self.train.last().is_some_and(|b| b.count == self.stride) {
            merge_pairs(&mut self.train);
            self.stride *= 2;
        }
    }

    /// Adds a test point.
    pub fn push_test(&mut self, step: u64, terms: Vec<f32>) {
        self.test.retain(|b| b.step != step);
        self.test.push(Bucket { step, count: 1, terms });
        if self.test.len() == CAPACITY {
            merge_pairs(&mut self.test);
        }
    }

    /// Index of the training bucket nearest to `step`.
    pub fn nearest(&self, step: f64) -> Option<usize> {
        let after = self.train.partition_point(|b| (b.step as f64) < step).min(self.train.len().checked_sub(1)?);
        let distance = |i: usize| (self.train[i].step as f64 - step).abs();
        Some(if after > 0 && distance(after - 1) < distance(after) { after - 1 } else { after })
    }
}

fn merge_pairs(buckets: &mut Vec<Bucket>) {
    let merged = buckets
        .chunks(2)
        .map(|pair| {
            let mut first = pair[0].clone();
            if let Some(second) = pair.get(1) {
                first.absorb(second);
            }
            first
        })
        .collect();
    *buckets = merged;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_no_step_is_lost() {
        let mut history = History::default();
        let steps = 50_000u64;
        for step in 1..=steps {
            history.push(&MetricRow { step, terms: vec![step as f32, 1.0], kl_d: vec![] });
        }
        assert!(history.train.len() <= CAPACITY);
        assert_eq!(history.train.iter().map(|b| u64::from(b.count)).sum::<u64>(), steps);
        assert_eq!(history.train.last().unwrap().step, steps);
        // A bucket's first term is the mean of its steps, because the term is the step.
        let first = &history.train[0];
        assert!((first.terms[0] - (1.0 + first.count as f32) / 2.0).abs() < 1e-2, "{first:?}");
        assert!(history.train.windows(2).all(|w| w[0].step < w[1].step));
        assert_eq!(History::new(history.train.clone(), vec![]), history);
    }

    #[test]
    fn nearest_bucket() {
        let mut history = History::default();
        assert_eq!(history.nearest(3.0), None);
        for step in [10, 20, 30] {
            history.push(&MetricRow { step, terms: vec![0.0], kl_d: vec![] });
        }
        assert_eq!([0.0, 14.0, 16.0, 99.0].map(|s| history.nearest(s).unwrap()), [0, 0, 1, 2]);
    }
}
