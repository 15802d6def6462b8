//! What a data set says about itself: what it is called, what it shows, and what is known about its images. Plain data, no images.

use serde::{Deserialize, Serialize};

use super::factors::FactorName;
use super::frames::Frames;
use super::prose::prose;

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
    /// What a picture is made of.
    pub frames: Frames,
    /// Images to train on, and images to look at and to test with.
    pub train: usize,
    pub test: usize,
    /// Names of the labels.
    pub classes: &'static [&'static str],
    /// What made each image, where that is known.
    pub factors: &'static [Factor],
    /// Yes-or-no questions that follow from the factors.
    pub attributes: &'static [Attribute],
    /// How many features are planted in the images, whose directions its renderer knows; 0: none.
    pub planted: usize,
    /// Folder and file in `assets` of a classifier of the images: its features judge pictures.
    pub classifier: Option<&'static str>,
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
    /// Names of the kinds; empty where they go by number.
    pub values: &'static [&'static str],
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
    pub frames: Frames,
    /// Images.
    pub train: u32,
    pub test: u32,
    /// Names of the labels; empty where nobody has named them.
    pub classes: Vec<String>,
    /// Names of the factors; empty where none are known.
    pub factors: Vec<FactorName>,
    /// Each test sample has a text or a picture of its own beside it.
    pub beside: bool,
}

impl DataCard {
    /// That of points of `dims` numbers, which this program draws.
    pub const fn of_points(
        id: &'static str,
        label: &'static str,
        summary: &'static str,
        dims: usize,
        classes: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            label,
            summary,
            channels: dims,
            height: 1,
            width: 1,
            frames: Frames::One,
            train: 8192,
            test: 2048,
            classes,
            factors: &[],
            attributes: &[],
            planted: 0,
            classifier: None,
            credit: "Points: drawn by this program; nobody's.",
            origin: Origin::Rendered,
        }
    }

    /// With its prose where somebody may read it.
    pub const fn shown(mut self) -> Self {
        self.label = prose(self.label);
        self.summary = prose(self.summary);
        self.credit = prose(self.credit);
        self
    }
}

impl Factor {
    /// Amounts, each equally often.
    pub const fn new(name: &'static str, size: u8) -> Self {
        Self { name, size, weights: &[], ordered: true, values: &[] }
    }

    /// Kinds that come as often as `weights` say.
    pub const fn weighted(name: &'static str, weights: &'static [u8]) -> Self {
        Self { name, size: weights.len() as u8, weights, ordered: false, values: &[] }
    }

    /// Kinds, each equally often.
    pub const fn kinds(name: &'static str, size: u8) -> Self {
        Self { name, size, weights: &[], ordered: false, values: &[] }
    }

    /// What it is called, it and its values.
    pub fn names(&self) -> FactorName {
        FactorName { name: self.name.into(), values: self.values.iter().map(ToString::to_string).collect() }
    }

    /// The same with names of its kinds.
    pub const fn named(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }
}

impl Attribute {
    pub const fn new(name: &'static str, factor: usize, from: u8, to: u8) -> Self {
        Self { name, factor, from, to }
    }
}

/// Begin the names of sets that are not registered, packed from a visitor's own files: of pictures, and of vectors. A setup must tell
/// them apart before it has read one.
const OWN: &str = "own:";
const OWN_VECTORS: &str = "acts:";

/// The name of a packed set of which only the folder is given.
pub const FOLDER_ALONE: &str = "images";

/// A packed set as a setup names it: `own:NAME`, or `acts:NAME` where its samples are vectors; `own:NAME:FACTOR` where that factor
/// gives the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own<'a> {
    pub name: &'a str,
    /// The set's own choice where it is left out.
    pub label: Option<&'a str>,
    /// Its samples are vectors, as activations are; else they are pictures.
    pub vectors: bool,
}

impl<'a> Own<'a> {
    /// Takes such a name apart; `None` for the name of a registered set.
    pub fn parse(id: &'a str) -> Option<Self> {
        let vectors = id.starts_with(OWN_VECTORS);
        let rest = id.strip_prefix(if vectors { OWN_VECTORS } else { OWN })?;
        let (name, label) = rest.split_once(':').map_or((rest, None), |(name, label)| (name, Some(label)));
        let good = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        (good(name) && label.is_none_or(good)).then_some(Self { name, label, vectors })
    }

    /// The setup's name for it.
    pub fn id(&self) -> String {
        let kind = if self.vectors { OWN_VECTORS } else { OWN };
        match self.label {
            Some(label) => format!("{kind}{}:{label}", self.name),
            None => format!("{kind}{}", self.name),
        }
    }
}

/// A factor's name as it stands in links.
pub fn label_id(factor: &str) -> String {
    factor.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_packed_sets_go_round() {
        for (id, name, label) in [
            ("own:my-cats", "my-cats", None),
            ("own:celeba:5_o_Clock_Shadow", "celeba", Some("5_o_Clock_Shadow")),
            ("acts:gpt2:layer", "gpt2", Some("layer")),
        ] {
            let own = Own { name, label, vectors: id.starts_with("acts") };
            assert_eq!((Own::parse(id), own.id().as_str()), (Some(own), id));
        }
        for id in ["own:", "acts:", "own:../x", "own:a:b:c", "own:a&b", "mnist", "celeba"] {
            assert_eq!(Own::parse(id), None, "{id}");
        }
    }
}
