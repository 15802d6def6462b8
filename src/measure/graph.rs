//! Groups of a graph of nearest neighbours: how many there are comes out, and is not asked for.

use super::Rows;
use super::manifold::nearest;
use super::pause::Pause;
use super::rng::Rng;

/// Neighbours that a row is joined to.
pub const NEIGHBOURS: usize = 15;
/// Rounds in which nodes may move, and levels at which groups become nodes, at most.
const ROUNDS: usize = 30;
const LEVELS: usize = 12;

/// A graph with weights, each edge with both of its ends: of each node its neighbours, never itself.
struct Graph {
    near: Vec<Vec<(usize, f64)>>,
    /// Weight inside each node: of the edges that became part of it, counted from both ends.
    inside: Vec<f64>,
}

impl Graph {
    /// Each row joined to its nearest ones; an edge counts twice where both ends find each other.
    async fn of_nearest(rows: Rows<'_>, k: usize, pause: &Pause) -> Self {
        let n = rows.len();
        let mut near = vec![vec![]; n];
        for i in 0..n {
            pause.point().await;
            for j in nearest(rows, i, k) {
                near[i].push((j, 1.0));
                near[j].push((i, 1.0));
            }
        }
        Self { near, inside: vec![0.0; n] }
    }

    fn degree(&self, i: usize) -> f64 {
        self.inside[i] + self.near[i].iter().map(|(_, w)| w).sum::<f64>()
    }

    /// Moves nodes one by one to the group of a neighbour where modularity rises most, until none moves: the group of each node.
    async fn moved(&self, rng: &mut Rng, pause: &Pause) -> Vec<usize> {
        let n = self.near.len();
        let degree: Vec<f64> = (0..n).map(|i| self.degree(i)).collect();
        let all = degree.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut group: Vec<usize> = (0..n).collect();
        let mut of_group = degree.clone();
        let order = rng.permutation(n);
        let mut to = vec![0.0; n];
        for _ in 0..ROUNDS {
            pause.point().await;
            let mut still = true;
            for &i in &order {
                let own = group[i];
                of_group[own] -= degree[i];
                let mut seen = vec![own];
                for (j, w) in &self.near[i] {
                    if to[group[*j]] == 0.0 && group[*j] != own {
                        seen.push(group[*j]);
                    }
                    to[group[*j]] += w;
                }
                let gain = |g: usize| to[g] - of_group[g] * degree[i] / all;
                // The own group first: nobody moves for nothing.
                let best = seen.iter().copied().fold(own, |best, g| if gain(g) > gain(best) + 1e-12 { g } else { best });
                for g in seen {
                    to[g] = 0.0;
                }
                of_group[best] += degree[i];
                still &= best == own;
                group[i] = best;
            }
            if still {
                break;
            }
        }
        group
    }

    /// Groups as nodes, numbered from 0 in `group`.
    fn joined(&self, group: &[usize], groups: usize) -> Self {
        let (mut inside, mut between) = (vec![0.0; groups], vec![std::collections::BTreeMap::new(); groups]);
        for (i, near) in self.near.iter().enumerate() {
            inside[group[i]] += self.inside[i];
            for (j, w) in near {
                if group[*j] == group[i] {
                    inside[group[i]] += w;
                } else {
                    *between[group[i]].entry(group[*j]).or_insert(0.0) += w;
                }
            }
        }
        Self { near: between.into_iter().map(|map| map.into_iter().collect()).collect(), inside }
    }
}

/// Numbers groups from 0 in the order in which they come, and says how many there are.
fn numbered(group: &[usize]) -> (Vec<usize>, usize) {
    let mut names = std::collections::BTreeMap::new();
    let named = group.iter().map(|g| {
        let next = names.len();
        *names.entry(*g).or_insert(next)
    });
    let named: Vec<usize> = named.collect();
    (named, names.len())
}

/// Groups of rows by the modularity of the graph that joins each to its [`NEIGHBOURS`] nearest (Blondel et al. 2008, "Fast unfolding of
/// communities in large networks"); at most 256 of them, the last of which has all that are left. It may rest after each row.
pub async fn louvain_in_slices(rows: Rows<'_>, seed: u64, pause: &Pause) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let mut graph = Graph::of_nearest(rows, NEIGHBOURS, pause).await;
    let mut all: Vec<usize> = (0..rows.len()).collect();
    for _ in 0..LEVELS {
        let (group, groups) = numbered(&graph.moved(&mut rng, pause).await);
        all.iter_mut().for_each(|at| *at = group[*at]);
        if groups == graph.near.len() {
            break;
        }
        graph = graph.joined(&group, groups);
    }
    numbered(&all).0.into_iter().map(|g| g.min(255) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::agreement;
    use crate::pause::at_once;

    #[test]
    fn groups_are_found_and_counted() {
        let mut rng = Rng::new(5);
        let label: Vec<u8> = (0..240).map(|i| (i % 4) as u8).collect();
        let z: Vec<f32> = label
            .iter()
            .flat_map(|l| [f32::from(l % 2) * 6.0 + rng.normal() * 0.5, f32::from(l / 2) * 6.0 + rng.normal() * 0.5])
            .collect();
        let found = at_once(louvain_in_slices(Rows::new(&z, 2), 1, &Pause::never()));
        assert_eq!(agreement(&found, &label).ari, 1.0, "four groups, though nobody said how many");
        // One row, and rows that are all the same, are groups too.
        assert_eq!(at_once(louvain_in_slices(Rows::new(&[1.0], 1), 1, &Pause::never())), [0]);
        assert_eq!(at_once(louvain_in_slices(Rows::new(&[1.0; 10], 1), 1, &Pause::never())).len(), 10);
    }

    /// Modularity of two triangles joined by an edge is highest where they are apart: (3/7 − 1/4) twice, by hand 5/14.
    #[test]
    fn two_triangles_are_two_groups() {
        let edges = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 3)];
        let mut near = vec![vec![]; 6];
        for (a, b) in edges {
            near[a].push((b, 1.0));
            near[b].push((a, 1.0));
        }
        let graph = Graph { near, inside: vec![0.0; 6] };
        let (group, n) = numbered(&at_once(graph.moved(&mut Rng::new(2), &Pause::never())));
        let modularity = |group: &[usize]| {
            let all = 2.0 * edges.len() as f64;
            let inner = edges.iter().filter(|(a, b)| group[*a] == group[*b]).count() as f64 * 2.0 / all;
            let share = |g: usize| (0..6).filter(|i| group[*i] == g).map(|i| graph.degree(i)).sum::<f64>() / all;
            inner - (0..6).map(|g| share(g).powi(2)).sum::<f64>()
        };
        assert_eq!((group[0] == group[2], group[3] == group[5], group[0] == group[3], n), (true, true, false, 2));
        assert!((modularity(&group) - 5.0 / 14.0).abs() < 1e-9);
        // As nodes they have three edges inside, counted from both ends, and one between.
        let joined = graph.joined(&group, n);
        assert_eq!((joined.inside, joined.near), (vec![6.0, 6.0], vec![vec![(1, 1.0)], vec![(0, 1.0)]]));
    }
}
