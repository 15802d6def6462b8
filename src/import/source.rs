//! What images are packed from: the same questions to an archive, an array and a table.

use std::collections::BTreeMap;

use latent_packed::{PackedFactor, PackedVectors, Split, Sum};
use latent_vocabulary::drawn::drawn;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::import::{Crop, Frame};
use latent_vocabulary::plan::Plan;
use latent_vocabulary::shape::SampleShape;

use super::picture::{Picture, colourless};

/// Said of images that a visitor brings.
pub const OWN: &str = "Your own images; they stay on this computer.";

/// What a source says of itself before its images are read.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// In a few words, for the visitor.
    pub what: String,
    pub title: String,
    pub credit: String,
    /// Places to look at; each has an image at most.
    pub items: u64,
    pub factors: Vec<PackedFactor>,
    /// The factor that suits best as a label.
    pub label: usize,
    /// What is missing or was assumed.
    pub notes: Vec<String>,
    /// What to cut from each picture where nobody says otherwise.
    pub crop: Crop,
    /// One picture with many on it.
    pub sheet: bool,
    /// Its samples are vectors.
    pub vectors: Option<PackedVectors>,
    /// Directions that were planted in them, row-major `[k, d]`; empty where none are known.
    pub planted_kd: Vec<f32>,
    /// Tells this source from others: names and sizes of its files.
    pub fingerprint: String,
    /// How all of it was understood.
    pub plan: Plan,
}

impl Default for About {
    fn default() -> Self {
        let (what, title, credit, fingerprint) = Default::default();
        let (factors, notes, plan, planted_kd) = Default::default();
        let (items, label, sheet, crop, vectors) = (0, 0, false, Crop::Middle, None);
        Self { what, title, credit, items, factors, label, notes, crop, sheet, vectors, planted_kd, fingerprint, plan }
    }
}

/// An image as its source has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// A picture file.
    File(Vec<u8>),
    /// A picture file of 16 bits, and its value of white.
    Deep(Vec<u8>, u16),
    Picture(Picture),
    /// So many numbers, kept as their shape says.
    Vector(Vec<u8>, usize),
}

/// What lies beside a vector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Empty where there is none.
    pub text: String,
    /// A small picture, `[channels, height, width]`; nothing where there is none.
    pub thumb_p: Vec<u8>,
}

/// One image.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// For messages.
    pub name: String,
    pub raw: Raw,
    pub split: Split,
    /// One value for each of [`About::factors`].
    pub factors_k: Vec<u8>,
}

/// Why there is no image.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// This one cannot be read; the others can.
    Skip(String),
    /// The source itself has failed.
    Stop(String),
}

/// Images, in the order in which they are packed: any first part of them has all splits and kinds in proportion.
pub trait Source {
    fn about(&self) -> &About;

    /// Factors of the image at a place, where they are known without reading it.
    fn factors(&self, _place: u64) -> Option<&[u8]> {
        None
    }

    /// The part of the set that the image at a place belongs to.
    fn split(&self, place: u64) -> Split {
        default_split(place)
    }

    /// A sum that tells the image at a place from others, where it is known without reading it: archives have sums of what lies
    /// in them, and what is read is held against these.
    fn sum(&self, _place: u64) -> Option<Sum> {
        None
    }

    /// What lies beside the vector at a place.
    ///
    /// # Errors
    /// Names the file.
    fn beside(&mut self, _place: u64) -> Result<Beside, Fault> {
        Ok(Beside::default())
    }

    /// Reads the image at a place.
    ///
    /// # Errors
    /// Names the file.
    fn item(&mut self, place: u64) -> Result<Item, Fault>;
}

impl<T: Source + ?Sized> Source for &mut T {
    fn about(&self) -> &About {
        (**self).about()
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        (**self).factors(place)
    }

    fn split(&self, place: u64) -> Split {
        (**self).split(place)
    }

    fn sum(&self, place: u64) -> Option<Sum> {
        (**self).sum(place)
    }

    fn beside(&mut self, place: u64) -> Result<Beside, Fault> {
        (**self).beside(place)
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        (**self).item(place)
    }
}

impl Raw {
    /// The picture itself.
    ///
    /// # Errors
    /// What is wrong with the file, without its name.
    pub fn picture(self) -> Result<Picture, String> {
        match self {
            Self::File(bytes) => Picture::decode(&bytes),
            Self::Deep(bytes, white) => Picture::decode_deep(&bytes, white),
            Self::Picture(picture) => Ok(picture),
            Self::Vector(bytes, dims) => {
                let shape = SampleShape::vector(dims);
                let SampleShape { width, height, .. } = shape.picture();
                Ok(Picture { width, height, channels: 1, values_hwc: drawn(shape, &shape.floats(&bytes)) })
            }
        }
    }
}

/// A source of which more is to be said.
pub struct Told {
    pub source: Box<dyn Source>,
    pub about: About,
}

impl Source for Told {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        self.source.factors(place)
    }

    fn split(&self, place: u64) -> Split {
        self.source.split(place)
    }

    fn sum(&self, place: u64) -> Option<Sum> {
        self.source.sum(place)
    }

    fn beside(&mut self, place: u64) -> Result<Beside, Fault> {
        self.source.beside(place)
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        self.source.item(place)
    }
}

/// Names that a note tells one by one.
pub const TOLD: usize = 3;

/// Files by their names, or many of them by their endings: `a.txt and b.zip`, `25 files of other kinds (20 .heic, 5 .webp)`.
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => "nothing".into(),
        [name] => (*name).into(),
        [first @ .., last] if names.len() <= TOLD => format!("{} and {last}", first.join(", ")),
        _ => by_kind(names),
    }
}

/// So many names, by their endings.
pub fn by_kind(names: &[&str]) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for name in names {
        let base = name.rsplit('/').next().unwrap_or(name);
        let ending = base.rsplit_once('.').map_or("without an ending".into(), |(_, end)| format!(".{}", end.to_ascii_lowercase()));
        *kinds.entry(ending).or_default() += 1;
    }
    let mut kinds: Vec<(usize, String)> = kinds.into_iter().map(|(kind, n)| (n, kind)).collect();
    kinds.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let rest: usize = kinds.iter().skip(TOLD).map(|(n, _)| n).sum();
    let mut told: Vec<String> = kinds.into_iter().take(TOLD).map(|(n, kind)| format!("{n} {kind}")).collect();
    if rest > 0 {
        told.push(format!("{rest} {}", if rest == 1 { "other" } else { "others" }));
    }
    format!("{} files of other kinds ({})", names.len(), told.join(", "))
}

/// Pictures that are tried when the first ones cannot be read.
const TRIES: u64 = 50;

/// The first pictures that can be read, `n` at most.
///
/// # Errors
/// If none can: with what is wrong with the first.
pub fn first_pictures(source: &mut dyn Source, n: usize) -> Result<Vec<Picture>, String> {
    let (mut pictures, mut wrong) = (Vec::new(), None);
    for place in 0..source.about().items.min(TRIES) {
        let read = match source.item(place) {
            Ok(item) => item.raw.picture().map_err(|e| format!("{} {e}", item.name)),
            Err(Fault::Skip(e) | Fault::Stop(e)) => Err(e),
        };
        match read {
            Ok(picture) => pictures.push(picture),
            Err(e) => drop(wrong.get_or_insert(e)),
        }
        if pictures.len() == n {
            break;
        }
    }
    if pictures.is_empty() { Err(wrong.unwrap_or_else(|| "there are no images".into())) } else { Ok(pictures) }
}

/// Pictures that are looked at before the others, and shown as a preview.
pub const FIRST: usize = 8;

/// The frame that suits a source's pictures.
///
/// # Errors
/// As [`first_pictures`].
pub fn first_frame(source: &mut dyn Source) -> Result<Frame, String> {
    let first = first_pictures(source, FIRST)?;
    Ok(suggested_frame(&first, source.about()))
}

/// The frame for pictures like `first`: 28, 32 or 64 pixels a side, whichever is nearest below that of the first; in colour
/// where any of them is, or of those that were looked at.
///
/// # Panics
/// Without a picture.
pub fn suggested_frame(first: &[Picture], about: &About) -> Frame {
    if about.vectors.is_some() {
        return vector_frame(about);
    }
    let common = about.plan.look.sizes.first().map(|s| s.width.min(s.height) as usize);
    let side = common.unwrap_or(first[0].width.min(first[0].height));
    let side = [64, 32, 28].into_iter().find(|s| *s <= side).unwrap_or(28);
    let grey = first.iter().all(colourless) && about.plan.look.colour == 0;
    Frame {
        width: side as u32,
        height: side as u32,
        channels: if grey { 1 } else { 3 },
        crop: about.crop,
        paper: 255,
        frames: Frames::One,
    }
}

/// The frame of vectors.
fn vector_frame(about: &About) -> Frame {
    let dims = about.plan.vectors.as_ref().map_or(0, |v| v.dims);
    Frame { width: 1, height: 1, channels: dims as u32, crop: Crop::Stretch, paper: 0, frames: Frames::One }
}

/// One image in this many is kept for tests where a source has no splits of its own.
const TEST_EVERY: u64 = 10;

/// The split of an image of a source without splits.
pub fn default_split(place: u64) -> Split {
    if place % TEST_EVERY == TEST_EVERY - 1 { Split::Test } else { Split::Train }
}

/// Neighbours that stay together when images are reordered: they lie side by side in their archive, and a read brings many.
const BLOCK: usize = 32;

/// An order in which every first part has the parts' images in proportion; within a part the order stays.
pub fn interleaved(parts: &[Vec<u32>]) -> Vec<u32> {
    let total: usize = parts.iter().map(Vec::len).sum();
    let mut order = Vec::with_capacity(total);
    let mut taken = vec![0; parts.len()];
    while order.len() < total {
        // The part that lags most behind its share gives the next block.
        let lag = |p: &usize| (order.len() + BLOCK) as f64 * parts[*p].len() as f64 / total as f64 - taken[*p] as f64;
        let open = (0..parts.len()).filter(|p| taken[*p] < parts[*p].len());
        let part = open.max_by(|a, b| lag(a).total_cmp(&lag(b))).expect("not all are taken");
        let end = (taken[part] + BLOCK).min(parts[part].len());
        order.extend_from_slice(&parts[part][taken[part]..end]);
        taken[part] = end;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_first_part_has_every_part_in_proportion() {
        let parts = [(0..8000).collect::<Vec<_>>(), (8000..9000).collect(), (9000..10_000).collect()];
        let order = interleaved(&parts);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10_000).collect::<Vec<_>>());
        for n in [1000, 3000, 10_000] {
            let train = order[..n].iter().filter(|i| **i < 8000).count();
            assert!(train.abs_diff(n * 8 / 10) <= 2 * BLOCK, "{train} of the first {n}");
        }
        assert!(interleaved(&[vec![], vec![]]).is_empty());
    }
}
