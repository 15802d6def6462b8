//! A model, and what it makes of images and codes.

use std::str::FromStr;

use super::examples::Examples;
use super::file::File;
use super::net::Net;
use super::older;
use latent_compile::stored;
use latent_experiment::Setup;
use latent_view::Rows;
use latent_vocabulary::code::{CodeGroup, CodeKind, FeatureGrid, from_note};

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
    /// Where the numbers of a vector lie: means and standard deviations, over the training images where nothing is asked of them, else
    /// those of the prior.
    pub centre_d: Vec<f32>,
    pub spread_d: Vec<f32>,
    /// Share of inputs on which each feature fires, as far as training has counted; empty where it has not.
    pub density_f: Vec<f32>,
    /// What the file itself has to show.
    pub examples: Option<Examples>,
    code: Vec<CodeGroup>,
    net: Net,
}

/// What a code is to whoever shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers that are moved one by one.
    Vector,
    /// A grid of kinds.
    Tokens,
    /// Features of which some fire.
    Features,
}

impl Player {
    /// Reads a safetensors file with the names of the Burn module and the metadata `setup`, `code` and `programs`, without which it is one of
    /// before; for images that this program does not know also `image` (channels, height, width) and `classes` (one a line); for codes that are
    /// vectors better `kl`. It may hold examples as well.
    ///
    /// # Errors
    /// A sentence that names what is missing or does not fit.
    pub fn load(bytes: &[u8]) -> Result<Self, String> {
        let file = File::open(bytes)?;
        let (setup, notes) = Setup::from_query(file.note("setup")?, &[]);
        if let Some(note) = notes.first() {
            return Err(format!("the model's setup: {note}"));
        }
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
        let (code, programs) = match (file.note("code"), file.note("programs")) {
            (Ok(code), Ok(programs)) => (from_note(code)?, stored::read(&stored::from_text(programs)?)?),
            _ => older::programs(&file, &setup, image)?,
        };
        let net = Net::new(&file, &setup, programs)?;
        let mut player = Self {
            setup,
            kl_d: vec![],
            image,
            classes,
            centre_d: vec![],
            spread_d: vec![],
            density_f: vec![],
            examples: None,
            code,
            net,
        };
        player.fits()?;
        let latent = player.latent();
        player.kl_d = match file.note("kl") {
            Ok(note) => numbers(note)?,
            Err(_) => vec![0.0; latent],
        };
        if player.kl_d.len() != latent {
            return Err(format!("kl has size {}: expected {latent}", player.kl_d.len()));
        }
        (player.centre_d, player.spread_d) = cloud(&file, latent)?;
        if let Some(features) = player.features().filter(|_| file.has(DENSITY)) {
            player.density_f = file.values(DENSITY, &[features.features])?;
        }
        player.examples = Examples::within(&file, player.pixels(), latent)?;
        Ok(player)
    }

    /// Whether the programs are those of such codes and images.
    fn fits(&self) -> Result<(), String> {
        self.encode(Rows::of(&vec![0.0; self.pixels()]))?;
        self.decode(&vec![0.0; self.latent()])?;
        let grid = self.code.iter().find_map(CodeGroup::places);
        match grid {
            Some(_) if !(self.net.has("Tokens") && self.net.has("FromTokens")) => {
                Err("the model's code has tokens, and its file has no program for them".into())
            }
            _ => Ok(()),
        }
    }

    /// What the numbers of a code are.
    pub fn code(&self) -> &[CodeGroup] {
        &self.code
    }

    /// Numbers in a code.
    pub fn latent(&self) -> usize {
        self.code.iter().map(|group| group.count as usize).sum()
    }

    /// What a code is to whoever shows it.
    pub fn kind(&self) -> Kind {
        match self.code.first().map(|group| group.kind) {
            Some(CodeKind::Grid { .. }) => Kind::Tokens,
            Some(CodeKind::Features { .. }) => Kind::Features,
            _ => Kind::Vector,
        }
    }

    /// Whether the numbers of a code are clouds, with a mean and a variance, rather than points; beside a choice that it may have.
    pub fn is_cloud(&self) -> bool {
        self.code.iter().all(|group| matches!(group.kind, CodeKind::Gaussian | CodeKind::Choice { .. }))
    }

    /// Tokens of an image; none where a code has no tokens.
    pub fn places(&self) -> usize {
        self.code.iter().find_map(CodeGroup::places).unwrap_or(0) as usize
    }

    /// The features of a code, if it is made of some.
    pub fn features(&self) -> Option<FeatureGrid> {
        self.code.iter().find_map(CodeGroup::features)
    }

    /// Values in one image.
    pub fn pixels(&self) -> usize {
        self.image.iter().product()
    }

    /// Whether the model has a program.
    pub fn has(&self, program: &str) -> bool {
        self.net.has(program)
    }

    /// One output of a program for rows of `width` values, of which each gives `out`.
    ///
    /// # Errors
    /// If the model has no such program, or it is for other rows.
    pub fn table(&self, program: &str, output: &str, rows: Rows<'_>, width: usize, out: usize) -> Result<Vec<f32>, String> {
        let n = rows.count(width)?;
        self.net.run(program, rows, width)?.expect(output, n * out)
    }

    /// What a program gives that asks for nothing.
    ///
    /// # Errors
    /// If the model has no such program.
    pub fn whole(&self, program: &str, output: &str) -> Result<Vec<f32>, String> {
        Ok(self.net.run(program, Rows::of(&[0.0]), 1)?.take(output))
    }

    /// Codes of images with values in `[0, 1]`, `[n, pixels]`: their means and, where codes are clouds, their log-variances, `[n, latent]`.
    ///
    /// # Errors
    /// If that is no whole number of images, or the model's programs give something else.
    pub fn encode(&self, images: Rows<'_>) -> Result<(Vec<f32>, Vec<f32>), String> {
        let (n, latent) = (images.count(self.pixels())?, self.latent());
        let mut out = self.net.run("Encode", images, self.pixels())?;
        let logvar = out.take("logvar");
        if !logvar.is_empty() && logvar.len() != n * latent {
            return Err(format!("the model gives {} variances: expected {}", logvar.len(), n * latent));
        }
        Ok((out.expect("mean", n * latent)?, logvar))
    }

    /// Mean images of codes, `[n, pixels]`, values in `[0, 1]`.
    ///
    /// # Errors
    /// If that is no whole number of codes, or the model's programs give something else.
    pub fn decode(&self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        self.table("Decode", "images", Rows::of(z_nd), self.latent(), self.pixels())
    }

    /// Tokens of images, `[n, places]`.
    ///
    /// # Errors
    /// If the model has none.
    pub fn tokens(&self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        self.table("Tokens", "tokens", images, self.pixels(), self.places())
    }

    /// Codes of tokens, `[n, latent]`.
    ///
    /// # Errors
    /// If the model has none.
    #[allow(clippy::wrong_self_convention, reason = "named after `tokens`, of the same network")]
    pub fn from_tokens(&self, token_bn: &[f32]) -> Result<Vec<f32>, String> {
        if self.places() == 0 {
            return Err("the method's code has no tokens".into());
        }
        self.table("FromTokens", "z", Rows::of(token_bn), self.places(), self.latent())
    }
}

/// The weight that counts how often features fire.
const DENSITY: &str = "sae.density_f";

/// Mean and standard deviation of each number of a code: as training has seen them where it has looked, else those of the prior.
fn cloud(file: &File, latent: usize) -> Result<(Vec<f32>, Vec<f32>), String> {
    if !file.has("cloud.mean_d") {
        return Ok((vec![0.0; latent], vec![1.0; latent]));
    }
    let covariance_dd = file.values("cloud.covariance_dd", &[latent, latent])?;
    let spread_d = covariance_dd.iter().step_by(latent + 1).map(|v| v.max(0.0).sqrt()).collect();
    Ok((file.values("cloud.mean_d", &[latent])?, spread_d))
}

/// Numbers with commas between them, from a file's note.
fn numbers<T: FromStr>(note: &str) -> Result<Vec<T>, String> {
    let number = |v: &str| v.trim().parse().map_err(|_| format!("the model's metadata has {v:?}: expected a number"));
    note.split(',').map(number).collect()
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
        let decode = |z: &[f32]| single.decode(z).unwrap();
        assert!(decode(&z).iter().all(|v| (0.0..=1.0).contains(v)));
        let (mean, logvar) = single.encode(Rows::of(&vec![0.5; 784])).unwrap();
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
        let shelf = Examples::imagined(&player).unwrap();
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
