//! Against what must hold exactly.

use latent_data::unit;
use latent_measure::disentangle;
use latent_measure::disentangle::{Scale, VoteProtocol};
use latent_measure::frechet;
use latent_measure::frechet::Gaussian;
use latent_measure::probe;
use latent_measure::probe::LinearProbe;
use latent_measure::rng::Rng;
use latent_measure::{Rows, assign, codebook, eigen, image, sliced, sparse, spectrum, units, vae};
use latent_native as native;

fn normals(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    (0..n).map(|_| rng.normal()).collect()
}

#[track_caller]
fn assert_close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} against {want}");
}

#[test]
fn the_generator_is_splitmix64() {
    let mut rng = Rng::new(1_234_567);
    let first: Vec<u64> = (0..3).map(|_| rng.bits()).collect();
    assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    let mut order = rng.permutation(100);
    assert_ne!(order, (0..100).collect::<Vec<_>>());
    order.sort_unstable();
    assert_eq!(order, (0..100).collect::<Vec<_>>());
    let values = normals(3, 100_000);
    let (mean, square) = values.iter().fold((0.0, 0.0), |(m, s), v| (m + f64::from(*v) / 1e5, s + f64::from(*v).powi(2) / 1e5));
    assert_close(mean, 0.0, 0.015);
    assert_close(square, 1.0, 0.02);
}

#[test]
fn a_collapsed_posterior_is_the_prior() {
    let zeros = vec![0.0; 60];
    let rows = Rows::new(&zeros, 3);
    assert_eq!(vae::kl_d(rows, rows), [0.0; 3]);
    assert_eq!(vae::active_units(rows), 0);
    let aggregate = vae::aggregate(rows, Some(rows));
    assert_eq!((aggregate.mean_d, aggregate.variance_d, aggregate.correlation), (vec![0.0; 3], vec![1.0; 3], 0.0));
    // Without a posterior nothing varies, so no correlation is defined.
    assert!(vae::aggregate(rows, None).correlation.is_nan());
}

#[test]
fn mmd_is_zero_between_equals_and_not_otherwise() {
    let (x, y) = (normals(1, 4000), normals(2, 4000));
    let (x, y) = (Rows::new(&x, 4), Rows::new(&y, 4));
    let shifted: Vec<f32> = y.values().iter().map(|v| v + 0.5).collect();
    for kernel in [vae::Kernel::Imq, vae::Kernel::Rbf] {
        let null = vae::mmd(x, y, kernel);
        assert_close(null, 0.0, 1e-3);
        assert!(vae::mmd(x, Rows::new(&shifted, 4), kernel) > 20.0 * null.abs());
    }
}

#[test]
fn pictures() {
    let shape = [2, 12, 13];
    let x: Vec<f32> = normals(4, 2 * 12 * 13).iter().map(|v| (0.5 + 0.1 * v).clamp(0.0, 1.0)).collect();
    assert_eq!(image::mse(&x, &x), 0.0);
    assert_eq!(image::psnr(&x, &x, x.len()), f64::INFINITY);
    assert_close(image::ssim(&x, &x, shape), 1.0, 1e-12);
    // Flat pictures have no structure, only luminance; a shift of 0.1 is 20 decibels.
    let (a, b) = (vec![0.5; x.len()], vec![0.6; x.len()]);
    assert_close(image::psnr(&a, &b, 12 * 13), 20.0, 1e-5);
    assert_close(image::ssim(&a, &b, shape), (2.0 * 0.3 + 1e-4) / (0.25 + 0.36 + 1e-4), 1e-6);
    // A negative has the same moments and the opposite structure.
    let negative: Vec<f32> = x.iter().map(|v| 1.0 - v).collect();
    assert!(image::ssim(&x, &negative, shape) < -0.5);
}

#[test]
fn eigenvalues_rebuild_the_matrix() {
    let n = 9;
    let g: Vec<f64> = normals(5, n * n).into_iter().map(f64::from).collect();
    let transposed: Vec<f64> = (0..n * n).map(|i| g[i % n * n + i / n]).collect();
    let a = eigen::product(&g, &transposed, n);
    let root = eigen::root(a.clone(), n);
    eigen::product(&root, &root, n).iter().zip(&a).for_each(|(r, a)| assert_close(*r, *a, 1e-11));
    let trace: f64 = a.iter().step_by(n + 1).sum();
    assert_close(eigen::symmetric(a, n).values.iter().sum(), trace, 1e-11);
    // An indefinite matrix whose eigenvalues are known: ±1.
    let mut values = eigen::symmetric(vec![0.0, 1.0, 1.0, 0.0], 2).values;
    values.sort_by(f64::total_cmp);
    values.iter().zip([-1.0, 1.0]).for_each(|(v, want)| assert_close(*v, want, 1e-15));
}

#[test]
fn frechet_distance_of_known_gaussians() {
    let x = normals(6, 3000);
    let moved: Vec<f32> = x.iter().map(|v| 3.0 * v + 1.0).collect();
    let (a, b) = (Gaussian::fit(Rows::new(&x, 3)), Gaussian::fit(Rows::new(&moved, 3)));
    assert_close(frechet::distance(&a, &a), 0.0, 1e-10);
    // N(m, C) and N(3m + 1, 9C): ‖2m + 1‖² + tr C (1 − 3)².
    let column = |j: usize| x.iter().skip(j).step_by(3).map(|v| f64::from(*v));
    let mean = |j: usize| column(j).sum::<f64>() / 1000.0;
    let variance = |j: usize| column(j).map(|v| (v - mean(j)).powi(2)).sum::<f64>() / 999.0;
    let want: f64 = (0..3).map(|j| (2.0 * mean(j) + 1.0).powi(2) + 4.0 * variance(j)).sum();
    assert_close(frechet::distance(&a, &b), want, 1e-5);
}

#[test]
fn probes_read_what_is_there_and_nothing_else() {
    let labels: Vec<u8> = (0..300u32).map(|i| (i % 3) as u8).collect();
    let noise = normals(7, 600);
    // Three clouds on a line and a latent of pure noise.
    let z: Vec<f32> =
        labels.iter().zip(noise.chunks_exact(2)).flat_map(|(l, e)| [4.0 * f32::from(*l) + 0.5 * e[0], e[1]]).collect();
    let (train, test) = (Rows::new(&z[..400], 2), Rows::new(&z[400..], 2));
    let fit = LinearProbe::fit(train, &labels[..200], 3);
    assert!(fit.accuracy(test, &labels[200..]) >= 0.99);
    assert!(probe::knn_accuracy(train, &labels[..200], test, &labels[200..], 5) >= 0.99);
    assert_eq!(probe::knn_accuracy(train, &labels[..200], train, &labels[..200], 1), 1.0);
    // A constant says no more than the shares of the classes.
    let flat = vec![2.5; 200];
    let blind = LinearProbe::fit(Rows::new(&flat, 1), &labels[..200], 3);
    assert_close(blind.cross_entropy(Rows::new(&flat, 1), &labels[..200]), 3f64.ln(), 1e-3);
    // Both neighbours are equally near and vote differently: the earlier counts.
    assert_eq!(probe::knn_accuracy(Rows::new(&[1.0, -1.0], 1), &[7, 8], Rows::new(&[0.0], 1), &[7], 2), 1.0);
}

/// All combinations of two factors with five values and one with three, ten times.
fn grid() -> Vec<u8> {
    (0..750u32).flat_map(|i| [i % 5, i / 5 % 5, i / 25 % 3].map(|v| v as u8)).collect()
}

const SCALES: [Scale; 3] = [Scale::Ordinal, Scale::Ordinal, Scale::Categorical];
const VOTES: VoteProtocol = VoteProtocol { batch: 64, train: 500, test: 500, seed: 1, least_deviation: 0.05 };

#[test]
fn one_latent_for_each_factor_is_perfect() {
    let v = grid();
    let factor_nk = Rows::new(&v, 3);
    // In another order, stretched and turned around; two latents know nothing.
    let code = |v: &[u8]| [0.0, 5.0 - 3.0 * f32::from(v[2]), 0.1 * f32::from(v[0]) - 7.0, 1e-9, 2.0 * f32::from(v[1])];
    let z: Vec<f32> = v.chunks_exact(3).flat_map(code).collect();
    let code_nd = Rows::new(&z, 5);
    assert_close(disentangle::mig(code_nd, factor_nk), 1.0, 1e-9);
    // The silent latents count 0.
    assert_close(disentangle::modularity(code_nd, factor_nk), 3.0 / 5.0, 1e-9);
    // A threshold tells no middle class from the others: 1, 1 and, of three classes, (1 + ¾ + 1) / 3 less a half.
    assert_close(disentangle::sap(code_nd, factor_nk, &SCALES), (1.0 + 1.0 + 11.0 / 12.0 - 0.5) / 3.0, 1e-6);
    let dci = disentangle::dci(code_nd, factor_nk, code_nd, factor_nk);
    assert_close(dci.disentanglement, 1.0, 1e-9);
    assert_close(dci.completeness, 1.0, 1e-9);
    assert_eq!(dci.informativeness, 1.0);
    assert_eq!(disentangle::factor_vae_score(code_nd, factor_nk, VOTES), 1.0);
    // Silent latents take no part, nor would one that is much narrower than the others. A straight line does not part a middle value
    // from both others at once.
    let code = |v: &[u8]| [0.0, 5.0 - 3.0 * f32::from(v[2]), 2.0 * f32::from(v[0]) - 7.0, 1e-9, 2.0 * f32::from(v[1])];
    let z: Vec<f32> = v.chunks_exact(3).flat_map(code).collect();
    let code_nd = Rows::new(&z, 5);
    let mec = disentangle::infomec((code_nd, factor_nk), (code_nd, factor_nk));
    assert_close(mec.modularity, 1.0, 1e-9);
    assert_close(mec.compactness, 1.0, 1e-9);
    assert_eq!(mec.active, 3);
    assert!(mec.explicitness > 0.6 && mec.explicitness < 1.0, "{mec:?}");
}

#[test]
fn a_rotation_hides_the_factors() {
    let v: Vec<u8> = grid().chunks_exact(3).flat_map(|v| [v[0], v[1]]).collect();
    let factor_nk = Rows::new(&v, 2);
    let z: Vec<f32> =
        v.chunks_exact(2).flat_map(|v| [f32::from(v[0]) + f32::from(v[1]), f32::from(v[0]) - f32::from(v[1])]).collect();
    let code_nd = Rows::new(&z, 2);
    // Both latents know equally much of both factors, but together everything.
    assert_close(disentangle::mig(code_nd, factor_nk), 0.0, 1e-9);
    assert_close(disentangle::modularity(code_nd, factor_nk), 0.0, 1e-9);
    assert_close(disentangle::sap(code_nd, factor_nk, &SCALES[..2]), 0.0, 1e-9);
    let dci = disentangle::dci(code_nd, factor_nk, code_nd, factor_nk);
    assert!(dci.disentanglement < 0.1 && dci.completeness < 0.1 && dci.informativeness > 0.95, "{dci:?}");
    assert!(disentangle::factor_vae_score(code_nd, factor_nk, VOTES) < 0.7);
    let mec = disentangle::infomec((code_nd, factor_nk), (code_nd, factor_nk));
    assert_close(mec.modularity, 0.0, 1e-9);
    assert_close(mec.compactness, 0.0, 1e-9);
}

#[test]
fn a_copy_is_modular_but_not_complete() {
    let v: Vec<u8> = grid().chunks_exact(3).flat_map(|v| [v[0], v[1]]).collect();
    let factor_nk = Rows::new(&v, 2);
    let z: Vec<f32> = v.chunks_exact(2).flat_map(|v| [v[0], v[0], v[1]].map(f32::from)).collect();
    let code_nd = Rows::new(&z, 3);
    assert_close(disentangle::modularity(code_nd, factor_nk), 1.0, 1e-9);
    assert_close(disentangle::mig(code_nd, factor_nk), 0.5, 1e-9);
    let mec = disentangle::infomec((code_nd, factor_nk), (code_nd, factor_nk));
    assert_close(mec.modularity, 1.0, 1e-9);
    // The first factor lies in two of three latents: (½ − ⅓) / (1 − ⅓); the second in one.
    assert_close(mec.compactness, 0.5 * (0.25 + 1.0), 1e-9);
    assert_close(disentangle::sap(code_nd, factor_nk, &SCALES[..2]), 0.5, 1e-9);
}

#[test]
fn a_dead_latent_knows_nothing_of_a_kind() {
    let v: Vec<u8> = grid().chunks_exact(3).map(|v| v[2]).collect();
    let factor_nk = Rows::new(&v, 1);
    // One latent is the factor, the other constant: guessing is right half of the time, and explains no variance.
    let z: Vec<f32> = v.iter().flat_map(|v| [f32::from(*v), 0.25]).collect();
    // Two of the three kinds are cut off by one threshold; the middle one at best with one of the others.
    let best = (1.0 + 1.0 + 0.75) / 3.0;
    assert_close(disentangle::sap(Rows::new(&z, 2), factor_nk, &[Scale::Categorical]), best - 0.5, 1e-9);
    assert_close(disentangle::sap(Rows::new(&z, 2), factor_nk, &[Scale::Ordinal]), 1.0, 1e-9);
    let alone: Vec<f32> = v.iter().map(|v| f32::from(*v)).collect();
    assert!(disentangle::sap(Rows::new(&alone, 1), factor_nk, &SCALES[2..]).is_nan());
    assert!(disentangle::mig(Rows::new(&alone, 1), factor_nk).is_nan());
}

/// The border of a digit is lit in a few images out of a thousand. Divided by their deviation, such pixels are what the direction
/// of a probe is made of.
#[test]
fn a_concept_does_not_point_to_the_border() {
    const IMAGES: usize = 1000;
    let digits = native::load("mnist", None).unwrap();
    let x: Vec<f32> = unit(&digits.train_images[..IMAGES * 784]).collect();
    let odd: Vec<u8> = digits.train_labels[..IMAGES].iter().map(|l| l % 2).collect();
    let x_np = Rows::new(&x, 784);
    let rare: Vec<bool> = (0..784).map(|p| x_np.column(p).filter(|v| *v > 0.0).count() < IMAGES / 100).collect();
    let on_rare = |probe: LinearProbe| {
        let squares: Vec<f32> = probe.direction(1).iter().map(|w| w * w).collect();
        squares.iter().zip(&rare).filter(|(_, rare)| **rare).map(|(s, _)| s).sum::<f32>() / squares.iter().sum::<f32>()
    };
    let share = on_rare(LinearProbe::fit_centred(x_np, &odd, 2));
    assert!(share < 0.05, "{share} of the squared length is on pixels lit in under 1 % of the images");
    let standardised = on_rare(LinearProbe::fit(x_np, &odd, 2));
    assert!(standardised > 0.5, "nothing is gained over a probe on standardised pixels: {standardised}");
}

#[test]
fn noise_knows_nothing() {
    let v: Vec<u8> = grid().repeat(8);
    let factor_nk = Rows::new(&v, 3);
    let z = normals(8, factor_nk.len() * 3);
    let code_nd = Rows::new(&z, 3);
    assert!(disentangle::mig(code_nd, factor_nk) < 0.01);
    assert!(disentangle::sap(code_nd, factor_nk, &SCALES) < 0.02);
    let half = factor_nk.len() / 2 * 3;
    let dci =
        disentangle::dci(Rows::new(&z[..half], 3), Rows::new(&v[..half], 3), Rows::new(&z[half..], 3), Rows::new(&v[half..], 3));
    assert!(dci.disentanglement < 0.05, "{dci:?}");
    assert_close(dci.informativeness, (0.2 + 0.2 + 1.0 / 3.0) / 3.0, 0.03);
    assert!(disentangle::factor_vae_score(code_nd, factor_nk, VOTES) < 0.5);
    let still = vec![1.0; z.len()];
    assert_eq!(disentangle::factor_vae_score(Rows::new(&still, 3), factor_nk, VOTES), 0.0);
}

#[test]
fn codebooks() {
    let mut usage = codebook::Usage::new(8);
    assert!(usage.perplexity().is_nan());
    usage.add(&[5; 10]).unwrap();
    assert_eq!((usage.perplexity(), usage.used(), usage.dead()), (1.0, 1, 7));
    let error = usage.add(&[1, 8]).unwrap_err();
    assert!(error.contains("place 1 has code 8"), "{error}");
    assert_eq!(usage.count_k(), [0, 0, 0, 0, 0, 10, 0, 0]);
    let mut even = codebook::Usage::new(8);
    even.add(&[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
    assert_close(even.perplexity(), 8.0, 1e-12);
    assert_close(even.bits(), 3.0, 1e-12);
}

#[test]
fn directions_that_are_alike_all_count() {
    // Corners of a cube, stretched along its first axis.
    let corners = |stretch: f32| -> Vec<f32> {
        (0..8)
            .flat_map(|i| (0..3).map(move |d| if i >> d & 1 == 1 { 1.0 } else { -1.0 } * if d == 0 { stretch } else { 1.0 }))
            .collect()
    };
    let singular = |stretch: f32| spectrum::singular_values(Rows::new(&corners(stretch), 3));
    assert_eq!(singular(1.0), [1.0; 3]);
    assert_eq!(singular(4.0), [4.0, 1.0, 1.0]);
    assert_close(spectrum::effective_rank(&singular(1.0)), 3.0, 1e-12);
    assert_close(spectrum::effective_rank(&singular(4.0)), 18.0 * 18.0 / 258.0, 1e-12);
    assert!(spectrum::effective_rank(&[0.0, 0.0]).is_nan());
}

#[test]
fn the_assignment_is_the_best_of_all() {
    fn best(gain: &[f64], columns: usize, row: usize, taken: &mut Vec<usize>) -> f64 {
        if row * columns == gain.len() {
            return 0.0;
        }
        let mut top = f64::NEG_INFINITY;
        for c in 0..columns {
            if !taken.contains(&c) {
                taken.push(c);
                top = top.max(gain[row * columns + c] + best(gain, columns, row + 1, taken));
                taken.pop();
            }
        }
        top
    }
    for (seed, (rows, columns)) in [(1, 1), (2, 5), (5, 5), (4, 6), (6, 6)].into_iter().enumerate() {
        let gain: Vec<f64> = normals(20 + seed as u64, rows * columns).into_iter().map(f64::from).collect();
        let matched = assign::maximum(&gain, columns);
        let sum: f64 = matched.iter().enumerate().map(|(r, c)| gain[r * columns + c]).sum();
        assert_close(sum, best(&gain, columns, 0, &mut vec![]), 1e-12);
        let mut once = matched.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), rows, "{matched:?}");
    }
}

#[test]
fn dictionaries() {
    let d = normals(9, 40 * 16);
    let order = Rng::new(4).permutation(40);
    let shuffled: Vec<f32> = order.iter().flat_map(|i| d[i * 16..(i + 1) * 16].iter().map(|v| 3.0 * v)).collect();
    let (a, b) = (Rows::new(&d, 16), Rows::new(&shuffled, 16));
    let stability = sparse::stability(b, a);
    assert_eq!(stability.match_f, order);
    assert_close(stability.mean_cosine, 1.0, 1e-9);
    assert_eq!(stability.shared, 1.0);
    assert_close(sparse::recovery(a, b).mean_max_cosine, 1.0, 1e-9);
    // Opposite directions are other features.
    let opposite: Vec<f32> = d[..32].iter().map(|v| -v).collect();
    assert!(sparse::recovery(Rows::new(&d[..32], 16), Rows::new(&opposite, 16)).mean_max_cosine < 0.9);
    // Half of the planted features are missing.
    let half = sparse::recovery(a, Rows::new(&d[..20 * 16], 16));
    assert_eq!(half.recovered, 0.5);
}

#[test]
fn fidelity() {
    let x = normals(10, 300);
    let rows = Rows::new(&x, 3);
    assert_eq!(sparse::fraction_unexplained(rows, rows), 0.0);
    let mean: Vec<f32> = (0..3).map(|j| x.iter().skip(j).step_by(3).sum::<f32>() / 100.0).collect();
    assert_close(sparse::fraction_unexplained(rows, Rows::new(&mean.repeat(100), 3)), 1.0, 1e-6);
    assert_eq!(sparse::loss_recovered(1.0, 1.0, 5.0), 1.0);
    assert_eq!(sparse::loss_recovered(1.0, 5.0, 5.0), 0.0);
    assert_eq!(sparse::loss_recovered(1.0, 2.0, 5.0), 0.75);
}

/// A parent that comes alone or with one of two children: its own feature is silent beside the second, whose feature points to both.
#[test]
fn of_planted_parents_the_swallowing_child_is_named() {
    let planted = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let atoms = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    let active_nk: Vec<Vec<bool>> = [[true, false, false], [true, true, false], [true, false, true], [false; 3]]
        .map(|row| row.to_vec())
        .into_iter()
        .cycle()
        .take(40)
        .collect();
    let x: Vec<f32> = active_nk.iter().flatten().map(|on| f32::from(u8::from(*on))).collect();
    let act: Vec<f32> = active_nk.iter().flat_map(|on| [on[0] && !on[2], on[1], on[2]]).map(|on| f32::from(u8::from(on))).collect();
    let found = |act: &[f32], atoms: &[f32]| {
        let rows = [&x[..], act, atoms, &planted].map(|values| Rows::new(values, 3));
        sparse::planted_absorption(rows[0], rows[1], rows[2], rows[3], &active_nk, &[None, Some(0), Some(0)])
    };
    let swallowed = found(&act, &atoms);
    assert_eq!((swallowed.candidates, swallowed.parents, swallowed.rate), (15, 1, 1.0 / 3.0));
    assert_eq!(swallowed.cases, [sparse::Swallowed { parent: 0, child: Some(2), feature: 2, inputs: 5 }]);
    // What finds each as it was planted swallows none.
    let apart = found(&x, &planted);
    assert_eq!((apart.candidates, apart.rate, apart.cases), (15, 0.0, vec![]));
}

/// A parent concept with two children. The dictionary has absorbed the parent into the second child: its direction holds
/// both, and the parent's feature is silent there.
#[test]
fn a_planted_absorption_is_found() {
    let dictionary = [1.0f32, 0.0, 0.0, /* child 1 */ 0.0, 1.0, 0.0, /* child 2 and parent */ 1.0, 0.0, 1.0];
    let cases: Vec<[f32; 3]> = [[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]; 5].concat();
    let act: Vec<f32> = cases.concat();
    let x: Vec<f32> =
        cases.iter().flat_map(|a| (0..3).map(|i| (0..3).map(|j| a[j] * dictionary[j * 3 + i]).sum::<f32>())).collect();
    let parent: Vec<bool> = x.chunks_exact(3).map(|x| x[0] > 0.0).collect();
    let (x_nd, act_nf, dictionary_fd) = (Rows::new(&x, 3), Rows::new(&act, 3), Rows::new(&dictionary, 3));
    // Where any of both is active, the parent is: the concept has split in two.
    assert_eq!(sparse::main_features(act_nf, &parent), [0, 2]);
    let found = sparse::absorption(x_nd, act_nf, dictionary_fd, &[2.0, 0.0, 0.0], &parent, &[0]);
    assert_close(found.rate, 1.0 / 3.0, 1e-12);
    assert_eq!(found.cases, [(2, 2), (6, 2), (10, 2), (14, 2), (18, 2)]);
    // A feature that points elsewhere absorbs nothing.
    let elsewhere = sparse::absorption(x_nd, act_nf, dictionary_fd, &[0.0, 1.0, 0.0], &parent, &[0]);
    assert_eq!(elsewhere.cases, []);
}

#[test]
fn description_length() {
    // One feature active on every fourth input with one of two sizes, one always on, one dead.
    let act: Vec<f32> = (0..800u32).flat_map(|i| [if i % 4 == 0 { 1.0 + (i / 4 % 2) as f32 } else { 0.0 }, 4.0, 0.0]).collect();
    let act_nf = Rows::new(&act, 3);
    let length = sparse::description_length(act_nf, 0.5, 10, 8);
    let want = 0.75 * (4f64 / 3.0).log2() + 2.0 * 0.125 * 3.0;
    assert_close(length.input, want, 1e-12);
    assert_eq!(length.dictionary, 160.0);
    // A step too coarse for the two sizes needs fewer bits.
    assert!(sparse::description_length(act_nf, 4.0, 10, 8).input < want);
    // All activations are multiples of 1, so that rounding to it changes nothing, and half of 2 rounds up.
    assert_eq!(sparse::round_to(&act, 1.0), act);
    assert_eq!(sparse::round_to(&[1.0, -1.0, 0.9, 4.0], 2.0), [2.0, -2.0, 0.0, 4.0]);
}

#[test]
fn an_error_that_is_a_part_of_the_input_is_foretold() {
    let x = normals(11, 4000);
    let e: Vec<f32> = x.chunks_exact(4).flat_map(|x| [0.5 * x[1], x[0] - x[3], 0.0, 2.0]).collect();
    let both = |from: usize, to: usize| (Rows::new(&x[from..to], 4), Rows::new(&e[from..to], 4));
    let found = sparse::predicted_error(both(0, 2000), both(2000, 4000));
    assert_close(found.vector, 1.0, 1e-5);
    // A square is no line.
    assert!(found.length < 0.1, "{found:?}");
    let noise = normals(12, 4000);
    let (first, last) = noise.split_at(2000);
    let found = sparse::predicted_error((both(0, 2000).0, Rows::new(first, 4)), (both(2000, 4000).0, Rows::new(last, 4)));
    assert!(found.vector.abs() < 0.05 && found.length.abs() < 0.05, "{found:?}");
}

#[test]
fn features_at_right_angles_are_as_long_as_the_input() {
    let act = [2.0, 0.0, 0.5, 0.0, 3.0, 0.0, 1.0, 1.0, 1.0];
    // Directions of length 2 and 1.
    let dictionary = [2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let x: Vec<f32> = act.chunks_exact(3).flat_map(|a| [2.0 * a[0], a[1], a[2]]).collect();
    let [x, act, dictionary] = [&x[..], &act, &dictionary].map(|v| Rows::new(v, 3));
    assert_close(sparse::length_gap(x, act, dictionary), 0.0, 1e-12);
    let halved: Vec<f32> = act.values().iter().map(|a| 0.5 * a).collect();
    assert_close(sparse::length_gap(x, Rows::new(&halved, 3), dictionary), 0.5, 1e-12);
}

#[test]
fn features_that_are_active_together_and_point_alike_correlate() {
    // The first two always come together, the others alone.
    let act = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let (alike, apart) = ([1.0, 0.0, 1.0, 0.0, 0.0, 1.0, -1.0, 0.0], [1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    let of = |dictionary: &[f32]| sparse::together(Rows::new(&act, 4), Rows::new(dictionary, 2));
    assert!(of(&alike) > 0.5 && of(&apart) < -0.5, "{} and {}", of(&alike), of(&apart));
}

#[test]
fn a_unit_of_equal_images_means_one_thing() {
    let act = [1.0, 0.5, 1.0, 0.5, 0.0, 1.0, 0.0, 0.0];
    let shown = [3.0, 0.0, 1.0, 0.0, 0.0, 1.0, -1.0, 0.0];
    let scores = units::monosemanticity_f(Rows::new(&act, 2), Rows::new(&shown, 2));
    assert_close(scores[0], 1.0, 1e-12);
    // (¼ + 0 + 0) / (¼ + ½ + ½)
    assert_close(scores[1], 0.2, 1e-12);
    assert!(units::monosemanticity_f(Rows::new(&[1.0; 4], 1), Rows::new(&shown, 2))[0].is_nan(), "it never varies");
}

#[test]
fn a_unit_that_is_a_class_covers_it() {
    let labels = [0, 1, 2, 1, 0, 2];
    // One unit is high on class 2, the other low on class 0.
    let code: Vec<f32> = labels.iter().flat_map(|l| [f32::from(u8::from(*l == 2)), if *l == 0 { -3.0 } else { 0.0 }]).collect();
    let code = Rows::new(&code, 2);
    // All that is not 2 or not 0 is 1 at best half of the time: F1 = 2/3.
    assert_close(units::coverage((code, &labels), (code, &labels), 3), (1.0 + 1.0 + 2.0 / 3.0) / 3.0, 1e-12);
}

#[test]
fn a_control_that_is_the_distance_leaves_nothing_uncertain() {
    // Two points: along each direction the distance is that of the means.
    let (x, y) = (vec![0.0; 30], [3.0, 0.0, 4.0].repeat(10));
    let found = sliced::spread(Rows::new(&x, 3), Rows::new(&y, 3), 10, 50, 1);
    assert_close(found.controlled_mean, 25.0 / 3.0, 1e-4);
    assert!(found.controlled < 1e-5 && found.plain > 0.1, "{found:?}");
}

#[test]
fn a_few_bad_copies_are_the_worst_error() {
    let x = vec![0.0; 400];
    let mut y = vec![1.0; 400];
    y[10..16].fill(3.0);
    assert_close(image::worst_error(&x, &y, 2), 9.0, 1e-12);
    y[12..16].fill(1.0);
    assert_close(image::worst_error(&x, &y, 2), 1.0, 1e-12);
}
