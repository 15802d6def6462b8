//! Features that come together: the nearest of each by activity, and families of which the densest is the head.

use crate::Rows;

/// Which features go with each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kin {
    /// The features that are active most with it, by the `φ` of their activity, largest first; none with a `φ` of zero or less.
    pub near_f: Vec<Vec<(usize, f64)>>,
    /// The feature without which it hardly ever comes.
    pub parent_f: Vec<Option<usize>>,
}

/// A child's inputs that its parent must be active on, as a share.
pub const WITH_PARENT: f64 = 0.5;

/// Who goes with whom, of `act_nf`. The *parent* of a feature is, of the denser ones that are active on at least [`WITH_PARENT`] of its inputs, the one with the
/// largest `φ`: so features form a forest, whose trees are families (after O'Neill et al. 2024, "Disentangling Dense Embeddings with Sparse
/// Autoencoders", section 4.3, who cut the same graph by a maximum spanning tree and direct it from dense to sparse). Of equally dense features the first counts as
/// denser. At most `most` near ones are named.
pub fn kin(act_nf: Rows, most: usize) -> Kin {
    let (n, features) = (act_nf.len(), act_nf.width());
    let words = n.div_ceil(64);
    let mut on_fw = vec![0u64; features * words];
    for (i, row) in act_nf.iter().enumerate() {
        for (f, _) in row.iter().enumerate().filter(|(_, a)| **a != 0.0) {
            on_fw[f * words + i / 64] |= 1 << (i % 64);
        }
    }
    let of = |f: usize| &on_fw[f * words..(f + 1) * words];
    let count_f: Vec<u32> = (0..features).map(|f| of(f).iter().map(|w| w.count_ones()).sum()).collect();
    let living: Vec<usize> = (0..features).filter(|f| count_f[*f] > 0 && (count_f[*f] as usize) < n).collect();
    let mut near_f: Vec<Vec<(usize, f64)>> = vec![vec![]; features];
    let mut parent: Vec<Option<(usize, f64)>> = vec![None; features];
    for (at, a) in living.iter().copied().enumerate() {
        for b in living[at + 1..].iter().copied() {
            let both: u32 = of(a).iter().zip(of(b)).map(|(x, y)| (x & y).count_ones()).sum();
            if both == 0 {
                continue;
            }
            let [x, y, both, all] = [f64::from(count_f[a]), f64::from(count_f[b]), f64::from(both), n as f64];
            let phi = (both * all - x * y) / (x * y * (all - x) * (all - y)).sqrt();
            if phi <= 0.0 {
                continue;
            }
            for (f, other) in [(a, b), (b, a)] {
                let near = &mut near_f[f];
                if near.len() < most || near.last().is_some_and(|(_, least)| phi > *least) {
                    let place = near.partition_point(|(_, other)| *other >= phi);
                    near.insert(place, (other, phi));
                    near.truncate(most);
                }
            }
            // The denser is the parent of the other.
            let (dense, child, own) = if x >= y { (a, b, y) } else { (b, a, x) };
            if both >= WITH_PARENT * own && parent[child].is_none_or(|(_, before)| phi > before) {
                parent[child] = Some((dense, phi));
            }
        }
    }
    Kin { near_f, parent_f: parent.into_iter().map(|parent| parent.map(|(f, _)| f)).collect() }
}

impl Kin {
    /// The families: of each head all of whom it is the ancestor, itself first, the nearer the earlier; the largest family comes first. Features without kin are in none.
    pub fn families(&self) -> Vec<Vec<usize>> {
        let mut children_f = vec![vec![]; self.parent_f.len()];
        self.parent_f.iter().enumerate().for_each(|(f, parent)| {
            if let Some(parent) = parent {
                children_f[*parent].push(f);
            }
        });
        let family = |head: usize| {
            let (mut all, mut at) = (vec![head], 0);
            while at < all.len() {
                all.extend(&children_f[all[at]]);
                at += 1;
            }
            all
        };
        let heads = (0..self.parent_f.len()).filter(|f| self.parent_f[*f].is_none() && !children_f[*f].is_empty());
        let mut all: Vec<Vec<usize>> = heads.map(family).collect();
        all.sort_by_key(|family| (usize::MAX - family.len(), family[0]));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_come_with_their_parents() {
        // 0 is everywhere that 1 and 2 are, 3 comes only with 2; 4 comes by itself, 5 never.
        let rows = [
            [1, 1, 0, 0, 0, 0],
            [1, 1, 0, 0, 0, 0],
            [1, 0, 1, 1, 0, 0],
            [1, 0, 1, 0, 0, 0],
            [1, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 1, 0],
        ];
        let act: Vec<f32> = rows.iter().flatten().map(|a| *a as f32).collect();
        let kin = kin(Rows::new(&act, 6), 2);
        assert_eq!(kin.parent_f, [None, Some(0), Some(0), Some(2), None, None]);
        assert_eq!(kin.families(), [vec![0, 1, 2, 3]]);
        assert_eq!(kin.near_f[3].iter().map(|(f, _)| *f).collect::<Vec<_>>(), [2, 0]);
        assert!(kin.near_f[4].is_empty() && kin.near_f[0].len() == 2);
        // φ of 2 and 3: of six inputs 2, 1 and both 1.
        assert!((kin.near_f[3][0].1 - (6.0 - 2.0) / (2.0f64 * 4.0 * 5.0).sqrt()).abs() < 1e-12);
    }
}
