//! How much of a label a simple reader finds in a code: a linear probe and nearest neighbours.

use super::pause::{Pause, at_once};
use super::{Rows, mean, moments, squared_distance};

/// Multinomial logistic regression (Alain & Bengio 2016, "Understanding intermediate layers using linear classifier probes").
#[derive(Clone, Debug)]
pub struct LinearProbe {
    /// What is taken from each latent, and what the rest is divided by.
    scale_d: Vec<(f64, f64)>,
    /// One row a class, the bias last, shape `[classes, d + 1]`.
    weight_ce: Vec<f64>,
    classes: usize,
}

/// Weight of `½‖W‖²` beside the mean cross-entropy; biases are free.
pub const L2: f64 = 1e-3;
/// Steps of a fit, each over all codes.
pub const ITERATIONS: usize = 300;
/// Codes between two places to rest.
const AT_ONCE: usize = 64;

impl LinearProbe {
    /// Fits codes with mean 0 and variance 1: how much they tell does not depend on their units.
    ///
    /// Minimises `−mean ln p(label|z) + ½ L2 ‖W‖²`, which is strictly convex in `W`, by [`ITERATIONS`] steps of Nesterov's
    /// method from zero with the step `1 / L`, where `L = ½ λ_max(XᵀX / n) + L2` bounds the curvature (Böhning 1992), and
    /// momentum dropped when it points uphill (O'Donoghue & Candès 2015). Nothing is random.
    ///
    /// # Panics
    /// If there are no codes, not one label each, or a label is not below `classes`.
    pub fn fit(code_nd: Rows, labels_n: &[u8], classes: usize) -> Self {
        at_once(Self::fit_in_slices(code_nd, labels_n, classes, &Pause::never()))
    }

    /// [`Self::fit`], with places to rest.
    ///
    /// # Panics
    /// As there.
    pub async fn fit_in_slices(code_nd: Rows<'_>, labels_n: &[u8], classes: usize, pause: &Pause) -> Self {
        let std = |variance: f64| if variance > 0.0 { variance.sqrt() } else { 1.0 };
        Self::fit_scaled(code_nd, labels_n, classes, std, pause).await
    }

    /// Fits codes with mean 0, in their own units: for [`Self::direction`]. A pixel that is lit in few images has next to no
    /// variance, so the direction of a probe on standardised pixels, divided by it, is mostly of such pixels.
    ///
    /// # Panics
    /// As [`Self::fit`].
    pub fn fit_centred(code_nd: Rows, labels_n: &[u8], classes: usize) -> Self {
        at_once(Self::fit_centred_in_slices(code_nd, labels_n, classes, &Pause::never()))
    }

    /// [`Self::fit_centred`], with places to rest.
    ///
    /// # Panics
    /// As [`Self::fit`].
    pub async fn fit_centred_in_slices(code_nd: Rows<'_>, labels_n: &[u8], classes: usize, pause: &Pause) -> Self {
        Self::fit_scaled(code_nd, labels_n, classes, |_| 1.0, pause).await
    }

    async fn fit_scaled(code_nd: Rows<'_>, labels_n: &[u8], classes: usize, divisor: impl Fn(f64) -> f64, pause: &Pause) -> Self {
        assert!(!labels_n.is_empty() && code_nd.len() == labels_n.len(), "{} codes with {} labels", code_nd.len(), labels_n.len());
        assert!(labels_n.iter().all(|l| usize::from(*l) < classes), "a label is not below {classes}");
        let scale = |j| {
            let (mean, variance) = moments(code_nd.column(j));
            (mean, divisor(variance))
        };
        let scale_d: Vec<(f64, f64)> = (0..code_nd.width()).map(scale).collect();
        let mut probe = Self { scale_d, weight_ce: vec![0.0; classes * (code_nd.width() + 1)], classes };
        let x: Vec<Vec<f64>> = code_nd.iter().map(|row| probe.standardise(row)).collect();
        let step = 1.0 / (0.5 * largest_eigenvalue(&x, pause).await + L2);
        let (mut ahead, mut t) = (probe.weight_ce.clone(), 1.0f64);
        for _ in 0..ITERATIONS {
            let gradient = probe.gradient(&ahead, &x, labels_n, pause).await;
            let next: Vec<f64> = ahead.iter().zip(&gradient).map(|(w, g)| w - step * g).collect();
            let moved: Vec<f64> = next.iter().zip(&probe.weight_ce).map(|(a, b)| a - b).collect();
            let uphill = gradient.iter().zip(&moved).map(|(g, m)| g * m).sum::<f64>() > 0.0;
            let t_next = if uphill { 1.0 } else { 0.5 + (0.25 + t * t).sqrt() };
            let momentum = if uphill { 0.0 } else { (t - 1.0) / t_next };
            ahead = next.iter().zip(&moved).map(|(w, m)| w + momentum * m).collect();
            (probe.weight_ce, t) = (next, t_next);
        }
        probe
    }

    /// The most probable class.
    pub fn predict(&self, code_d: &[f32]) -> usize {
        argmax(self.logits(&self.weight_ce, &self.standardise(code_d)))
    }

    /// How probable each class is, shape `[classes]`.
    pub fn probabilities(&self, code_d: &[f32]) -> Vec<f64> {
        softmax(self.logits(&self.weight_ce, &self.standardise(code_d)))
    }

    /// The direction in which codes become more probably of a class, shape `[d]`.
    pub fn direction(&self, class: usize) -> Vec<f32> {
        let d = self.scale_d.len();
        let weight_d = &self.weight_ce[class * (d + 1)..][..d];
        weight_d.iter().zip(&self.scale_d).map(|(w, (_, std))| (w / std) as f32).collect()
    }

    /// Share of codes whose label is predicted.
    pub fn accuracy(&self, code_nd: Rows, labels_n: &[u8]) -> f64 {
        assert_eq!(code_nd.len(), labels_n.len(), "not one label a code");
        mean(code_nd.iter().zip(labels_n).map(|(z, l)| f64::from(u8::from(self.predict(z) == usize::from(*l)))))
    }

    /// Mean of `−ln p(label|z)` in nats.
    pub fn cross_entropy(&self, code_nd: Rows, labels_n: &[u8]) -> f64 {
        assert_eq!(code_nd.len(), labels_n.len(), "not one label a code");
        mean(code_nd.iter().zip(labels_n).map(|(z, l)| {
            let p: Vec<f64> = softmax(self.logits(&self.weight_ce, &self.standardise(z)));
            -p[usize::from(*l)].ln()
        }))
    }

    /// The code as the probe reads it, and a one for the bias.
    fn standardise(&self, code_d: &[f32]) -> Vec<f64> {
        assert_eq!(code_d.len(), self.scale_d.len(), "the code has another width than those of the fit");
        code_d.iter().zip(&self.scale_d).map(|(v, (mean, std))| (f64::from(*v) - mean) / std).chain([1.0]).collect()
    }

    fn logits<'a>(&self, weight_ce: &'a [f64], x_e: &'a [f64]) -> impl Iterator<Item = f64> + Clone + 'a {
        weight_ce.chunks_exact(x_e.len()).map(move |w| w.iter().zip(x_e).map(|(w, x)| w * x).sum())
    }

    async fn gradient(&self, weight_ce: &[f64], x: &[Vec<f64>], labels_n: &[u8], pause: &Pause) -> Vec<f64> {
        let e = weight_ce.len() / self.classes;
        let mut out: Vec<f64> = weight_ce.iter().enumerate().map(|(i, w)| if i % e == e - 1 { 0.0 } else { L2 * w }).collect();
        for (i, (x_e, label)) in x.iter().zip(labels_n).enumerate() {
            if i % AT_ONCE == 0 {
                pause.point().await;
            }
            let mut p = softmax(self.logits(weight_ce, x_e));
            p[usize::from(*label)] -= 1.0;
            for (p, to) in p.iter().zip(out.chunks_exact_mut(e)) {
                let p = p / x.len() as f64;
                to.iter_mut().zip(x_e).for_each(|(t, x)| *t += p * x);
            }
        }
        out
    }
}

/// Largest eigenvalue of `XᵀX / n` by power iteration from a vector of ones, with a tenth added because the iteration
/// comes from below.
async fn largest_eigenvalue(x: &[Vec<f64>], pause: &Pause) -> f64 {
    let e = x[0].len();
    let mut v = vec![1.0 / (e as f64).sqrt(); e];
    let mut norm = 0.0;
    for _ in 0..30 {
        let mut next = vec![0.0; e];
        for (i, row) in x.iter().enumerate() {
            if i % AT_ONCE == 0 {
                pause.point().await;
            }
            let dot: f64 = row.iter().zip(&v).map(|(a, b)| a * b).sum();
            next.iter_mut().zip(row).for_each(|(n, a)| *n += dot * a / x.len() as f64);
        }
        norm = next.iter().map(|n| n * n).sum::<f64>().sqrt();
        v = next.into_iter().map(|n| n / norm).collect();
    }
    1.1 * norm
}

fn softmax(logits: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let max = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let p: Vec<f64> = logits.map(|l| (l - max).exp()).collect();
    let sum: f64 = p.iter().sum();
    p.into_iter().map(|p| p / sum).collect()
}

/// Index of the first largest value.
fn argmax(values: impl Iterator<Item = f64>) -> usize {
    values.enumerate().fold((0, f64::NEG_INFINITY), |best, (i, v)| if v > best.1 { (i, v) } else { best }).0
}

/// Macro-averaged F1: the mean over the classes that occur of `2 TP / (2 TP + FP + FN)`.
///
/// # Panics
/// If there is not one answer a label.
pub fn macro_f1(said_n: &[usize], label_n: &[u8], classes: usize) -> f64 {
    assert_eq!(said_n.len(), label_n.len(), "not one answer a label");
    let of = |class: usize| {
        let (mut hit, mut wrong, mut there) = (0.0, 0.0, false);
        for (said, label) in said_n.iter().zip(label_n) {
            let is = usize::from(*label) == class;
            there |= is;
            match (*said == class, is) {
                (true, true) => hit += 1.0,
                (false, false) => {}
                _ => wrong += 1.0,
            }
        }
        there.then(|| if hit > 0.0 { 2.0 * hit / (2.0 * hit + wrong) } else { 0.0 })
    };
    mean((0..classes).filter_map(of))
}

/// Share of test codes that lie nearest to the mean of the training codes of their label, in Euclidean distance: the mean classifier of Saunshi et
/// al. 2019, "A Theoretical Analysis of Contrastive Unsupervised Representation Learning". Classes without a training code are never said.
///
/// # Shapes
/// - codes: `[n, d]` and `[m, d]`, each with a label a code
pub fn nearest_mean_accuracy((fitted_nd, fitted_n): (Rows, &[u8]), (test_md, test_m): (Rows, &[u8]), classes: usize) -> f64 {
    let mean = |class: usize| {
        let own: Vec<&[f32]> = fitted_nd.iter().zip(fitted_n).filter(|(_, c)| usize::from(**c) == class).map(|(z, _)| z).collect();
        (!own.is_empty()).then(|| {
            let of = |j: usize| (own.iter().map(|z| f64::from(z[j])).sum::<f64>() / own.len() as f64) as f32;
            (0..fitted_nd.width()).map(of).collect::<Vec<f32>>()
        })
    };
    let means: Vec<(usize, Vec<f32>)> = (0..classes).filter_map(|class| Some((class, mean(class)?))).collect();
    let nearest = |z: &[f32]| {
        let all = means.iter().map(|(class, mean)| (*class, squared_distance(z, mean)));
        all.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(class, _)| class)
    };
    let right = test_md.iter().zip(test_m).filter(|(z, class)| nearest(z) == Some(usize::from(**class))).count();
    right as f64 / test_m.len() as f64
}

/// Share of test codes whose label most of their `k` nearest training codes have, in Euclidean distance (Fix & Hodges
/// 1951; Cover & Hart 1967, "Nearest neighbor pattern classification"). Of labels with equal votes, the one with the
/// nearest code wins; of equally distant codes, the earlier is nearer.
///
/// # Panics
/// If there are fewer than `k` training codes, `k` is 0, the widths differ or there is not one label a code.
pub fn knn_accuracy(train_nd: Rows, train_labels_n: &[u8], test_md: Rows, test_labels_m: &[u8], k: usize) -> f64 {
    at_once(knn_accuracy_in_slices((train_nd, train_labels_n), (test_md, test_labels_m), k, &Pause::never()))
}

/// [`knn_accuracy`], of training and of test codes with their labels, with a place to rest at every test code.
///
/// # Panics
/// As there.
pub async fn knn_accuracy_in_slices(
    (train_nd, train_labels_n): (Rows<'_>, &[u8]),
    (test_md, test_labels_m): (Rows<'_>, &[u8]),
    k: usize,
    pause: &Pause,
) -> f64 {
    assert!(k > 0 && train_nd.len() >= k, "{k} neighbours among {} codes", train_nd.len());
    assert_eq!(train_nd.width(), test_md.width(), "training and test codes differ in width");
    assert_eq!((train_nd.len(), test_md.len()), (train_labels_n.len(), test_labels_m.len()), "not one label a code");
    let mut right = Vec::with_capacity(test_labels_m.len());
    for (z, label) in test_md.iter().zip(test_labels_m) {
        pause.point().await;
        right.push(f64::from(u8::from(vote(train_nd, train_labels_n, z, k).0 == *label)));
    }
    mean(right.into_iter())
}

/// The label that most of the `k` nearest training codes have, as [`knn_accuracy`] has it, and the share of them that has it.
pub fn vote(train_nd: Rows, labels_n: &[u8], z: &[f32], k: usize) -> (u8, f64) {
    // Ascending; the few neighbours are kept in order by insertion.
    let mut nearest: Vec<(f64, u8)> = Vec::with_capacity(k + 1);
    for (row, label) in train_nd.iter().zip(labels_n) {
        let r = squared_distance(row, z);
        if nearest.len() < k || r < nearest[k - 1].0 {
            nearest.insert(nearest.partition_point(|(near, _)| *near <= r), (r, *label));
            nearest.truncate(k);
        }
    }
    let votes = |label: u8| nearest.iter().filter(|(_, l)| *l == label).count();
    let (label, most) = nearest.iter().fold((0, 0), |best, (_, l)| if votes(*l) > best.1 { (*l, votes(*l)) } else { best });
    (label, most as f64 / nearest.len() as f64)
}
