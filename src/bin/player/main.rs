//! What embedded figures compute with: a trained model, as JavaScript sees it. See `assets/embed`.

use latent_geometry as latent;
use latent_player::{Examples, File, Kind, Player};
use latent_view::{Rows, laid_out, step_rows, unit_values};
use latent_vocabulary::code::{CodeKind, FeatureGrid};
use latent_vocabulary::factors::FactorName;
use latent_vocabulary::shape::SampleShape;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

fn main() {}

/// A trained model. Images are bytes, `[channels, height, width]`; codes are numbers, several of them one after the other.
#[wasm_bindgen]
pub struct Model {
    player: Player,
    /// What each feature adds where it fires, one after the other.
    atoms: Vec<f32>,
}

/// Test images of a model's data, and codes of many more.
#[wasm_bindgen]
pub struct Shelf {
    examples: Examples,
}

fn error(message: String) -> JsError {
    JsError::new(&message)
}

#[wasm_bindgen]
impl Model {
    /// Reads weights; throws a sentence if they are damaged or foreign.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Self, JsError> {
        let player = Player::load(bytes).map_err(error)?;
        let atoms = if player.kind() == Kind::Features { player.whole("Atoms", "atoms").map_err(error)? } else { Vec::new() };
        Ok(Self { player, atoms })
    }

    /// The examples among the weights themselves; nothing where there are none.
    #[wasm_bindgen(js_name = takeShelf)]
    pub fn take_shelf(&mut self) -> Option<Shelf> {
        self.player.examples.take().map(|examples| Shelf { examples })
    }

    /// Reads the file of examples that lies beside the model.
    pub fn shelf(&self, bytes: &[u8]) -> Result<Shelf, JsError> {
        let examples = Examples::load(bytes, self.player.pixels(), self.player.latent()).map_err(error)?;
        Ok(Shelf { examples })
    }

    /// What the model draws by itself, where nobody gives it examples.
    pub fn imagine(&self) -> Result<Shelf, JsError> {
        Ok(Shelf { examples: Examples::imagined(&self.player).map_err(error)? })
    }

    /// What a code is: `vector`, `tokens`, `features` or `embedding`.
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> String {
        let kind = match self.player.kind() {
            Kind::Vector => "vector",
            Kind::Tokens => "tokens",
            Kind::Features => "features",
            Kind::Embedding => "embedding",
        };
        kind.into()
    }

    /// Numbers of a code that say which of several kinds something is: the first of them, how many, and 1 where they are the image's label;
    /// empty where there are none.
    #[wasm_bindgen(getter)]
    pub fn choice(&self) -> Vec<u32> {
        let mut at = 0;
        for group in self.player.code() {
            if let CodeKind::Choice { given } = group.kind {
                return vec![at, group.count, u32::from(given)];
            }
            at += group.count;
        }
        Vec::new()
    }

    /// Factors that the encoder is told, in a code: of each its first number, how many it has, and how many values.
    #[wasm_bindgen(getter)]
    pub fn told(&self) -> Vec<u32> {
        let (mut at, mut all) = (0, Vec::new());
        for group in self.player.code() {
            if let CodeKind::Factor { size, .. } = group.kind {
                all.extend([at, group.count, size]);
            }
            at += group.count;
        }
        all
    }

    /// Names of these factors, each followed by those of its values, with tabs between.
    #[wasm_bindgen(getter)]
    pub fn factors(&self) -> Vec<String> {
        let line = |of: &FactorName| {
            let values = (0..of.values.len()).map(|v| of.value(v));
            [of.shown()].into_iter().chain(values).collect::<Vec<_>>().join("\t")
        };
        self.player.factors.iter().map(line).collect()
    }

    /// The experiment, as in a link.
    #[wasm_bindgen(getter)]
    pub fn setup(&self) -> String {
        self.player.setup.clone()
    }

    /// Names of the labels.
    #[wasm_bindgen(getter)]
    pub fn classes(&self) -> Vec<String> {
        self.player.classes.clone()
    }

    /// Channels, height and width of the picture by which a sample is shown.
    #[wasm_bindgen(getter)]
    pub fn image(&self) -> Vec<u32> {
        let SampleShape { channels, height, width } = self.player.sample().picture();
        vec![channels as u32, height as u32, width as u32]
    }

    /// Numbers in a code.
    #[wasm_bindgen(getter)]
    pub fn latent(&self) -> usize {
        self.player.latent()
    }

    /// KL of each number in nats; zeros where that means nothing.
    #[wasm_bindgen(getter)]
    pub fn kl(&self) -> Vec<f32> {
        self.player.kl_d.clone()
    }

    /// Means of the numbers of a vector.
    #[wasm_bindgen(getter)]
    pub fn centre(&self) -> Vec<f32> {
        self.player.centre_d.clone()
    }

    /// Standard deviations of the numbers of a vector.
    #[wasm_bindgen(getter)]
    pub fn spread(&self) -> Vec<f32> {
        self.player.spread_d.clone()
    }

    /// Rows, columns, kinds of tokens, and tokens at each place.
    #[wasm_bindgen(getter)]
    pub fn grid(&self) -> Vec<u32> {
        let grid = self.player.code().iter().find_map(|group| match group.kind {
            CodeKind::Grid { height, width, levels, codes, .. } => Some(vec![height, width, codes, levels]),
            _ => None,
        });
        grid.unwrap_or_default()
    }

    /// Height and width of what a feature draws.
    #[wasm_bindgen(getter)]
    pub fn patch(&self) -> Vec<u32> {
        let SampleShape { height, width, .. } = self.player.sample().picture();
        let of = |grid: FeatureGrid| [height / grid.height, width / grid.width];
        self.player.features().map(|grid| of(grid).map(|n| n as u32).into()).unwrap_or_default()
    }

    /// Share of inputs on which each feature fires; zeros where nobody has counted.
    #[wasm_bindgen(getter)]
    pub fn density(&self) -> Vec<f32> {
        let mut density_f = self.player.density_f.clone();
        density_f.resize(self.player.features().map_or(0, |grid| grid.features), 0.0);
        density_f
    }

    /// What a feature adds where it fires, `[channels, patch height, patch width]`; negative numbers darken. In a network that is taken apart
    /// it is what the feature by itself, so strong, changes in the picture of nothing.
    pub fn atom(&self, feature: usize, strength: f32) -> Result<Vec<f32>, JsError> {
        let Some(grid) = self.player.features().filter(|grid| feature < grid.features) else { return Ok(Vec::new()) };
        let inputs = self.atoms.len() / grid.features;
        if inputs * grid.places() == self.player.pixels() {
            return Ok(laid_out(self.player.sample(), &self.atoms[feature * inputs..][..inputs]));
        }
        let mut z_d = vec![0.0; 2 * self.player.latent()];
        z_d[feature] = strength;
        let both = self.player.decode(&z_d).map_err(error)?;
        let (with, without) = both.split_at(self.player.pixels());
        let change: Vec<f32> = with.iter().zip(without).map(|(a, b)| a - b).collect();
        Ok(laid_out(self.player.sample(), &change))
    }

    /// Code of an image; its label and the values of its factors matter where the encoder is told them. Nothing if it is not of the model's
    /// size.
    pub fn encode(&self, image: &[u8], label: usize, factors: &[u8]) -> Result<Vec<f32>, JsError> {
        if image.len() != self.player.pixels() || !self.player.sample().is_picture() {
            return Ok(Vec::new());
        }
        Ok(self.player.encode(Rows::labelled(&unit_values(image), &[label.min(255) as u8]).told(factors)).map_err(error)?.0)
    }

    /// Noise from which a new code comes, another one each time; nothing where codes are not drawn so.
    pub fn noise(&self) -> Result<Vec<f32>, JsError> {
        if !self.player.has("SampleStep") {
            return Ok(Vec::new());
        }
        self.player.table("Prior", "z", Rows::of(&[0.0]), 1, self.player.latent()).map_err(error)
    }

    /// A code one of `steps` steps further from noise, of which it has taken `taken`.
    pub fn step(&self, code: &[f32], taken: usize, steps: usize) -> Result<Vec<f32>, JsError> {
        if code.len() != self.player.latent() {
            return Ok(Vec::new());
        }
        self.player.step(&step_rows(code, code.len(), taken as u32, steps as u32)).map_err(error)
    }

    /// Images of codes.
    pub fn decode(&self, codes: &[f32]) -> Result<Vec<u8>, JsError> {
        let codes = &codes[..codes.len() - codes.len() % self.player.latent()];
        Ok(self.player.pictures_of(&self.player.decode(codes).map_err(error)?))
    }

    /// Tokens of an image, row by row, those of a place side by side.
    pub fn tokens(&self, image: &[u8]) -> Result<Vec<u32>, JsError> {
        if image.len() != self.player.pixels() || self.player.places() == 0 {
            return Ok(Vec::new());
        }
        let tokens = self.player.tokens(Rows::of(&unit_values(image))).map_err(error)?;
        Ok(tokens.into_iter().map(|t| t as u32).collect())
    }

    /// The code of tokens.
    #[wasm_bindgen(js_name = fromTokens)]
    pub fn from_tokens(&self, tokens: &[u32]) -> Result<Vec<f32>, JsError> {
        let tokens: Vec<f32> = tokens.iter().map(|t| *t as f32).collect();
        if tokens.is_empty() || self.player.places() == 0 {
            return Ok(Vec::new());
        }
        self.player.from_tokens(&tokens).map_err(error)
    }
}

#[wasm_bindgen]
impl Shelf {
    /// The images, one after the other.
    #[wasm_bindgen(getter)]
    pub fn images(&self) -> Vec<u8> {
        self.examples.images_np.clone()
    }

    /// Label of each image; nothing where they have none.
    #[wasm_bindgen(getter)]
    pub fn labels(&self) -> Vec<u8> {
        self.examples.labels_n.clone()
    }

    /// Values of their factors, one image after the other; nothing where none are known.
    #[wasm_bindgen(getter)]
    pub fn factors(&self) -> Vec<u8> {
        self.examples.factors_nk.clone()
    }

    /// Codes of test images, one after the other; empty where a code is not a vector.
    #[wasm_bindgen(getter)]
    pub fn codes(&self) -> Vec<f32> {
        self.examples.codes_nd.clone()
    }

    /// Label of each code.
    #[wasm_bindgen(getter, js_name = codeLabels)]
    pub fn code_labels(&self) -> Vec<u8> {
        self.examples.code_labels_n.clone()
    }
}

/// Whether a file is one of before programs were in them: `older.js` gives it some.
#[wasm_bindgen(js_name = isOlder)]
pub fn is_older(bytes: &[u8]) -> bool {
    File::open(bytes).is_ok_and(|file| !file.has_programs())
}

/// Codes between two: on a straight line, or along the arc between their directions.
#[wasm_bindgen]
pub fn path(a: &[f32], b: &[f32], points: usize, arc: bool) -> Vec<f32> {
    if arc { latent::spherical(a, b, points) } else { latent::linear(a, b, points) }
}
