//! A model, and what it makes of images and codes.

use std::str::FromStr;

use super::examples::Examples;
use super::features::Features;
use super::file::File;
use super::tokens::Tokens;
use super::vector::Vector;
use latent_experiment::{Setup, figure};
use latent_vocabulary::LIKELIHOODS;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::tokens::PRIORS;

/// What a model's code is made of, with the network that goes with it.
pub enum Model {
    Vector(Vector),
    Tokens(Tokens),
    Features(Features),
}

/// A trained model and the run that made it.
pub struct Player {
    /// The experiment whose weights these are.
    pub setup: Setup,
    /// KL of each number of the code in nats, as measured when the model was saved; zeros where nobody has, or where that means
    /// nothing.
    pub kl_d: Vec<f32>,
    /// Channels, height and width of an image.
    pub image: [usize; 3],
    /// Names of the labels; empty where nobody has named them.
    pub classes: Vec<String>,
    pub model: Model,
    /// What the file itself has to show.
    pub examples: Option<Examples>,
    continuous: bool,
}

impl Player {
    /// Reads a safetensors file with the names of the Burn module and the metadata `setup`; for images that this program does
    /// not know also `image` (channels, height, width) and `classes` (one a line); for codes that are vectors better `kl`. It may
    /// hold examples as well.
    ///
    /// # Errors
    /// A sentence that names what is missing or does not fit.
    pub fn load(bytes: &[u8]) -> Result<Self, String> {
        let file = File::open(bytes)?;
        let (setup, notes) = Setup::from_query(file.note("setup")?, &[]);
        if let Some(note) = notes.first() {
            return Err(format!("the model's setup: {note}"));
        }
        figure::shows(&setup)?;
        let card = latent_catalog::set(&setup.data);
        let image = match (file.note("image"), card) {
            (Ok(note), _) => {
                numbers(note)?.try_into().map_err(|_| format!("the model's image has {note:?}: expected three numbers"))?
            }
            (_, Some(card)) => [card.channels, card.height, card.width],
            _ => return Err(format!("no data set is called {:?}, and the file does not say how large its images are", setup.data)),
        };
        let classes = match (file.note("classes"), card) {
            (Ok(note), _) => note.lines().map(String::from).collect(),
            (_, Some(card)) => card.classes.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let model = if file.has("sae.dictionary.w_dec") {
            Model::Features(Features::read(&file, &setup, image)?)
        } else if file.has("quantiser.codebook.vectors_kd") {
            Model::Tokens(Tokens::read(&file, image)?)
        } else {
            Model::Vector(Vector::read(&file, image)?)
        };
        let has_likelihood = setup.card().is_ok_and(|card| card.param("likelihood").is_some());
        let continuous = has_likelihood && LIKELIHOODS[setup.usize("likelihood")] == "continuous-bernoulli";
        let mut player = Self { setup, kl_d: Vec::new(), image, classes, model, examples: None, continuous };
        let latent = player.latent();
        player.kl_d = match file.note("kl") {
            Ok(note) => numbers(note)?,
            Err(_) => vec![0.0; latent],
        };
        if player.kl_d.len() != latent {
            return Err(format!("kl has size {}: expected {latent}", player.kl_d.len()));
        }
        player.examples = Examples::within(&file, player.pixels(), latent)?;
        Ok(player)
    }

    /// Numbers in a code.
    pub fn latent(&self) -> usize {
        match &self.model {
            Model::Vector(m) => m.latent,
            Model::Tokens(m) => m.places() * m.dim,
            Model::Features(m) => m.places() * m.features,
        }
    }

    /// What the numbers of a code are.
    pub fn code(&self) -> Vec<CodeGroup> {
        let kind = match &self.model {
            Model::Vector(m) if m.is_cloud() => CodeKind::Gaussian,
            Model::Vector(_) => CodeKind::Point,
            Model::Tokens(m) => {
                let [height, width] = m.grid.map(|n| n as u32);
                let drawn = PRIORS[self.setup.usize("prior")] == "pixelcnn";
                CodeKind::Grid { height, width, levels: 1, codes: m.codes as u32, drawn }
            }
            Model::Features(m) => {
                let [_, height, width] = self.image;
                CodeKind::Features { height: (height / m.patch[0]) as u32, width: (width / m.patch[1]) as u32 }
            }
        };
        vec![CodeGroup { kind, count: self.latent() as u32 }]
    }

    /// Values in one image.
    pub fn pixels(&self) -> usize {
        self.image.iter().product()
    }

    /// Code of one image with values in `[0, 1]`: its mean and, where codes are clouds, its log-variance.
    pub fn encode(&self, x_p: &[f32]) -> (Vec<f32>, Vec<f32>) {
        match &self.model {
            Model::Vector(m) => m.encode(x_p),
            Model::Tokens(m) => (m.code(&m.tokens(x_p)), Vec::new()),
            Model::Features(m) => (m.encode(x_p), Vec::new()),
        }
    }

    /// Mean image of one code, values in `[0, 1]`.
    pub fn decode(&self, z_d: &[f32]) -> Vec<f32> {
        let mut x_p = match &self.model {
            Model::Vector(m) => m.decode(z_d),
            Model::Tokens(m) => m.decode(z_d),
            Model::Features(m) => return m.decode(z_d),
        };
        let mean = if self.continuous { continuous_bernoulli } else { sigmoid };
        x_p.iter_mut().for_each(|v| *v = mean(*v));
        x_p
    }
}

/// Numbers with commas between them, from a file's note.
fn numbers<T: FromStr>(note: &str) -> Result<Vec<T>, String> {
    let number = |v: &str| v.trim().parse().map_err(|_| format!("the model's metadata has {v:?}: expected a number"));
    note.split(',').map(number).collect()
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// Mean of the continuous Bernoulli distribution, `σ(l)/tanh(l/2) − 1/l` (Loaiza-Ganem & Cunningham 2019, section 3), by its
/// series near zero.
fn continuous_bernoulli(logit: f32) -> f32 {
    if logit.abs() < 0.1 {
        0.5 + logit / 12.0 - logit.powi(3) / 720.0
    } else {
        sigmoid(logit) / (logit / 2.0).tanh() - logit.recip()
    }
}

/// Packs values in `[0, 1]` as bytes.
pub fn to_bytes(values: &[f32]) -> impl Iterator<Item = u8> {
    values.iter().map(|v| (v * 255.0 + 0.5) as u8)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use half::f16;
    use safetensors::serialize;
    use safetensors::tensor::{Dtype, TensorView};

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
    fn images_that_nobody_knows_are_described_by_the_file() {
        let setup = ("setup", "data=own:cats&method=vae&latent=3");
        let player = Player::load(&model(3, Dtype::F32, &[setup, ("image", "1,28,28"), ("classes", "Tom\nA, B")])).unwrap();
        assert_eq!((player.image, player.pixels()), ([1, 28, 28], 784));
        assert_eq!(player.classes, ["Tom", "A, B"]);
        assert_eq!(player.kl_d, [0.0; 3], "nobody has measured it");
        assert!(player.examples.is_none());
        let shelf = Examples::imagined(&player);
        assert_eq!(shelf.images_np.len() % 784, 0);
        let mut pictures: Vec<&[u8]> = shelf.images_np.chunks(784).collect();
        assert!(shelf.labels_n.is_empty() && pictures.len() > 2);
        pictures.sort_unstable();
        assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]), "several pictures are the same");
    }

    #[test]
    fn a_foreign_file_is_a_sentence() {
        let error = |bytes: &[u8]| Player::load(bytes).err().expect("the model is refused");
        assert!(error(b"<!doctype html>").contains("safetensors"));
        assert!(error(&model(4, Dtype::F32, META)).contains("expected 4"));
        let with = |key, note| error(&model(3, Dtype::F32, &[META[0], (key, note)]));
        assert!(with("kl", "1,2,much").contains("much"));
        assert!(with("image", "1,28").contains("three numbers"));
        assert!(with("image", "1,14,14").contains("expected 196"));
        assert!(error(&model(3, Dtype::F32, &[("setup", "data=own:cats&method=vae&latent=3")])).contains("own:cats"));
        assert!(error(&model(3, Dtype::F32, &[("setup", "method=cvae&latent=3")])).contains("Conditional VAE"));
        let whole = model(3, Dtype::F32, META);
        assert!(error(&whole[..whole.len() / 2]).contains("safetensors"));
    }
}
