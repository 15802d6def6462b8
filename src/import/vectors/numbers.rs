//! Rows of numbers in a file: NumPy's arrays, and tensors of a safetensors file.

use std::io::{Read, Seek, SeekFrom};

use super::lines::Lines;
use crate::array::Member;
use crate::leaf::Leaf;
use crate::read::{Cursor, Named, range};
use latent_vocabulary::npy::{NpyHeader, NumberKind};

/// Rows of numbers, wherever they are.
pub trait Table {
    /// For messages.
    fn place(&self) -> String;
    fn rows(&self) -> u64;
    /// Numbers in a row.
    fn dims(&self) -> usize;
    /// In a few words: `NumPy array [100, 768] of float16`.
    fn kind(&self) -> String;

    /// Reads a row into `out_d`, in place of what is there.
    ///
    /// # Errors
    /// Names the file.
    fn row(&mut self, place: u64, out_d: &mut Vec<f32>) -> Result<(), String>;

    /// What the file itself has beside the rows, once each was read in its order.
    fn beside(&mut self) -> Option<Lines> {
        None
    }
}

/// Where rows come from.
enum From {
    /// One after another in a file.
    File(Cursor),
    /// Out of an archive, which has no other way to a row than through those before it.
    Stream { reader: Box<dyn Read>, at: u64 },
    /// Column by column in a file; some rows of them are at hand, the first of which has this number.
    Columns { file: Named, rows_nd: Vec<f32>, first: u64 },
}

/// A rectangle of numbers.
pub struct Numbers {
    pub leaf: Leaf,
    /// How the file is called, and its tensor where it has several.
    place: String,
    what: &'static str,
    header: NpyHeader,
    from: From,
    bytes: Vec<u8>,
}

/// Rows of a column-by-column array that are read together.
const BLOCK: u64 = 1024;

impl Numbers {
    /// An array `[n, d]`.
    ///
    /// # Errors
    /// Names the file.
    pub fn of_array(member: &Member) -> Result<Self, String> {
        let (leaf, header) = (member.leaf.clone(), member.header.clone());
        member.complete()?;
        let packed = leaf.head(2) != leaf.loose().map_or_else(Vec::new, |f| f.head(2).unwrap_or_default());
        let from = match (leaf.loose().filter(|_| !packed), header.fortran) {
            (Some(file), true) => From::Columns { file: file.clone(), rows_nd: Vec::new(), first: 0 },
            (Some(file), false) => From::File(Cursor::new(file.file.clone())),
            (None, true) => {
                return Err(format!("{} is stored column by column (Fortran order) in an archive: unpack it first", leaf.place()));
            }
            (None, false) => From::Stream { reader: member.values()?, at: 0 },
        };
        Ok(Self { place: leaf.place(), leaf, what: "NumPy array", header, from, bytes: Vec::new() })
    }

    /// A tensor `[n, d]` of a safetensors file, whose values begin at `header.length`.
    pub fn of_tensor(leaf: &Leaf, file: &Named, name: &str, header: NpyHeader) -> Self {
        let from = From::File(Cursor::new(file.file.clone()));
        Self { place: format!("{}: {name}", leaf.place()), leaf: leaf.clone(), what: "tensor", header, from, bytes: Vec::new() }
    }

    /// Takes unsigned numbers of 16 bits for bfloat16, for which NumPy has no type.
    pub fn as_brain(&mut self) {
        self.header.kind = NumberKind::Brain;
    }

    /// Whether its values are bfloat16.
    pub fn is_brain(&self) -> bool {
        self.header.kind == NumberKind::Brain
    }

    /// Whether the first rows look like bfloat16 under another name: as such they have the sizes of activations.
    pub fn may_be_brain(&mut self) -> bool {
        if (self.header.kind, self.header.width) != (NumberKind::Unsigned, 2) {
            return false;
        }
        self.header.kind = NumberKind::Brain;
        let mut row_d = Vec::new();
        let sized = |v: &f32| *v == 0.0 || (1e-12..1e6).contains(&v.abs());
        let fits = (0..self.rows().min(16)).all(|i| self.row(i, &mut row_d).is_ok() && row_d.iter().all(sized));
        self.header.kind = NumberKind::Unsigned;
        fits
    }
}

impl Table for Numbers {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn rows(&self) -> u64 {
        self.header.shape.first().copied().unwrap_or(0) as u64
    }

    fn dims(&self) -> usize {
        self.header.row()
    }

    fn kind(&self) -> String {
        let order = if self.header.fortran { ", column by column" } else { "" };
        format!("{} {:?} of {}{order}", self.what, self.header.shape, self.header.type_name())
    }

    fn row(&mut self, place: u64, out_d: &mut Vec<f32>) -> Result<(), String> {
        let Self { header, place: name, bytes, leaf, .. } = self;
        let (rows, dims) = (header.shape[0] as u64, header.row());
        let wrong = |e: std::io::Error| format!("{name}: row {place}: {e}");
        bytes.resize(dims * header.width, 0);
        out_d.clear();
        match &mut self.from {
            From::File(cursor) => {
                cursor.seek(SeekFrom::Start(header.length + place * bytes.len() as u64)).map_err(wrong)?;
                cursor.read_exact(bytes).map_err(wrong)?;
            }
            From::Stream { reader, at } => {
                if place < *at {
                    let again = Member { leaf: leaf.clone(), header: header.clone() };
                    (*reader, *at) = (again.values()?, 0);
                }
                while *at <= place {
                    reader.read_exact(bytes).map_err(wrong)?;
                    *at += 1;
                }
            }
            From::Columns { file, rows_nd, first } => {
                let there = *first..*first + (rows_nd.len() / dims) as u64;
                if !there.contains(&place) {
                    *first = place / BLOCK * BLOCK;
                    let n = BLOCK.min(rows - *first) as usize;
                    rows_nd.clear();
                    rows_nd.resize(n * dims, 0.0);
                    for d in 0..dims {
                        let at = header.length + (d as u64 * rows + *first) * header.width as u64;
                        let column = range(&*file.file, at, n * header.width).map_err(wrong)?;
                        header.numbers(&column).enumerate().for_each(|(i, v)| rows_nd[i * dims + d] = v as f32);
                    }
                }
                let at = (place - *first) as usize * dims;
                out_d.extend_from_slice(&rows_nd[at..at + dims]);
                return Ok(());
            }
        }
        out_d.extend(header.numbers(bytes).map(|v| v as f32));
        Ok(())
    }
}
