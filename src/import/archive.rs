//! Zip archives, read by ranges: the index once, then each file where it lies.

use std::io::{self, Read};
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::read::{Cursor, Named, ReadAt, hidden};

/// Largest unpacked size of one image file: more is no picture, but a bomb.
pub const FILE_LIMIT: u64 = 64 << 20;

/// Deflate makes of a byte no more than this many (a match of 258 bytes takes two bits).
const MOST_PACKED: u64 = 1032;

/// The most bytes that `packed` deflated ones unpack to.
pub fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(MOST_PACKED)
}

/// An open archive.
pub struct Archive {
    /// Name of the archive's file.
    pub name: String,
    zip: ZipArchive<Cursor>,
    file: Rc<dyn ReadAt>,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub index: usize,
    /// With its folders, divided by `/`.
    pub name: String,
    /// Unpacked size in bytes, as the index has it.
    pub size: u64,
}

impl Archive {
    /// Reads the index.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(file: &Named) -> Result<Self, String> {
        file.genuine()?;
        let zip = ZipArchive::new(Cursor::new(file.file.clone())).map_err(|e| {
            // A truncated download is the commonest damage, and its index is what it lacks.
            let hint = if matches!(e, ZipError::InvalidArchive(_)) {
                "; its index lies at its end: is the download complete?"
            } else {
                ""
            };
            format!("{}: this is no readable zip archive: {}{hint}", file.name, words(&e))
        })?;
        Ok(Self { name: file.name.clone(), zip, file: file.file.clone() })
    }

    /// The files in it, without folders and without what is hidden in them.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        (0..self.zip.len()).filter_map(|index| self.entry(index)).filter(|e| !hidden(&e.name))
    }

    /// The file of that index; `None` for folders.
    pub fn entry(&self, index: usize) -> Option<Entry> {
        let entry = self.zip.by_index_data(index).ok().filter(|e| !e.is_dir())?;
        // Some programs on Windows write their own divider, against the format.
        let name = entry.name().ok()?.replace('\\', "/");
        (!name.ends_with('/')).then(|| Entry { index, size: entry.size(), name })
    }

    /// Unpacks a file and checks its sum.
    ///
    /// # Errors
    /// Names the archive and the file.
    pub fn read(&mut self, entry: &Entry, limit: u64) -> Result<Vec<u8>, String> {
        let place = || format!("{}: {}", self.name, entry.name);
        if entry.size > limit {
            return Err(format!("{} unpacks to {} MB, more than {} MB", place(), entry.size >> 20, limit >> 20));
        }
        let place = place();
        let file = self.zip.by_index(entry.index).map_err(|e| format!("{place}: {}", words(&e)))?;
        // The index may lie about the size.
        let mut bytes = Vec::with_capacity(entry.size as usize);
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| format!("{place}: {e}"))?;
        if bytes.len() as u64 > limit {
            return Err(format!("{place} unpacks to more than {} MB", limit >> 20));
        }
        Ok(bytes)
    }

    /// A reader of a file's unpacked bytes that lives on its own.
    ///
    /// # Errors
    /// Names the archive and the file.
    pub fn stream(&mut self, entry: &Entry) -> Result<Box<dyn Read>, String> {
        let place = format!("{}: {}", self.name, entry.name);
        let file = self.zip.by_index(entry.index).map_err(|e| format!("{place}: {}", words(&e)))?;
        let start = file.data_start().ok_or_else(|| format!("{place}: its place is unknown"))?;
        let end = start.saturating_add(file.compressed_size()).min(self.file.size());
        let packed = Cursor::between(self.file.clone(), start, end);
        if entry.size > most_unpacked(end.saturating_sub(start)) {
            return Err(format!("{place}: the index promises {} bytes, more than lie there", entry.size));
        }
        match file.compression() {
            zip::CompressionMethod::Stored => Ok(Box::new(packed)),
            zip::CompressionMethod::Deflated => Ok(Box::new(flate2::read::DeflateDecoder::new(packed))),
            other => Err(format!("{place}: compressed by {other}, which is not understood")),
        }
    }
}

/// An error of the library, without its prefix.
fn words(error: &ZipError) -> String {
    match error {
        ZipError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => "the file ends before it should".into(),
        other => other.to_string(),
    }
}
