//! Activations as saev keeps them: `metadata.json` says what they are of, `acts000000.bin` and so on hold them (its protocol, versions 1
//! and 2).

use std::io::{Read, Seek, SeekFrom};

use latent_vocabulary::plan::{Piece, Role};
use serde::Deserialize;

use super::lines::Lines;
use super::numbers::Table;
use super::part::Part;
use crate::kind::Kind;
use crate::leaf::{Leaf, Leaves};
use crate::names::{base, in_order};
use crate::read::Cursor;

/// Longest description.
const JSON_LIMIT: u64 = 1 << 20;
/// Most labels.
const LABELS_LIMIT: u64 = 64 << 20;
/// Bytes of a number.
const FLOAT: u64 = 4;

/// What the description says that is needed here. Names changed from version to version.
#[derive(Deserialize)]
struct Metadata {
    layers: Vec<i64>,
    /// Tokens of an example besides the one that stands for all of it.
    #[serde(alias = "n_patches_per_img", alias = "content_tokens_per_example")]
    patches_per_ex: u64,
    cls_token: bool,
    #[serde(alias = "d_vit")]
    d_model: u64,
    #[serde(default = "float32")]
    dtype: String,
}

fn float32() -> String {
    "float32".into()
}

/// What lies in the files: `[examples, layers, tokens, d]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    layers: u64,
    /// Of the layer that is read.
    layer: u64,
    tokens: u64,
    /// The first token that is read, and how many are.
    first: u64,
    read: u64,
    dims: u64,
}

impl Form {
    /// Bytes of an example.
    fn example(self) -> Option<u64> {
        self.layers.checked_mul(self.tokens)?.checked_mul(self.dims)?.checked_mul(FLOAT).filter(|n| *n > 0)
    }

    /// Where a row begins.
    fn at(self, row: u64) -> u64 {
        let (example, token) = (row / self.read, self.first + row % self.read);
        ((example * self.layers + self.layer) * self.tokens + token) * self.dims * FLOAT
    }
}

/// The rows of one file.
struct Shard {
    place: String,
    cursor: Cursor,
    form: Form,
    rows: u64,
    bytes: Vec<u8>,
}

impl Table for Shard {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn dims(&self) -> usize {
        self.form.dims as usize
    }

    fn kind(&self) -> String {
        let Form { layers, tokens, dims, read, .. } = self.form;
        format!("saev shard [{}, {layers}, {tokens}, {dims}] of float32", self.rows / read)
    }

    fn row(&mut self, place: u64, out_d: &mut Vec<f32>) -> Result<(), String> {
        let wrong = |e: std::io::Error| format!("{}: row {place}: {e}", self.place);
        self.bytes.resize((self.form.dims * FLOAT) as usize, 0);
        self.cursor.seek(SeekFrom::Start(self.form.at(place))).map_err(wrong)?;
        self.cursor.read_exact(&mut self.bytes).map_err(wrong)?;
        out_d.clear();
        out_d.extend(self.bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        Ok(())
    }
}

/// What saev has kept.
pub struct Shards {
    pub parts: Vec<Part>,
    /// A class for each row, where there are some.
    pub labels: Option<Lines>,
    /// The files beside the rows.
    pub pieces: Vec<Piece>,
}

/// Finds what saev has kept. `None` where nothing says so.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read(leaves: &Leaves) -> Result<Option<Shards>, String> {
    let described = leaves.all.iter().filter(|l| l.kind == Kind::Json && base(&l.name) == "metadata.json").find_map(|leaf| {
        let bytes = leaf.bytes(JSON_LIMIT).ok()?;
        Some((leaf, serde_json::from_slice::<Metadata>(&bytes).ok()?))
    });
    let Some((leaf, metadata)) = described else { return Ok(None) };
    let place = leaf.place();
    let beside = |name: &str| leaves.all.iter().find(|l| l.folders() == leaf.folders() && base(&l.name) == name);
    let (form, mut notes) = form(&metadata).map_err(|why| format!("{place}: {why}"))?;
    let example = form.example().ok_or_else(|| format!("{place}: its examples have no size"))?;
    let mut files: Vec<&Leaf> = leaves.all.iter().filter(|l| l.folders() == leaf.folders() && is_shard(base(&l.name))).collect();
    files.sort_by_cached_key(|l| in_order(&l.name));
    if files.is_empty() {
        return Err(format!("{place}: the activations that it describes are missing: bring acts000000.bin and the others with it"));
    }
    let (mut parts, mut rows) = (Vec::new(), 0);
    for file in files {
        let loose = file.loose().ok_or_else(|| format!("{}: unpack the archive first", file.place()))?;
        let size = loose.file.size();
        if size % example != 0 {
            return Err(format!(
                "{}: {size} bytes are no whole number of examples, of which {} says that each has {example}; is it complete?",
                file.place(),
                base(&leaf.name)
            ));
        }
        let cursor = Cursor::new(loose.file.clone());
        let shard = Shard { place: file.place(), cursor, form, rows: size / example * form.read, bytes: Vec::new() };
        rows += shard.rows;
        parts.push(Part {
            table: Box::new(shard),
            name: file.name.clone(),
            file: file.name.clone(),
            split: None,
            notes: std::mem::take(&mut notes),
        });
    }
    let mut pieces = vec![piece(leaf, "what saev says of its shards")];
    pieces.extend(beside("shards.json").map(|leaf| piece(leaf, "what saev says of its shards")));
    let labels =
        match beside("labels.bin").filter(|_| form.first + form.read == form.tokens && form.read == metadata.patches_per_ex) {
            Some(leaf) => {
                let bytes = leaf.bytes(LABELS_LIMIT)?;
                if bytes.len() as u64 != rows {
                    return Err(format!("{} has {} labels, the shards have {rows} rows", leaf.place(), bytes.len()));
                }
                pieces.push(piece(leaf, "a class for each patch"));
                Some(Lines { names: vec!["label".into()], columns: vec![bytes.iter().map(u8::to_string).collect()] })
            }
            None => None,
        };
    Ok(Some(Shards { parts, labels, pieces }))
}

/// What is read of a file, and what is left aside of it.
fn form(metadata: &Metadata) -> Result<(Form, Vec<String>), String> {
    if metadata.dtype != float32() {
        return Err(format!("its numbers are {}; float32 is read", metadata.dtype));
    }
    let Some(last) = metadata.layers.last() else { return Err("it names no layer".into()) };
    let mut notes = Vec::new();
    if metadata.layers.len() > 1 {
        let all: Vec<String> = metadata.layers.iter().map(i64::to_string).collect();
        notes.push(format!("Of the layers {} the last one, {last}, is read.", all.join(", ")));
    }
    let (cls, patches) = (u64::from(metadata.cls_token), metadata.patches_per_ex);
    let (first, read) = if patches > 0 { (cls, patches) } else { (0, cls) };
    if read == 0 {
        return Err("its examples have no tokens".into());
    }
    if patches > 0 && metadata.cls_token {
        notes.push("The token that stands for a whole example (CLS) is left aside.".into());
    }
    let layers = metadata.layers.len() as u64;
    let tokens = patches.checked_add(cls).ok_or("its examples have no size")?;
    Ok((Form { layers, layer: layers - 1, tokens, first, read, dims: metadata.d_model }, notes))
}

/// Whether a file is called `acts000000.bin` or alike.
fn is_shard(name: &str) -> bool {
    let number = name.strip_prefix("acts").and_then(|rest| rest.strip_suffix(".bin"));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn piece(leaf: &Leaf, kind: &str) -> Piece {
    Piece {
        name: leaf.name.clone(),
        kind: kind.into(),
        role: Role::Beside,
        part: None,
        files: 1,
        images: 0,
        why: String::new(),
        choice: false,
    }
}
