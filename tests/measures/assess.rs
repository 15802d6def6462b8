//! What is measured of a model, on one that is small enough to know the answers.

use latent_assess::{Images, Sizes, assess};
use latent_data::{Dataset, Factors};
use latent_engine::engine::BuildError;
use latent_engine::{Engine, Program, Rows, Weight};
use latent_experiment::Setup;
use latent_experiment::history::MetricRow;
use latent_measure::rng::Rng;
use latent_protocol::PlanInfo;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::measured::{Measured, Quantity};
use latent_vocabulary::shape::SampleShape;

const SHAPE: SampleShape = SampleShape { channels: 1, height: 12, width: 12 };
const N: usize = 60;

/// A model whose programs are a function.
struct Fake<F> {
    info: PlanInfo,
    weights: Vec<Weight>,
    answer: F,
}

type Answer = Option<Vec<Vec<f32>>>;

impl<F: FnMut(Program, Rows<'_>) -> Answer> Fake<F> {
    fn new(code: Vec<CodeGroup>, answer: F) -> Self {
        let (latent, side) = (code.iter().map(|group| group.count).sum(), SHAPE.width as u32);
        let (terms, batch) = (vec!["loss".into()], 25);
        let info = PlanInfo { latent, code, width: side, height: side, channels: 1, batch, terms, ..PlanInfo::default() };
        Self { info, weights: vec![], answer }
    }
}

impl<F: FnMut(Program, Rows<'_>) -> Answer> Engine for Fake<F> {
    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, _key: &str, _value: f32) {}

    fn draw_from(&mut self, _draws: u32) {}

    fn run_steps(&mut self, _n: u32) -> Result<(), String> {
        Err("nothing to train".into())
    }

    fn step(&self) -> u64 {
        0
    }

    fn request_metrics(&mut self) -> bool {
        false
    }

    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        Ok(vec![])
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Answer, String> {
        Ok((self.answer)(what, rows))
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        Ok(vec![images.values.len() as f32])
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        Ok(self.weights.clone())
    }

    fn set_weights(&mut self, _weights: &[Weight]) -> Result<(), String> {
        Err("nothing to set".into())
    }

    async fn start(&mut self) -> Result<(), BuildError> {
        Ok(())
    }
}

/// The code is the image above one half, the reconstruction the code and one half, the prior uniform on [0, ½).
fn threshold(kind: CodeKind, logvar: Option<f32>) -> Fake<impl FnMut(Program, Rows<'_>) -> Answer> {
    let mut rng = Rng::new(5);
    Fake::new(vec![CodeGroup { kind, count: SHAPE.len() as u32 }], move |what, rows: Rows<'_>| {
        let map = |f: &dyn Fn(f32) -> f32| rows.values.iter().map(|v| f(*v)).collect::<Vec<f32>>();
        let mut half = || rng.below(1 << 16) as f32 / (1 << 17) as f32;
        match what {
            Program::Encode => {
                let mean = map(&|x| (x - 0.5).max(0.0));
                Some([mean].into_iter().chain(logvar.map(|l| vec![l; rows.values.len()])).collect())
            }
            Program::Decode => Some(vec![map(&|z| z + 0.5)]),
            Program::Prior => Some(vec![(0..rows.values.len() * SHAPE.len()).map(|_| half()).collect()]),
            // Two a row: the first pixel, which tells the label, and nothing.
            Program::LogWeights => logvar.map(|_| vec![rows.values.chunks_exact(SHAPE.len()).flat_map(|x| [x[0], 0.0]).collect()]),
            // A host that loses nothing, and without its layer, or with its mean, draws everything in a grey.
            Program::HostImages => Some(vec![rows.values.to_vec(), vec![0.25; rows.values.len()], vec![0.5; rows.values.len()]]),
            Program::Tokens => Some(vec![rows.labels.iter().flat_map(|l| [f32::from(*l), 3.0]).collect()]),
            _ => None,
        }
    })
}

/// Noise whose first pixel tells the label; the second is always dark, the third always bright.
fn data() -> Dataset {
    let mut rng = Rng::new(1);
    let labels: Vec<u8> = (0..N).map(|i| (i % 3) as u8).collect();
    let image = |label: &u8| {
        let mut pixels: Vec<u8> = (0..SHAPE.len()).map(|_| rng.below(256) as u8).collect();
        (pixels[0], pixels[1], pixels[2]) = (135 + 60 * label, 0, 255);
        pixels
    };
    let images: Vec<u8> = labels.iter().flat_map(image).collect();
    Dataset::of(SHAPE, 3, images, labels)
}

fn measured(method: &str, kind: CodeKind, logvar: Option<f32>, images: Option<usize>) -> Result<Vec<Measured>, String> {
    let images = Images::draw(&data(), Sizes { images, seed: 0 })?;
    pollster::block_on(assess(&mut threshold(kind, logvar), &Setup::new("mnist", method), &images, 0))
}

fn sheet_of(model: &mut impl Engine, method: &str, data: &Dataset) -> Vec<Measured> {
    let images = Images::draw(data, Sizes { images: None, seed: 0 }).unwrap();
    pollster::block_on(assess(model, &Setup::new("mnist", method), &images, 0)).unwrap()
}

fn has(sheet: &[Measured], name: &str) -> bool {
    sheet.iter().any(|m| m.name == name)
}

fn find<'a>(sheet: &'a [Measured], name: &str) -> &'a Measured {
    sheet.iter().find(|m| m.name == name).unwrap_or_else(|| panic!("no {name} among {sheet:?}"))
}

fn value(sheet: &[Measured], name: &str) -> Quantity {
    find(sheet, name).value.clone()
}

#[track_caller]
fn assert_says(sheet: &[Measured], name: &str, what: &str) {
    let protocol = &find(sheet, name).protocol;
    assert!(protocol.contains(what), "{name}: {protocol:?} does not say {what:?}");
}

fn number(sheet: &[Measured], name: &str) -> f64 {
    match value(sheet, name) {
        Quantity::Number(v) => v,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn a_sparse_model() {
    let sheet = measured("topk-sae", CodeKind::Features { height: 1, width: 1, layers: false }, None, None).unwrap();
    let images = data().test_images;
    let bright = images.iter().filter(|b| **b > 127).count();
    assert!((number(&sheet, "l0") - bright as f64 / N as f64).abs() < 1e-9);
    assert_eq!(value(&sheet, "dead_features"), Quantity::Count(1));
    assert_eq!(value(&sheet, "ultra_dense_features"), Quantity::Count(SHAPE.len() - 1));
    // What lies below one half is lost.
    let lost: f64 = images.iter().map(|b| (0.5 - f64::from(*b) / 255.0).max(0.0).powi(2)).sum();
    assert!((number(&sheet, "mse") - lost / images.len() as f64).abs() < 1e-7);
    let pixel = |i: usize| images.iter().skip(i).step_by(SHAPE.len()).map(|b| f64::from(*b) / 255.0);
    let squares = |i: usize| pixel(i).map(|x| x * x).sum::<f64>() - pixel(i).sum::<f64>().powi(2) / N as f64;
    let unexplained = lost / (0..SHAPE.len()).map(squares).sum::<f64>();
    assert!((number(&sheet, "fraction_unexplained") - unexplained).abs() < 1e-6);
    let silent: f64 = images.iter().map(|b| (0.25 - f64::from(*b) / 255.0).powi(2)).sum();
    assert!((number(&sheet, "loss_recovered") - (silent - lost) / silent).abs() < 1e-6);
    assert!(number(&sheet, "description_bits") > 0.0);
    assert_eq!(number(&sheet, "dictionary_bits"), ((SHAPE.len() - 1) * SHAPE.len() * 16) as f64);
    let average: f64 = images.iter().map(|b| (0.5 - f64::from(*b) / 255.0).powi(2)).sum();
    assert!((number(&sheet, "loss_recovered_mean") - (average - lost) / average).abs() < 1e-6);
    assert_says(&sheet, "loss_recovered", "with the layer set to zero");
    assert_says(&sheet, "loss_recovered_mean", "with the layer set to its mean");
    for name in ["mse", "psnr", "ssim", "fraction_unexplained", "description_bits"] {
        assert_says(&sheet, name, "values clamped to [0, 1]");
    }
    assert_eq!(number(&sheet, "loss"), images.len() as f64);
    assert_says(&sheet, "loss", "mean of 60 test images in batches of 25, the last of 10");
    assert!(sheet.iter().all(|m| !m.protocol.is_empty()));
    assert!(!["mmd_imq", "nll_k1", "active_units", "codes_used"].into_iter().any(|name| has(&sheet, name)), "{sheet:?}");
    // The first latent is the label.
    assert_eq!(number(&sheet, "linear_probe_accuracy"), 1.0);
}

#[test]
fn what_is_repaired_is_held_against_the_whole() {
    // Every other value is lost, and none comes back.
    let mut model =
        Fake::new(vec![CodeGroup { kind: CodeKind::Point, count: SHAPE.len() as u32 }], |what, rows: Rows<'_>| match what {
            Program::Encode | Program::Decode => Some(vec![rows.values.to_vec()]),
            Program::Damaged => {
                Some(vec![rows.values.iter().enumerate().map(|(i, v)| if i % 2 == 0 { *v } else { 0.0 }).collect()])
            }
            _ => None,
        });
    let sheet = sheet_of(&mut model, "dae", &data());
    let images = data().test_images;
    let lost = images.iter().skip(1).step_by(2).map(|b| (f64::from(*b) / 255.0).powi(2)).sum::<f64>() / images.len() as f64;
    assert!((number(&sheet, "repaired_mse") - lost).abs() < 1e-6 && number(&sheet, "mse") == 0.0);
    assert!(!has(&measured("vae", CodeKind::Gaussian, Some(-4.0), None).unwrap(), "repaired_mse"));
}

#[test]
fn models_with_a_posterior() {
    let sheet = measured("vae", CodeKind::Gaussian, Some(-4.0), None).unwrap();
    let Quantity::Each(kl_d) = value(&sheet, "kl_d") else { panic!("one a latent") };
    // ½ (e^−4 + 4 − 1) where the mean is 0, and ½ m² more where it is ½.
    let dark = 0.5 * ((-4f64).exp() + 3.0);
    assert!((kl_d[1] - dark).abs() < 1e-6 && (kl_d[2] - dark - 0.125).abs() < 1e-6, "{kl_d:?}");
    let first: Vec<f64> = data().test_images.iter().step_by(SHAPE.len()).map(|b| f64::from(*b) / 255.0).collect();
    let nll = -first.iter().sum::<f64>() / N as f64;
    assert!((number(&sheet, "nll_k1") - nll).abs() < 1e-6);
    // The mean of e^w and e^0 is more than the mean of the exponents, and ten times the same two are no more.
    let both = -first.iter().map(|w| (0.5 * (w.exp() + 1.0)).ln()).sum::<f64>() / N as f64;
    assert!((number(&sheet, "nll_k2") - both).abs() < 1e-6);
    assert!((number(&sheet, "nll_k10") - both).abs() < 1e-6);
    assert_says(&sheet, "nll_k10", "Bernoulli likelihood on grey values: not a density");
    assert!(!find(&sheet, "mse").protocol.contains("clamped"));
}

#[test]
fn a_likelihood_is_named() {
    let images = Images::draw(&data(), Sizes { images: None, seed: 0 }).unwrap();
    for (likelihood, words) in [
        ("continuous-bernoulli", "continuous Bernoulli likelihood, a density"),
        ("gaussian", "Gaussian likelihood with σ = 0.1, a density"),
        ("gaussian-learnt", "Gaussian likelihood with σ learnt, a density"),
    ] {
        let mut setup = Setup::new("mnist", "vae");
        setup.set_text("likelihood", likelihood).unwrap();
        let sheet = pollster::block_on(assess(&mut threshold(CodeKind::Gaussian, Some(-4.0)), &setup, &images, 0)).unwrap();
        assert_says(&sheet, "nll_k1", words);
    }
}

#[test]
fn models_with_a_prior() {
    let sheet = measured("vae", CodeKind::Point, None, None).unwrap();
    assert!(!["kl_d", "active_units", "nll_k1"].into_iter().any(|name| has(&sheet, name)), "{sheet:?}");
    // Half of the codes' numbers are exactly zero, none of the prior's.
    assert!(number(&sheet, "mmd_rbf") > 10.0 * number(&sheet, "mmd_rbf_null").abs(), "{sheet:?}");
    assert!(number(&sheet, "frechet_prior") > number(&sheet, "frechet_prior_null"), "{sheet:?}");
    // Training and test images are the same here.
    assert!(number(&sheet, "frechet_pooled_null").abs() < 1e-6);
    assert!(number(&sheet, "frechet_pooled") > 1e-2);
    assert!(!has(&sheet, "bits_per_pixel"));
    // The same code of a method that asks for no prior.
    let sheet = measured("ae", CodeKind::Point, None, None).unwrap();
    let (rank, pixels) = (number(&sheet, "effective_rank"), number(&sheet, "effective_rank_pixels"));
    assert!(rank >= 1.0 && pixels >= 1.0, "{sheet:?}");
    let Quantity::Each(singular) = value(&sheet, "singular_values") else { panic!("{sheet:?}") };
    assert!(!singular.is_empty() && singular.windows(2).all(|pair| pair[0] >= pair[1]));
    assert!(!["mmd_imq", "frechet_prior", "frechet_pooled"].into_iter().any(|name| has(&sheet, name)), "{sheet:?}");
}

#[test]
fn every_value_has_a_name() {
    let sheet = measured("topk-sae", CodeKind::Features { height: 1, width: 1, layers: false }, None, None).unwrap();
    let label = |name: &str| find(&sheet, name).label.as_str();
    assert_eq!(
        ["loss", "mse", "l0", "dead_features"].map(label),
        ["Loss", "Squared error of a value", "Active features (L0)", "Dead features"]
    );
}

#[test]
fn models_with_a_codebook() {
    let grid = CodeKind::Grid { height: 1, width: 2, levels: 1, codes: 5, drawn: false, bits: false };
    let sheet = measured("vq-vae", grid, None, None).unwrap();
    // Half of the tokens are 3, a sixth each of the labels 0 to 2; nobody uses 4.
    assert_eq!((value(&sheet, "codes_used"), value(&sheet, "codes_dead")), (Quantity::Count(4), Quantity::Count(1)));
    assert!((number(&sheet, "codebook_perplexity") - 2.0 * 3f64.sqrt()).abs() < 1e-9);
    assert!(!has(&sheet, "mmd_imq") && !has(&sheet, "l0"));
    let pixels = (SHAPE.height * SHAPE.width) as f64;
    assert!((number(&sheet, "bits_per_pixel") - 2.0 * (2.0 * 3f64.sqrt()).log2() / pixels).abs() < 1e-9);
    assert!((number(&sheet, "bits_per_pixel_plain") - 2.0 * 5f64.log2() / pixels).abs() < 1e-9);
    assert!(!has(&sheet, "effective_rank"), "tokens are no directions");
}

/// Noise in the first two pixels, and labels that have nothing to do with it; more of them to fit than to test.
fn unlabelled_noise() -> Dataset {
    let mut rng = Rng::new(2);
    let mut part = |n: usize| {
        let images: Vec<u8> = (0..n * SHAPE.len()).map(|i| if i % SHAPE.len() < 2 { rng.below(256) as u8 } else { 0 }).collect();
        let labels: Vec<u8> = (0..n).map(|_| rng.below(3) as u8).collect();
        // As for sprites: the first factor is the label.
        let factor_nk = labels
            .iter()
            .flat_map(|l| [*l, rng.below(6) as u8, rng.below(40) as u8, rng.below(32) as u8, rng.below(32) as u8])
            .collect::<Vec<u8>>();
        (images, labels, factor_nk)
    };
    let ((images, labels, train_nk), (test_images, test_labels, test_nk)) = (part(2600), part(600));
    let factors = Factors { train_nk, test_nk, ..Factors::default() };
    Dataset { id: "sprites".into(), test_images, test_labels, factors, ..Dataset::of(SHAPE, 3, images, labels) }
}

/// The first two pixels, as wide as `scale` says, then a choice: the label, or what says nothing.
fn noise_and_choice(scale: f32, choice: CodeGroup) -> Fake<impl FnMut(Program, Rows<'_>) -> Answer> {
    let (mut rng, k) = (Rng::new(6), choice.count as usize);
    let told = choice.kind == CodeKind::Choice { given: true };
    let one = move |c: usize| (0..k).map(move |i| f32::from(u8::from(i == c)));
    let code = vec![CodeGroup { kind: CodeKind::Gaussian, count: 2 }, choice];
    Fake::new(code, move |what, rows: Rows<'_>| {
        let image = |at: usize| &rows.values[at * SHAPE.len()..][..SHAPE.len()];
        match what {
            Program::Encode => {
                let choice = |label: u8| if told { one(label.into()).collect() } else { vec![1.0 / k as f32; k] };
                let mean = |(at, label): (usize, &u8)| {
                    image(at)[..2].iter().map(|x| scale * (2.0 * x - 1.0)).chain(choice(*label)).collect::<Vec<f32>>()
                };
                let mean: Vec<f32> = rows.labels.iter().enumerate().flat_map(mean).collect();
                let logvar = rows.labels.iter().flat_map(|_| (0..2 + k).map(|i| if i < 2 { -4.0 } else { -20.0 })).collect();
                Some(vec![mean, logvar])
            }
            Program::Decode => Some(vec![vec![0.5; rows.values.len() / (2 + k) * SHAPE.len()]]),
            // The label is always the first, which is not how the images have it; what is not told is even.
            Program::Prior => {
                let code = |_| {
                    let z = [rng.normal(), rng.normal()];
                    z.into_iter().chain(one(if told { 0 } else { rng.below(k) })).collect::<Vec<f32>>()
                };
                Some(vec![(0..rows.values.len()).flat_map(code).collect()])
            }
            _ => None,
        }
    })
}

#[test]
fn a_label_that_the_encoder_is_told_is_not_found_in_its_code() {
    let told = CodeGroup { kind: CodeKind::Choice { given: true }, count: 3 };
    let sheet = sheet_of(&mut noise_and_choice(2.0, told), "cvae", &unlabelled_noise());
    for name in ["linear_probe_accuracy", "knn_accuracy"] {
        assert!((number(&sheet, name) - 1.0 / 3.0).abs() < 0.08, "{sheet:?}");
        assert_says(&sheet, name, "without what the encoder is told");
        assert_says(&sheet, name, "chance: 0.3");
    }
    for name in ["mig", "modularity", "sap", "factor_vae_score", "dci_disentanglement"] {
        assert_says(&sheet, name, "2 latents, 5 factors, mean codes without what the encoder is told");
    }
    assert!(number(&sheet, "dci_informativeness") < 0.18, "the label is in the code: {sheet:?}");
    let Quantity::Each(kl_d) = value(&sheet, "kl_d") else { panic!("one a latent") };
    assert_eq!((kl_d.len(), value(&sheet, "active_units")), (2, Quantity::Count(2)));
    // The labels of the prior are others than those of the images: z alone is compared.
    assert!(number(&sheet, "frechet_prior") < 0.2 && number(&sheet, "mmd_imq") < 0.05, "{sheet:?}");
    for name in ["frechet_prior", "frechet_prior_null", "mmd_imq", "mmd_rbf_null", "active_units"] {
        assert_says(&sheet, name, "without what the encoder is told");
    }
}

/// A choice that carries nothing is as its prior.
#[test]
fn of_a_choice_one_category_is_drawn() {
    let found = CodeGroup { kind: CodeKind::Choice { given: false }, count: 10 };
    let sheet = sheet_of(&mut noise_and_choice(3f32.sqrt(), found), "joint-vae", &unlabelled_noise());
    assert!(number(&sheet, "frechet_prior") < 0.1, "{sheet:?}");
    assert!(number(&sheet, "mmd_rbf") < 0.01, "{sheet:?}");
    assert!(!find(&sheet, "frechet_prior").protocol.contains("without"));
    // It knows nothing of the labels either.
    assert!(number(&sheet, "choice_accuracy") < 0.45 && number(&sheet, "choice_ari").abs() < 0.02, "{sheet:?}");
    assert_says(&sheet, "choice_accuracy", "the most probable of 10 kinds");
}

#[test]
fn cheap_scores_see_all_codes() {
    let point = CodeGroup { kind: CodeKind::Point, count: 1 };
    let score = |scale: f32, method: &str| sheet_of(&mut noise_and_choice(scale, point), method, &unlabelled_noise());
    let (sheet, small, sampled) = (score(1.0, "ae"), score(1e-3, "ae"), score(1e-3, "vae"));
    for name in ["mig", "modularity", "sap", "factor_vae_score"] {
        assert_says(&sheet, name, "of 2600 training images");
    }
    assert_says(&sheet, "dci_completeness", "of 2000 training images; informativeness on 600 test images");
    assert_says(&sheet, "linear_probe_accuracy", "fitted to 2600 training images, tested on 600 test images");
    // Without a prior a code has no scale that would count.
    assert_says(&sheet, "factor_vae_score", "at least 0.01 of the largest");
    assert!(number(&sheet, "factor_vae_score") > 0.0);
    assert!((number(&small, "factor_vae_score") - number(&sheet, "factor_vae_score")).abs() < 0.01);
    assert_says(&sampled, "factor_vae_score", "at least 0.05;");
    assert_eq!(number(&sampled, "factor_vae_score"), 0.0);
}

/// Of thirty test images of a class that a probe calls right, ten have lost their main feature to another; of the twenty that it
/// calls wrong nothing is known.
#[test]
fn absorption_is_counted_where_the_probe_is_right() {
    let image = |pixels: &[usize]| (0..SHAPE.len()).map(|p| if pixels.contains(&p) { 200 } else { 0 }).collect::<Vec<u8>>();
    let part = |kinds: &[(usize, u8, &[usize])]| {
        let all = kinds.iter().flat_map(|(n, label, pixels)| std::iter::repeat_n((*label, image(pixels)), *n));
        let (labels, images): (Vec<u8>, Vec<Vec<u8>>) = all.unzip();
        (images.concat(), labels)
    };
    let (images, labels) = part(&[(100, 0, &[1]), (100, 1, &[0])]);
    let (test_images, test_labels) = part(&[(50, 0, &[1]), (20, 1, &[0]), (10, 1, &[0, 2]), (20, 1, &[1])]);
    let data = Dataset { test_images, test_labels, ..Dataset::of(SHAPE, 2, images, labels) };
    // One feature for each of the first two pixels, and one that has swallowed the first where the third is lit.
    let atom_fp: Vec<f32> =
        [&[0][..], &[1], &[0, 2]].into_iter().flat_map(|on| image(on).into_iter().map(|b| f32::from(b.min(1)))).collect();
    let code = vec![CodeGroup { kind: CodeKind::Features { height: 1, width: 1, layers: false }, count: 3 }];
    let mut model = Fake::new(code, move |what, rows: Rows<'_>| match what {
        Program::Encode => {
            let act = |x: &[f32]| if x[2] > 0.0 { [0.0, x[1], x[0]] } else { [x[0], x[1], 0.0] };
            Some(vec![rows.values.chunks_exact(SHAPE.len()).flat_map(act).collect()])
        }
        Program::Decode => {
            let sum = |a: &[f32], p: usize| (0..3).map(|j| a[j] * atom_fp[j * SHAPE.len() + p]).sum::<f32>();
            Some(vec![
                rows.values.chunks_exact(3).flat_map(|a| (0..SHAPE.len()).map(move |p| (a, p))).map(|(a, p)| sum(a, p)).collect(),
            ])
        }
        Program::Atoms => Some(vec![atom_fp.clone()]),
        _ => None,
    });
    model.weights = vec![Weight { name: "sae.dictionary.b_dec".into(), shape: vec![SHAPE.len()], values: vec![0.0; SHAPE.len()] }];
    let sheet = sheet_of(&mut model, "topk-sae", &data);
    assert!((number(&sheet, "absorption") - 0.5 * (0.0 + 1.0 / 3.0)).abs() < 1e-9, "{:?}", find(&sheet, "absorption"));
    assert_says(&sheet, "absorption", "of the 80 of 100 test images that a linear probe calls right");
    assert_says(&sheet, "absorption", "of 200 training images, pixels centred and not scaled");
}

/// Three features that light the pixel of their class, and three that are as active and light nothing: only what a feature does to pictures tells them apart.
#[test]
fn features_that_do_what_they_say_are_those_to_steer_by() {
    let mut rng = Rng::new(7);
    let labels: Vec<u8> = (0..120).map(|i| (i % 3) as u8).collect();
    let mut image = |label: &u8| {
        let lit = |p: usize| if p == usize::from(*label) { 200 } else { 0 };
        (0..SHAPE.len()).map(|p| lit(p) + rng.below(20) as u8).collect::<Vec<u8>>()
    };
    let images: Vec<u8> = labels.iter().flat_map(&mut image).collect();
    let data = Dataset::of(SHAPE, 3, images, labels);
    let code = vec![CodeGroup { kind: CodeKind::Features { height: 1, width: 1, layers: false }, count: 6 }];
    let mut model = Fake::new(code, |what, rows: Rows<'_>| match what {
        Program::Encode => {
            let act = |x: &[f32]| [0, 1, 2, 0, 1, 2].map(|p| if x[p] > 0.5 { x[p] } else { 0.0 });
            Some(vec![rows.values.chunks_exact(SHAPE.len()).flat_map(act).collect()])
        }
        Program::Decode => {
            let drawn = |f: &[f32]| (0..SHAPE.len()).map(|p| if p < 3 { f[p] } else { 0.04 }).collect::<Vec<f32>>();
            Some(vec![rows.values.chunks_exact(6).flat_map(drawn).collect()])
        }
        _ => None,
    });
    let sheet = sheet_of(&mut model, "topk-sae", &data);
    assert_eq!((number(&sheet, "steering_success"), number(&sheet, "steering_success_by_output")), (0.5, 1.0));
    assert!(number(&sheet, "scores_agree").abs() < 0.8, "{sheet:?}");
    assert_says(&sheet, "steering_success", "right about 100.0 % of");
    assert_eq!(number(&sheet, "concept_monotone"), 1.0);
    let [removed, left, absent, added] =
        ["concept_removed", "concept_left", "concept_absent", "concept_added"].map(|id| number(&sheet, id));
    // The judge is as sure of an image in which nothing is lit as it has learnt to be, of none: that is what is left apart.
    assert!(removed < 0.1 && left > 0.6 && absent < 0.2 && added > 0.4, "{removed} {left} {absent} {added}");
    // Without any pixel lit one class is still the most probable: two of three are forgotten, or all.
    let zero = number(&sheet, "unlearnt_by_zero");
    assert!((0.6..=1.0).contains(&zero) && number(&sheet, "unlearnt_by_negative") >= zero, "{zero}");
    assert_eq!((number(&sheet, "unlearnt_by_zero_others"), number(&sheet, "unlearnt_by_negative_others")), (0.0, 0.0));
}

#[test]
fn too_few_images_are_an_error() {
    for images in [9, N + 1] {
        let error = measured("vae", CodeKind::Gaussian, None, Some(images)).unwrap_err();
        assert_eq!(error, format!("{images} images: expected 10 to 60, as many as there are test images"));
    }
}
