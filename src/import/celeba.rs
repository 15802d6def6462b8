//! CelebA (Liu, Luo, Wang and Tang, "Deep Learning Face Attributes in the Wild", 2015) from its three official files.

use crate::packed::{PackedFactor, Split};
use crate::spec::import::Crop;

use super::archive::{Archive, Entry, FILE_LIMIT};
use super::picture::is_picture_name;
use super::read::Named;
use super::source::{About, Fault, Item, Raw, Source, interleaved};
use super::table::{Attributes, Partition};

/// Largest text file: the attributes of the whole set take 27 MB.
const TEXT_LIMIT: u64 = 64 << 20;
/// The attribute that gives the labels where nobody chooses: the one that papers steer most.
const LABEL: &str = "Smiling";
/// Last images of the training and the validation part, by number; the rest are test images.
const OFFICIAL: (u32, u32) = (162_770, 182_637);

const CREDIT: &str = "CelebA: Liu, Luo, Wang and Tang, 2015; for non-commercial research only, from your own copy.";

/// One image to pack.
struct Place {
    entry: Entry,
    split: Split,
}

pub struct CelebA {
    about: About,
    archive: Archive,
    attributes: Option<Attributes>,
    places: Vec<Place>,
}

/// Whether archives and text files of these names are CelebA's.
pub fn is_text(name: &str) -> Option<Text> {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let text = name.ends_with(".txt") || name.ends_with(".csv");
    match () {
        () if text && name.starts_with("list_attr") => Some(Text::Attributes),
        () if text && name.starts_with("list_eval_partition") => Some(Text::Partition),
        () => None,
    }
}

/// One of the text files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Attributes,
    Partition,
}

/// Whether a file in an archive has a name such as `img_align_celeba/000001.jpg`.
pub fn is_image(entry: &str) -> bool {
    entry.contains("celeba") && number(entry).is_some() && is_picture_name(entry)
}

/// The number that an image's name is.
fn number(name: &str) -> Option<u32> {
    let stem = base(name).split('.').next().filter(|s| s.len() == 6)?;
    stem.parse().ok()
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

impl CelebA {
    /// Opens the archive of images, with its text files where they are there; some mirrors put them into the archive.
    ///
    /// # Errors
    /// Names the file and the place.
    pub fn open(images: &Named, attributes: Option<&Named>, partition: Option<&Named>) -> Result<Self, String> {
        let mut archive = Archive::open(images)?;
        let entries = archive.entries();
        let mut text = |given: Option<&Named>, kind| -> Result<Option<(String, Vec<u8>)>, String> {
            if let Some(file) = given {
                return Ok(Some((file.name.clone(), file.whole(TEXT_LIMIT)?)));
            }
            let inside = entries.iter().find(|e| is_text(&e.name) == Some(kind));
            inside.map(|e| Ok((format!("{}: {}", images.name, e.name), archive.read(e, TEXT_LIMIT)?))).transpose()
        };
        let attributes = text(attributes, Text::Attributes)?;
        let attributes =
            attributes.map(|(name, bytes)| Attributes::read(&bytes).map_err(|e| format!("{name}: {e}"))).transpose()?;
        let partition = text(partition, Text::Partition)?;
        let partition = partition.map(|(name, bytes)| Partition::read(&bytes).map_err(|e| format!("{name}: {e}"))).transpose()?;
        Self::new(images, archive, entries, attributes, partition)
    }

    fn new(
        images: &Named,
        archive: Archive,
        entries: Vec<Entry>,
        attributes: Option<Attributes>,
        partition: Option<Partition>,
    ) -> Result<Self, String> {
        let mut notes = Vec::new();
        if attributes.is_none() {
            notes.push(
                "list_attr_celeba.txt is missing: there will be no attributes to colour by, to measure or to steer with.".into(),
            );
        }
        if partition.is_none() {
            notes.push("list_eval_partition.txt is missing: the official split is taken from the images' numbers.".into());
        }
        let mut parts: [Vec<u32>; 3] = Default::default();
        let mut places = Vec::new();
        let (mut without_row, mut without_split) = (0u64, 0u64);
        for entry in entries.into_iter().filter(|e| is_picture_name(&e.name)) {
            let image = base(&entry.name);
            let split = match &partition {
                Some(partition) => partition.split(image),
                None => number(image).map(|n| match n {
                    n if n <= OFFICIAL.0 => Split::Train,
                    n if n <= OFFICIAL.1 => Split::Valid,
                    _ => Split::Test,
                }),
            };
            let known = attributes.as_ref().is_none_or(|a| a.row(image).is_some());
            without_row += u64::from(!known);
            without_split += u64::from(known && split.is_none());
            if let Some(split) = split.filter(|_| known) {
                parts[split as usize].push(places.len() as u32);
                places.push(Place { entry, split });
            }
        }
        if places.is_empty() {
            let why = match (without_row, without_split) {
                (0, 0) => "has no JPEG images",
                (0, _) => "has no image that the partition file knows: is it CelebA's?",
                _ => "has no image that the attribute file knows: is it CelebA's?",
            };
            return Err(format!("{}: {why}", images.name));
        }
        for (n, file) in [(without_row, "attribute"), (without_split, "partition")] {
            if n > 0 {
                notes.push(format!("{n} images are left out: the {file} file has no line for them."));
            }
        }
        let mut sorted: Vec<Option<Place>> = places.into_iter().map(Some).collect();
        let places: Vec<Place> = interleaved(&parts).into_iter().filter_map(|i| sorted[i as usize].take()).collect();
        let names = attributes.as_ref().map(|a| a.names.clone()).unwrap_or_default();
        let about = About {
            what: "CelebA".into(),
            title: "CelebA".into(),
            credit: CREDIT.into(),
            items: places.len() as u64,
            label: names.iter().position(|n| n == LABEL).unwrap_or(0),
            factors: names
                .into_iter()
                .map(|name| PackedFactor { values: vec![format!("not {name}"), name.clone()], name })
                .collect(),
            notes,
            crop: Crop::Square(148),
            sheet: false,
            fingerprint: format!("celeba {} {}", images.base(), images.file.size()),
        };
        Ok(Self { about, archive, attributes, places })
    }
}

impl Source for CelebA {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        let image = base(&self.places.get(place as usize)?.entry.name);
        Some(self.attributes.as_ref().map_or(&[], |a| a.row(image).unwrap_or_default()))
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let factors_k = self.factors(place).unwrap_or_default().to_vec();
        let Place { entry, split } = &self.places[place as usize];
        let bytes = self.archive.read(entry, FILE_LIMIT).map_err(Fault::Skip)?;
        Ok(Item { name: entry.name.clone(), raw: Raw::File(bytes), split: *split, factors_k })
    }
}
