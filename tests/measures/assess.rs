//! What is measured of a model, on one that is small enough to know the answers.

use latent_lab::data::Dataset;
use latent_lab::measure::rng::Rng;
use latent_lab::nn::ImageShape;
use latent_lab::spec::Family;
use latent_lab::spec::protocol::{MetricRow, PlanInfo};
use latent_lab::train::assess::{Measured, Quantity, Sizes, assess};
use latent_lab::train::{Engine, Weight};

const SHAPE: ImageShape = ImageShape { channels: 1, height: 12, width: 12 };
const N: usize = 60;

/// The code is the image above one half, the reconstruction the code and one half.
struct Threshold {
    info: PlanInfo,
    logvar: Option<f32>,
}

impl Threshold {
    fn new(logvar: Option<f32>) -> Self {
        let (latent, side) = (SHAPE.len() as u32, SHAPE.width as u32);
        let info = PlanInfo { latent, width: side, height: side, channels: 1, terms: vec!["loss".into()], ..PlanInfo::default() };
        Self { info, logvar }
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

    async fn metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        Ok(vec![])
    }

    async fn evaluate(&mut self, images_np: &[f32]) -> Result<Vec<f32>, String> {
        Ok(vec![images_np.len() as f32])
    }

    async fn encode(&mut self, images_np: &[f32]) -> Result<(Vec<f32>, Vec<f32>), String> {
        let mean = images_np.iter().map(|x| (x - 0.5).max(0.0)).collect();
        Ok((mean, self.logvar.map_or(vec![], |l| vec![l; images_np.len()])))
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        Ok(z_nd.iter().map(|z| z + 0.5).collect())
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        Ok(vec![])
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
    Dataset { shape: SHAPE, train_images: images.clone(), train_labels: labels.clone(), test_images: images, test_labels: labels }
}

fn measured(family: Family, logvar: Option<f32>, images: usize) -> Result<Vec<Measured>, String> {
    pollster::block_on(assess(&mut Threshold::new(logvar), family, &data(), Sizes { images, seed: 0 }))
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
    let sheet = measured(Family::Sae, None, N).unwrap();
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
    assert!(number(&sheet, "description_bits") > 0.0);
    assert_eq!(number(&sheet, "dictionary_bits"), ((SHAPE.len() - 1) * SHAPE.len() * 16) as f64);
    assert_eq!(number(&sheet, "loss"), images.len() as f64);
    assert!(sheet.iter().all(|m| m.name != "mmd_imq" && !m.protocol.is_empty()), "{sheet:?}");
    // The first latent is the label.
    assert_eq!(number(&sheet, "linear_probe_accuracy"), 1.0);
}

#[test]
fn models_with_a_prior() {
    let with = measured(Family::Vae, Some(0.0), N).unwrap();
    let Quantity::Each(kl_d) = value(&with, "kl_d") else { panic!("one a latent") };
    let (dark, bright) = (kl_d[1], kl_d[2]);
    assert!(dark == 0.0 && (bright - 0.125).abs() < 1e-6, "½ m² with variance 1: {kl_d:?}");
    let without = measured(Family::Vae, None, N).unwrap();
    assert!(without.iter().all(|m| m.name != "kl_d"));
    // A posterior of variance 1 around small means is nearly the prior; bare means are not.
    assert!(number(&with, "mmd_rbf") < 0.2 * number(&without, "mmd_rbf"), "{with:?}");
    assert!(number(&with, "frechet_prior") < number(&without, "frechet_prior"));
    // Training and test images are the same here.
    assert!(number(&with, "frechet_pooled_train").abs() < 1e-6);
}

#[test]
fn too_few_images_are_an_error() {
    for images in [9, N + 1] {
        assert_eq!(measured(Family::Vae, None, images).unwrap_err(), format!("{images} images: expected 10 to 60"));
    }
}
