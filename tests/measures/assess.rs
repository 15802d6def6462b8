//! What is measured of a model, on one that is small enough to know the answers.

use latent_lab::data::Dataset;
use latent_lab::measure::rng::Rng;
use latent_lab::nn::ImageShape;
use latent_lab::spec::Family;
use latent_lab::spec::protocol::{CodeGroup, CodeKind, Measured, MetricRow, PlanInfo, Quantity};
use latent_lab::train::assess::{Images, Sizes, assess};
use latent_lab::train::engine::BuildError;
use latent_lab::train::{Engine, Program, Rows, Weight};

const SHAPE: ImageShape = ImageShape { channels: 1, height: 12, width: 12 };
const N: usize = 60;

/// The code is the image above one half, the reconstruction the code and one half, the prior uniform on [0, ½).
struct Threshold {
    info: PlanInfo,
    logvar: Option<f32>,
    rng: Rng,
}

impl Threshold {
    fn new(kind: CodeKind, logvar: Option<f32>) -> Self {
        let (latent, side) = (SHAPE.len() as u32, SHAPE.width as u32);
        let code = vec![CodeGroup { kind, count: latent }];
        let terms = vec!["loss".into()];
        Self {
            info: PlanInfo { latent, code, width: side, height: side, channels: 1, terms, ..PlanInfo::default() },
            logvar,
            rng: Rng::new(5),
        }
    }
}

impl Engine for Threshold {
    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, _key: &str, _value: f32) {}

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

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        let map = |f: &dyn Fn(f32) -> f32| rows.values.iter().map(|v| f(*v)).collect::<Vec<f32>>();
        let mut half = || self.rng.below(1 << 16) as f32 / (1 << 17) as f32;
        Ok(match what {
            Program::Encode => {
                let mean = map(&|x| (x - 0.5).max(0.0));
                Some([mean].into_iter().chain(self.logvar.map(|l| vec![l; rows.values.len()])).collect())
            }
            Program::Decode => Some(vec![map(&|z| z + 0.5)]),
            Program::Prior => Some(vec![(0..rows.values.len() * SHAPE.len()).map(|_| half()).collect()]),
            // Two a row: the first pixel, which tells the label, and nothing.
            Program::LogWeights => {
                self.logvar.map(|_| vec![rows.values.chunks_exact(SHAPE.len()).flat_map(|x| [x[0], 0.0]).collect()])
            }
            // A host that loses nothing.
            Program::HostImages => Some(vec![rows.values.to_vec()]),
            Program::Tokens => Some(vec![rows.labels.iter().flat_map(|l| [f32::from(*l), 3.0]).collect()]),
            _ => None,
        })
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        Ok(vec![images.values.len() as f32])
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        Ok(vec![])
    }

    fn set_weights(&mut self, _weights: &[Weight]) -> Result<(), String> {
        Err("nothing to set".into())
    }

    async fn start(&mut self) -> Result<(), BuildError> {
        Ok(())
    }
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

fn measured(family: Family, kind: CodeKind, logvar: Option<f32>, images: Option<usize>) -> Result<Vec<Measured>, String> {
    let images = Images::draw(&data(), Sizes { images, seed: 0 })?;
    pollster::block_on(assess(&mut Threshold::new(kind, logvar), family, &images, 0))
}

fn has(sheet: &[Measured], name: &str) -> bool {
    sheet.iter().any(|m| m.name == name)
}

fn value(sheet: &[Measured], name: &str) -> Quantity {
    sheet.iter().find(|m| m.name == name).unwrap_or_else(|| panic!("no {name} among {sheet:?}")).value.clone()
}

fn number(sheet: &[Measured], name: &str) -> f64 {
    match value(sheet, name) {
        Quantity::Number(v) => v,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn a_sparse_model() {
    let sheet = measured(Family::Sae, CodeKind::Features { height: 1, width: 1 }, None, None).unwrap();
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
    let silent: f64 = images.iter().map(|b| (0.5 - f64::from(*b) / 255.0).powi(2)).sum();
    assert!((number(&sheet, "loss_recovered") - (silent - lost) / silent).abs() < 1e-6);
    assert!(number(&sheet, "description_bits") > 0.0);
    assert_eq!(number(&sheet, "dictionary_bits"), ((SHAPE.len() - 1) * SHAPE.len() * 16) as f64);
    assert_eq!(number(&sheet, "loss"), images.len() as f64);
    assert!(sheet.iter().all(|m| !m.protocol.is_empty()));
    assert!(!["mmd_imq", "nll_k1", "active_units", "codes_used"].into_iter().any(|name| has(&sheet, name)), "{sheet:?}");
    // The first latent is the label.
    assert_eq!(number(&sheet, "linear_probe_accuracy"), 1.0);
}

#[test]
fn models_with_a_posterior() {
    let sheet = measured(Family::Vae, CodeKind::Gaussian, Some(-4.0), None).unwrap();
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
}

#[test]
fn models_with_a_prior() {
    let sheet = measured(Family::Vae, CodeKind::Point, None, None).unwrap();
    assert!(!["kl_d", "active_units", "nll_k1"].into_iter().any(|name| has(&sheet, name)), "{sheet:?}");
    // Half of the codes' numbers are exactly zero, none of the prior's.
    assert!(number(&sheet, "mmd_rbf") > 10.0 * number(&sheet, "mmd_rbf_null").abs(), "{sheet:?}");
    assert!(number(&sheet, "frechet_prior") > number(&sheet, "frechet_prior_null"), "{sheet:?}");
    // Training and test images are the same here.
    assert!(number(&sheet, "frechet_pooled_null").abs() < 1e-6);
    assert!(number(&sheet, "frechet_pooled") > 1e-2);
}

#[test]
fn models_with_a_codebook() {
    let grid = CodeKind::Grid { height: 1, width: 2, levels: 1, codes: 5, drawn: false };
    let sheet = measured(Family::Vq, grid, None, None).unwrap();
    // Half of the tokens are 3, a sixth each of the labels 0 to 2; nobody uses 4.
    assert_eq!((value(&sheet, "codes_used"), value(&sheet, "codes_dead")), (Quantity::Count(4), Quantity::Count(1)));
    assert!((number(&sheet, "codebook_perplexity") - 2.0 * 3f64.sqrt()).abs() < 1e-9);
    assert!(!has(&sheet, "mmd_imq") && !has(&sheet, "l0"));
}

#[test]
fn too_few_images_are_an_error() {
    for images in [9, N + 1] {
        let error = measured(Family::Vae, CodeKind::Gaussian, None, Some(images)).unwrap_err();
        assert_eq!(error, format!("{images} images: expected 10 to 60"));
    }
}
