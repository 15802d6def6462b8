//! Groups that nobody named, beside the labels: accuracy under the best matching, and what agreement is left once names are
//! forgotten.

use super::assign;

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
    let most = group_n.iter().chain(label_n).copied().max().unwrap_or(0);
    let c = usize::from(most) + 1;
    let mut together_cc = vec![0.0; c * c];
    group_n.iter().zip(label_n).for_each(|(g, l)| together_cc[usize::from(*g) * c + usize::from(*l)] += 1.0);
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
