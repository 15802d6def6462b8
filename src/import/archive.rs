//! Zip archives, read by ranges: the index once, then each file where it lies.

use std::io::{self, Read};
use std::rc::Rc;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use latent_packed::Sum;

use super::letters::{Encoding, composed};
use super::read::{Cursor, Named, ReadAt, Within};

/// Largest unpacked size of one image file: more is no picture, but a bomb.
pub const FILE_LIMIT: u64 = 64 << 20;
/// Largest unpacked size of an archive or a table in an archive that does not lie there as it is.
const INNER_LIMIT: u64 = 512 << 20;

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
    /// How its names are encoded.
    pub encoding: Encoding,
    zip: ZipArchive<Cursor>,
    file: Rc<dyn ReadAt>,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchiveEntry {
    pub index: usize,
    /// With its folders, divided by `/`.
    pub name: String,
    /// Unpacked size in bytes, as the index has it.
    pub size: u64,
    /// The sum over its content, as the index has it.
    pub sum: u32,
}

impl ArchiveEntry {
    /// Tells the file from others, by what the index has of it.
    pub fn told(&self) -> Sum {
        Sum::default().with(self.name.as_bytes()).with(&self.size.to_le_bytes()).with(&self.sum.to_le_bytes())
    }
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
                "; its index lies at its end: is the download complete, and are all its parts there?"
            } else {
                ""
            };
            format!("{}: this is no readable zip archive: {}{hint}", file.name, words(&e))
        })?;
        let names = (0..zip.len()).filter_map(|i| zip.by_index_data(i).ok());
        let strange: Vec<Vec<u8>> = names.map(|e| e.name_raw().to_vec()).filter(|n| std::str::from_utf8(n).is_err()).collect();
        let encoding = Encoding::plausible(strange.iter().map(Vec::as_slice));
        Ok(Self { name: file.name.clone(), encoding, zip, file: file.file.clone() })
    }

    /// Files and folders in it.
    pub fn len(&self) -> usize {
        self.zip.len()
    }

    pub fn is_empty(&self) -> bool {
        self.zip.is_empty()
    }

    /// The files in it, without folders.
    pub fn entries(&self) -> impl Iterator<Item = ArchiveEntry> + '_ {
        (0..self.zip.len()).filter_map(|index| self.entry(index))
    }

    /// The file of that index; `None` for folders.
    pub fn entry(&self, index: usize) -> Option<ArchiveEntry> {
        let entry = self.zip.by_index_data(index).ok().filter(|e| !e.is_dir())?;
        let raw = entry.name_raw();
        let name = std::str::from_utf8(raw).map_or_else(|_| self.encoding.decode(raw), str::to_owned);
        // Some programs on Windows write their own divider, against the format.
        let name = composed(name.replace('\\', "/"));
        (!name.ends_with('/')).then(|| ArchiveEntry { index, size: entry.size(), sum: entry.crc32(), name })
    }

    /// Unpacks a file and checks its sum.
    ///
    /// # Errors
    /// Names the archive and the file.
    pub fn read(&mut self, entry: &ArchiveEntry, limit: u64) -> Result<Vec<u8>, String> {
        let place = || format!("{}: {}", self.name, entry.name);
        if entry.size > limit {
            return Err(format!("{} unpacks to {} MB, more than {} MB", place(), entry.size >> 20, limit >> 20));
        }
        let place = place();
        let file = self.zip.by_index(entry.index).map_err(|e| format!("{place}: {}", words(&e)))?;
        // The index may lie about the size.
        let mut bytes = Vec::with_capacity((entry.size as usize).min(1 << 20));
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| format!("{place}: {e}"))?;
        if bytes.len() as u64 > limit {
            return Err(format!("{place} unpacks to more than {} MB", limit >> 20));
        }
        Ok(bytes)
    }

    /// Where a file's packed bytes lie, and by which method they are packed.
    fn packed(&mut self, entry: &ArchiveEntry) -> Result<(u64, u64, CompressionMethod), String> {
        let place = format!("{}: {}", self.name, entry.name);
        let file = self.zip.by_index(entry.index).map_err(|e| format!("{place}: {}", words(&e)))?;
        let start = file.data_start().ok_or_else(|| format!("{place}: its place is unknown"))?;
        let end = start.saturating_add(file.compressed_size()).min(self.file.size());
        Ok((start, end, file.compression()))
    }

    /// A reader of a file's unpacked bytes that lives on its own.
    ///
    /// # Errors
    /// Names the archive and the file.
    pub fn stream(&mut self, entry: &ArchiveEntry) -> Result<Box<dyn Read>, String> {
        let (start, end, method) = self.packed(entry)?;
        let place = format!("{}: {}", self.name, entry.name);
        let packed = Cursor::between(self.file.clone(), start, end);
        if entry.size > most_unpacked(end.saturating_sub(start)) {
            return Err(format!("{place}: the index promises {} bytes, more than lie there", entry.size));
        }
        match method {
            CompressionMethod::Stored => Ok(Box::new(packed)),
            CompressionMethod::Deflated => Ok(Box::new(flate2::read::DeflateDecoder::new(packed))),
            CompressionMethod::Deflate64 => Ok(Box::new(deflate64::Deflate64Decoder::new(packed))),
            // Whatever else the library reads, it reads for as long as it is asked.
            _ => Ok(Box::new(io::Cursor::new(self.read(entry, INNER_LIMIT)?))),
        }
    }

    /// A file of the archive as one that any range can be read from: where it lies, or unpacked into memory.
    ///
    /// # Errors
    /// Names the archive and the file.
    pub fn inner(&mut self, entry: &ArchiveEntry) -> Result<Named, String> {
        let name = format!("{}: {}", self.name, entry.name);
        let (start, end, method) = self.packed(entry)?;
        if method == CompressionMethod::Stored {
            return Ok(Named::new(name, Within::new(self.file.clone(), start, end)));
        }
        let bytes = self.read(entry, INNER_LIMIT)?;
        Ok(Named::new(name, bytes))
    }
}

/// Said of a method of compression that is not read.
fn not_read(method: u16) -> String {
    let name = match method {
        1..=6 | 10 => "a method of the eighties",
        12 => "bzip2",
        14 => "LZMA",
        20 | 93 => "Zstandard",
        95 => "XZ",
        98 => "PPMd",
        99 => return "locked with a password: unpack it and bring what is in it".into(),
        _ => "a method of its own",
    };
    let natively =
        if cfg!(target_arch = "wasm32") && matches!(method, 12 | 14 | 93 | 95) { ", or use `cargo lab pack`" } else { "" };
    format!("packed by {name}, which is not read here: unpack it and pack it anew in the usual way (Deflate){natively}")
}

/// An error of the library, without its prefix.
fn words(error: &ZipError) -> String {
    match error {
        ZipError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => "the file ends before it should".into(),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            "locked with a password: unpack it and bring what is in it".into()
        }
        ZipError::CompressionMethodNotSupported(method) => not_read(*method),
        other => other.to_string(),
    }
}
