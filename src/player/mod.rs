//! A trained MLP-VAE on the CPU: what the page shows before the GPU is up, and instead of it where there is none.
//!
//! Plain Rust: no Burn, no JavaScript. A picture of 28 × 28 costs about a tenth of a millisecond each way.

mod digits;

pub use digits::Digits;

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::spec::Setup;

/// A fully connected layer, `y = x · W + b`.
struct Dense {
    inputs: usize,
    outputs: usize,
    /// Shape `[inputs, outputs]`, row-major.
    weight_io: Vec<f32>,
    bias_o: Vec<f32>,
}

impl Dense {
    fn read(file: &SafeTensors, name: &str) -> Result<Self, String> {
        let weight = tensor(file, &format!("{name}.weight"))?;
        let bias = tensor(file, &format!("{name}.bias"))?;
        let &[inputs, outputs] = weight.shape() else {
            return Err(format!("{name}.weight has shape {:?}: expected two dimensions", weight.shape()));
        };
        if bias.shape() != [outputs] {
            return Err(format!("{name}.bias has shape {:?}: expected [{outputs}]", bias.shape()));
        }
        Ok(Self { inputs, outputs, weight_io: values(&weight, name)?, bias_o: values(&bias, name)? })
    }

    /// Walks the weights row by row, so that the zeros of a digit's background and of a ReLU cost nothing.
    fn apply(&self, x_i: &[f32]) -> Vec<f32> {
        let mut y_o = self.bias_o.clone();
        for (x, row) in x_i.iter().zip(self.weight_io.chunks_exact(self.outputs)) {
            if *x != 0.0 {
                for (y, w) in y_o.iter_mut().zip(row) {
                    *y += x * w;
                }
            }
        }
        y_o
    }
}

fn tensor<'a>(file: &SafeTensors<'a>, name: &str) -> Result<TensorView<'a>, String> {
    file.tensor(name).map_err(|_| format!("the model has no tensor called {name}"))
}

fn values(view: &TensorView, name: &str) -> Result<Vec<f32>, String> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()),
        Dtype::F16 => Ok(bytes.chunks_exact(2).map(|c| f16::from_le_bytes([c[0], c[1]]).to_f32()).collect()),
        other => Err(format!("{name} is stored as {other:?}: expected F16 or F32")),
    }
}

fn relu(mut x: Vec<f32>) -> Vec<f32> {
    x.iter_mut().for_each(|v| *v = v.max(0.0));
    x
}

/// A trained model and the run that made it.
pub struct Player {
    /// The experiment whose weights these are.
    pub setup: Setup,
    /// KL of each latent in nats, as measured when the model was saved.
    pub kl_d: Vec<f32>,
    encoder: Dense,
    mean: Dense,
    logvar: Dense,
    decoder: Dense,
    out: Dense,
}

impl Player {
    /// Reads a safetensors file with the names of the Burn module and the metadata `setup` and `kl`.
    ///
    /// # Errors
    /// A sentence that names what is missing or does not fit.
    pub fn load(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| format!("not a safetensors file: {e}"))?;
        let file = SafeTensors::deserialize(bytes).map_err(|e| format!("not a safetensors file: {e}"))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let read = |key: &str| metadata.get(key).ok_or_else(|| format!("the model's metadata has no {key:?}"));
        let (setup, notes) = Setup::from_query(read("setup")?, &[]);
        if let Some(note) = notes.first() {
            return Err(format!("the model's setup: {note}"));
        }
        let kl_d = read("kl")?
            .split(',')
            .map(|v| v.trim().parse().map_err(|_| format!("the model's kl has {v:?}: expected a number")))
            .collect::<Result<Vec<f32>, _>>()?;
        let player = Self {
            setup,
            kl_d,
            encoder: Dense::read(&file, "encoder.hidden")?,
            mean: Dense::read(&file, "encoder.mean")?,
            logvar: Dense::read(&file, "encoder.logvar")?,
            decoder: Dense::read(&file, "decoder.hidden")?,
            out: Dense::read(&file, "decoder.out")?,
        };
        player.check_shapes()?;
        Ok(player)
    }

    fn check_shapes(&self) -> Result<(), String> {
        let latent = self.latent();
        let joints = [
            ("encoder.mean", self.mean.inputs, self.encoder.outputs),
            ("encoder.logvar", self.logvar.inputs, self.encoder.outputs),
            ("encoder.logvar", self.logvar.outputs, latent),
            ("decoder.hidden", self.decoder.inputs, latent),
            ("decoder.out", self.out.inputs, self.decoder.outputs),
            ("decoder.out", self.out.outputs, self.pixels()),
            ("kl", self.kl_d.len(), latent),
            ("setup.latent", self.setup.usize("latent"), latent),
        ];
        match joints.iter().find(|(_, got, want)| got != want) {
            Some((name, got, want)) => Err(format!("{name} has size {got}: expected {want}")),
            None => Ok(()),
        }
    }

    /// Latent dimensions.
    pub fn latent(&self) -> usize {
        self.mean.outputs
    }

    /// Values in one image.
    pub fn pixels(&self) -> usize {
        self.encoder.inputs
    }

    /// Posterior mean and log-variance of one image with values in `[0, 1]`.
    pub fn encode(&self, x_p: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let h = relu(self.encoder.apply(x_p));
        (self.mean.apply(&h), self.logvar.apply(&h))
    }

    /// Mean image of one code, values in `[0, 1]`.
    pub fn decode(&self, z_d: &[f32]) -> Vec<f32> {
        let mut y = self.out.apply(&relu(self.decoder.apply(z_d)));
        y.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp()));
        y
    }
}

/// Packs values in `[0, 1]` as bytes.
pub fn to_bytes(values: &[f32]) -> impl Iterator<Item = u8> {
    values.iter().map(|v| (v * 255.0 + 0.5) as u8)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::serialize;

    use super::*;

    /// A model with `latent` latents, 784 pixels and 16 hidden units; weights are a fixed function of their place.
    fn model(latent: usize, dtype: Dtype, metadata: &[(&str, &str)]) -> Vec<u8> {
        let shapes = [
            ("encoder.hidden", 784, 16),
            ("encoder.mean", 16, latent),
            ("encoder.logvar", 16, latent),
            ("decoder.hidden", latent, 16),
            ("decoder.out", 16, 784),
        ];
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, i, o) in shapes {
            for (part, shape) in [("weight", vec![i, o]), ("bias", vec![o])] {
                let n: usize = shape.iter().product();
                let numbers = (0..n).map(|k| ((k % 13) as f32 - 6.0) / 32.0);
                let bytes = match dtype {
                    Dtype::F16 => numbers.flat_map(|v| f16::from_f32(v).to_le_bytes()).collect(),
                    _ => numbers.flat_map(f32::to_le_bytes).collect(),
                };
                tensors.push((format!("{name}.{part}"), shape, bytes));
            }
        }
        let views = tensors.iter().map(|(n, s, b)| (n.clone(), TensorView::new(dtype, s.clone(), b).unwrap()));
        let metadata: HashMap<String, String> = metadata.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        serialize(views, Some(metadata)).unwrap()
    }

    const META: &[(&str, &str)] = &[("setup", "v=1&data=mnist&method=vae&latent=3&hidden=16"), ("kl", "1.5, 0.002, 0.7")];

    #[test]
    fn a_dense_layer_is_x_times_w_plus_b() {
        let layer = Dense { inputs: 2, outputs: 3, weight_io: vec![1., 2., 3., 4., 5., 6.], bias_o: vec![0.5, 0., -1.] };
        assert_eq!(layer.apply(&[2.0, -1.0]), vec![-1.5, -1.0, -1.0]);
        assert_eq!(layer.apply(&[0.0, 1.0]), vec![4.5, 5.0, 5.0]);
    }

    #[test]
    fn half_and_single_precision_models_agree() {
        let single = Player::load(&model(3, Dtype::F32, META)).unwrap();
        let half = Player::load(&model(3, Dtype::F16, META)).unwrap();
        assert_eq!((single.latent(), single.pixels()), (3, 784));
        assert_eq!(single.kl_d, vec![1.5, 0.002, 0.7]);
        // The weights are multiples of 1/32, which both formats hold exactly.
        let z = [0.3, -1.0, 2.0];
        assert_eq!(single.decode(&z), half.decode(&z));
        assert!(single.decode(&z).iter().all(|v| (0.0..=1.0).contains(v)));
        let (mean, logvar) = single.encode(&vec![0.5; 784]);
        assert_eq!((mean.len(), logvar.len()), (3, 3));
    }

    #[test]
    fn a_foreign_file_is_a_sentence() {
        let error = |bytes: &[u8]| Player::load(bytes).err().expect("the model is refused");
        assert!(error(b"<!doctype html>").contains("safetensors"));
        assert!(error(&model(3, Dtype::F32, &META[..1])).contains("kl"));
        assert!(error(&model(4, Dtype::F32, META)).contains("expected 4"));
        let whole = model(3, Dtype::F32, META);
        assert!(error(&whole[..whole.len() / 2]).contains("safetensors"));
    }
}
