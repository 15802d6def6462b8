//! Images in an array: `.npy`, `.npz` and IDX files, row by row.

use std::io::Read;

use crate::packed::PackedFactor;
use crate::spec::import::Crop;

use super::archive::Archive;
use super::idx;
use super::npy::{Kind, NpyHeader};
use super::picture::Picture;
use super::read::{Cursor, Named};
use super::source::{About, Fault, Item, Raw, Source, default_split};

/// Most bytes of all labels together.
const LABEL_LIMIT: u64 = 256 << 20;
/// Most values of one image.
const IMAGE_LIMIT: usize = 1 << 24;
/// Most values of a factor.
const VALUES: usize = 256;
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
        let fits = layout.width * layout.height * layout.channels <= IMAGE_LIMIT;
        (sides.contains(&layout.width) && sides.contains(&layout.height) && fits).then_some(layout)
    }
}

impl Arrays {
    /// One `.npy` file with images.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn npy(file: &Named) -> Result<Self, String> {
        let source = file.clone();
        let open: Open = Box::new(move || Ok(Box::new(Cursor::new(source.file.clone()))));
        let title = file.base().trim_end_matches(".npy").to_owned();
        let fingerprint = format!("npy {} {}", file.base(), file.file.size());
        Self::new(file.name.clone(), title, "a NumPy array", fingerprint, open, &[])
    }

    /// An archive of arrays: the largest with three dimensions or more has the images, those with as many rows the labels.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn npz(file: &Named, mut archive: Archive) -> Result<Self, String> {
        let mut images: Option<(usize, u64, String)> = None;
        let entries: Vec<_> = archive.entries().filter(|e| e.name.ends_with(".npy")).collect();
        let mut headers = Vec::new();
        for entry in &entries {
            let Ok(header) = NpyHeader::read(&mut *archive.stream(entry)?) else { continue };
            if Layout::of(&header.shape).is_some()
                && header.shape.len() > 2
                && images.as_ref().is_none_or(|(_, size, _)| entry.size > *size)
            {
                images = Some((entry.index, entry.size, entry.name.clone()));
            }
            headers.push((entry.clone(), header));
        }
        let Some((index, ..)) = images else {
            let names: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
            return Err(format!("{}: none of its arrays ({}) holds images", file.name, names.join(", ")));
        };
        let (entry, rows) =
            headers.iter().find(|(e, _)| e.index == index).map(|(e, h)| (e.clone(), h.shape[0])).expect("it was found there");
        let mut labels = Vec::new();
        for (other, header) in
            headers.iter().filter(|(e, h)| e.index != index && h.shape.first() == Some(&rows) && h.shape.len() <= 2)
        {
            if other.size <= LABEL_LIMIT && header.kind != Kind::Float {
                let bytes = archive.read(other, LABEL_LIMIT)?;
                labels.push((other.name.trim_end_matches(".npy").to_owned(), bytes));
            }
        }
        let (name, title) = (format!("{}: {}", file.name, entry.name), file.base().trim_end_matches(".npz").to_owned());
        let fingerprint = format!("npz {} {}", file.base(), file.file.size());
        let open: Open = Box::new(move || archive.stream(&entry));
        Self::new(name, title, "an archive of NumPy arrays", fingerprint, open, &labels)
    }

    /// An IDX file with images, and one with labels if there is one.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn idx(images: &Named, labels: Option<&Named>) -> Result<Self, String> {
        let source = images.clone();
        let open: Open = Box::new(move || idx::stream(&source));
        let labels = match labels {
            Some(file) => {
                let mut bytes = Vec::new();
                idx::stream(file)?.take(LABEL_LIMIT).read_to_end(&mut bytes).map_err(|e| format!("{}: {e}", file.name))?;
                vec![("Label".to_owned(), bytes)]
            }
            None => Vec::new(),
        };
        let title = images.base().split('.').next().unwrap_or_default().to_owned();
        let fingerprint = format!("idx {} {}", images.base(), images.file.size());
        Self::new(images.name.clone(), title, "an IDX file", fingerprint, open, &labels)
    }

    fn new(
        name: String,
        title: String,
        what: &str,
        fingerprint: String,
        mut open: Open,
        labels: &[(String, Vec<u8>)],
    ) -> Result<Self, String> {
        let mut reader = open()?;
        let header = NpyHeader::read(&mut *reader).map_err(|e| format!("{name} {e}"))?;
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
        let scale = scale(&header, &mut *reader).map_err(|e| format!("{name}: {e}"))?;
        let mut factors = Vec::new();
        let mut columns = Vec::new();
        let mut notes = Vec::new();
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
        let factors_nk = (0..rows).flat_map(|i| columns.iter().map(move |c| c[i])).collect();
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

/// Whether values run to 1, to 255, or between −1 and 1: told by the first rows.
fn scale(header: &NpyHeader, reader: &mut dyn Read) -> Result<Scale, String> {
    let mut bytes = vec![0; header.row() * header.width];
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..header.shape[0].min(SAMPLE) {
        reader.read_exact(&mut bytes).map_err(|e| format!("image {i}: {e}"))?;
        for v in header.numbers(&bytes).filter(|v| v.is_finite()) {
            (low, high) = (low.min(v), high.max(v));
        }
    }
    let high = match high {
        v if v <= 1.0 => 1.0,
        v if v <= 255.0 => 255.0,
        // Sixteen bits, or fewer of them.
        v => f64::from(1u32 << (v.log2().floor() as u32 + 1).min(31)) - 1.0,
    };
    Ok(Scale { low: if low < 0.0 { -high } else { 0.0 }, high })
}

/// A column of labels.
type Column = (PackedFactor, Vec<u8>);

/// Labels as factors: a column of whole numbers each, or one where all but one in a row are zero.
fn factors_of(name: &str, bytes: &[u8], rows: usize) -> Result<Vec<Column>, String> {
    let mut reader = bytes;
    let header = NpyHeader::read(&mut reader).map_err(|e| format!("{name} {e}"))?;
    let columns = header.row();
    let numbers: Vec<f64> = header.numbers(reader).collect();
    if header.shape.first() != Some(&rows) || numbers.len() != rows * columns {
        return Err(format!("{name} has labels for {} of {rows} images and is ignored.", numbers.len() / columns.max(1)));
    }
    let column = |i: usize| -> Result<Option<Column>, String> {
        let values: Vec<i64> = numbers.iter().skip(i).step_by(columns).map(|v| *v as i64).collect();
        let mut distinct = values.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < 2 {
            return Ok(None);
        }
        if distinct.len() > VALUES {
            return Err(format!("{name} has {} different values, more than {VALUES}, and is ignored.", distinct.len()));
        }
        let index = |v: &i64| distinct.binary_search(v).expect("it is one of them") as u8;
        let title = if columns == 1 { name.to_owned() } else { format!("{name}_{i}") };
        let factor = PackedFactor { name: title, values: distinct.iter().map(ToString::to_string).collect() };
        Ok(Some((factor, values.iter().map(index).collect())))
    };
    (0..columns).filter_map(|i| column(i).transpose()).collect()
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
