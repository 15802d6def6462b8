//! Images in an array: `.npy` files, loose or in an `.npz`, and IDX files, row by row.

use std::io::Read;

use latent_packed::{PackedFactor, Split};
use latent_vocabulary::import::Crop;

use super::idx;
use super::kind::Kind;
use super::leaf::Leaf;
use super::picture::Picture;
use super::scale::{Range, Scale};
use super::source::{About, Fault, Item, Raw, Source, default_split};
use latent_vocabulary::npy::NpyHeader;

/// Most values of one image.
const IMAGE_LIMIT: usize = 1 << 24;

/// Where an image's channels are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    /// Channels come first, as PyTorch has them.
    planar: bool,
}

impl Layout {
    /// The layout of `[n, ...]`.
    pub fn of(shape: &[usize]) -> Option<Self> {
        let layout = match *shape {
            // Nothing is so narrow but the channels of one picture.
            [_, height, width] if width > 4 || height <= 4 => Self { width, height, channels: 1, planar: false },
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

    /// The layout of one picture that is all of an array.
    fn of_one(shape: &[usize]) -> Option<Self> {
        let (height, width, channels) = match *shape {
            [height, width] => (height, width, 1),
            [height, width, channels @ (1 | 3 | 4)] => (height, width, channels),
            _ => return None,
        };
        let sides = 16..=32_768;
        let layout = Self { width, height, channels, planar: false };
        (sides.contains(&width) && sides.contains(&height) && width * height <= 50_000_000).then_some(layout)
    }
}

/// An array in a file, before it is known what it is for.
#[derive(Clone)]
pub struct Member {
    pub leaf: Leaf,
    pub header: NpyHeader,
}

impl Member {
    /// Reads the header of an array that is stored row by row.
    ///
    /// # Errors
    /// What is wrong with it, with the file's name.
    pub fn open(leaf: &Leaf) -> Result<Self, String> {
        let member = Self::of_any_order(leaf)?;
        let header = member.header.by_rows().map_err(|e| format!("{} {e}", leaf.place()))?;
        Ok(Self { header, ..member })
    }

    /// Reads the array's header.
    ///
    /// # Errors
    /// What is wrong with it, with the file's name.
    pub fn of_any_order(leaf: &Leaf) -> Result<Self, String> {
        let wrong = |e: String| format!("{} {e}", leaf.place());
        let mut reader = leaf.stream()?;
        if leaf.kind == Kind::Idx {
            reader = idx::as_npy(reader).map_err(wrong)?;
        }
        Ok(Self { leaf: leaf.clone(), header: NpyHeader::read(&mut *reader).map_err(wrong)? })
    }

    /// The name without its ending, as the array is called.
    pub fn name(&self) -> &str {
        self.leaf.name.trim_end_matches(".npy")
    }

    /// A reader that stands before the first value.
    ///
    /// # Errors
    /// Names the file.
    pub fn values(&self) -> Result<Box<dyn Read>, String> {
        let wrong = |e: String| format!("{} {e}", self.leaf.place());
        let mut reader = self.leaf.stream()?;
        if self.leaf.kind == Kind::Idx {
            reader = idx::as_npy(reader).map_err(wrong)?;
        }
        NpyHeader::read(&mut *reader).map_err(wrong)?;
        Ok(reader)
    }

    pub fn rows(&self) -> u64 {
        self.header.shape.first().copied().unwrap_or(0) as u64
    }

    pub fn holds_images(&self, dimensions: usize) -> bool {
        self.header.is_numeric() && self.header.shape.len() >= dimensions && Layout::of(&self.header.shape).is_some()
    }

    /// For the visitor: `NumPy array [32, 28, 28] of uint8`.
    pub fn kind(&self) -> String {
        let what = if self.leaf.kind == Kind::Idx { "IDX array" } else { "NumPy array" };
        format!("{what} {:?} of {}", self.header.shape, self.header.type_name())
    }

    /// Refuses an array with less in it than its header promises.
    ///
    /// # Errors
    /// Names the file.
    pub fn complete(&self) -> Result<(), String> {
        let own = if self.leaf.kind == Kind::Idx { 4 + 4 * self.header.shape.len() as u64 } else { self.header.length };
        let room = self.leaf.room().saturating_sub(own);
        if self.header.bytes() <= room {
            return Ok(());
        }
        Err(format!(
            "{} ends before its images do: {} images take {} bytes, and there are {room} at most; is it complete?",
            self.leaf.place(),
            self.rows(),
            self.header.bytes()
        ))
    }

    /// The one picture that the array is, if it is one: `[height, width]` or `[height, width, 3]`, and no row of images.
    pub fn one(&self) -> Option<Layout> {
        let shape = &self.header.shape[..];
        let one = match *shape {
            // Squares in rows are as wide as a square is; a square of them is a picture all the same.
            [height, width] => height == width || Layout::of(shape).is_none() && height.max(width) <= 4 * height.min(width),
            [height, width, 3 | 4] => width > 4 && height > 4,
            [_, _, 1] => true,
            _ => false,
        };
        Layout::of_one(shape).filter(|_| one && self.header.is_numeric())
    }

    /// Reads the one picture.
    ///
    /// # Errors
    /// Names the file.
    pub fn picture(&self, layout: Layout, scale: Scale) -> Result<Picture, String> {
        self.complete()?;
        let mut bytes = vec![0; self.header.bytes() as usize];
        self.values()?.read_exact(&mut bytes).map_err(|e| format!("{}: {e}", self.leaf.place()))?;
        Ok(picture(&self.header, layout, scale, &bytes))
    }

    /// The range of all values.
    ///
    /// # Errors
    /// Names the file.
    pub fn range(&self) -> Result<Range, String> {
        Range::read(&self.header, &mut *self.values()?).map_err(|e| format!("{}: {e}", self.leaf.place()))
    }
}

/// An array of images whose rows are read one after another.
pub struct Arrays {
    about: About,
    member: Member,
    layout: Layout,
    scale: Scale,
    reader: Box<dyn Read>,
    /// The row that the reader stands before.
    at: u64,
    /// `[rows, factors]`
    factors_nk: Vec<u8>,
}

impl Arrays {
    /// The images of an array, with a value of each factor for each.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(member: Member, scale: Scale, columns: Vec<(PackedFactor, Vec<u8>)>) -> Result<Self, String> {
        let place = member.leaf.place();
        let wrong = || {
            let shape = &member.header.shape;
            format!("{place}: an array of shape {shape:?} holds no images; [n, height, width] and [n, height, width, channels] do")
        };
        let layout = Layout::of(&member.header.shape).ok_or_else(wrong)?;
        let rows = member.rows();
        if rows == 0 {
            return Err(format!("{place} holds no images"));
        }
        let (factors, columns): (Vec<PackedFactor>, Vec<Vec<u8>>) = columns.into_iter().unzip();
        // Each column has a value for each row.
        let n = if columns.is_empty() { 0 } else { rows as usize };
        let factors_nk = (0..n).flat_map(|i| columns.iter().map(move |c| c[i])).collect();
        let about = About { items: rows, factors, crop: Crop::Middle, ..About::default() };
        let reader = member.values()?;
        Ok(Self { about, member, layout, scale, reader, at: 0, factors_nk })
    }

    fn row(&mut self, place: u64) -> Result<Vec<u8>, String> {
        if place < self.at {
            (self.reader, self.at) = (self.member.values()?, 0);
        }
        let header = &self.member.header;
        let mut bytes = vec![0; header.row() * header.width];
        // A stream that is unpacked has no other way to a row than through those before it.
        while self.at <= place {
            self.reader.read_exact(&mut bytes).map_err(|e| format!("{}: image {}: {e}", self.member.leaf.place(), self.at))?;
            self.at += 1;
        }
        Ok(bytes)
    }
}

/// An image as bytes `[height, width, channels]`.
fn picture(header: &NpyHeader, layout: Layout, scale: Scale, bytes: &[u8]) -> Picture {
    let Layout { width, height, channels, planar } = layout;
    let values: Vec<u8> = header.numbers(bytes).map(|v| scale.level(v)).collect();
    let values_hwc = if planar {
        (0..width * height).flat_map(|i| (0..channels).map(move |c| (c, i))).map(|(c, i)| values[c * width * height + i]).collect()
    } else {
        values
    };
    Picture { width, height, channels, values_hwc }
}

impl Source for Arrays {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        let k = self.about.factors.len();
        self.factors_nk.get(place as usize * k..(place as usize + 1) * k)
    }

    fn split(&self, place: u64) -> Split {
        default_split(place)
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        // A row that cannot be read ends the stream.
        let bytes = self.row(place).map_err(Fault::Stop)?;
        Ok(Item {
            name: format!("{}: image {place}", self.member.leaf.place()),
            raw: Raw::Picture(picture(&self.member.header, self.layout, self.scale, &bytes)),
            split: default_split(place),
            factors_k: self.factors(place).unwrap_or_default().to_vec(),
        })
    }
}
