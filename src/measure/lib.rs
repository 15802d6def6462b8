//! Measures of trained models: functions of numbers on the host, without a device and without a network.
//!
//! Every function states its formula, its source and what was chosen where the source leaves a choice, because a number
//! without its protocol cannot be compared. Conventions:
//!
//! - A matrix is [`Rows`], row-major; suffixes name its axes (`mean_nd`: `n` inputs, `d` latents).
//! - Sums run in 64 bits. What is undefined (a ratio of zeros, a mean of nothing) is NaN.
//! - Shapes that do not fit together are a mistake of the caller, and panic with both of them named.
//! - What needs random numbers takes a seed; equal seeds give equal results on every machine.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod assign;
pub mod cluster;
pub mod codebook;
pub mod defects;
pub mod disentangle;
pub mod eigen;
pub mod frechet;
pub mod graph;
pub mod image;
pub mod judge;
pub mod manifold;
pub mod matched;
pub mod pause;
pub mod probe;
pub mod relative;
pub mod rng;
pub mod sampler;
pub mod signal;
pub mod sliced;
pub mod sparse;
pub mod spectrum;
pub mod units;
pub mod vae;

/// A row-major matrix on loan, shape `[len, width]`.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T = f32> {
    values: &'a [T],
    width: usize,
}

impl<'a, T: Copy> Rows<'a, T> {
    /// # Panics
    /// If `values` are not whole rows.
    pub fn new(values: &'a [T], width: usize) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "{} values are no rows of {width}", values.len());
        Self { values, width }
    }

    pub fn len(self) -> usize {
        self.values.len() / self.width
    }

    pub fn is_empty(self) -> bool {
        self.values.is_empty()
    }

    pub fn width(self) -> usize {
        self.width
    }

    pub fn values(self) -> &'a [T] {
        self.values
    }

    pub fn row(self, i: usize) -> &'a [T] {
        &self.values[i * self.width..(i + 1) * self.width]
    }

    pub fn iter(self) -> impl ExactSizeIterator<Item = &'a [T]> + Clone {
        self.values.chunks_exact(self.width)
    }

    /// # Panics
    /// If there is no column `j`.
    pub fn column(self, j: usize) -> impl Iterator<Item = T> + Clone + 'a {
        assert!(j < self.width, "column {j} of {}", self.width);
        self.values.iter().skip(j).step_by(self.width).copied()
    }
}

/// Panics unless both have the same shape.
fn assert_alike<T: Copy, U: Copy>(a: Rows<T>, b: Rows<U>) {
    assert_eq!((a.len(), a.width()), (b.len(), b.width()), "the two matrices differ in shape");
}

/// Mean and variance (divided by the count) of some values; NaN of none.
pub fn moments(values: impl Iterator<Item = f32> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().map(f64::from).sum::<f64>() / n;
    (mean, values.map(|v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n)
}

/// Mean of some values; NaN of none.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
    sum / n
}

/// Standard deviation of each column.
pub fn deviations(rows: Rows) -> Vec<f32> {
    (0..rows.width()).map(|j| moments(rows.column(j)).1.sqrt() as f32).collect()
}

/// `‖a − b‖²`.
pub fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum()
}

/// The direction of a vector; zeros have none and stay.
fn unit(row: &[f32]) -> Vec<f64> {
    let norm = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    row.iter().map(|v| if norm > 0.0 { f64::from(*v) / norm } else { 0.0 }).collect()
}

/// Largest and second largest of some values, zero where there are fewer.
fn top_two(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((0.0, 0.0), |(first, second), v| if v > first { (v, first) } else { (first, v.max(second)) })
}
