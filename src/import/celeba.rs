//! CelebA (Liu, Luo, Wang and Tang, "Deep Learning Face Attributes in the Wild", 2015) from its three official files.

use latent_packed::{PackedFactor, Split, Sum};
use latent_vocabulary::import::Crop;
use latent_vocabulary::plan::Plan;

use super::archive::{Archive, FILE_LIMIT};
use super::picture::is_picture_name;
use super::read::{Named, PIECES, hidden};
use super::source::{About, Fault, Item, Raw, Source, default_split, interleaved};
use super::table::{Attributes, Partition};

/// Largest text file: the attributes of the whole set take 27 MB.
const TEXT_LIMIT: u64 = 64 << 20;
/// The attribute that gives the labels where nobody chooses: the one that papers steer most.
const LABEL: &str = "Smiling";
/// Last images of the training and the validation part, by number; the rest are test images.
const OFFICIAL: (u32, u32) = (162_770, 182_637);

const CREDIT: &str = "CelebA: Liu, Luo, Wang and Tang, 2015; for non-commercial research only, from your own copy.";

/// One image to pack. There are hundreds of thousands: its name is looked up when it is wanted.
#[derive(Clone, Copy)]
struct Photo {
    /// In the archive.
    index: u32,
    /// In the attribute file.
    row: u32,
    split: Split,
}

pub struct CelebA {
    about: About,
    archive: Archive,
    /// Values of the attributes, `[rows, attributes]`.
    values_nk: Vec<u8>,
    places: Vec<Photo>,
    split_by: &'static str,
}

/// Whether archives and text files of these names are CelebA's.
pub fn is_text(name: &str) -> Option<Text> {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let text = name.ends_with(".txt") || name.ends_with(".csv");
    match () {
        () if text && (name.starts_with("list_attr") || name.starts_with("celebamask-hq-attribute")) => Some(Text::Attributes),
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

/// The number that an image of the set itself has for a name, of six digits; sets made of it count otherwise.
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
        let mut fingerprint = format!("celeba {} {}", images.base(), images.mark(PIECES)?);
        for (file, kind) in [(attributes, "attributes"), (partition, "partition")] {
            if let Some(file) = file {
                file.genuine()?;
                fingerprint += &format!(" {kind} {}", file.mark(PIECES)?);
            }
        }
        let given = |file: Option<&Named>| -> Result<Option<(String, Vec<u8>)>, String> {
            file.map(|f| Ok((f.name.clone(), f.whole(TEXT_LIMIT)?))).transpose()
        };
        let read_attributes = |(name, bytes): (String, Vec<u8>)| Attributes::read(&bytes).map_err(|e| format!("{name}: {e}"));
        let read_partition = |(name, bytes): (String, Vec<u8>)| Partition::read(&bytes).map_err(|e| format!("{name}: {e}"));
        // One after the other, and before the archive's index: their texts are large, and gone by then.
        let mut attributes = given(attributes)?.map(read_attributes).transpose()?;
        let mut partition = given(partition)?.map(read_partition).transpose()?;
        let mut archive = Archive::open(images)?;
        let mut inside = |kind| -> Result<Option<(String, Vec<u8>)>, String> {
            let found = archive.entries().find(|e| !hidden(&e.name) && is_text(&e.name) == Some(kind));
            found.map(|e| Ok((format!("{}: {}", images.name, e.name), archive.read(&e, TEXT_LIMIT)?))).transpose()
        };
        if attributes.is_none() {
            attributes = inside(Text::Attributes)?.map(read_attributes).transpose()?;
        }
        if partition.is_none() {
            partition = inside(Text::Partition)?.map(read_partition).transpose()?;
        }
        Self::new(images, archive, fingerprint, attributes, partition)
    }

    /// What tells the parts.
    pub fn split_by(&self) -> &str {
        self.split_by
    }

    fn new(
        images: &Named,
        archive: Archive,
        fingerprint: String,
        attributes: Option<Attributes>,
        partition: Option<Partition>,
    ) -> Result<Self, String> {
        let mut notes = Vec::new();
        if attributes.is_none() {
            notes.push(
                "list_attr_celeba.txt is missing: there will be no attributes to colour by, to measure or to steer with.".into(),
            );
        }
        let mut parts: [Vec<u32>; 3] = Default::default();
        let mut places = Vec::new();
        let (mut without_row, mut without_split, mut official) = (0u64, 0u64, true);
        for entry in archive.entries().filter(|e| !hidden(&e.name) && is_picture_name(&e.name)) {
            let image = base(&entry.name);
            let of_number = |n: u32| match n {
                n if n <= OFFICIAL.0 => Split::Train,
                n if n <= OFFICIAL.1 => Split::Valid,
                _ => Split::Test,
            };
            let split = match &partition {
                Some(partition) => partition.split(image),
                None => Some(number(image).map_or_else(|| default_split(places.len() as u64), of_number)),
            };
            let row = attributes.as_ref().map_or(Some(0), |a| a.row_of(image));
            without_row += u64::from(row.is_none());
            without_split += u64::from(row.is_some() && split.is_none());
            if let Some((row, split)) = row.zip(split) {
                official &= number(image).is_some();
                parts[split as usize].push(places.len() as u32);
                places.push(Photo { index: entry.index as u32, row, split });
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
        if partition.is_none() {
            let instead =
                if official { "the official split is taken from the images' numbers" } else { "every tenth image is for tests" };
            notes.push(format!("list_eval_partition.txt is missing: {instead}."));
        }
        for (n, file) in [(without_row, "attribute"), (without_split, "partition")] {
            if n > 0 {
                notes.push(format!("{n} images are left out: the {file} file has no line for them."));
            }
        }
        let split_by = match partition {
            Some(_) => "the partition file",
            None if official => "the images' numbers",
            None => "every tenth image",
        };
        let places: Vec<Photo> = interleaved(&parts).into_iter().map(|i| places[i as usize]).collect();
        // Which row is whose is known by now.
        let (names, values_nk) = attributes.map(|a| (a.names, a.values_nk)).unwrap_or_default();
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
            // Other sets of these faces, CelebA-HQ for one, are cut about them already.
            crop: if official { Crop::Square(148) } else { Crop::Middle },
            sheet: false,
            vectors: None,
            planted_kd: Vec::new(),
            fingerprint,
            plan: Plan::default(),
        };
        Ok(Self { about, archive, values_nk, places, split_by })
    }
}

impl Source for CelebA {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        let (row, k) = (self.places.get(place as usize)?.row as usize, self.about.factors.len());
        Some(&self.values_nk[row * k..(row + 1) * k])
    }

    fn split(&self, place: u64) -> Split {
        self.places.get(place as usize).map_or(Split::Train, |p| p.split)
    }

    fn sum(&self, place: u64) -> Option<Sum> {
        Some(self.archive.entry(self.places.get(place as usize)?.index as usize)?.told())
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let factors_k = self.factors(place).unwrap_or_default().to_vec();
        let Photo { index, split, .. } = self.places[place as usize];
        let entry = self.archive.entry(index as usize).expect("it was there when the archive was opened");
        let bytes = self.archive.read(&entry, FILE_LIMIT).map_err(Fault::Skip)?;
        Ok(Item { name: entry.name, raw: Raw::File(bytes), split, factors_k })
    }
}
