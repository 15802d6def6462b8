//! Against NumPy and PyTorch, whose numbers `../golden/make_measures.py` computed; inputs come from the same hash.

use std::collections::BTreeMap;

use latent_measure::defects;
use latent_measure::disentangle;
use latent_measure::disentangle::{Scale, VoteProtocol};
use latent_measure::frechet;
use latent_measure::frechet::Gaussian;
use latent_measure::manifold;
use latent_measure::pause::Pause;
use latent_measure::probe;
use latent_measure::probe::LinearProbe;
use latent_measure::sampler::Mixture;
use latent_measure::signal::signal_to_noise;
use latent_measure::{Rows, cluster, codebook, image, sliced, sparse, spectrum, units, vae};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    vae: Vae,
    images: Vec<Images>,
    frechet: Frechet,
    probe: Probe,
    disentangle: Disentangle,
    cluster: Cluster,
    codebook: Codebook,
    sparse: Sparse,
    units: Units,
    probing: Probing,
    sliced: Sliced,
    signal: f64,
    samples: Samples,
    defects: Defects,
    directions: Directions,
    rate: Rate,
    handwriting: Handwriting,
}

#[derive(Deserialize)]
struct Directions {
    tall: Spread,
    wide: Spread,
}

#[derive(Deserialize)]
struct Spread {
    singular: Vec<f64>,
    rank: f64,
}

#[derive(Deserialize)]
struct Rate {
    used: f64,
    plain: f64,
}

#[derive(Deserialize)]
struct Handwriting {
    unpooled: Vec<f64>,
    slanted: Vec<f64>,
    thicker: Vec<f64>,
    thinner: Vec<f64>,
}

#[derive(Deserialize)]
struct Defects {
    auroc: f64,
    dice: f64,
    nearest_mean: f64,
}

#[derive(Deserialize)]
struct Samples {
    precision: f64,
    recall: f64,
    density: f64,
    coverage: f64,
    mixture: f64,
}

#[derive(Deserialize)]
struct Units {
    monosemanticity_f: Vec<f64>,
    coverage: f64,
}

#[derive(Deserialize)]
struct Probing {
    few: BTreeMap<usize, f64>,
    telling: Vec<usize>,
    macro_f1: f64,
    attributed: Vec<Vec<usize>>,
    variance: Vec<f64>,
    principal: Vec<f64>,
}

#[derive(Deserialize)]
struct Sliced {
    distance: f64,
    explained: f64,
}

#[derive(Deserialize)]
struct Vae {
    kl_d: Vec<f64>,
    activity_d: Vec<f64>,
    aggregate_mean_d: Vec<f64>,
    aggregate_variance_d: Vec<f64>,
    correlation: f64,
    mmd_imq: f64,
    mmd_rbf: f64,
    nll: f64,
}

#[derive(Deserialize)]
struct Images {
    shape: [usize; 4],
    mse: f64,
    psnr: f64,
    ssim: f64,
    pooled: Vec<f64>,
}

#[derive(Deserialize)]
struct Frechet {
    distance: f64,
}

#[derive(Deserialize)]
struct Probe {
    cross_entropy: f64,
    accuracy: f64,
    knn: BTreeMap<usize, f64>,
}

#[derive(Deserialize)]
struct Disentangle {
    information_dk: Vec<Vec<f64>>,
    mig: f64,
    modularity: f64,
    sap: f64,
    importance_dk: Vec<Vec<f64>>,
    disentanglement: f64,
    completeness: f64,
    informativeness: f64,
    factor_vae: f64,
    infomec: [f64; 4],
}

#[derive(Deserialize)]
struct Cluster {
    accuracy: f64,
    nmi: f64,
    ari: f64,
}

#[derive(Deserialize)]
struct Codebook {
    perplexity: f64,
    used: usize,
    shares: Vec<f64>,
}

#[derive(Deserialize)]
struct Sparse {
    l0: f64,
    density_f: Vec<f64>,
    dead: usize,
    ultra_dense: usize,
    histogram: Vec<usize>,
    unexplained: f64,
    max_cosine: f64,
    recovered: f64,
    match_f: Vec<usize>,
    match_cosine: f64,
    shared: f64,
    main: Vec<usize>,
    absorbed: Vec<(usize, usize)>,
    concept: usize,
    bits: Vec<f64>,
    predicted: [f64; 2],
    length_gap: f64,
    together: f64,
    told_by: [f64; 2],
    layers: Layers,
    targeted: Vec<f64>,
    sparing: Vec<f64>,
    spaces: f64,
}

#[derive(Deserialize)]
struct Layers {
    all: f64,
    one: f64,
    angle: f64,
    raw: Vec<usize>,
    folded: Vec<usize>,
    correlation: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/measures.json")).unwrap()
}

fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

fn hashed(salt: u32, n: usize) -> impl Iterator<Item = u32> {
    (0..n as u32).map(move |i| mix(salt.wrapping_mul(0x9e37_79b9).wrapping_add(i)))
}

/// Values in shift ± scale.
fn made(salt: u32, n: usize, scale: f64, shift: f64) -> Vec<f32> {
    hashed(salt, n).map(|h| (shift + scale * (f64::from(h) / 2f64.powi(31) - 1.0)) as f32).collect()
}

fn whole(salt: u32, n: usize, below: u32) -> Vec<u8> {
    hashed(salt, n).map(|h| (h % below) as u8).collect()
}

/// The product of two row-major matrices, rounded once.
fn product(a: &[f32], b: &[f32], inner: usize) -> Vec<f32> {
    let columns = b.len() / inner;
    let dot = |row: &[f32], j: usize| {
        row.iter().zip(b.iter().skip(j).step_by(columns)).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>() as f32
    };
    a.chunks_exact(inner).flat_map(|row| (0..columns).map(move |j| dot(row, j))).collect()
}

#[track_caller]
fn assert_close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{got} against {want}");
}

#[track_caller]
fn assert_all_close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).for_each(|(g, w)| assert_close(*g, *w, tolerance));
}

/// Both sides compute in 64 bits from the same inputs.
const EXACT: f64 = 1e-9;
/// A sum of differences that are taken in 32 bits.
const SINGLE: f64 = 1e-6;

#[test]
fn posteriors() {
    let want = golden().vae;
    let (mut mean, logvar) = (made(1, 200, 1.5, 0.0), made(2, 200, 1.0, -0.5));
    mean.iter_mut().skip(3).step_by(5).for_each(|m| *m *= 0.0625);
    let (mean_nd, logvar_nd) = (Rows::new(&mean, 5), Rows::new(&logvar, 5));
    assert_all_close(&vae::kl_d(mean_nd, logvar_nd), &want.kl_d, EXACT);
    assert_all_close(&vae::activity_d(mean_nd), &want.activity_d, EXACT);
    assert_eq!(vae::active_units(mean_nd), 4);
    let aggregate = vae::aggregate(mean_nd, Some(logvar_nd));
    assert_all_close(&aggregate.mean_d, &want.aggregate_mean_d, EXACT);
    assert_all_close(&aggregate.variance_d, &want.aggregate_variance_d, EXACT);
    assert_close(aggregate.correlation, want.correlation, EXACT);
    let other = made(3, 150, 2.0, 0.0);
    assert_close(vae::mmd(mean_nd, Rows::new(&other, 5), vae::Kernel::Imq), want.mmd_imq, SINGLE);
    assert_close(vae::mmd(mean_nd, Rows::new(&other, 5), vae::Kernel::Rbf), want.mmd_rbf, SINGLE);
    let log_weights = made(4, 70, 50.0, -100.0);
    assert_close(vae::importance_weighted_nll(Rows::new(&log_weights, 7)), want.nll, EXACT);
}

#[test]
fn pictures() {
    for (salt, want) in [10, 12].into_iter().zip(golden().images) {
        let [n, channels, height, width] = want.shape;
        let x = made(salt, n * channels * height * width, 0.5, 0.5);
        let change = made(salt + 1, x.len(), 0.25, 0.0);
        let y: Vec<f32> = x.iter().zip(&change).map(|(x, c)| (f64::from(*x) + f64::from(*c)).clamp(0.0, 1.0) as f32).collect();
        assert_close(image::mse(&x, &y), want.mse, SINGLE);
        assert_close(image::psnr(&x, &y, channels * height * width), want.psnr, SINGLE);
        assert_close(image::ssim(&x, &y, [channels, height, width]), want.ssim, EXACT);
        let pooled: Vec<f64> = image::pool(&x, [channels, height, width], 5).into_iter().map(f64::from).collect();
        assert_all_close(&pooled, &want.pooled, SINGLE);
    }
}

#[test]
fn frechet_distance() {
    let want = golden().frechet;
    let a = product(&made(20, 300, 1.0, 0.0), &made(21, 36, 1.0, 0.0), 6);
    let b = made(22, 360, 0.5, 0.3);
    let (a, b) = (Gaussian::fit(Rows::new(&a, 6)), Gaussian::fit(Rows::new(&b, 6)));
    assert_close(frechet::distance(&a, &b), want.distance, SINGLE);
    assert_close(frechet::distance(&b, &a), want.distance, SINGLE);
}

#[test]
fn probes() {
    let want = golden().probe;
    let (z, noise) = (made(30, 600, 1.0, 0.0), made(31, 120, 0.5, 0.0));
    let class = |(z, noise): (&[f32], &f32)| u8::from(z[0] + noise > 0.0) + u8::from(z[1] > 0.25);
    let labels: Vec<u8> = z.chunks_exact(5).zip(&noise).map(class).collect();
    let (train, test) = (Rows::new(&z[..400], 5), Rows::new(&z[400..], 5));
    let fit = LinearProbe::fit(train, &labels[..80], 3);
    // L-BFGS on the other side stops within this of the optimum as well.
    assert_close(fit.cross_entropy(test, &labels[80..]), want.cross_entropy, 1e-5);
    assert_close(fit.accuracy(test, &labels[80..]), want.accuracy, EXACT);
    for (k, accuracy) in want.knn {
        assert_close(probe::knn_accuracy(train, &labels[..80], test, &labels[80..], k), accuracy, EXACT);
    }
}

/// Codes of 600 inputs with three factors: one latent clean, one noisy, one of two factors, one of nothing, one dead.
fn factors() -> (Vec<f32>, Vec<u8>) {
    let columns = [whole(40, 600, 3), whole(41, 600, 5), whole(42, 600, 4)];
    let v: Vec<u8> = (0..600).flat_map(|i| columns.each_ref().map(|c| c[i])).collect();
    let code = |(v, noise): (&[u8], &[f32])| {
        let (v, e) = ([0, 1, 2].map(|k| f64::from(v[k])), [0, 1, 2, 3, 4].map(|j| f64::from(noise[j])));
        [v[0] + 0.125 * e[0], v[1] + 1.5 * e[1], v[2] - 0.5 * v[0] + 0.5 * e[2], e[3], 0.0625 * e[4]].map(|z| z as f32)
    };
    let z = v.chunks_exact(3).zip(made(43, 3000, 1.0, 0.0).chunks_exact(5)).flat_map(code).collect();
    (z, v)
}

#[test]
fn disentanglement() {
    let want = golden().disentangle;
    let (z, v) = factors();
    let (code_nd, factor_nk) = (Rows::new(&z, 5), Rows::new(&v, 3));
    for (got, want) in disentangle::information_dk(code_nd, factor_nk).iter().zip(&want.information_dk) {
        assert_all_close(got, want, EXACT);
    }
    assert_close(disentangle::mig(code_nd, factor_nk), want.mig, EXACT);
    assert_close(disentangle::modularity(code_nd, factor_nk), want.modularity, EXACT);
    let scales = [Scale::Categorical, Scale::Ordinal, Scale::Ordinal];
    assert_close(disentangle::sap(code_nd, factor_nk, &scales), want.sap, EXACT);
    let dci =
        disentangle::dci(Rows::new(&z[..2000], 5), Rows::new(&v[..1200], 3), Rows::new(&z[2000..], 5), Rows::new(&v[1200..], 3));
    for (got, want) in dci.importance_dk.iter().zip(&want.importance_dk) {
        assert_all_close(got, want, EXACT);
    }
    assert_close(dci.disentanglement, want.disentanglement, EXACT);
    assert_close(dci.completeness, want.completeness, EXACT);
    assert_close(dci.informativeness, want.informativeness, EXACT);
    let protocol = VoteProtocol { batch: 3, train: 300, test: 200, seed: 7, least_deviation: 0.05 };
    assert_close(disentangle::factor_vae_score(code_nd, factor_nk, protocol), want.factor_vae, EXACT);
    let fitted = (Rows::new(&z[..2000], 5), Rows::new(&v[..1200], 3));
    let got = disentangle::infomec(fitted, (Rows::new(&z[2000..], 5), Rows::new(&v[1200..], 3)));
    let [modularity, compactness, explicitness, active] = want.infomec;
    assert_close(got.modularity, modularity, EXACT);
    assert_close(got.compactness, compactness, EXACT);
    // As with the probe, L-BFGS on the other side.
    assert_close(got.explicitness, explicitness, 1e-5);
    assert_eq!(got.active as f64, active);
}

#[test]
fn signals() {
    let draw = |v: &[f32]| vec![0.5 * v[0] + 1.0, 2.0 * v[1] - 0.5, v[2]];
    let draws: Vec<Vec<f32>> = made(83, 120, 1.0, 0.0).chunks_exact(3).map(draw).collect();
    assert_close(signal_to_noise(&draws), golden().signal, SINGLE);
    // One number: mean over deviation, and what is no signal is none.
    assert_close(signal_to_noise(&[vec![3.0], vec![5.0]]), (15f64 / 2.0).sqrt(), EXACT);
    assert_eq!(signal_to_noise(&[vec![-1.0], vec![1.0]]), 0.0);
}

#[test]
fn samples_beside_images() {
    let want = golden().samples;
    let [images, drawn] = [made(90, 240, 1.0, 0.0), made(91, 200, 1.2, 0.5)];
    let [images_nd, drawn_nd] = [&images, &drawn].map(|x| Rows::new(x, 4));
    let near = pollster::block_on(manifold::neighbours(images_nd, drawn_nd, 3, &Pause::never()));
    assert_close(near.precision, want.precision, EXACT);
    assert_close(near.recall, want.recall, EXACT);
    assert_close(near.density, want.density, EXACT);
    assert_close(near.coverage, want.coverage, EXACT);
    let offset = [[0.0, 0.0, 0.0], [1.5, 0.0, 0.5], [0.0, 1.2, -0.5]];
    let z = made(92, 270, 1.0, 0.0);
    let z: Vec<f32> = z.iter().enumerate().map(|(i, v)| (f64::from(*v) + offset[i / 3 % 3][i % 3]) as f32).collect();
    let share: Vec<f64> = (0..90).flat_map(|i| (0..3).map(move |c| f64::from(u8::from(i / 30 == c)))).collect();
    let mixture = Mixture::of_shares(Rows::new(&z, 3), share, 6);
    assert_close(mixture.likelihood(Rows::new(&z, 3)), want.mixture, SINGLE);
}

#[test]
fn clusters() {
    let want = golden().cluster;
    let label = whole(80, 90, 4);
    let noise = made(81, 90, 1.0, 0.0);
    let group: Vec<u8> =
        label.iter().zip(&noise).zip(whole(82, 90, 5)).map(|((l, e), other)| if *e > 0.3 { other } else { (l + 2) % 5 }).collect();
    let got = cluster::agreement(&group, &label);
    assert_close(got.accuracy, want.accuracy, EXACT);
    assert_close(got.nmi, want.nmi, EXACT);
    assert_close(got.ari, want.ari, EXACT);
}

#[test]
fn codebooks() {
    let want = golden().codebook;
    let indices: Vec<u32> = hashed(50, 200).map(|h| h % 8 + h % 5).collect();
    let mut usage = codebook::Usage::new(16);
    // In two batches, as an epoch comes.
    usage.add(&indices[..77]).unwrap();
    usage.add(&indices[77..]).unwrap();
    assert_close(usage.perplexity(), want.perplexity, EXACT);
    assert_eq!((usage.used(), usage.dead()), (want.used, 16 - want.used));
    assert_all_close(&usage.sorted_shares(), &want.shares, EXACT);
}

#[test]
fn tokens_cost_bits() {
    let want = golden().rate;
    let tokens: Vec<u32> = hashed(50, 200).map(|h| h % 8 + h % 5).collect();
    let rate = codebook::rate(&tokens, [4, 2, 16]).unwrap();
    assert_close(rate.used, want.used, EXACT);
    assert_close(rate.plain, want.plain, EXACT);
    assert!(codebook::rate(&tokens, [4, 2, 11]).unwrap_err().contains("the codebook has 11"));
}

#[test]
fn directions_of_rows() {
    let Directions { tall, wide } = golden().directions;
    for (salt, shape, want) in [(90, [30, 6], tall), (91, [5, 12], wide)] {
        let mut x = made(salt, shape[0] * shape[1], 1.5, 0.25);
        x.iter_mut().skip(1).step_by(shape[1]).for_each(|v| *v *= 0.125);
        let singular = spectrum::singular_values(Rows::new(&x, shape[1]));
        assert_all_close(&singular, &want.singular, 1e-7);
        assert_close(spectrum::effective_rank(&singular), want.rank, 1e-7);
    }
}

#[test]
fn sparse_features() {
    let want = golden().sparse;
    let threshold = |j: usize| -0.5 + 1.75 * j as f64 / 7.0;
    let act: Vec<f32> =
        made(61, 720, 1.0, 0.0).into_iter().enumerate().map(|(i, a)| (f64::from(a) - threshold(i % 8)).max(0.0) as f32).collect();
    let dictionary = made(66, 48, 1.0, 0.0);
    let sum = |a: &[f32], b: &[f32]| -> Vec<f32> { a.iter().zip(b).map(|(a, b)| (f64::from(*a) + f64::from(*b)) as f32).collect() };
    let x = sum(&product(&act, &dictionary, 8), &made(60, 540, 0.125, 0.0));
    let reconstruction = sum(&x, &made(62, 540, 0.3, 0.0));
    let (x_nd, act_nf, dictionary_fd) = (Rows::new(&x, 6), Rows::new(&act, 8), Rows::new(&dictionary, 6));

    let activity = sparse::activity(act_nf);
    assert_close(activity.l0, want.l0, EXACT);
    assert_all_close(&activity.density_f, &want.density_f, EXACT);
    assert_eq!((activity.dead, activity.ultra_dense), (want.dead, want.ultra_dense));
    assert_eq!(activity.histogram(2, 4), sparse::DensityHistogram { count_b: want.histogram, dead: want.dead });
    assert_close(sparse::fraction_unexplained(x_nd, Rows::new(&reconstruction, 6)), want.unexplained, SINGLE);

    let (a, mut b) = (made(63, 24, 1.0, 0.0), made(64, 28, 1.0, 0.0));
    for (b, a) in b[16..].iter_mut().zip(&a) {
        *b = (f64::from(*a) + 0.5 * f64::from(*b)) as f32;
    }
    let recovery = sparse::recovery(Rows::new(&a, 4), Rows::new(&b, 4));
    assert_close(recovery.mean_max_cosine, want.max_cosine, EXACT);
    assert_close(recovery.recovered, want.recovered, EXACT);
    let stability = sparse::stability(Rows::new(&a, 4), Rows::new(&b, 4));
    assert_eq!(stability.match_f, want.match_f);
    assert_close(stability.mean_cosine, want.match_cosine, EXACT);
    assert_close(stability.shared, want.shared, EXACT);

    let concept: Vec<bool> = act_nf.iter().map(|a| (f64::from(a[1]) + 2.0 * f64::from(a[4])) as f32 > 0.5).collect();
    let direction: Vec<f32> = (0..6).map(|i| (f64::from(dictionary[6 + i]) + 2.0 * f64::from(dictionary[24 + i])) as f32).collect();
    let main = sparse::main_features(act_nf, &concept);
    assert_eq!(main, want.main);
    let absorption = sparse::absorption(x_nd, act_nf, dictionary_fd, &direction, &concept, &main);
    assert_eq!(absorption.cases, want.absorbed);
    assert_close(absorption.rate, want.absorbed.len() as f64 / want.concept as f64, EXACT);

    let error: Vec<f32> = x.iter().zip(&reconstruction).map(|(x, y)| x - y).collect();
    let half = |v: &'_ [f32], last: bool| if last { v[270..].to_vec() } else { v[..270].to_vec() };
    let [x_first, e_first, x_last, e_last] = [half(&x, false), half(&error, false), half(&x, true), half(&error, true)];
    let [x_first, e_first, x_last, e_last] = [&x_first, &e_first, &x_last, &e_last].map(|v| Rows::new(v, 6));
    let predicted = sparse::predicted_error((x_first, e_first), (x_last, e_last));
    assert_all_close(&[predicted.vector, predicted.length], &want.predicted, SINGLE);
    assert_close(sparse::length_gap(x_nd, act_nf, dictionary_fd), want.length_gap, EXACT);
    assert_close(sparse::together(act_nf, dictionary_fd), want.together, EXACT);
    let mean_d: Vec<f64> = (0..6).map(|j| x_nd.column(j).map(f64::from).sum::<f64>() / x_nd.len() as f64).collect();
    let told = sparse::told_by(x_nd, &mean_d, dictionary_fd, 3);
    let missed = x.iter().zip(&told.reconstruction_nd).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum::<f64>();
    let total = told.act_nf.iter().map(|a| f64::from(*a)).sum::<f64>();
    assert_all_close(&[missed, total], &want.told_by, SINGLE);
    let most = told.act_nf.chunks_exact(8).map(|act| act.iter().filter(|a| **a != 0.0).count()).max();
    assert_eq!(most, Some(3));

    let effects = sparse::effects(x_nd, act_nf);
    let aimed: Vec<f64> = effects.targeted(2, 0.5).into_iter().map(f64::from).collect();
    assert_all_close(&aimed, &want.targeted, SINGLE);
    let spares = effects.sparing(0.5);
    assert_all_close(&spares[12..18].iter().map(|v| f64::from(*v)).collect::<Vec<f64>>(), &want.sparing, SINGLE);
    let spaces = sparse::alike_spaces(Rows::new(&a, 4), Rows::new(&b, 4), &[(0, 6), (1, 2), (3, 0), (5, 4)]);
    assert_close(spaces, want.spaces, EXACT);

    let layers = want.layers;
    let spread = sparse::spread(act_nf, 3);
    assert_all_close(&[spread.all, spread.one], &[layers.all, layers.one], EXACT);
    let (a, b) = (made(67, 100, 1.0, 0.0), made(68, 100, 1.0, 0.0));
    assert_close(sparse::angular_distance(Rows::new(&a, 5), Rows::new(&b, 5)), layers.angle, EXACT);
    let wide = |salt: u32, n: usize| made(salt, n, 1.0, 0.0).into_iter().map(f64::from).collect::<Vec<f64>>();
    let mut mine = sparse::Coded { encoder_fa: wide(69, 24), bias_f: wide(70, 6), decoder_fa: wide(71, 24) };
    // The first two differ in nothing but their scale, until that is folded.
    for i in 0..4 {
        mine.encoder_fa[i] = 4.0 * mine.encoder_fa[4 + i];
        mine.decoder_fa[i] = mine.decoder_fa[4 + i] / 4.0;
    }
    mine.bias_f[0] = 4.0 * mine.bias_f[1];
    let theta: Vec<f64> = [3, 1, 5, 0, 4].map(|f| [0.1, 6.0, 1.0, 9.0, 0.2, 1.5][f]).into();
    // The other has five of the features in another order, each in other units, and a little noise.
    let noise: Vec<f64> = made(72, 20, 0.05, 0.0).into_iter().map(f64::from).collect();
    let single = |v: f64| f64::from(v as f32);
    let of = |values: &[f64], by: &dyn Fn(f64, f64) -> f64, sign: f64| -> Vec<f64> {
        let rows = [3, 1, 5, 0, 4].into_iter().zip(&theta);
        let all = rows.flat_map(|(f, t)| values[4 * f..4 * f + 4].iter().map(|v| by(*v, *t)).collect::<Vec<f64>>());
        all.zip(&noise).map(|(v, n)| single(v + sign * n)).collect()
    };
    let other = sparse::Coded {
        encoder_fa: of(&mine.encoder_fa, &|v, t| v * t, 1.0),
        bias_f: [3, 1, 5, 0, 4].into_iter().zip(&theta).map(|(f, t)| single(mine.bias_f[f] * t)).collect(),
        decoder_fa: of(&mine.decoder_fa, &|v, t| v / t, -1.0),
    };
    let by_other = |pairs: Vec<(usize, usize)>| {
        let mut all: Vec<(usize, usize)> = pairs.into_iter().map(|(i, j)| (j, i)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, i)| i).collect::<Vec<usize>>()
    };
    assert_eq!(by_other(sparse::permutation(&mine, &other)), layers.raw);
    let folded = sparse::permutation(&mine, &other.folded(&theta));
    assert_eq!(by_other(folded.clone()), layers.folded);
    let correlation = sparse::paired_correlation(Rows::new(&act[..360], 8), Rows::new(&act[360..], 8), &folded);
    assert_close(correlation, layers.correlation, EXACT);
    let next = sparse::successors(Rows::new(&[1.0, 0.0, 0.0, 2.0], 2), Rows::new(&[0.0, 3.0, 4.0, 3.0], 2));
    assert_eq!(next.iter().map(|(j, _)| *j).collect::<Vec<_>>(), [1, 0]);
    assert_close(next[0].1, 0.8, EXACT);

    for (step, bits) in [0.5, 0.125, 0.03125].into_iter().zip(want.bits) {
        let length = sparse::description_length(act_nf, step, 6, 16);
        assert_close(length.input, bits, EXACT);
        assert_close(length.total(10), bits + (8 - want.dead) as f64 * 6.0 * 16.0 / 10.0, EXACT);
    }
}

#[test]
fn single_units() {
    let want = golden().units;
    let threshold = |j: usize| -1.5 + 2.0 * j as f64 / 4.0;
    let act: Vec<f32> =
        made(71, 300, 1.0, 0.0).into_iter().enumerate().map(|(i, a)| (f64::from(a) - threshold(i % 5)).max(0.0) as f32).collect();
    let shown = made(72, 240, 1.0, 0.0);
    assert_all_close(&units::monosemanticity_f(Rows::new(&act, 5), Rows::new(&shown, 4)), &want.monosemanticity_f, EXACT);
    let noise = made(73, 60, 0.3, 0.0);
    let class = |(a, noise): (&[f32], &f32)| u8::from(f64::from(a[0]) + f64::from(*noise) > 1.5) + u8::from(f64::from(a[2]) > 0.4);
    let labels: Vec<u8> = act.chunks_exact(5).zip(&noise).map(class).collect();
    let (first, last) = (Rows::new(&act[..200], 5), Rows::new(&act[200..], 5));
    assert_close(units::coverage((first, &labels[..40]), (last, &labels[40..]), 3), want.coverage, EXACT);
}

#[test]
fn a_few_features_tell_classes() {
    let want = golden().probing;
    let labels = whole(80, 240, 3);
    let mut act: Vec<f64> = made(81, 240 * 6, 1.0, 0.0).iter().map(|v| (f64::from(*v) - 0.25).max(0.0)).collect();
    for c in 0..3u8 {
        for (i, noise) in made(82 + u32::from(c), 240, 0.5, 0.0).into_iter().enumerate() {
            if labels[i] == c {
                act[i * 6 + 2 * usize::from(c)] += 0.5 + f64::from(noise);
            }
        }
    }
    let act: Vec<f32> = act.into_iter().map(|a| a.max(0.0) as f32).collect();
    let d = made(86, 24, 1.0, 0.0);
    let noise = made(87, 960, 0.05, 0.0);
    let sum = |i: usize, j: usize| (0..6).map(|f| f64::from(act[i * 6 + f]) * f64::from(d[f * 4 + j])).sum::<f64>();
    let x: Vec<f32> = (0..960).map(|at| (sum(at / 4, at % 4) + f64::from(noise[at])) as f32).collect();
    let (fit, test) = (Rows::new(&act[..160 * 6], 6), Rows::new(&act[160 * 6..], 6));
    let (fit_n, test_n) = (&labels[..160], &labels[160..]);
    for (k, accuracy) in want.few {
        assert_close(sparse::sparse_probe((fit, fit_n), (test, test_n), 3, k), accuracy, EXACT);
    }
    assert_eq!(sparse::most_telling(fit, fit_n, 3, 3), want.telling);
    let reader = LinearProbe::fit(fit, fit_n, 3);
    let said: Vec<usize> = test.iter().map(|z| reader.predict(z)).collect();
    assert_close(probe::macro_f1(&said, test_n, 3), want.macro_f1, EXACT);
    let direction = made(88, 12, 1.0, 0.0);
    let of = |c: usize| sparse::attributed(fit, fit_n, Rows::new(&d, 4), &direction[c * 4..][..4], c, 2);
    assert_eq!((0..3).map(of).collect::<Vec<_>>(), want.attributed);
    let x_nd = Rows::new(&x, 4);
    let (basis, mean_d) = sparse::principal(x_nd, 2);
    for (b, variance) in basis.iter().zip(&want.variance) {
        let along = x_nd.iter().map(|row| row.iter().zip(&mean_d).zip(b).map(|((x, m), b)| (f64::from(*x) - m) * b).sum::<f64>());
        assert_close(along.map(|v| v * v).sum::<f64>() / 240.0, *variance, 1e-6);
    }
    basis[0].iter().zip(&want.principal).for_each(|(got, want)| assert_close(got.abs(), *want, 1e-4));
}

/// Features that stand for one class each, taken away, harm that class and no other; those that all share harm all alike.
#[test]
fn what_is_taken_away_harms_whom_it_was_of() {
    let labels: Vec<u8> = (0..90).map(|i| i % 3).collect();
    let x: Vec<f32> = labels.iter().flat_map(|l| (0..3).map(move |c| f32::from(u8::from(c == *l)))).collect();
    let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0f32];
    let x_nd = Rows::new(&x, 3);
    let probe = LinearProbe::fit(x_nd, &labels, 3);
    let chosen: Vec<Vec<usize>> =
        (0..3).map(|c| sparse::attributed(x_nd, &labels, Rows::new(&identity, 3), &probe.direction(c), c, 1)).collect();
    assert_eq!(chosen, [[0], [1], [2]]);
    let found = sparse::perturbed(x_nd, x_nd, Rows::new(&identity, 3), &probe, &labels, &chosen);
    assert!(found.own > 0.6 && found.others == 0.0, "{found:?}");
    let all = vec![vec![0, 1, 2]; 3];
    let same = sparse::perturbed(x_nd, x_nd, Rows::new(&identity, 3), &probe, &labels, &all);
    assert_close(same.own, same.others, EXACT);
}

#[test]
fn sliced_distances() {
    let want = golden().sliced;
    let x = made(74, 60, 1.5, 0.0);
    let y: Vec<f32> =
        made(75, 60, 0.5, 0.25).into_iter().enumerate().map(|(i, v)| v * if i % 2 == 0 { 6.0 } else { 0.5 }).collect();
    let found = sliced::spread(Rows::new(&x, 2), Rows::new(&y, 2), 200, 100, 3);
    // Twenty thousand directions on either side, even ones there and random ones here.
    assert_close(found.mean, want.distance, 0.01);
    assert_close(found.controlled_mean, want.distance, 0.01);
    // What a control variate of that correlation leaves of the deviation; of a hundred estimates a seventh is chance.
    assert_close((found.controlled / found.plain).powi(2), 1.0 - want.explained, 0.15);
}

#[test]
fn what_is_meant_is_told_by_scores() {
    let want = golden().defects;
    let meant: Vec<bool> = whole(96, 200, 3).into_iter().map(|v| v == 0).collect();
    let score =
        |(score, meant): (f32, &bool)| ((f64::from(score) + 0.5 * f64::from(u8::from(*meant))) * 10.0).round_ties_even() / 10.0;
    let scores: Vec<f64> = made(95, 200, 1.0, 0.0).into_iter().zip(&meant).map(score).collect();
    assert_close(defects::auroc(&scores, &meant).unwrap(), want.auroc, EXACT);
    assert_close(defects::best_dice(&scores, &meant), want.dice, EXACT);
    assert_eq!(defects::auroc(&scores, &[true; 200]), None);
    let label = whole(98, 60, 5);
    let z: Vec<f32> = made(97, 240, 1.0, 0.0)
        .into_iter()
        .enumerate()
        .map(|(i, v)| (f64::from(v) + 0.3 * f64::from(label[i / 4])) as f32)
        .collect();
    let (first, last) = (Rows::new(&z[..160], 4), Rows::new(&z[160..], 4));
    let got = probe::nearest_mean_accuracy((first, &label[..40]), (last, &label[40..]), 5);
    assert_close(got, want.nearest_mean, EXACT);
}

/// A scratch is as long as it says, lies within the picture, and shows.
#[test]
fn scratches_show() {
    let mut rng = latent_measure::rng::Rng::new(3);
    for (channels, background) in [(1, 0.0), (3, 0.9)] {
        for _ in 0..50 {
            let mut x = vec![background; channels * 28 * 28];
            let changed = defects::scratch(&mut x, [channels, 28, 28], &mut rng);
            let n = changed.iter().filter(|c| **c).count();
            assert!((10..=50).contains(&n), "{n} pixels");
            for (p, changed) in changed.iter().enumerate() {
                for c in 0..channels {
                    assert_eq!(x[c * 784 + p] != background, *changed, "pixel {p}");
                }
            }
        }
    }
    // A map that is the scratch itself covers it, and is smeared by one pixel when it is smoothed.
    let meant: Vec<bool> = (0..25).map(|p| p == 12).collect();
    let map: Vec<f64> = meant.iter().map(|m| f64::from(u8::from(*m))).collect();
    assert_close(defects::best_dice(&map, &meant), 1.0, EXACT);
    assert_close(defects::overlap_of_highest(&map, &meant), 1.0, EXACT);
    let smooth = defects::smoothed(&map, [5, 5]);
    assert_close(smooth[12], 1.0 / 9.0, EXACT);
    assert_eq!(smooth.iter().filter(|v| **v > 0.0).count(), 9);
}

#[test]
fn pictures_that_are_changed_are_what_pytorch_makes_of_them() {
    let want = golden().handwriting;
    let (x, of_means, shape) = (made(100, 70, 0.5, 0.5), made(101, 12, 1.0, 0.0), [2, 7, 5]);
    let wide = |x: Vec<f32>| x.into_iter().map(f64::from).collect::<Vec<f64>>();
    assert_all_close(&wide(image::unpool(&of_means, shape, 2)), &want.unpooled, SINGLE);
    assert_all_close(&wide(image::slanted(&x, shape, 0.4)), &want.slanted, SINGLE);
    assert_all_close(&wide(image::stroked(&x, shape, true)), &want.thicker, SINGLE);
    assert_all_close(&wide(image::stroked(&x, shape, false)), &want.thinner, SINGLE);
}
