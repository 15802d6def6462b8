//! What a file is, by its name and its first bytes; and what to do with one that is not read.

use super::celeba;
use super::idx;
use super::names::{base, ending};
use super::picture::is_picture_name;
use super::read::instead;

/// What is asked of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Picture,
    /// `.npy`
    Array,
    Idx,
    Parquet,
    Archive,
    /// Text in lines, perhaps a table.
    Text,
    /// JSON, a line or an entry for each row.
    Json,
    /// Named tensors.
    Tensors,
    Aside(Aside),
}

/// Why a file is left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aside {
    Hidden,
    Unknown,
    /// A sentence.
    Why(&'static str),
}

impl Aside {
    pub fn words(self) -> &'static str {
        match self {
            Self::Hidden => "hidden: systems put it there",
            Self::Unknown => "no kind of file that has images or labels",
            Self::Why(why) => why,
        }
    }
}

/// Bytes of a file that [`by_head`] wants.
pub const HEAD: usize = 264;

/// What a name says; `None` where the first bytes must tell.
pub fn by_name(name: &str) -> Option<Kind> {
    if is_picture_name(name) {
        return Some(Kind::Picture);
    }
    if celeba::is_text(name).is_some() {
        return Some(Kind::Text);
    }
    let aside = |why| Some(Kind::Aside(Aside::Why(why)));
    match ending(name).as_str() {
        ".npy" => Some(Kind::Array),
        ".npz" | ".zip" | ".cbz" => Some(Kind::Archive),
        ".parquet" => Some(Kind::Parquet),
        ".csv" | ".tsv" | ".txt" => Some(Kind::Text),
        ".jsonl" | ".ndjson" | ".json" => Some(Kind::Json),
        ".safetensors" => Some(Kind::Tensors),
        ".heic" | ".heif" | ".hif" => {
            aside("HEIC pictures are not read: export them as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)")
        }
        ".avif" => aside("AVIF pictures are not read: export them as JPEG or PNG"),
        ".jxl" | ".jp2" | ".j2k" | ".psd" | ".svg" | ".eps" | ".ico" => {
            aside("pictures of this kind are not read: export them as JPEG or PNG")
        }
        ".dng" | ".cr2" | ".cr3" | ".nef" | ".arw" | ".raf" | ".orf" | ".rw2" => {
            aside("raw photographs are not read: export them as JPEG")
        }
        ".mp4" | ".mov" | ".avi" | ".mkv" | ".webm" | ".m4v" => aside("films are not read: save their pictures one by one"),
        ".h5" | ".hdf5" | ".hdf" => aside("HDF5 is not read: save its arrays as .npy or .npz"),
        ".pkl" | ".pickle" => aside("pickles can run programs and are not read: save the arrays as .npy or .npz"),
        ".pt" | ".pth" | ".ckpt" => aside("tensors of this kind are not read: save them as .npy or .npz"),
        ".mat" => aside("MATLAB files are not read: save the arrays as .npy or .npz"),
        ".tfrecord" | ".tfrecords" | ".arrow" | ".feather" | ".lmdb" | ".mdb" => {
            aside("tables of this kind are not read: save a Parquet table or pictures")
        }
        ".tar" | ".tgz" | ".7z" | ".rar" | ".xz" | ".bz2" | ".zst" | ".001" => {
            aside("archives of this kind are not read: unpack it and bring the folder, or a zip of it")
        }
        ".xml" | ".yaml" | ".yml" => {
            aside("lists of this kind are not read: labels can come as a CSV table with the pictures' names")
        }
        ".gz" if base(name).to_ascii_lowercase().ends_with(".tar.gz") => {
            aside("archives of this kind are not read: unpack it and bring the folder, or a zip of it")
        }
        _ => None,
    }
}

/// What the first bytes say of a file whose name says nothing.
pub fn by_head(head: &[u8]) -> Kind {
    let at = |from: usize, bytes: &[u8]| head.get(from..from + bytes.len()) == Some(bytes);
    let why = |why| Kind::Aside(Aside::Why(why));
    match () {
        () if head.starts_with(b"\x93NUMPY") => Kind::Array,
        () if head.starts_with(b"PK\x03\x04") => Kind::Archive,
        () if head.starts_with(b"PAR1") => Kind::Parquet,
        () if idx::is_idx(head).is_some() => Kind::Idx,
        () if head.starts_with(&[0xff, 0xd8, 0xff]) || head.starts_with(b"\x89PNG") || head.starts_with(b"GIF8") => Kind::Picture,
        () if head.starts_with(b"RIFF") && at(8, b"WEBP") => Kind::Picture,
        () if at(4, b"ftyp") => why("pictures and films of this kind are not read: export them as JPEG"),
        () if at(257, b"ustar") || head.starts_with(b"7z\xbc\xaf") || head.starts_with(b"Rar!") => {
            why("archives of this kind are not read: unpack it and bring the folder, or a zip of it")
        }
        () if head.starts_with(b"\x89HDF") => why("HDF5 is not read: save its arrays as .npy or .npz"),
        () => match instead(head) {
            Some("a web page") => why("this is a web page, not the file itself: the download was refused; try it again"),
            Some("a Git LFS pointer") => why("this is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`"),
            Some(_) => why("an XML document"),
            None => Kind::Aside(Aside::Unknown),
        },
    }
}
