//! Gradient-boosted trees: the nonlinear reader of codes behind DCI. Deterministic, with no sampling anywhere.

use crate::Rows;
use crate::pause::Pause;

/// Trees one after another.
const ROUNDS: usize = 50;
/// Questions from root to leaf.
const DEPTH: usize = 3;
/// Share of a tree's answer that is added.
const RATE: f64 = 0.2;
/// A latent is asked whether it exceeds one of its quantiles of this many equal shares.
const QUANTILES: usize = 32;
/// A question that explains less than this share of the root's squares is noise of rounding.
const LEAST_GAIN: f64 = 1e-9;

/// What the trees learnt of one factor.
pub struct Fit {
    /// Share of each latent in the explained squares, shape `[d]`; zeros if nothing was explained.
    pub importance_d: Vec<f64>,
    /// Share of test codes whose class is right.
    pub accuracy: f64,
}

/// A tree as a list of nodes, the root first.
enum Node {
    /// Codes with the latent's bin above the bound go on at `above`, the others at the next node.
    Ask { latent: usize, bound: u8, above: usize },
    /// What the tree says, shape `[classes]`.
    Say(Vec<f64>),
}

/// Training codes as bins, one row a latent, and what is left to explain.
struct Samples {
    bin_dn: Vec<Vec<u8>>,
    classes: usize,
    /// Shape `[n, classes]`.
    residual_nc: Vec<f64>,
    least_gain: f64,
    importance_d: Vec<f64>,
}

/// Fits the classes of the training codes and predicts those of the test codes.
///
/// Friedman 2001, "Greedy Function Approximation: A Gradient Boosting Machine", with squared loss on the classes as vectors
/// of zeros with a one: the start is the share of each class, and each of 50 trees of depth 3 adds a fifth of its answer.
/// A latent's importance is the sum of the squares that its questions explain (Breiman et al. 1984), as shares.
///
/// May rest before every tree.
pub async fn fit(train_nd: Rows<'_>, train_n: &[u8], test_nd: Rows<'_>, test_n: &[u8], pause: &Pause) -> Fit {
    let classes = train_n.iter().chain(test_n).map(|c| usize::from(*c) + 1).max().unwrap_or(1);
    let edges_d: Vec<Vec<f32>> = (0..train_nd.width()).map(|j| quantiles(train_nd.column(j).collect())).collect();
    let binned = |rows: Rows| -> Vec<Vec<u8>> {
        edges_d
            .iter()
            .enumerate()
            .map(|(j, edges)| rows.column(j).map(|v| edges.partition_point(|e| *e <= v) as u8).collect())
            .collect()
    };
    let mut prior_c = vec![0.0; classes];
    train_n.iter().for_each(|c| prior_c[usize::from(*c)] += 1.0 / train_n.len() as f64);
    let mut residual_nc: Vec<f64> = train_n.iter().flat_map(|_| prior_c.iter().map(|p| -p)).collect();
    train_n.iter().enumerate().for_each(|(i, c)| residual_nc[i * classes + usize::from(*c)] += 1.0);
    let least_gain = LEAST_GAIN * residual_nc.iter().map(|r| r * r).sum::<f64>();
    let mut samples =
        Samples { bin_dn: binned(train_nd), classes, residual_nc, least_gain, importance_d: vec![0.0; train_nd.width()] };
    let test_bin_dn = binned(test_nd);
    let mut score_nc: Vec<f64> = test_n.iter().flat_map(|_| prior_c.iter().copied()).collect();
    for _ in 0..ROUNDS {
        pause.point().await;
        let mut tree = Vec::new();
        samples.grow((0..train_n.len()).collect(), DEPTH, &mut tree);
        for i in 0..train_n.len() {
            let said = answer(&tree, &samples.bin_dn, i);
            samples.residual_nc[i * classes..][..classes].iter_mut().zip(said).for_each(|(r, s)| *r -= RATE * s);
        }
        for i in 0..test_n.len() {
            let said = answer(&tree, &test_bin_dn, i);
            score_nc[i * classes..][..classes].iter_mut().zip(said).for_each(|(t, s)| *t += RATE * s);
        }
    }
    let right = |(score, class): &(&[f64], &u8)| {
        let best = score.iter().enumerate().fold(0, |best, (i, s)| if *s > score[best] { i } else { best });
        best == usize::from(**class)
    };
    let total: f64 = samples.importance_d.iter().sum();
    Fit {
        importance_d: samples.importance_d.iter().map(|i| if total > 0.0 { i / total } else { 0.0 }).collect(),
        accuracy: score_nc.chunks_exact(classes).zip(test_n).filter(right).count() as f64 / test_n.len() as f64,
    }
}

/// Ascending bounds between [`QUANTILES`] equal shares of the values.
fn quantiles(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    (1..QUANTILES).map(|q| values[q * values.len() / QUANTILES]).collect()
}

/// What the tree says of code `i`.
fn answer<'a>(tree: &'a [Node], bin_dn: &[Vec<u8>], i: usize) -> &'a [f64] {
    let mut at = 0;
    loop {
        match &tree[at] {
            Node::Ask { latent, bound, above } => at = if bin_dn[*latent][i] > *bound { *above } else { at + 1 },
            Node::Say(value_c) => return value_c,
        }
    }
}

impl Samples {
    /// Appends the tree of the codes `members`.
    fn grow(&mut self, members: Vec<usize>, depth: usize, tree: &mut Vec<Node>) {
        let best = if depth > 0 { self.best_question(&members) } else { None };
        let Some((gain, latent, bound)) = best else {
            let n = members.len() as f64;
            tree.push(Node::Say(self.sum_c(&members).into_iter().map(|s| s / n).collect()));
            return;
        };
        self.importance_d[latent] += gain;
        let (above, below): (Vec<usize>, Vec<usize>) = members.into_iter().partition(|i| self.bin_dn[latent][*i] > bound);
        let at = tree.len();
        tree.push(Node::Ask { latent, bound, above: 0 });
        self.grow(below, depth - 1, tree);
        let end = tree.len();
        tree[at] = Node::Ask { latent, bound, above: end };
        self.grow(above, depth - 1, tree);
    }

    /// Sum of what is left of some codes, shape `[classes]`.
    fn sum_c(&self, members: &[usize]) -> Vec<f64> {
        let mut sum_c = vec![0.0; self.classes];
        for i in members {
            add(&mut sum_c, &self.residual_nc[i * self.classes..][..self.classes]);
        }
        sum_c
    }

    /// The question that explains most: gain, latent and bound; the first of equals.
    fn best_question(&self, members: &[usize]) -> Option<(f64, usize, u8)> {
        let all_c = self.sum_c(members);
        let explained = |sum_c: &[f64], n: f64| sum_c.iter().map(|s| s * s).sum::<f64>() / n;
        let none = explained(&all_c, members.len() as f64);
        let mut best: Option<(f64, usize, u8)> = None;
        for (latent, bins) in self.bin_dn.iter().enumerate() {
            let mut count_b = [0.0; QUANTILES];
            let mut sum_bc = vec![0.0; QUANTILES * self.classes];
            for i in members {
                let bin = usize::from(bins[*i]);
                count_b[bin] += 1.0;
                add(&mut sum_bc[bin * self.classes..][..self.classes], &self.residual_nc[i * self.classes..][..self.classes]);
            }
            let (mut n, mut below_c) = (0.0, vec![0.0; self.classes]);
            for bound in 0..QUANTILES - 1 {
                n += count_b[bound];
                add(&mut below_c, &sum_bc[bound * self.classes..][..self.classes]);
                let rest = members.len() as f64 - n;
                if count_b[bound] == 0.0 || rest == 0.0 {
                    continue;
                }
                let above_c: Vec<f64> = all_c.iter().zip(&below_c).map(|(a, b)| a - b).collect();
                let gain = explained(&below_c, n) + explained(&above_c, rest) - none;
                if gain > best.map_or(0.0, |(g, ..)| g) + self.least_gain {
                    best = Some((gain, latent, bound as u8));
                }
            }
        }
        best
    }
}

fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
}
