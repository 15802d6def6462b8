//! What a few numbers of a code tell of a class, and whether taking them away harms that class alone.

use crate::pause::{Pause, at_once};
use crate::probe::LinearProbe;
use crate::rng::Rng;
use crate::{Rows, mean};

/// Inputs of a class and as many others, and which are which: of whichever there are more, every second, third and so on.
fn balanced(label_n: &[u8], class: usize) -> (Vec<usize>, Vec<u8>) {
    let of =
        |wanted: bool| -> Vec<usize> { (0..label_n.len()).filter(|i| (usize::from(label_n[*i]) == class) == wanted).collect() };
    let (own, others) = (of(true), of(false));
    let n = own.len().min(others.len());
    let thinned = |all: &[usize]| (0..n).map(|i| all[i * all.len() / n]).collect::<Vec<usize>>();
    let rows = thinned(&own).into_iter().chain(thinned(&others)).collect();
    (rows, std::iter::repeat_n(1, n).chain(std::iter::repeat_n(0, n)).collect())
}

/// Mean of each column over the inputs of a class, less the mean over as many others; of the inputs `at`, the first half of which are
/// the class's. Shape `[f]`.
fn difference_f(act_nf: Rows, at: &[usize]) -> Vec<f64> {
    let mut out = vec![0.0; act_nf.width()];
    for (i, n) in at.iter().enumerate() {
        let sign = if i < at.len() / 2 { 1.0 } else { -1.0 };
        out.iter_mut().zip(act_nf.row(*n)).for_each(|(o, a)| *o += sign * f64::from(*a));
    }
    out.iter_mut().for_each(|o| *o /= (at.len() / 2).max(1) as f64);
    out
}

/// The `k` places with the largest values, largest first; of equal ones the first.
fn largest(values: &[f64], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order.truncate(k);
    order
}

fn columns(act_nf: Rows, at: &[usize], chosen: &[usize]) -> Vec<f32> {
    at.iter().flat_map(|n| chosen.iter().map(|f| act_nf.row(*n)[*f])).collect()
}

/// k-sparse probing (Gurnee et al. 2023, "Finding Neurons in a Haystack: Case Studies with Sparse Probing"; in SAEBench, Karvonen et al. 2025): how
/// well `k` numbers of a code tell a class. Of each class the `k` are taken whose means over its inputs and over others differ most, a
/// [`LinearProbe`] is fitted to these alone, and its accuracy is taken on other inputs; half of all inputs are of the class, in either
/// part, so that chance is a half. The mean over the classes that have two inputs in each part.
///
/// # Panics
/// If there is not one label a code, or the codes differ in width.
pub fn sparse_probe(fitted: (Rows, &[u8]), test: (Rows, &[u8]), classes: usize, k: usize) -> f64 {
    at_once(sparse_probe_in_slices(fitted, test, classes, k, &Pause::never()))
}

/// [`sparse_probe`], with places to rest.
///
/// # Panics
/// As there.
pub async fn sparse_probe_in_slices(
    (fitted_nf, fitted_n): (Rows<'_>, &[u8]),
    (test_mf, test_m): (Rows<'_>, &[u8]),
    classes: usize,
    k: usize,
    pause: &Pause,
) -> f64 {
    assert_eq!((fitted_nf.len(), test_mf.len()), (fitted_n.len(), test_m.len()), "not one label a code");
    assert_eq!(fitted_nf.width(), test_mf.width(), "the codes differ in width");
    let mut right = vec![];
    for class in 0..classes {
        pause.point().await;
        let ((fit_at, fit_on), (test_at, test_on)) = (balanced(fitted_n, class), balanced(test_m, class));
        if fit_at.len() < 4 || test_at.len() < 4 {
            continue;
        }
        let apart: Vec<f64> = difference_f(fitted_nf, &fit_at).into_iter().map(f64::abs).collect();
        let chosen = largest(&apart, k);
        let (few, others) = (columns(fitted_nf, &fit_at, &chosen), columns(test_mf, &test_at, &chosen));
        let probe = LinearProbe::fit_in_slices(Rows::new(&few, chosen.len()), &fit_on, 2, pause).await;
        right.push(probe.accuracy(Rows::new(&others, chosen.len()), &test_on));
    }
    mean(right.into_iter())
}

/// The `k` numbers of a code that differ most between the classes: by the largest difference, over the classes, of the means over a class's inputs and over
/// as many others. Largest first.
///
/// # Panics
/// If there is not one label a code.
pub fn most_telling(act_nf: Rows, label_n: &[u8], classes: usize, k: usize) -> Vec<usize> {
    assert_eq!(act_nf.len(), label_n.len(), "not one label a code");
    let mut most_f = vec![0.0f64; act_nf.width()];
    for class in 0..classes {
        let (at, _) = balanced(label_n, class);
        most_f.iter_mut().zip(difference_f(act_nf, &at)).for_each(|(m, d)| *m = m.max(d.abs()));
    }
    largest(&most_f, k)
}

/// The `n` features that carry a class's direction: those with the largest product of how much their mean over the class's inputs is above
/// that over as many others, and of what their direction adds along the class's (SAEBench's probe attribution). None that work against it.
///
/// # Panics
/// If the shapes do not fit together.
pub fn attributed(act_nf: Rows, label_n: &[u8], dictionary_fd: Rows, direction_d: &[f32], class: usize, n: usize) -> Vec<usize> {
    assert_eq!(act_nf.len(), label_n.len(), "not one label an input");
    assert_eq!((dictionary_fd.len(), dictionary_fd.width()), (act_nf.width(), direction_d.len()), "not a dictionary of these");
    let (at, _) = balanced(label_n, class);
    let along = |row: &[f32]| row.iter().zip(direction_d).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let carried: Vec<f64> =
        difference_f(act_nf, &at).into_iter().zip(dictionary_fd.iter()).map(|(d, row)| d * along(row)).collect();
    largest(&carried, n).into_iter().filter(|f| carried[*f] > 0.0).collect()
}

/// What taking features away does to how often classes are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perturbed {
    /// Recall that a class loses with its own features, mean over the classes.
    pub own: f64,
    /// Recall that it loses with another's, mean over the pairs.
    pub others: f64,
}

/// Targeted probe perturbation (Karvonen et al. 2025, SAEBench, section 3.5, after Marks et al. 2024): what a class's `chosen` features add is taken off the inputs,
/// `x − Σ a_f d_f`, and a probe of the inputs is asked again. Its score is `own − others`: features that stand for one class harm that class alone. Here one probe tells
/// all classes and what counts is each class's recall; SAEBench has a probe for each and counts their accuracies.
///
/// # Panics
/// If the shapes do not fit together.
pub fn perturbed(
    x_nd: Rows,
    act_nf: Rows,
    dictionary_fd: Rows,
    probe: &LinearProbe,
    label_n: &[u8],
    chosen_c: &[Vec<usize>],
) -> Perturbed {
    assert_eq!((x_nd.len(), act_nf.len()), (label_n.len(), label_n.len()), "not one label an input");
    assert_eq!((dictionary_fd.len(), dictionary_fd.width()), (act_nf.width(), x_nd.width()), "not a dictionary of these");
    let classes = chosen_c.len();
    let recall = |without: &[usize]| {
        let (mut right, mut all) = (vec![0.0; classes], vec![0.0; classes]);
        for ((x, act), label) in x_nd.iter().zip(act_nf.iter()).zip(label_n) {
            let mut x = x.to_vec();
            for f in without.iter().filter(|f| act[**f] != 0.0) {
                x.iter_mut().zip(dictionary_fd.row(*f)).for_each(|(x, d)| *x -= act[*f] * d);
            }
            let class = usize::from(*label);
            all[class] += 1.0;
            right[class] += f64::from(u8::from(probe.predict(&x) == class));
        }
        right.into_iter().zip(all).map(|(r, n)| r / n).collect::<Vec<f64>>()
    };
    let whole = recall(&[]);
    let (mut own, mut others) = (vec![], vec![]);
    for (class, chosen) in chosen_c.iter().enumerate() {
        for (other, (before, after)) in whole.iter().zip(recall(chosen)).enumerate().filter(|(_, (b, _))| b.is_finite()) {
            if other == class { &mut own } else { &mut others }.push(before - after);
        }
    }
    Perturbed { own: mean(own.into_iter()), others: mean(others.into_iter()) }
}

/// Rows along directions by chance, as many as `width`, each normal: what a code tells that has learnt nothing.
pub fn along_random(x_nd: Rows, width: usize, seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    let direction_fd: Vec<f32> = (0..width * x_nd.width()).map(|_| rng.normal()).collect();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    x_nd.iter().flat_map(|x| direction_fd.chunks_exact(x.len()).map(|d| dot(x, d)).collect::<Vec<f32>>()).collect()
}

/// The first `k` principal directions of rows, `[k, d]`, of length one, largest variance first, and the mean row: by [`SWEEPS`] of
/// subspace iteration from directions by chance.
pub fn principal(x_nd: Rows, k: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    at_once(principal_in_slices(x_nd, k, &Pause::never()))
}

/// [`principal`], with a place to rest at every row.
pub async fn principal_in_slices(x_nd: Rows<'_>, k: usize, pause: &Pause) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (n, d) = (x_nd.len() as f64, x_nd.width());
    let mut mean_d = vec![0.0; d];
    x_nd.iter().for_each(|x| mean_d.iter_mut().zip(x).for_each(|(m, v)| *m += f64::from(*v) / n));
    let mut rng = Rng::new(1);
    let mut basis: Vec<Vec<f64>> = (0..k.min(d)).map(|_| (0..d).map(|_| f64::from(rng.normal())).collect()).collect();
    orthonormal(&mut basis);
    for _ in 0..SWEEPS {
        let mut next = vec![vec![0.0; d]; basis.len()];
        for x in x_nd.iter() {
            pause.point().await;
            let x: Vec<f64> = x.iter().zip(&mean_d).map(|(v, m)| f64::from(*v) - m).collect();
            for (b, to) in basis.iter().zip(&mut next) {
                let dot = b.iter().zip(&x).map(|(b, x)| b * x).sum::<f64>();
                to.iter_mut().zip(&x).for_each(|(t, x)| *t += dot * x);
            }
        }
        basis = next;
        orthonormal(&mut basis);
    }
    (basis, mean_d)
}

/// Sweeps of [`principal`] over all rows.
pub const SWEEPS: usize = 12;

/// Makes vectors orthonormal, one after the other (Gram & Schmidt, twice over for rounding).
pub fn orthonormal(basis: &mut [Vec<f64>]) {
    for i in 0..basis.len() {
        let (before, rest) = basis.split_at_mut(i);
        let own = &mut rest[0];
        for _ in 0..2 {
            for b in &*before {
                let dot = b.iter().zip(own.iter()).map(|(a, b)| a * b).sum::<f64>();
                own.iter_mut().zip(b).for_each(|(o, b)| *o -= dot * b);
            }
        }
        let length = own.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        own.iter_mut().for_each(|v| *v /= length);
    }
}
