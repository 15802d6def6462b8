//! A small classifier of digits, trained once and frozen: the features behind a Fréchet score of this project's own.

use std::path::Path;

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor, TensorData};

use latent_data::{Dataset, unit};
use latent_engine::Weight;
use latent_engine::eager::{collect, host_all, replaced};
use latent_engine::order::epoch_order;
use latent_measure::Rows;
use latent_model::weights;
use latent_vocabulary::Precision;

/// What ships with the project.
const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets");

/// Sides of the digits, and of the squares of pixels whose means are looked at.
const SIDE: usize = 28;
const POOL: usize = 2;
const HIDDEN: usize = 128;
/// Numbers in a feature vector.
pub const FEATURES: usize = 64;
const CLASSES: usize = 10;
const BATCH: usize = 128;
const RATE: f64 = 1e-3;
/// Images of one forward pass.
const PIECE: usize = 1000;

/// The network, 196-128-64-10 with ReLU; the last hidden layer holds the features.
#[derive(Module, Debug)]
pub struct Classifier {
    first: Linear,
    second: Linear,
    out: Linear,
}

impl Classifier {
    fn new(device: &Device) -> Self {
        let pixels = (SIDE / POOL).pow(2);
        Self {
            first: LinearConfig::new(pixels, HIDDEN).init(device),
            second: LinearConfig::new(HIDDEN, FEATURES).init(device),
            out: LinearConfig::new(FEATURES, CLASSES).init(device),
        }
    }

    /// Reads weights that ship with the project, in `assets`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn shipped(file: &str) -> Result<Self, String> {
        let file = Path::new(ASSETS).join(file);
        let name = |e: String| format!("{}: {e}", file.display());
        let bytes = std::fs::read(&file).map_err(|e| name(e.to_string()))?;
        Ok(replaced(Self::new(&Device::flex()), &weights::read(&bytes).map_err(name)?))
    }

    /// Trains a new one on the CPU; the same `seed` gives the same weights.
    pub fn train(data: &Dataset, epochs: u32, seed: u32) -> Self {
        let device = Device::flex().autodiff();
        device.seed(u64::from(seed));
        let mut model = Self::new(&device);
        let mut optimiser = AdamConfig::new().init();
        let loss = CrossEntropyLossConfig::new().init(&device);
        for epoch in 0..epochs {
            for rows in epoch_order(seed, epoch, data.train_labels.len() as u32).chunks_exact(BATCH) {
                let pixels =
                    rows.iter().flat_map(|i| unit(&data.train_images[*i as usize * SIDE * SIDE..][..SIDE * SIDE])).collect();
                let labels: Vec<i64> = rows.iter().map(|i| i64::from(data.train_labels[*i as usize])).collect();
                let logits_bc = model.out.forward(model.features_bf(images(pixels, &device)));
                let label_b = Tensor::<1, Int>::from_data(TensorData::new(labels, [BATCH]), &device);
                let gradients = GradientsParams::from_grads(loss.forward(logits_bc, label_b).backward(), &model);
                model = optimiser.step(RATE, model, gradients);
            }
        }
        model.valid()
    }

    /// The weights as 16-bit safetensors.
    ///
    /// # Errors
    /// If they cannot be read from the device.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let tensors: Vec<Weight> = pollster::block_on(host_all(collect(self, None)))?;
        weights::write_as(
            Precision::Half,
            &tensors,
            &[("what", "a classifier of MNIST digits, 196-128-64-10, for the Fréchet score".into())],
        )
    }

    /// Shapes `[batch, 28 * 28]` and `[batch, FEATURES]`.
    fn features_bf(&self, x_bp: Tensor<2>) -> Tensor<2> {
        let ([batch, _], small) = (x_bp.dims(), SIDE / POOL);
        let x: Tensor<5> = x_bp.reshape([batch, small, POOL, small, POOL]);
        let x_bq = x.mean_dim(4).mean_dim(2).reshape([batch, small * small]);
        relu(self.second.forward(relu(self.first.forward(x_bq))))
    }

    /// Features of digits `[n, 28 * 28]` with values in `[0, 1]`, row-major `[n, FEATURES]`.
    pub fn features(&self, x: &[f32]) -> Vec<f32> {
        let piece = |x: &[f32]| values(self.features_bf(images(x.to_vec(), &Device::flex())));
        x.chunks(PIECE * SIDE * SIDE).flat_map(piece).collect()
    }

    /// Share of digits that are told right.
    pub fn accuracy(&self, x: &[f32], labels: &[u8]) -> f64 {
        let features = self.features(x);
        let f_nf = Tensor::<2>::from_data(TensorData::new(features, [labels.len(), FEATURES]), &Device::flex());
        let logits = values(self.out.forward(f_nf));
        let largest = |row: &[f32]| (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
        let right =
            Rows::new(&logits, CLASSES).iter().zip(labels).filter(|(row, label)| largest(row) == usize::from(**label)).count();
        right as f64 / labels.len() as f64
    }
}

fn images(pixels: Vec<f32>, device: &Device) -> Tensor<2> {
    let n = pixels.len() / (SIDE * SIDE);
    Tensor::from_data(TensorData::new(pixels, [n, SIDE * SIDE]), device)
}

fn values(t: Tensor<2>) -> Vec<f32> {
    t.into_data().try_into_vec().expect("networks are 32-bit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_one_knows_its_digits_and_reads_what_it_writes() {
        let data = latent_data::mnist::FILES.from_folder(&Path::new(ASSETS).join("mnist")).unwrap();
        let n = 2000;
        let test: Vec<f32> = unit(&data.test_images[..n * SIDE * SIDE]).collect();
        let shipped = Classifier::shipped("classifier/digits.safetensors").unwrap();
        let accuracy = shipped.accuracy(&test, &data.test_labels[..n]);
        assert!(accuracy > 0.95, "{accuracy}");
        let again = replaced(Classifier::new(&Device::flex()), &weights::read(&shipped.to_bytes().unwrap()).unwrap());
        assert_eq!(again.features(&test[..SIDE * SIDE]), shipped.features(&test[..SIDE * SIDE]));
    }
}
