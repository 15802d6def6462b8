//! What embedded figures compute with: a trained model, as JavaScript sees it. See `assets/embed`.

use latent_geometry as latent;
use latent_player as player;
use latent_player::{Examples, Player, to_bytes};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

fn main() {}

/// A trained model. Images are bytes, `[channels, height, width]`; codes are numbers, several of them one after the other.
#[wasm_bindgen]
pub struct Model {
    player: Player,
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
        Ok(Self { player: Player::load(bytes).map_err(error)? })
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
    pub fn imagine(&self) -> Shelf {
        Shelf { examples: Examples::imagined(&self.player) }
    }

    /// What a code is: `vector`, `tokens` or `features`.
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> String {
        let kind = match &self.player.model {
            player::Model::Vector(_) => "vector",
            player::Model::Tokens(_) => "tokens",
            player::Model::Features(_) => "features",
        };
        kind.into()
    }

    /// The experiment, as in a link.
    #[wasm_bindgen(getter)]
    pub fn setup(&self) -> String {
        self.player.setup.to_query()
    }

    /// Names of the labels.
    #[wasm_bindgen(getter)]
    pub fn classes(&self) -> Vec<String> {
        self.player.classes.clone()
    }

    /// Channels, height and width of an image.
    #[wasm_bindgen(getter)]
    pub fn image(&self) -> Vec<u32> {
        self.player.image.map(|n| n as u32).into()
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
        if let player::Model::Vector(m) = &self.player.model { m.centre_d.clone() } else { Vec::new() }
    }

    /// Standard deviations of the numbers of a vector.
    #[wasm_bindgen(getter)]
    pub fn spread(&self) -> Vec<f32> {
        if let player::Model::Vector(m) = &self.player.model { m.spread_d.clone() } else { Vec::new() }
    }

    /// Rows, columns and kinds of tokens.
    #[wasm_bindgen(getter)]
    pub fn grid(&self) -> Vec<u32> {
        match &self.player.model {
            player::Model::Tokens(m) => [m.grid[0], m.grid[1], m.codes].map(|n| n as u32).into(),
            _ => Vec::new(),
        }
    }

    /// Height and width of what a feature draws.
    #[wasm_bindgen(getter)]
    pub fn patch(&self) -> Vec<u32> {
        if let player::Model::Features(m) = &self.player.model { m.patch.map(|n| n as u32).into() } else { Vec::new() }
    }

    /// Share of inputs on which each feature fires.
    #[wasm_bindgen(getter)]
    pub fn density(&self) -> Vec<f32> {
        if let player::Model::Features(m) = &self.player.model { m.density_f.clone() } else { Vec::new() }
    }

    /// What a feature adds where it fires, `[channels, patch height, patch width]`; negative numbers darken.
    pub fn atom(&self, feature: usize) -> Vec<f32> {
        match &self.player.model {
            player::Model::Features(m) if feature < m.features => m.atom(feature).to_vec(),
            _ => Vec::new(),
        }
    }

    /// Code of an image; nothing if it is not of the model's size.
    pub fn encode(&self, image: &[u8]) -> Vec<f32> {
        if image.len() == self.player.pixels() { self.player.encode(&unit(image)).0 } else { Vec::new() }
    }

    /// Images of codes.
    pub fn decode(&self, codes: &[f32]) -> Vec<u8> {
        let codes = codes.chunks_exact(self.player.latent());
        codes.flat_map(|z| to_bytes(&self.player.decode(z)).collect::<Vec<_>>()).collect()
    }

    /// Tokens of an image, row by row.
    pub fn tokens(&self, image: &[u8]) -> Vec<u32> {
        match &self.player.model {
            player::Model::Tokens(m) if image.len() == self.player.pixels() => {
                m.tokens(&unit(image)).into_iter().map(|t| t as u32).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The code of tokens.
    #[wasm_bindgen(js_name = fromTokens)]
    pub fn from_tokens(&self, tokens: &[u32]) -> Vec<f32> {
        match &self.player.model {
            player::Model::Tokens(m) => m.code(&tokens.iter().map(|t| *t as usize).collect::<Vec<_>>()),
            _ => Vec::new(),
        }
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

/// Codes between two: on a straight line, or along the arc between their directions.
#[wasm_bindgen]
pub fn path(a: &[f32], b: &[f32], points: usize, arc: bool) -> Vec<f32> {
    if arc { latent::spherical(a, b, points) } else { latent::linear(a, b, points) }
}

fn unit(image: &[u8]) -> Vec<f32> {
    image.iter().map(|b| f32::from(*b) / 255.0).collect()
}
