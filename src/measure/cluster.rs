//! Groups that nobody named: how they are found, and how far they are the labels, by accuracy under the best matching and by what
//! agreement is left once names are forgotten.

use super::pause::{Pause, at_once};
use super::rng::Rng;
use super::{Rows, assign, squared_distance};

/// The nearest of these centres, and how far it is, squared.
fn nearest(row: &[f32], centres: &[Vec<f32>]) -> (usize, f64) {
    let all = centres.iter().map(|centre| squared_distance(row, centre)).enumerate();
    all.fold((0, f64::INFINITY), |best, (i, d)| if d < best.1 { (i, d) } else { best })
}

/// Up to `k` rows to begin with, each likelier the farther it is from those before (Arthur & Vassilvitskii 2007, "k-means++"); fewer
/// where all rows lie on them.
///
/// # Panics
/// If there are no rows.
pub fn spread_out(rows: Rows<'_>, k: usize, rng: &mut Rng) -> Vec<Vec<f32>> {
    let mut centres = vec![rows.row(rng.below(rows.len())).to_vec()];
    let mut far: Vec<f64> = rows.iter().map(|row| squared_distance(row, &centres[0])).collect();
    while centres.len() < k {
        let mut left = far.iter().sum::<f64>() * rng.unit();
        let at = far.iter().position(|f| {
            left -= f;
            left < 0.0
        });
        let Some(at) = at else { break };
        let centre = rows.row(at).to_vec();
        far.iter_mut().zip(rows.iter()).for_each(|(f, row)| *f = f.min(squared_distance(row, &centre)));
        centres.push(centre);
    }
    centres
}

/// Up to `k` values that lie nearest to these numbers on the whole: centres of k-means in one dimension.
pub async fn values_in_slices(numbers: &[f32], k: usize, seed: u64, pause: &Pause) -> Vec<f32> {
    let rows = Rows::new(numbers, 1);
    let begin = spread_out(rows, k, &mut Rng::new(seed));
    let (groups, _) = settle_in_slices(rows, begin, pause).await;
    let of = |group: u8| {
        let own: Vec<f64> = numbers.iter().zip(&groups).filter(|(_, g)| **g == group).map(|(z, _)| f64::from(*z)).collect();
        (!own.is_empty()).then(|| (own.iter().sum::<f64>() / own.len() as f64) as f32)
    };
    (0..k as u8).filter_map(of).collect()
}

/// Moves centres to the means of the rows that are nearest to them until nothing moves (Lloyd 1982), and returns the group of each row
/// with the sum of squared distances to the centres. A centre that has lost its rows stays where it is. It may rest after each round.
pub async fn settle_in_slices(rows: Rows<'_>, mut centres: Vec<Vec<f32>>, pause: &Pause) -> (Vec<u8>, f64) {
    const ROUNDS: usize = 100;
    let mut groups = vec![];
    for _ in 0..ROUNDS {
        pause.point().await;
        let next: Vec<u8> = rows.iter().map(|row| nearest(row, &centres).0 as u8).collect();
        if next == groups {
            break;
        }
        groups = next;
        for (k, centre) in centres.iter_mut().enumerate() {
            let mut sum = vec![0f64; rows.width()];
            let mut count = 0f64;
            for (row, _) in rows.iter().zip(&groups).filter(|(_, group)| usize::from(**group) == k) {
                count += 1.0;
                sum.iter_mut().zip(row).for_each(|(s, v)| *s += f64::from(*v));
            }
            if count > 0.0 {
                *centre = sum.into_iter().map(|s| (s / count) as f32).collect();
            }
        }
    }
    let left = rows.iter().map(|row| nearest(row, &centres).1).sum();
    (groups, left)
}

/// k-means: the best of `tries` beginnings, by the squared distances that are left.
///
/// # Panics
/// If there are no rows or no tries, or more than 256 groups.
pub fn k_means(rows: Rows<'_>, k: usize, tries: usize, seed: u64) -> Vec<u8> {
    at_once(k_means_in_slices(rows, k, tries, seed, &Pause::never()))
}

/// [`k_means`], with a place to rest after each round.
///
/// # Panics
/// As there.
pub async fn k_means_in_slices(rows: Rows<'_>, k: usize, tries: usize, seed: u64, pause: &Pause) -> Vec<u8> {
    assert!(k <= 256 && tries > 0, "{k} groups in {tries} tries");
    let mut rng = Rng::new(seed);
    let (mut best, mut least) = (vec![], f64::INFINITY);
    for _ in 0..tries {
        let (groups, left) = settle_in_slices(rows, spread_out(rows, k, &mut rng), pause).await;
        if left < least {
            (best, least) = (groups, left);
        }
    }
    best
}

/// How many inputs each group and each label have in common, row-major `[c, c]`, and `c`: more than any number of either.
fn together(group_n: &[u8], label_n: &[u8]) -> (Vec<f64>, usize) {
    let c = usize::from(group_n.iter().chain(label_n).copied().max().unwrap_or(0)) + 1;
    let mut together_cc = vec![0.0; c * c];
    group_n.iter().zip(label_n).for_each(|(g, l)| together_cc[usize::from(*g) * c + usize::from(*l)] += 1.0);
    (together_cc, c)
}

/// Share of inputs that have the commonest label of their group.
pub fn purity(group_n: &[u8], label_n: &[u8]) -> f64 {
    let (together_cc, c) = together(group_n, label_n);
    together_cc.chunks_exact(c).map(|row| row.iter().copied().fold(0.0, f64::max)).sum::<f64>() / label_n.len() as f64
}

/// Names the groups of one grouping as those of another, as fits best, each name given once.
pub fn renamed(group_n: &[u8], like_n: &[u8]) -> Vec<u8> {
    let (together_cc, c) = together(group_n, like_n);
    let name = assign::maximum(&together_cc, c);
    group_n.iter().map(|g| name[usize::from(*g)] as u8).collect()
}

/// How far groups and labels agree; each number is 1 where they are the same but for their names.
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// Share of right labels, each group named after one label and no label given twice, as is best (Kuhn 1955; Xie et al. 2016,
    /// "Unsupervised Deep Embedding for Clustering Analysis", section 4.2).
    pub accuracy: f64,
    /// Mutual information over the mean of both entropies (Strehl & Ghosh 2002); 0 where both are constant.
    pub nmi: f64,
    /// Rand index, adjusted for chance (Hubert & Arabie 1985): pairs in which both agree; 0 is chance. 1 where both are constant.
    pub ari: f64,
}

/// Agreement of the groups of `n` inputs with their labels.
///
/// # Panics
/// If there are none, or not one label a group.
pub fn agreement(group_n: &[u8], label_n: &[u8]) -> Agreement {
    assert_eq!(group_n.len(), label_n.len(), "not one label a group");
    assert!(!group_n.is_empty(), "nothing is grouped");
    let (together_cc, c) = together(group_n, label_n);
    let n = group_n.len() as f64;
    let groups_c: Vec<f64> = together_cc.chunks_exact(c).map(|row| row.iter().sum()).collect();
    let labels_c: Vec<f64> = (0..c).map(|l| together_cc.iter().skip(l).step_by(c).sum()).collect();
    let matched = assign::maximum(&together_cc, c);
    let right: f64 = matched.iter().enumerate().map(|(g, l)| together_cc[g * c + l]).sum();
    let entropy = |counts: &[f64]| counts.iter().filter(|k| **k > 0.0).map(|k| -k / n * (k / n).ln()).sum::<f64>();
    let (h_group, h_label) = (entropy(&groups_c), entropy(&labels_c));
    let information = (h_group + h_label - entropy(&together_cc)).max(0.0);
    let pairs = |counts: &[f64]| counts.iter().map(|k| k * (k - 1.0) / 2.0).sum::<f64>();
    let (both, of_groups, of_labels) = (pairs(&together_cc), pairs(&groups_c), pairs(&labels_c));
    let chance = of_groups * of_labels / (n * (n - 1.0) / 2.0);
    let most = 0.5 * (of_groups + of_labels);
    Agreement {
        accuracy: right / n,
        nmi: if h_group + h_label > 0.0 { 2.0 * information / (h_group + h_label) } else { 0.0 },
        ari: if most > chance { (both - chance) / (most - chance) } else { 1.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_groups_are_found() {
        let mut rng = Rng::new(3);
        let label: Vec<u8> = (0..300).map(|i| (i % 3) as u8).collect();
        let z: Vec<f32> = label.iter().flat_map(|l| [f32::from(*l) * 4.0 + 0.5 * rng.normal(), 0.5 * rng.normal()]).collect();
        let groups = k_means(Rows::new(&z, 2), 3, 5, 1);
        assert_eq!((agreement(&groups, &label).accuracy, purity(&groups, &label)), (1.0, 1.0));
        assert_eq!(renamed(&groups, &label), label);
        assert!(purity(&vec![0; 300], &label) < 0.34);
        // All rows in one place are one group, however many are wanted.
        assert_eq!(k_means(Rows::new(&[1.0; 20], 2), 4, 2, 1), [0; 10]);
    }
}
