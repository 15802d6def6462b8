//! What lies beside rows of numbers: a text, labels, and a picture of each.

use std::collections::HashMap;

use latent_packed::PackedFactor;
use latent_vocabulary::import::{Crop, Frame};
use latent_vocabulary::plan::{Piece, Role, Wishes};

use super::lines::Lines;
use super::numbers::{Numbers, Table};
use crate::array::{Arrays, Member};
use crate::frame::Framer;
use crate::kind::Kind;
use crate::labels::{Column, best, of_array, only_counts, text_column};
use crate::leaf::{Leaf, Leaves, read_all};
use crate::names::{base, ending, in_order, stem};
use crate::scale::understood;
use crate::source::{self, About, FIRST, Fault, Item, Raw, Source, default_split, first_pictures, suggested_frame};
use crate::wish::{matches, wanted};

/// Longest file of texts.
const TEXT_LIMIT: u64 = 256 << 20;
/// Largest picture beside a row.
const SIDE: u32 = 32;
/// Columns that hold what is to be read.
const TEXTS: [&str; 5] = ["text", "prompt", "sentence", "context", "string"];
/// Columns that hold the names of pictures.
const IMAGES: [&str; 4] = ["image", "file_name", "filename", "path"];
/// Columns that only count.
const COUNTS: [&str; 4] = ["", "id", "index", "row"];

/// What lies beside the rows.
#[derive(Default)]
pub struct Beside {
    /// One for each row, or none.
    pub texts: Vec<String>,
    pub factors: Vec<Column>,
    factors_nk: Vec<u8>,
    /// Where the pictures come from, and how they are kept.
    thumbs: Option<(Box<dyn Source>, Frame)>,
    framer: Framer,
    /// Directions that were planted in the rows, row-major `[k, d]`.
    pub planted_kd: Vec<f32>,
    pub pieces: Vec<Piece>,
    pub notes: Vec<String>,
}

/// Words in the name of an array with such directions.
const PLANTED: [&str; 3] = ["planted", "truth", "true"];

/// Whether an array is called as one with directions that were planted.
pub fn is_planted(name: &str) -> bool {
    crate::names::words(stem(base(name))).iter().any(|w| PLANTED.contains(&w.as_str()))
}

/// A file that is brought along.
fn piece(leaf: &Leaf, kind: &str, role: Role, why: String) -> Piece {
    Piece { name: leaf.name.clone(), kind: kind.into(), role, part: None, files: 1, images: 0, why, choice: true }
}

impl Beside {
    /// Finds what lies beside `rows` rows, of `dims` numbers, of the files `names`. `taken` are files that were
    /// read already, `own` what the rows have beside them themselves.
    ///
    /// # Errors
    /// Names the file: one that is called like the rows, or that was asked for, must have as many.
    pub fn read(
        leaves: &Leaves,
        arrays: &[Member],
        [names, taken]: [&[String]; 2],
        [rows, dims]: [u64; 2],
        own: Option<Lines>,
        wishes: &Wishes,
    ) -> Result<Self, String> {
        let mut beside = Self::default();
        let role = |leaf: &Leaf| wanted(wishes, &leaf.name).map(|w| w.role);
        let labels = |leaf: &Leaf| wishes.labels.as_ref().is_some_and(|name| !name.is_empty() && matches(&leaf.name, name));
        let meant = |leaf: &Leaf| role(leaf).is_some_and(|r| matches!(r, Role::Beside | Role::Labels)) || labels(leaf);
        let called = |leaf: &Leaf| names.iter().any(|n| stem(n) == stem(&leaf.name) || stem(base(n)) == stem(base(&leaf.name)));
        let mut images = None;
        let mut add = |beside: &mut Self, mut lines: Lines| {
            if let Some(texts) = lines.take(&TEXTS) {
                beside.texts = texts;
            }
            images = lines.take(&IMAGES).or(images.take());
            beside.add_columns(lines);
        };
        if let Some(lines) = own {
            add(&mut beside, lines);
        }
        for leaf in leaves.all.iter().filter(|l| matches!(l.kind, Kind::Text | Kind::Json) && !taken.contains(&l.name)) {
            let lines = leaf
                .bytes(TEXT_LIMIT)
                .and_then(|bytes| Lines::read(&leaf.name, &bytes).map_err(|e| format!("{}: {e}", leaf.place())));
            let needed = meant(leaf) || called(leaf);
            let lines = match lines {
                Ok(lines) => lines,
                Err(e) if needed => return Err(e),
                Err(e) => {
                    beside.pieces.push(piece(leaf, "text", Role::Aside, e));
                    continue;
                }
            };
            let n = lines.rows() as u64;
            if n != rows {
                let why = format!("{} has {n} rows, {} has {rows}", base(&leaf.name), names.first().map_or("", |n| base(n)));
                if needed {
                    return Err(format!("{why}: a line for each row is needed"));
                }
                beside.pieces.push(piece(leaf, "text", Role::Aside, why));
                continue;
            }
            let why = lines.names.join(", ");
            add(&mut beside, lines);
            beside.pieces.push(piece(leaf, "a line for each row", Role::Beside, why));
        }
        for member in arrays.iter().filter(|m| !names.contains(&m.leaf.name)) {
            if is_planted(member.name()) && member.header.shape.len() == 2 && member.header.row() as u64 == dims {
                beside.add_planted(member)?;
            } else if member.rows() == rows {
                beside.add_array(member, rows)?;
            }
        }
        beside.add_pictures(leaves, images, rows)?;
        beside.factors_nk = (0..rows as usize).flat_map(|i| beside.factors.iter().map(move |(_, c)| c[i])).collect();
        Ok(beside)
    }

    fn add_columns(&mut self, lines: Lines) {
        for (name, column) in lines.names.into_iter().zip(lines.columns) {
            let values: Vec<&str> = column.iter().map(String::as_str).collect();
            if only_counts(&values) || COUNTS.contains(&name.to_ascii_lowercase().as_str()) {
                continue;
            }
            match text_column(name, &values) {
                // One value for all says nothing.
                Ok(column) if column.0.values.len() > 1 => self.factors.push(column),
                Ok(_) => {}
                Err(why) => self.notes.push(why),
            }
        }
    }

    /// Directions that somebody planted: measures say how many of them were found.
    fn add_planted(&mut self, member: &Member) -> Result<(), String> {
        let mut numbers = Numbers::of_array(member)?;
        let mut row_d = Vec::new();
        for place in 0..numbers.rows() {
            numbers.row(place, &mut row_d)?;
            self.planted_kd.extend_from_slice(&row_d);
        }
        let why = format!("{} directions that were planted in the rows", member.rows());
        self.pieces.push(piece(&member.leaf, &member.kind(), Role::Beside, why));
        Ok(())
    }

    /// An array with as many rows: their pictures, or labels.
    fn add_array(&mut self, member: &Member, rows: u64) -> Result<(), String> {
        if member.header.fortran && member.header.shape.len() > 1 {
            return Ok(());
        }
        if member.holds_images(3) {
            let (scale, _) = understood(base(member.name()), &member.header, &member.range()?, None);
            let mut source = Arrays::open(member.clone(), scale, Vec::new())?;
            let frame = thumb_frame(&mut source)?;
            self.thumbs = Some((Box::new(source), frame));
            self.pieces.push(piece(&member.leaf, &member.kind(), Role::Beside, "a picture for each row".into()));
            return Ok(());
        }
        let bytes = member.values().and_then(|r| read_all(r, TEXT_LIMIT).map_err(|e| format!("{}: {e}", member.leaf.place())))?;
        let found = of_array(&crate::names::factor(base(member.name())), &member.header, &bytes, rows as usize, false);
        let why = if found.columns.is_empty() { found.notes.join(" ") } else { String::new() };
        let role = if found.columns.is_empty() { Role::Aside } else { Role::Labels };
        self.pieces.push(piece(&member.leaf, &member.kind(), role, why));
        self.factors.extend(found.columns);
        Ok(())
    }

    /// Pictures in files: by the names in a column, or as many as there are rows, in the order of their names.
    fn add_pictures(&mut self, leaves: &Leaves, images: Option<Vec<String>>, rows: u64) -> Result<(), String> {
        let mut files: Vec<Leaf> = leaves.all.iter().filter(|l| l.kind == Kind::Picture).cloned().collect();
        if files.is_empty() {
            return Ok(());
        }
        files.sort_by_cached_key(|l| in_order(&l.name));
        let of_n: Vec<u32> = match images {
            Some(names) => {
                let mut at: HashMap<&str, u32> = HashMap::new();
                for (i, leaf) in files.iter().enumerate() {
                    at.insert(leaf.inner(), i as u32);
                    at.entry(base(&leaf.name)).or_insert(i as u32);
                }
                let of = |n: &String| at.get(n.as_str()).or_else(|| at.get(base(n))).copied();
                let named = |n| of(n).ok_or_else(|| format!("there is no picture {n}, which a row names"));
                names.iter().map(named).collect::<Result<_, _>>()?
            }
            None if files.len() as u64 == rows => (0..rows as u32).collect(),
            None => return Ok(()),
        };
        let why = "a picture for each row".to_owned();
        let several =
            Piece { files: files.len() as u64, choice: false, ..piece(&files[0], &ending(&files[0].name), Role::Beside, why) };
        self.pieces.push(several);
        let mut source = Files { leaves: files, of_n, about: About { items: rows, ..About::default() } };
        let frame = thumb_frame(&mut source)?;
        self.thumbs = Some((Box::new(source), frame));
        Ok(())
    }

    /// The factor that suits best as a label.
    pub fn label(&self) -> usize {
        let factors: Vec<PackedFactor> = self.factors.iter().map(|(f, _)| f.clone()).collect();
        best(&factors)
    }

    /// Width, height and colours of the pictures.
    pub fn thumb(&self) -> Option<[u32; 3]> {
        self.thumbs.as_ref().map(|(_, frame)| [frame.width, frame.height, frame.channels])
    }

    /// Values of the factors of a row.
    pub fn row(&self, place: u64) -> Option<&[u8]> {
        let k = self.factors.len();
        self.factors_nk.get(place as usize * k..(place as usize + 1) * k)
    }

    /// What lies beside a row.
    ///
    /// # Errors
    /// Names the file.
    pub fn of(&mut self, place: u64) -> Result<source::Beside, Fault> {
        let text = self.texts.get(place as usize).cloned().unwrap_or_default();
        let thumb_p = match &mut self.thumbs {
            None => Vec::new(),
            Some((source, frame)) => {
                let framed = source.item(place)?.raw.picture().and_then(|picture| self.framer.frame(picture, frame));
                // A row is no worse for a picture that cannot be read.
                framed.unwrap_or_else(|_| vec![frame.paper; (frame.width * frame.height * frame.channels) as usize])
            }
        };
        Ok(source::Beside { text, thumb_p })
    }
}

/// Picture files, and which of them each row has.
struct Files {
    leaves: Vec<Leaf>,
    of_n: Vec<u32>,
    about: About,
}

impl Source for Files {
    fn about(&self) -> &About {
        &self.about
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let leaf = &self.leaves[self.of_n[place as usize] as usize];
        let raw = Raw::File(leaf.bytes(TEXT_LIMIT).map_err(Fault::Skip)?);
        Ok(Item { name: leaf.place(), raw, split: default_split(place), factors_k: Vec::new() })
    }
}

/// The size in which pictures lie beside rows: small ones.
fn thumb_frame(source: &mut dyn Source) -> Result<Frame, String> {
    let first = first_pictures(source, FIRST)?;
    let frame = suggested_frame(&first, source.about());
    Ok(Frame { width: frame.width.min(SIDE), height: frame.height.min(SIDE), crop: Crop::Whole, ..frame })
}
