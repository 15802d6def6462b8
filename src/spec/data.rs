//! The data sets: what each is called, what it shows, and what is known about its images. Plain data, no images.

use serde::{Deserialize, Serialize};

use super::card::prose;

/// What a data set says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DataCard {
    /// Name in links and on the command line.
    pub id: &'static str,
    /// Name on the page.
    pub label: &'static str,
    /// One sentence for a newcomer.
    pub summary: &'static str,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Images to train on, and images to look at and to test with.
    pub train: usize,
    pub test: usize,
    /// Names of the labels.
    pub classes: &'static [&'static str],
    /// What made each image, where that is known.
    pub factors: &'static [Factor],
    /// Yes-or-no questions that follow from the factors.
    pub attributes: &'static [Attribute],
    /// Whose the images are.
    pub credit: &'static str,
    pub origin: Origin,
}

/// Where the images come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Origin {
    /// Files that ship with the page.
    Files,
    /// Rendered on the spot; the same everywhere.
    Rendered,
}

/// One thing that varies between images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Factor {
    pub name: &'static str,
    /// Values are `0 .. size`.
    pub size: u8,
    /// How often each kind comes; empty where all values come equally often.
    pub weights: &'static [u8],
    /// Values are amounts; else they are kinds.
    pub ordered: bool,
}

/// True of the images whose factor `factor` has a value in `from ..= to`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Attribute {
    pub name: &'static str,
    /// Index of a factor of the same data set.
    pub factor: usize,
    pub from: u8,
    pub to: u8,
}

/// What an engine has loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataInfo {
    /// The setups that it is for.
    pub id: String,
    pub channels: u32,
    pub height: u32,
    pub width: u32,
    /// Images.
    pub train: u32,
    pub test: u32,
    /// Names of the labels; empty where nobody has named them.
    pub classes: Vec<String>,
    /// Names of the factors; empty where none are known.
    pub factors: Vec<String>,
}

impl DataCard {
    /// With its prose where somebody may read it.
    const fn shown(mut self) -> Self {
        self.label = prose(self.label);
        self.summary = prose(self.summary);
        self.credit = prose(self.credit);
        self
    }
}

impl Factor {
    const fn new(name: &'static str, size: u8) -> Self {
        Self { name, size, weights: &[], ordered: true }
    }

    const fn weighted(name: &'static str, weights: &'static [u8]) -> Self {
        Self { name, size: weights.len() as u8, weights, ordered: false }
    }

    const fn kinds(name: &'static str, size: u8) -> Self {
        Self { name, size, weights: &[], ordered: false }
    }
}

impl Attribute {
    const fn new(name: &'static str, factor: usize, from: u8, to: u8) -> Self {
        Self { name, factor, from, to }
    }
}

/// Every data set; the first is what a bare link means.
pub const SETS: &[&DataCard] = &[&MNIST, &MOVING_DIGITS, &FACES, &SPRITES, &COLOURED_SPRITES, &TOY];

/// The data set called `id`.
pub fn find(id: &str) -> Option<&'static DataCard> {
    SETS.iter().find(|d| d.id == id).copied()
}

/// The names of all data sets.
pub fn ids() -> Vec<&'static str> {
    SETS.iter().map(|d| d.id).collect()
}

/// Begins the names of sets that are not registered: packed from a visitor's own files.
const OWN: &str = "own:";

/// A packed set as a setup names it: `own:NAME`, or `own:NAME:FACTOR` where that factor gives the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own<'a> {
    pub name: &'a str,
    /// The set's own choice where it is left out.
    pub label: Option<&'a str>,
}

impl<'a> Own<'a> {
    /// Takes such a name apart; `None` for the name of a registered set.
    pub fn parse(id: &'a str) -> Option<Self> {
        let rest = id.strip_prefix(OWN)?;
        let (name, label) = rest.split_once(':').map_or((rest, None), |(name, label)| (name, Some(label)));
        let good = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        (good(name) && label.is_none_or(good)).then_some(Self { name, label })
    }

    /// The setup's name for it.
    pub fn id(&self) -> String {
        match self.label {
            Some(label) => format!("{OWN}{}:{label}", self.name),
            None => format!("{OWN}{}", self.name),
        }
    }
}

/// A factor's name as it stands in links.
pub fn label_id(factor: &str) -> String {
    factor.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Whether a setup may ask for this data: a registered set, or one packed from a visitor's files. Whether the latter exists
/// only its storage knows.
pub fn known(id: &str) -> bool {
    find(id).is_some() || Own::parse(id).is_some()
}

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

pub const MNIST: DataCard = DataCard {
    id: "mnist",
    label: "Handwritten digits",
    summary: "70,000 digits written by hand, the field's common ground.",
    channels: 1,
    height: 28,
    width: 28,
    train: 60_000,
    test: 10_000,
    classes: DIGITS,
    factors: &[],
    attributes: &[],
    credit: "Digits: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.",
    origin: Origin::Files,
}
.shown();

pub const MOVING_DIGITS: DataCard = DataCard {
    id: "moving-digits",
    label: "Moving digits",
    summary: "Handwritten digits, each moved and turned: place and angle are known, the hand is not.",
    height: 32,
    width: 32,
    train: 16_384,
    test: 2048,
    factors: &[Factor::kinds("Digit", 10), Factor::new("X", 13), Factor::new("Y", 13), Factor::new("Orientation", 24)],
    ..MNIST
}
.shown();

pub const FACES: DataCard = DataCard {
    id: "faces",
    label: "Drawn faces",
    summary: "Faces that nobody has, drawn from 22 independent factors: smile, glasses, hair, turn of the head, light.",
    channels: 3,
    height: 64,
    width: 64,
    train: 8192,
    test: 1024,
    classes: &["Black_Hair", "Brown_Hair", "Blond_Hair", "Gray_Hair", "Red_Hair"],
    factors: &[
        Factor::kinds("Hair_Color", 5),
        Factor::weighted("Hair_Style", &[1, 3, 3, 3]),
        Factor::new("Bangs", 8),
        Factor::new("Skin", 16),
        Factor::new("Male", 8),
        Factor::new("Young", 8),
        Factor::new("Chubby", 8),
        Factor::new("Smiling", 16),
        Factor::new("Mouth_Slightly_Open", 8),
        Factor::weighted("Eyeglasses", &[6, 2, 2, 1]),
        Factor::weighted("Beard", &[6, 1, 1, 1, 1]),
        Factor::weighted("Wearing_Hat", &[6, 1, 1]),
        Factor::new("Narrow_Eyes", 8),
        Factor::kinds("Eye_Color", 4),
        Factor::new("Bushy_Eyebrows", 8),
        Factor::new("Arched_Eyebrows", 8),
        Factor::new("Heavy_Makeup", 8),
        Factor::new("Yaw", 16),
        Factor::new("Tilt", 16),
        Factor::new("Light", 16),
        Factor::new("Background", 16),
        Factor::kinds("Clothes", 8),
    ],
    attributes: &[
        Attribute::new("Black_Hair", 0, 0, 0),
        Attribute::new("Brown_Hair", 0, 1, 1),
        Attribute::new("Blond_Hair", 0, 2, 2),
        Attribute::new("Gray_Hair", 0, 3, 3),
        Attribute::new("Bald", 1, 0, 0),
        Attribute::new("Wavy_Hair", 1, 2, 2),
        Attribute::new("Straight_Hair", 1, 3, 3),
        Attribute::new("Bangs", 2, 5, 7),
        Attribute::new("Receding_Hairline", 2, 0, 1),
        Attribute::new("Pale_Skin", 3, 0, 3),
        Attribute::new("Male", 4, 4, 7),
        Attribute::new("Young", 5, 4, 7),
        Attribute::new("Chubby", 6, 5, 7),
        Attribute::new("Smiling", 7, 8, 15),
        Attribute::new("Mouth_Slightly_Open", 8, 3, 7),
        Attribute::new("Eyeglasses", 9, 1, 3),
        Attribute::new("No_Beard", 10, 0, 0),
        Attribute::new("5_o_Clock_Shadow", 10, 1, 1),
        Attribute::new("Mustache", 10, 2, 2),
        Attribute::new("Goatee", 10, 3, 3),
        Attribute::new("Wearing_Hat", 11, 1, 2),
        Attribute::new("Narrow_Eyes", 12, 5, 7),
        Attribute::new("Bushy_Eyebrows", 14, 5, 7),
        Attribute::new("Arched_Eyebrows", 15, 5, 7),
        Attribute::new("Heavy_Makeup", 16, 4, 7),
    ],
    credit: "Faces: drawn by this program; nobody's.",
    origin: Origin::Rendered,
}
.shown();

/// The factors of dSprites, and a colour.
const SPRITE_FACTORS: &[Factor] = &[
    Factor::kinds("Shape", 3),
    Factor::new("Scale", 6),
    Factor::new("Orientation", 40),
    Factor::new("X", 32),
    Factor::new("Y", 32),
    Factor::kinds("Color", 8),
];

pub const SPRITES: DataCard = DataCard {
    id: "sprites",
    label: "Sprites",
    summary: "A square, an ellipse or a heart: the shapes and the grid of factors of dSprites, for measuring disentanglement.",
    channels: 1,
    height: 64,
    width: 64,
    train: 16_384,
    test: 2048,
    classes: &["square", "ellipse", "heart"],
    factors: SPRITE_FACTORS.split_at(5).0,
    attributes: &[],
    credit: "Sprites: drawn by this program after dSprites by Matthey, Higgins, Hassabis and Lerchner.",
    origin: Origin::Rendered,
}
.shown();

pub const COLOURED_SPRITES: DataCard = DataCard {
    id: "sprites-colour",
    label: "Sprites in colour",
    summary: "The sprites, each in one of eight colours: one factor more.",
    channels: 3,
    factors: SPRITE_FACTORS,
    ..SPRITES
}
.shown();

pub const TOY: DataCard = DataCard {
    id: "toy",
    label: "Planted patterns",
    summary: "Sparse sums of 384 known patterns on 256 pixels: does a sparse autoencoder find those that were planted?",
    channels: 1,
    height: 16,
    width: 16,
    train: 32_768,
    test: 2048,
    classes: &["horizontal", "falling", "vertical", "rising"],
    factors: &[],
    attributes: &[],
    credit: "Patterns: drawn by this program; nobody's.",
    origin: Origin::Rendered,
}
.shown();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_packed_sets_go_round() {
        for (id, name, label) in
            [("own:my-cats", "my-cats", None), ("own:celeba:5_o_Clock_Shadow", "celeba", Some("5_o_Clock_Shadow"))]
        {
            assert_eq!(Own::parse(id), Some(Own { name, label }));
            assert_eq!(Own { name, label }.id(), id);
        }
        for id in ["own:", "own:../x", "own:a:b:c", "own:a&b", "mnist", "celeba"] {
            assert_eq!(Own::parse(id), None, "{id}");
        }
    }

    #[test]
    fn cards_are_consistent() {
        for card in SETS {
            assert_eq!(find(card.id), Some(*card), "{} twice", card.id);
            assert_eq!(card.channels * card.height * card.width % 4, 0, "{}: images are read four values at a time", card.id);
            assert!(card.train >= 1024 && card.test >= 256, "{}", card.id);
            // Which class an image is of is no amount.
            let classes = card.factors.iter().find(|f| usize::from(f.size) == card.classes.len());
            assert!(classes.is_none_or(|f| !f.ordered), "{}: its classes are kinds", card.id);
            for factor in card.factors {
                assert!(factor.size > 1 && (factor.weights.is_empty() || factor.weights.len() == usize::from(factor.size)));
            }
            for a in card.attributes {
                let size = card.factors[a.factor].size;
                assert!(a.from <= a.to && a.to < size && a.to - a.from + 1 < size, "{}: {}", card.id, a.name);
            }
        }
    }
}
