//! The reading plan of an import: what each of the files that a visitor brought is taken for, before anything is packed; and
//! what the visitor wants otherwise.

use latent_small::number;
use serde::{Deserialize, Serialize};

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Train,
    Valid,
    Test,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    pub fn id(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Images,
    /// Of the images in the same piece's `of`.
    Labels,
    /// A table with a line for each image by its name.
    Attributes,
    /// The part that each image belongs to, by its name.
    Partition,
    /// Rows of numbers: activations, embeddings, measurements.
    Vectors,
    /// What lies beside rows of numbers: a text, a label, a picture of each.
    Beside,
    /// Not read.
    Aside,
}

impl Role {
    pub const ALL: [Self; 7] =
        [Self::Images, Self::Labels, Self::Attributes, Self::Partition, Self::Vectors, Self::Beside, Self::Aside];

    pub fn id(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Labels => "labels",
            Self::Attributes => "attributes",
            Self::Partition => "partition",
            Self::Vectors => "vectors",
            Self::Beside => "beside",
            Self::Aside => "aside",
        }
    }
}

/// A file, or all files of a kind in one place: the pictures of an archive, for one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// The file, or the archive or folder that the files are in; what a role is given to ([`Wishes::roles`]).
    pub name: String,
    /// In a few words: `NumPy array [32, 28, 28] of uint8`, `.heic`.
    pub kind: String,
    pub role: Role,
    /// Of images and labels, where names tell it.
    pub part: Option<Part>,
    pub files: u64,
    pub images: u64,
    /// Whose labels they are; why they are left aside.
    pub why: String,
    /// Whether it could be something else, if it is asked for.
    pub choice: bool,
}

impl Piece {
    /// What it can be asked to be, with the part for images.
    pub fn choices(&self) -> Vec<(Role, Option<Part>)> {
        let images = [None, Some(Part::Train), Some(Part::Valid), Some(Part::Test)].map(|part| (Role::Images, part));
        let array = self.kind.contains("array");
        let rest: &[Role] = match self.role {
            Role::Vectors if array => &[Role::Vectors, Role::Labels, Role::Aside],
            Role::Vectors => &[Role::Vectors, Role::Aside],
            Role::Beside => &[Role::Beside, Role::Aside],
            Role::Labels => &[Role::Labels, Role::Aside],
            Role::Attributes | Role::Partition => &[Role::Attributes, Role::Partition, Role::Aside],
            Role::Images | Role::Aside if array => &[Role::Vectors, Role::Labels, Role::Aside],
            Role::Images => &[Role::Aside],
            Role::Aside if self.kind == "text" => &[Role::Labels, Role::Attributes, Role::Aside],
            Role::Aside => &[Role::Aside],
        };
        let images =
            images.into_iter().filter(|_| array || self.role == Role::Images || self.role == Role::Aside && self.kind != "text");
        images.chain(rest.iter().map(|role| (*role, None))).collect()
    }

    /// Whether it could be the file with the labels ([`Wishes::labels`]).
    pub fn may_be_labels(&self) -> bool {
        let labels = |(role, _): &(Role, Option<Part>)| matches!(role, Role::Labels | Role::Attributes);
        self.role != Role::Images && self.choice && self.files == 1 && self.choices().iter().any(labels)
    }

    /// In a line: what it is, and what becomes of it.
    pub fn words(&self) -> String {
        let files = if self.files == 1 { String::new() } else { format!("{} files, ", self.files) };
        let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
        let role = match (self.role, self.part) {
            (Role::Images, Some(part)) => format!("{} images of the {} part{why}", self.images, part.id()),
            (Role::Images, None) => format!("{} images{why}", self.images),
            (Role::Labels, _) => format!("labels {}", self.why),
            (Role::Attributes, _) => format!("attributes{why}"),
            (Role::Partition, _) => format!("parts by name{why}"),
            (Role::Vectors, _) => format!("{} rows of numbers{why}", self.images),
            (Role::Beside, _) => format!("beside the rows{why}"),
            (Role::Aside, _) => format!("left aside{why}"),
        };
        format!("{}: {files}{} → {role}", self.name, self.kind)
    }
}

/// What the numbers of an array mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Understood {
    pub name: String,
    /// NumPy's name of the type.
    pub kind: String,
    /// The least and the largest value of the whole array.
    pub low: f64,
    pub high: f64,
    /// The values that become black and white.
    pub black: f64,
    pub white: f64,
    /// Mean about 0 and deviation about 1.
    pub standardised: bool,
    /// It is a usual range; where it is none, the array's own was taken.
    pub usual: bool,
    /// Values that are no numbers.
    pub nan: u64,
}

/// Pictures of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sized {
    pub width: u32,
    pub height: u32,
    pub images: u64,
}

/// What a look at many pictures found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Pictures looked at.
    pub at: u64,
    /// The commonest sizes first.
    pub sizes: Vec<Sized>,
    pub grey: u64,
    pub colour: u64,
    /// The most bits that a value uses.
    pub bits: u32,
}

/// Where images of a part come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    pub part: Part,
    pub images: u64,
    pub from: String,
}

/// A factor with how many images have each value; `None` before the images are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    pub name: String,
    pub values: Vec<(String, Option<u64>)>,
}

/// What is understood of what was brought. An import carries it out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub pieces: Vec<Piece>,
    pub images: u64,
    pub look: Look,
    pub parts: Vec<Given>,
    pub factors: Vec<Counted>,
    pub values: Vec<Understood>,
    /// Where rows of numbers were found, and no pictures.
    #[serde(default)]
    pub vectors: Option<Vectors>,
    /// What was assumed, in sentences.
    pub notes: Vec<String>,
}

/// How the length of vectors is made alike before anything learns from them, under the names that SAELens has for it
/// (`normalize_activations`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalise {
    /// They stay as they are.
    None,
    /// All by the same number, such that their mean length is the root of how many numbers they have.
    #[default]
    ExpectedAverageOnlyIn,
    /// Each to that length.
    ConstantNormRescale,
    /// Each to mean 0 and deviation 1.
    LayerNorm,
}

impl Normalise {
    pub const ALL: [Self; 4] = [Self::ExpectedAverageOnlyIn, Self::ConstantNormRescale, Self::LayerNorm, Self::None];

    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ExpectedAverageOnlyIn => "expected_average_only_in",
            Self::ConstantNormRescale => "constant_norm_rescale",
            Self::LayerNorm => "layer_norm",
        }
    }

    /// Reads its name.
    ///
    /// # Errors
    /// Which names there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::id).join(", ");
        Self::ALL.into_iter().find(|n| n.id() == text).ok_or_else(|| format!("expected one of {}", names()))
    }

    /// Applies it to a row. `scale` is what [`Normalise::ExpectedAverageOnlyIn`] multiplies by.
    pub fn apply(self, scale: f64, row_d: &mut [f32]) {
        let d = row_d.len() as f64;
        let times = |row_d: &mut [f32], by: f64| row_d.iter_mut().for_each(|v| *v = (f64::from(*v) * by) as f32);
        let square = |row_d: &[f32]| row_d.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        match self {
            Self::None => {}
            Self::ExpectedAverageOnlyIn => times(row_d, scale),
            Self::ConstantNormRescale => {
                let by = (d / square(row_d).max(f64::MIN_POSITIVE)).sqrt();
                times(row_d, by);
            }
            Self::LayerNorm => {
                let mean = row_d.iter().map(|v| f64::from(*v)).sum::<f64>() / d;
                row_d.iter_mut().for_each(|v| *v = (f64::from(*v) - mean) as f32);
                // As SAELens: one value less below the line, and the same remainder.
                let by = 1.0 / ((square(row_d) / (d - 1.0).max(1.0)).sqrt() + 1e-5);
                times(row_d, by);
            }
        }
    }
}

/// What was done to all rows of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Normalised {
    pub how: Normalise,
    /// The number that [`Normalise::ExpectedAverageOnlyIn`] multiplied them by; else 1.
    pub scale: f64,
}

/// What is understood of rows of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vectors {
    /// Numbers in a row.
    pub dims: u64,
    pub low: f64,
    pub high: f64,
    /// Mean length of the rows.
    pub norm: f64,
    /// Rows with values that are no finite numbers; they are left out.
    pub broken: u64,
    pub normalise: Normalise,
    /// What rows are multiplied by under [`Normalise::ExpectedAverageOnlyIn`]; else 1.
    pub scale: f64,
    /// Each row has a text.
    pub texts: bool,
    /// Width, height and colours of the picture of each row.
    pub thumb: Option<[u32; 3]>,
}

/// How numbers become grey levels, where a visitor says it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// The values that become black and white.
    Range(f64, f64),
    /// The least and the largest of the arrays.
    Own,
}

impl Values {
    /// Reads `own`, or a range such as `0..1` or `-1..1`.
    ///
    /// # Errors
    /// What would do.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "own" {
            return Ok(Self::Own);
        }
        let range = text.split_once("..").and_then(|(low, high)| Some((number(low)?, number(high)?)));
        match range {
            Some((low, high)) if low < high => Ok(Self::Range(low, high)),
            _ => Err("expected `own`, or the values of black and white, such as 0..1, 0..255 or -1..1".into()),
        }
    }
}

/// Which images are for tests, where a visitor says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SplitBy {
    /// As names of files and folders have it, or a table.
    Names,
    /// Every tenth image is for tests, whatever names say.
    Tenth,
}

/// What a file is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The end of its name, or a folder or an archive that it is in.
    pub file: String,
    pub role: Role,
    pub part: Option<Part>,
}

impl Wanted {
    /// Reads `FILE=ROLE`; a part stands for images of that part.
    ///
    /// # Errors
    /// What would do.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (file, role) = text.rsplit_once('=').filter(|(file, _)| !file.is_empty()).ok_or("expected FILE=ROLE")?;
        let part = Part::ALL.into_iter().find(|p| p.id() == role);
        let role = part.map_or_else(|| Role::ALL.into_iter().find(|r| r.id() == role), |_| Some(Role::Images));
        let role = role.ok_or("roles are train, valid, test, images, labels, attributes, partition, vectors, beside and aside")?;
        Ok(Self { file: file.replace('\\', "/").trim_end_matches('/').to_owned(), role, part })
    }
}

/// What a visitor wants otherwise than it would be understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wishes {
    /// Width and height of the tiles of a sheet.
    pub tile: Option<(u32, u32)>,
    pub values: Option<Values>,
    /// The file with the labels; an empty name stands for none.
    pub labels: Option<String>,
    pub split: Option<SplitBy>,
    pub normalise: Option<Normalise>,
    pub roles: Vec<Wanted>,
}

impl Wishes {
    /// Whether the file of that very name is wanted to be left aside.
    pub fn leaves_aside(&self, file: &str) -> bool {
        self.roles.iter().any(|w| w.file == file && w.role == Role::Aside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_from_texts_and_arrays() {
        let piece = |kind: &str, role, files, choice| {
            let (name, why) = ("f".into(), String::new());
            Piece { name, kind: kind.into(), role, part: None, files, images: 0, why, choice }
        };
        for (piece, may) in [
            (piece("text", Role::Aside, 1, true), true),
            (piece("text", Role::Labels, 1, true), true),
            (piece("table by names", Role::Attributes, 1, true), true),
            (piece("NumPy array [6] of uint8", Role::Aside, 1, true), true),
            (piece("NumPy array [6, 8, 8] of uint8", Role::Images, 1, true), false),
            (piece("text", Role::Aside, 2, true), false),
            (piece(".heic", Role::Aside, 1, true), false),
            (piece("text", Role::Aside, 1, false), false),
        ] {
            assert_eq!(piece.may_be_labels(), may, "{piece:?}");
        }
    }

    #[test]
    fn rows_are_normalised_as_saelens_does() {
        // Numbers of SAELens' `run_time_activation_norm_fn_in` for the row 3, 4, 0, 0.
        for (how, want) in [
            (Normalise::None, [3.0, 4.0, 0.0, 0.0]),
            (Normalise::ExpectedAverageOnlyIn, [1.5, 2.0, 0.0, 0.0]),
            (Normalise::ConstantNormRescale, [1.2, 1.6, 0.0, 0.0]),
            (Normalise::LayerNorm, [0.606_336, 1.091_405, -0.848_871, -0.848_871]),
        ] {
            let mut row_d = [3.0, 4.0, 0.0, 0.0];
            how.apply(0.5, &mut row_d);
            assert!(row_d.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5), "{} {row_d:?}", how.id());
            assert_eq!(Normalise::parse(how.id()), Ok(how));
        }
        let mut nothing = [0.0; 3];
        Normalise::ConstantNormRescale.apply(1.0, &mut nothing);
        Normalise::LayerNorm.apply(1.0, &mut nothing);
        assert_eq!(nothing, [0.0; 3]);
        assert!(Normalise::parse("batch").unwrap_err().contains("layer_norm"));
    }

    #[test]
    fn wishes_are_read() {
        assert_eq!(Values::parse("-1..1"), Ok(Values::Range(-1.0, 1.0)));
        assert_eq!(Values::parse("own"), Ok(Values::Own));
        for text in ["", "1..0", "0..inf", "0-1", "a..b"] {
            assert!(Values::parse(text).is_err(), "{text}");
        }
        let wanted = Wanted::parse("a=b/x.npy=test").unwrap();
        assert_eq!((wanted.file.as_str(), wanted.role, wanted.part), ("a=b/x.npy", Role::Images, Some(Part::Test)));
        assert_eq!(Wanted::parse("y.npy=labels").unwrap().role, Role::Labels);
        assert!(Wanted::parse("y.npy").is_err() && Wanted::parse("=aside").is_err() && Wanted::parse("y=nothing").is_err());
    }
}
