//! Images in an array: `.npy`, `.npz` and IDX files, row by row.

use std::cmp::Reverse;
use std::io::Read;

use latent_packed::{PackedFactor, Split};
use latent_vocabulary::import::Crop;

use super::archive::Archive;
use super::idx;
use super::npy::{Kind, NpyHeader};
use super::picture::Picture;
use super::read::{Cursor, Mark, Named, PIECES};
use super::source::{About, Fault, Item, Raw, Source, default_split, left_aside, split_named};

/// Most bytes of all labels together.
const LABEL_LIMIT: u64 = 256 << 20;
/// Most values of one image.
const IMAGE_LIMIT: usize = 1 << 24;
/// Most values of a factor, and most factors.
const VALUES: usize = 256;
const FACTORS: usize = 256;
/// Rows that are looked at to tell how bright the brightest value is.
const SAMPLE: usize = 64;

/// What the values of an image mean.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    low: f64,
    high: f64,
}

/// Opens a stream of an array's rows from its first on.
type Open = Box<dyn FnMut() -> Result<Box<dyn Read>, String>>;

/// An array of images whose rows are read one after another.
pub struct Arrays {
    about: About,
    name: String,
    header: NpyHeader,
    layout: Layout,
    scale: Scale,
    open: Open,
    reader: Box<dyn Read>,
    /// The row that the reader stands before.
    at: u64,
    factors_nk: Vec<u8>,
}

/// Where an image's channels are.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Layout {
    width: usize,
    height: usize,
    channels: usize,
    /// Channels come first, as PyTorch has them.
    planar: bool,
}

impl Layout {
    /// The layout of `[n, ...]`.
    fn of(shape: &[usize]) -> Option<Self> {
        let layout = match *shape {
            [_, height, width] => Self { width, height, channels: 1, planar: false },
            [_, height, width, channels @ 1..=4] => Self { width, height, channels, planar: false },
            [_, channels @ 1..=4, height, width] => Self { width, height, channels, planar: true },
            // Rows of square images, one after another, grey or in colour.
            [_, values] => {
                let side = |n: usize| Some((n as f64).sqrt().round() as usize).filter(|s| s * s == n && *s > 3);
                match (side(values), side(values / 3).filter(|_| values % 3 == 0)) {
                    (Some(s), _) => Self { width: s, height: s, channels: 1, planar: false },
                    (None, Some(s)) => Self { width: s, height: s, channels: 3, planar: true },
                    _ => return None,
                }
            }
            _ => return None,
        };
        let sides = 1..=4096;
        let fits = || layout.width * layout.height * layout.channels <= IMAGE_LIMIT;
        (sides.contains(&layout.width) && sides.contains(&layout.height) && fits()).then_some(layout)
    }
}

/// An array beside others, before it is known what it is for.
struct Member {
    name: String,
    header: NpyHeader,
    /// Bytes of the unpacked file.
    size: u64,
}

impl Member {
    fn holds_images(&self, dimensions: usize) -> bool {
        self.header.is_numeric() && self.header.shape.len() >= dimensions && Layout::of(&self.header.shape).is_some()
    }
}

/// The largest array with images of `dimensions` dimensions or more: where several are as large, rather one to train on.
fn images_among(members: &[Member], dimensions: usize) -> Option<usize> {
    let images = members.iter().enumerate().filter(|(_, m)| m.holds_images(dimensions));
    images.max_by_key(|(i, m)| (m.size, split_named(&m.name).is_none_or(|s| s == Split::Train), Reverse(*i))).map(|(i, _)| i)
}

/// Arrays that label the images of another: as many rows, and of the same part of the set as far as their names tell.
fn labels_among(members: &[Member], images: usize) -> Vec<usize> {
    let of = split_named(&members[images].name);
    let beside = |(i, m): &(usize, &Member)| {
        let Member { header, size, .. } = m;
        let labels = header.shape.len() <= 2 && header.shape.first() == members[images].header.shape.first();
        *i != images && labels && *size <= LABEL_LIMIT
    };
    let same: Vec<usize> =
        members.iter().enumerate().filter(beside).filter(|(_, m)| split_named(&m.name) == of).map(|(i, _)| i).collect();
    if !same.is_empty() {
        return same;
    }
    // `x_train` and `labels`, or `images` and `train_labels`: nothing says that these are others.
    let rest: Vec<usize> = members.iter().enumerate().filter(beside).map(|(i, _)| i).collect();
    let parts: Vec<_> = rest.iter().map(|i| split_named(&members[*i].name)).collect();
    let one = parts.iter().all(|part| *part == parts[0]) && (of.is_none() || parts.iter().all(Option::is_none));
    if one { rest } else { Vec::new() }
}

/// What an array is read from.
struct Stored {
    name: String,
    title: String,
    what: &'static str,
    fingerprint: String,
    open: Open,
    /// Most bytes that its values can have.
    room: u64,
    notes: Vec<String>,
}

impl Arrays {
    /// `.npy` files: the largest with images, and labels in others with as many rows.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn npy(files: &[&Named]) -> Result<Self, String> {
        let (mut members, mut of, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            file.genuine()?;
            match NpyHeader::read(&mut Cursor::new(file.file.clone())) {
                Ok(header) => {
                    members.push(Member { name: file.name.clone(), header, size: file.file.size() });
                    of.push(*file);
                }
                Err(e) if files.len() == 1 => return Err(format!("{} {e}", file.name)),
                Err(e) => notes.push(format!("{} {e}. It is left aside.", file.name)),
            }
        }
        // One alone says best what is wrong with it.
        let images = images_among(&members, 3).or_else(|| images_among(&members, 2));
        let images = images.or((!members.is_empty()).then_some(0)).ok_or_else(|| notes.join(" "))?;
        let (chosen, mut labels) = (labels_among(&members, images), Vec::new());
        let mut mark = of[images].mark(PIECES)?.to_string();
        for i in &chosen {
            let bytes = of[*i].whole(LABEL_LIMIT)?;
            mark += &format!(" {}", Mark::default().with(&bytes));
            labels.push((of[*i].base().trim_end_matches(".npy").to_owned(), bytes));
        }
        let others = (0..of.len()).filter(|i| *i != images && !chosen.contains(i));
        notes.extend(left_aside(&others.map(|i| of[i].name.as_str()).collect::<Vec<_>>()));
        let source = of[images].clone();
        Self::new(
            Stored {
                name: source.name.clone(),
                title: source.base().trim_end_matches(".npy").to_owned(),
                what: "a NumPy array",
                fingerprint: format!("npy {} {mark}", source.base()),
                room: source.file.size().saturating_sub(members[images].header.length),
                open: Box::new(move || Ok(Box::new(Cursor::new(source.file.clone())))),
                notes,
            },
            &labels,
        )
    }

    /// An archive of arrays: the largest with three dimensions or more has the images, those with as many rows the labels.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn npz(file: &Named, mut archive: Archive) -> Result<Self, String> {
        let (mut members, mut of, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let (arrays, others): (Vec<_>, Vec<_>) = archive.entries().partition(|e| e.name.ends_with(".npy"));
        for entry in arrays {
            let name = entry.name.trim_end_matches(".npy").to_owned();
            match NpyHeader::read(&mut *archive.stream(&entry)?) {
                Ok(header) => {
                    members.push(Member { name, header, size: entry.size });
                    of.push(entry);
                }
                Err(e) => notes.push(format!("{name} {e}. It is left aside.")),
            }
        }
        let Some(images) = images_among(&members, 3) else {
            let names: Vec<&str> = of.iter().map(|e| e.name.as_str()).collect();
            return Err(format!("{}: none of its arrays ({}) holds images{}", file.name, names.join(", "), after(&notes)));
        };
        let (chosen, mut labels) = (labels_among(&members, images), Vec::new());
        for i in &chosen {
            labels.push((members[*i].name.clone(), archive.read(&of[*i], LABEL_LIMIT)?));
        }
        let rows = |m: &Member| format!("{} {:?}", m.name, m.header.shape);
        let unread = (0..of.len()).filter(|i| *i != images && !chosen.contains(i)).map(|i| rows(&members[i]));
        // Arrays have no endings to be told by.
        let unread: Vec<String> = unread.collect();
        if !unread.is_empty() {
            notes.push(format!("Left aside, as no labels of {}: {}.", rows(&members[images]), unread.join(", ")));
        }
        notes.extend(left_aside(&others.iter().map(|e| e.name.as_str()).collect::<Vec<_>>()));
        let entry = of[images].clone();
        Self::new(
            Stored {
                name: format!("{}: {}", file.name, entry.name),
                title: file.base().trim_end_matches(".npz").to_owned(),
                what: "an archive of NumPy arrays",
                fingerprint: format!("npz {} {}", file.base(), file.mark(PIECES)?),
                room: entry.size.saturating_sub(members[images].header.length),
                open: Box::new(move || archive.stream(&entry)),
                notes,
            },
            &labels,
        )
    }

    /// An IDX file with images, and one with labels if there is one.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn idx(images: &Named, labels: Option<&Named>) -> Result<Self, String> {
        let source = images.clone();
        let mut mark = images.mark(PIECES)?.to_string();
        let labels = match labels {
            Some(file) => {
                let mut bytes = Vec::new();
                idx::stream(file)?.0.take(LABEL_LIMIT).read_to_end(&mut bytes).map_err(|e| format!("{}: {e}", file.name))?;
                mark += &format!(" {}", Mark::default().with(&bytes));
                vec![("Label".to_owned(), bytes)]
            }
            None => Vec::new(),
        };
        Self::new(
            Stored {
                name: images.name.clone(),
                title: images.base().split('.').next().unwrap_or_default().to_owned(),
                what: "an IDX file",
                fingerprint: format!("idx {} {mark}", images.base()),
                room: idx::stream(images)?.1,
                open: Box::new(move || idx::stream(&source).map(|(reader, _)| reader)),
                notes: Vec::new(),
            },
            &labels,
        )
    }

    fn new(stored: Stored, labels: &[(String, Vec<u8>)]) -> Result<Self, String> {
        let Stored { name, title, what, fingerprint, mut open, room, mut notes } = stored;
        let mut reader = open()?;
        let header = NpyHeader::read(&mut *reader).map_err(|e| format!("{name} {e}"))?;
        if !header.is_numeric() {
            return Err(format!("{name} holds text, no images"));
        }
        let wrong = || {
            format!(
                "{name}: an array of shape {:?} holds no images; [n, height, width] and [n, height, width, channels] do",
                header.shape
            )
        };
        let layout = Layout::of(&header.shape).ok_or_else(wrong)?;
        let rows = header.shape[0];
        if rows == 0 {
            return Err(format!("{name} holds no images"));
        }
        // Before anything is done for each image that is promised.
        if header.bytes() > room {
            return Err(format!(
                "{name} ends before its images do: {rows} images take {} bytes, and there are {room} at most; is it complete?",
                header.bytes()
            ));
        }
        let (scale, note) = scale(&header, &mut *reader).map_err(|e| format!("{name}: {e}"))?;
        notes.extend(note);
        let mut factors = Vec::new();
        let mut columns = Vec::new();
        for (label, bytes) in labels {
            match factors_of(label, bytes, rows) {
                Ok(found) => {
                    for (factor, values) in found {
                        factors.push(factor);
                        columns.push(values);
                    }
                }
                Err(e) => notes.push(e),
            }
        }
        // Each column has a value for each row.
        let factors_nk = (0..if columns.is_empty() { 0 } else { rows }).flat_map(|i| columns.iter().map(move |c| c[i])).collect();
        let about = About {
            what: what.into(),
            title,
            credit: "Your own images; they stay on this computer.".into(),
            items: rows as u64,
            // The factor with the fewest values divides best.
            label: (0..factors.len())
                .min_by_key(|i| {
                    let f: &PackedFactor = &factors[*i];
                    f.values.len()
                })
                .unwrap_or(0),
            factors,
            notes,
            crop: Crop::Middle,
            sheet: false,
            fingerprint,
        };
        let reader = open()?;
        let mut arrays = Self { about, name, header, layout, scale, open, reader, at: 0, factors_nk };
        arrays.rewind()?;
        Ok(arrays)
    }

    fn rewind(&mut self) -> Result<(), String> {
        self.reader = (self.open)()?;
        self.at = 0;
        NpyHeader::read(&mut *self.reader).map(drop).map_err(|e| format!("{} {e}", self.name))
    }

    fn row(&mut self, place: u64) -> Result<Vec<u8>, String> {
        if place < self.at {
            self.rewind()?;
        }
        let row = self.header.row() * self.header.width;
        let mut bytes = vec![0; row];
        // A stream that is unpacked has no other way to a row than through those before it.
        while self.at <= place {
            self.reader.read_exact(&mut bytes).map_err(|e| format!("{}: image {}: {e}", self.name, self.at))?;
            self.at += 1;
        }
        Ok(bytes)
    }

    fn picture(&self, bytes: &[u8]) -> Picture {
        let Layout { width, height, channels, planar } = self.layout;
        let Scale { low, high } = self.scale;
        let byte = |v: f64| ((v - low) / (high - low) * 255.0).clamp(0.0, 255.0).round() as u8;
        let values: Vec<u8> = self.header.numbers(bytes).map(byte).collect();
        let values_hwc = if planar {
            (0..width * height)
                .flat_map(|i| (0..channels).map(move |c| (c, i)))
                .map(|(c, i)| values[c * width * height + i])
                .collect()
        } else {
            values
        };
        Picture { width, height, channels, values_hwc }
    }
}

/// What stands behind a sentence that has more to say.
fn after(notes: &[String]) -> String {
    if notes.is_empty() { String::new() } else { format!(". {}", notes.join(" ")) }
}

/// What the values mean, told by the first rows; with a note where that had to be guessed.
fn scale(header: &NpyHeader, reader: &mut dyn Read) -> Result<(Scale, Option<String>), String> {
    let mut bytes = vec![0; header.row() * header.width];
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..header.shape[0].min(SAMPLE) {
        reader.read_exact(&mut bytes).map_err(|e| format!("image {i}: {e}"))?;
        for v in header.numbers(&bytes).filter(|v| v.is_finite()) {
            (low, high) = (low.min(v), high.max(v));
        }
    }
    let known = usual(header.kind, low, high);
    let note = known.is_none().then(|| {
        format!(
            "Values run from {low:.4} to {high:.4} in the first {} images: these become black and white.",
            header.shape[0].min(SAMPLE)
        )
    });
    Ok((known.unwrap_or(Scale { low, high: if high > low { high } else { low + 1.0 } }), note))
}

/// Part of a range by which interpolation and rounding overshoot it.
const OVERSHOOT: f64 = 0.1;
/// Floats between 1 and this are nobody's bytes: so dark are no 64 pictures.
const FLOATS: f64 = 16.0;

/// The usual range that values from `low` to `high` are of: `[0, 1]`, bytes, other unsigned numbers, `[-1, 1]`, `[-0.5, 0.5]`
/// and signed bytes; `None` where it is none of them.
fn usual(kind: Kind, low: f64, high: f64) -> Option<Scale> {
    if low > high {
        // Not one number: any range does.
        return Some(Scale { low: 0.0, high: 1.0 });
    }
    let over = if kind == Kind::Float { 1.0 + OVERSHOOT } else { 1.0 };
    let within = |from: f64, to: f64| low >= from * over && high <= to * over;
    if low >= 0.0 || kind == Kind::Float && -low <= OVERSHOOT * high {
        let high = match high {
            v if v <= over => 1.0,
            v if kind == Kind::Float && v < FLOATS => return None,
            v if v <= 255.0 * over => 255.0,
            // Sixteen bits, or fewer of them.
            v => f64::from(1u32 << (v.log2().floor() as u32 + 1).min(31)) - 1.0,
        };
        return Some(Scale { low: 0.0, high });
    }
    match kind {
        Kind::Float if within(-0.5, 0.5) => Some(Scale { low: -0.5, high: 0.5 }),
        _ if within(-1.0, 1.0) => Some(Scale { low: -1.0, high: 1.0 }),
        Kind::Signed if within(-128.0, 127.0) => Some(Scale { low: -128.0, high: 127.0 }),
        _ => None,
    }
}

/// A column of labels.
type Column = (PackedFactor, Vec<u8>);

/// Labels as factors: one for each column of whole numbers or of text, or one for all where the rows are one-hot.
fn factors_of(name: &str, bytes: &[u8], rows: usize) -> Result<Vec<Column>, String> {
    let mut reader = bytes;
    let header = NpyHeader::read(&mut reader).map_err(|e| format!("{name} {e}"))?;
    let (columns, there) = (header.row(), reader.len() / header.width);
    if header.shape.first() != Some(&rows) || there != rows * columns {
        return Err(format!("{name} has labels for {} of {rows} images and is left aside.", there / columns.max(1)));
    }
    if columns > FACTORS {
        return Err(format!("{name} has {columns} labels an image, more than {FACTORS}, and is left aside."));
    }
    let title = |i: usize| if columns == 1 { name.to_owned() } else { format!("{name}_{i}") };
    if !header.is_numeric() {
        let texts: Vec<String> = header.texts(reader).collect();
        let column = |i: usize| column(title(i), texts.iter().skip(i).step_by(columns).collect());
        return (0..columns).filter_map(|i| column(i).transpose()).collect();
    }
    let numbers: Vec<f64> = header.numbers(reader).collect();
    if numbers.iter().any(|v| v.fract() != 0.0) {
        return Err(format!("{name} has values that are no whole numbers and is left aside."));
    }
    let numbers: Vec<i64> = numbers.into_iter().map(|v| v as i64).collect();
    if columns > 1
        && let Some(hot) = numbers.chunks_exact(columns).map(one_hot).collect::<Option<Vec<i64>>>()
    {
        return Ok(column(name.to_owned(), hot)?.into_iter().collect());
    }
    let column = |i: usize| column(title(i), numbers.iter().skip(i).step_by(columns).collect());
    (0..columns).filter_map(|i| column(i).transpose()).collect()
}

/// Where the one of a row stands that has zeros otherwise.
fn one_hot(row: &[i64]) -> Option<i64> {
    let at = row.iter().position(|v| *v == 1)?;
    (row.iter().filter(|v| **v != 0).count() == 1).then_some(at as i64)
}

/// A factor whose values are the different labels; `None` where all are the same.
fn column<T: Ord + Clone + ToString>(name: String, labels: Vec<T>) -> Result<Option<Column>, String> {
    let mut distinct = labels.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 2 {
        return Ok(None);
    }
    if distinct.len() > VALUES {
        return Err(format!("{name} has {} different values, more than {VALUES}, and is left aside.", distinct.len()));
    }
    let index = |v: &T| distinct.binary_search(v).expect("it is one of them") as u8;
    let factor = PackedFactor { name, values: distinct.iter().map(ToString::to_string).collect() };
    Ok(Some((factor, labels.iter().map(index).collect())))
}

impl Source for Arrays {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        let k = self.about.factors.len();
        self.factors_nk.get(place as usize * k..(place as usize + 1) * k)
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        // A row that cannot be read ends the stream.
        let bytes = self.row(place).map_err(Fault::Stop)?;
        Ok(Item {
            name: format!("{}: image {place}", self.name),
            raw: Raw::Picture(self.picture(&bytes)),
            split: default_split(place),
            factors_k: self.factors(place).unwrap_or_default().to_vec(),
        })
    }
}
