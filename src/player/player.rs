//! A model, and what it makes of images and codes.

use super::examples::Examples;
use super::file::{File, float, numbers};
use super::net::Net;
use latent_compile::stored;
use latent_view::{Rows, drawn};
use latent_vocabulary::code::{CodeGroup, CodeKind, FeatureGrid, NO_DECODER, decodes, from_note};
use latent_vocabulary::factors::FactorName;
use latent_vocabulary::shape::SampleShape;

/// A trained model and the run that made it.
pub struct Player {
    /// The experiment whose weights these are, as in a link.
    pub setup: String,
    /// KL of each number of the code in nats, as measured when the model was saved; zeros where nobody has, or where that means
    /// nothing.
    pub kl_d: Vec<f32>,
    /// Channels, height and width of an image.
    pub image: [usize; 3],
    /// Names of the labels; empty where nobody has named them.
    pub classes: Vec<String>,
    /// Names of the factors that the encoder is told, and of their values.
    pub factors: Vec<FactorName>,
    /// Where the numbers of a vector lie: means and standard deviations, over the training images where nothing is asked of them, else
    /// those of the prior.
    pub centre_d: Vec<f32>,
    pub spread_d: Vec<f32>,
    /// Share of inputs on which each feature fires, as far as training has counted; empty where it has not.
    pub density_f: Vec<f32>,
    /// What the file itself has to show.
    pub examples: Option<Examples>,
    /// The model's programs as the file has them.
    pub programs: Vec<u8>,
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
    /// A place among other images, which nothing draws.
    Embedding,
}

impl Player {
    /// Reads a safetensors file with the names of the Burn module and the metadata `setup`, `code`, `programs` and `image` (channels, height,
    /// width); better with `classes` (one a line), `controls` and `seed`, and for codes that are vectors `kl`. It may hold examples as well.
    ///
    /// # Errors
    /// A sentence that names what is missing or does not fit.
    pub fn load(bytes: &[u8]) -> Result<Self, String> {
        let file = File::open(bytes)?;
        let setup = file.note("setup")?.to_string();
        if !file.has_programs() {
            return Err(OLDER.into());
        }
        let image = file.image()?;
        let classes = file.note("classes").unwrap_or_default().lines().map(String::from).collect();
        let factors = FactorName::from_note(file.note("factors").unwrap_or_default());
        let code = from_note(file.note("code")?)?;
        let programs = stored::from_text(file.note("programs")?)?;
        let list = |key| file.note(key).map_or(Ok(vec![]), |note| numbers(note, float));
        let seed = list("seed")?.first().map_or(0, |seed: &f32| *seed as u32);
        let net = Net::new(&file, stored::read(&programs)?, list("controls")?, seed)?;
        let mut player = Self {
            setup,
            kl_d: vec![],
            image,
            classes,
            factors,
            centre_d: vec![],
            spread_d: vec![],
            density_f: vec![],
            examples: None,
            programs,
            code,
            net,
        };
        player.fits()?;
        let latent = player.latent();
        player.kl_d = match file.note("kl") {
            Ok(note) => numbers(note, float)?,
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
        if decodes(&self.code) {
            self.decode(&vec![0.0; self.latent()])?;
        }
        let grid = self.code.iter().find_map(CodeGroup::places);
        match grid {
            Some(_) if !(self.net.has("Tokens") && self.net.has("FromTokens")) => {
                Err("the model's code has tokens, and its file has no program for them".into())
            }
            _ => Ok(()),
        }
    }

    /// The shape of what it reads and decodes.
    pub fn sample(&self) -> SampleShape {
        let [channels, height, width] = self.image;
        SampleShape { channels, height, width }
    }

    /// The pictures by which samples are shown, as bytes.
    pub fn pictures_of(&self, x: &[f32]) -> Vec<u8> {
        if self.sample().is_picture() { to_bytes(x).collect() } else { drawn(self.sample(), x) }
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
            Some(CodeKind::Embedding) => Kind::Embedding,
            _ => Kind::Vector,
        }
    }

    /// Whether the numbers of a code are clouds, with a mean and a variance, rather than points; beside a choice that it may have.
    pub fn is_cloud(&self) -> bool {
        self.code.iter().all(|group| matches!(group.kind, CodeKind::Gaussian | CodeKind::Choice { .. } | CodeKind::Factor { .. }))
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
    /// If that is no whole number of codes, or the model's programs give something else, or it has no decoder.
    pub fn decode(&self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        if !decodes(&self.code) {
            return Err(NO_DECODER.into());
        }
        self.table("Decode", "images", Rows::of(z_nd), self.latent(), self.pixels())
    }

    /// Codes a step further from noise, `[n, latent]`, of rows of a code, how far it has come, and how much further it goes.
    ///
    /// # Errors
    /// If the model draws its codes at once.
    pub fn step(&self, row_nw: &[f32]) -> Result<Vec<f32>, String> {
        let latent = self.latent();
        self.table("SampleStep", "z", Rows::of(row_nw), latent + 2, latent)
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

/// What is said of a file without programs.
const OLDER: &str = "this file is of before networks were saved with their weights: open it in the page and save it again";

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

/// Packs values in `[0, 1]` as bytes.
pub fn to_bytes(values: &[f32]) -> impl Iterator<Item = u8> {
    values.iter().map(|v| (v * 255.0 + 0.5) as u8)
}
