//! Samples beside images, by who lies near whom: are samples like images, and are all images among them?

use super::pause::Pause;
use super::{Rows, squared_distance};

/// What neighbours tell of samples; all but the density are shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbours {
    /// Samples within reach of an image (Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative
    /// Models", equation 1).
    pub precision: f64,
    /// Images within reach of a sample, likewise.
    pub recall: f64,
    /// Images within whose reach a sample lies, mean over the samples, in parts of `k`: may exceed 1 (Naeem et al. 2020, "Reliable
    /// Fidelity and Diversity Metrics for Generative Models", equation 3).
    pub density: f64,
    /// Images that have a sample within their reach (equation 4).
    pub coverage: f64,
}

/// The `k` rows nearest to row `i`, in no order; all others where there are fewer. Of equally far ones the earlier.
pub fn nearest(rows: Rows<'_>, i: usize, k: usize) -> Vec<usize> {
    let mut near: Vec<(f64, usize)> =
        (0..rows.len()).filter(|j| *j != i).map(|j| (squared_distance(rows.row(i), rows.row(j)), j)).collect();
    if (1..near.len()).contains(&k) {
        near.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }
    near.truncate(k);
    near.into_iter().map(|(_, j)| j).collect()
}

/// How far it is from each row to its `k`-th nearest other, squared: its reach.
async fn reach(rows: Rows<'_>, k: usize, pause: &Pause) -> Vec<f64> {
    let mut all = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        pause.point().await;
        let mut near: Vec<f64> =
            rows.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, other)| squared_distance(row, other)).collect();
        let (_, kth, _) = near.select_nth_unstable_by(k - 1, f64::total_cmp);
        all.push(*kth);
    }
    all
}

/// Compares samples with images by their features, with reaches to the `k`-th neighbour.
///
/// # Panics
/// If one of them has `k` rows or fewer, or their widths differ.
pub async fn neighbours(images: Rows<'_>, samples: Rows<'_>, k: usize, pause: &Pause) -> Neighbours {
    assert_eq!(images.width(), samples.width(), "the features differ in width");
    assert!(k > 0 && images.len().min(samples.len()) > k, "fewer rows than {k} neighbours");
    let (image_reach, sample_reach) = (reach(images, k, pause).await, reach(samples, k, pause).await);
    let (mut precise, mut dense) = (0usize, 0usize);
    let (mut recalled, mut covered) = (vec![false; images.len()], vec![false; images.len()]);
    for (sample, own) in samples.iter().zip(&sample_reach) {
        pause.point().await;
        let mut within = 0;
        for (i, image) in images.iter().enumerate() {
            let distance = squared_distance(sample, image);
            if distance <= image_reach[i] {
                within += 1;
                covered[i] = true;
            }
            recalled[i] |= distance <= *own;
        }
        dense += within;
        precise += usize::from(within > 0);
    }
    let share = |n: usize, of: usize| n as f64 / of as f64;
    let count = |all: &[bool]| all.iter().filter(|yes| **yes).count();
    Neighbours {
        precision: share(precise, samples.len()),
        recall: share(count(&recalled), images.len()),
        density: share(dense, k * samples.len()),
        coverage: share(count(&covered), images.len()),
    }
}
