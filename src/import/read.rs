//! Reading files by ranges: none is ever held whole in memory.

use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// A file that any range can be read from: on disk, in a browser, or behind an address.
pub trait ReadAt {
    /// Bytes in the file.
    fn size(&self) -> u64;

    /// Fills `out_p` with the bytes from `offset` on.
    ///
    /// # Errors
    /// If the range ends behind the file, or cannot be read.
    fn read_exact_at(&self, offset: u64, out_p: &mut [u8]) -> io::Result<()>;
}

/// Bytes `offset .. offset + length`.
///
/// # Errors
/// As [`ReadAt::read_exact_at`].
pub fn range(file: &dyn ReadAt, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let end = offset.checked_add(length as u64).filter(|end| *end <= file.size());
    end.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends before it should"))?;
    let mut out = vec![0; length];
    file.read_exact_at(offset, &mut out)?;
    Ok(out)
}

/// Whether a name is of what systems put beside the files themselves: hidden ones, and the shadows that macOS makes.
pub fn hidden(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|base| base.starts_with('.')) || name.split('/').any(|part| part == "__MACOSX")
}

/// What came in place of a file, by its first bytes: servers answer in words where a download is refused.
pub fn instead(head: &[u8]) -> Option<&'static str> {
    let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head).trim_ascii_start();
    let begins = |words: &str| text.get(..words.len()).is_some_and(|t| t.eq_ignore_ascii_case(words.as_bytes()));
    match () {
        () if begins("<!doctype html") || begins("<html") => Some("a web page"),
        () if begins("<?xml") => Some("an XML document"),
        () if begins("version https://git-lfs.github.com/spec/") => Some("a Git LFS pointer"),
        () => None,
    }
}

/// Tells contents apart: FNV-1a of 64 bits, the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

impl Default for Mark {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Mark {
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |h, byte| (h ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A file with the name that messages call it by.
#[derive(Clone)]
pub struct Named {
    /// With the folders that it was picked from, divided by `/`.
    pub name: String,
    pub file: Rc<dyn ReadAt>,
}

impl Named {
    pub fn new(name: impl Into<String>, file: impl ReadAt + 'static) -> Self {
        Self { name: name.into(), file: Rc::new(file) }
    }

    /// The name without its folders.
    pub fn base(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Refuses what a server sent in place of the file.
    ///
    /// # Errors
    /// Names the file and says what it is.
    pub fn genuine(&self) -> Result<(), String> {
        // What cannot be read is said by whoever reads on.
        match self.head(64).ok().and_then(|head| instead(&head)) {
            Some(what) => {
                Err(format!("{}: this is {what}, not the file itself: the download was refused; try it again", self.name))
            }
            None => Ok(()),
        }
    }

    /// A sum over the size and some of the content: `pieces` of [`PIECE`] bytes, from the end backwards; over all of a small
    /// file. Names and sizes alone do not tell sets apart: MNIST's and Fashion-MNIST's are the same.
    ///
    /// # Errors
    /// Names the file.
    pub fn mark(&self, pieces: u64) -> Result<Mark, String> {
        let size = self.file.size();
        let mark = Mark::default().with(&size.to_le_bytes());
        let read = |offset, length| range(&*self.file, offset, length).map_err(|e| format!("{}: {e}", self.name));
        if size <= pieces * PIECE {
            return Ok(mark.with(&read(0, size as usize)?));
        }
        let last = size - PIECE;
        (0..pieces).try_fold(mark, |mark, i| Ok(mark.with(&read(last - last / pieces * i, PIECE as usize)?)))
    }

    /// The whole file, which may have `limit` bytes at most.
    ///
    /// # Errors
    /// Names the file.
    pub fn whole(&self, limit: u64) -> Result<Vec<u8>, String> {
        let size = self.file.size();
        if size > limit {
            return Err(format!("{}: {} MB are more than the {} MB that such a file may have", self.name, size >> 20, limit >> 20));
        }
        range(&*self.file, 0, size as usize).map_err(|e| format!("{}: {e}", self.name))
    }

    /// The first bytes, `length` at most.
    ///
    /// # Errors
    /// Names the file.
    pub fn head(&self, length: usize) -> Result<Vec<u8>, String> {
        range(&*self.file, 0, length.min(self.file.size() as usize)).map_err(|e| format!("{}: {e}", self.name))
    }
}

/// Bytes of a piece that [`Named::mark`] takes, and pieces of a file that is read fast.
const PIECE: u64 = 16 << 10;
pub const PIECES: u64 = 32;

/// Bytes in memory.
impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, offset: u64, out_p: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).ok();
        let found = from.and_then(|from| self.get(from..from.checked_add(out_p.len())?));
        out_p.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A part of another file, as a file: what lies in an archive as it is.
pub struct Within {
    file: Rc<dyn ReadAt>,
    start: u64,
    end: u64,
}

impl Within {
    pub fn new(file: Rc<dyn ReadAt>, start: u64, end: u64) -> Self {
        let end = end.min(file.size());
        Self { file, start: start.min(end), end }
    }
}

impl ReadAt for Within {
    fn size(&self) -> u64 {
        self.end - self.start
    }

    fn read_exact_at(&self, offset: u64, out_p: &mut [u8]) -> io::Result<()> {
        let from = self.start.checked_add(offset);
        let from = from.filter(|from| from.checked_add(out_p.len() as u64).is_some_and(|end| end <= self.end));
        self.file.read_exact_at(from.ok_or(io::ErrorKind::UnexpectedEof)?, out_p)
    }
}

/// A file on disk. It is open only while it is read: a folder has more pictures than a process may have open files.
#[cfg(not(target_arch = "wasm32"))]
pub struct OnDisk {
    path: std::path::PathBuf,
    size: u64,
}

#[cfg(not(target_arch = "wasm32"))]
impl OnDisk {
    /// Opens a file under the name of its path.
    ///
    /// # Errors
    /// Names the file.
    pub fn open(path: &std::path::Path) -> Result<Named, String> {
        Self::named(path, path)
    }

    fn named(path: &std::path::Path, name: &std::path::Path) -> Result<Named, String> {
        let open = || -> io::Result<Self> {
            let metadata = std::fs::File::open(path)?.metadata()?;
            if metadata.is_dir() {
                return Err(io::Error::other("this is a folder"));
            }
            Ok(Self { size: metadata.len(), path: path.to_owned() })
        };
        let file = open().map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Named::new(name.to_string_lossy().replace('\\', "/"), file))
    }

    /// The file at a path, or all files in the folder there and in those below, by name and named from that folder on, as a
    /// browser gives them. Hidden ones and links to other folders are left aside.
    ///
    /// # Errors
    /// Names the file or folder.
    pub fn gather(path: &std::path::Path) -> Result<Vec<Named>, String> {
        if !path.is_dir() {
            return Ok(vec![Self::open(path)?]);
        }
        let whole = path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?;
        let above = whole.parent().unwrap_or(&whole);
        let (mut folders, mut files) = (vec![whole.clone()], Vec::new());
        while let Some(folder) = folders.pop() {
            let wrong = |e: io::Error| format!("{}: {e}", folder.display());
            for entry in std::fs::read_dir(&folder).map_err(wrong)? {
                let entry = entry.map_err(wrong)?;
                let (path, kind) = (entry.path(), entry.file_type().map_err(wrong)?);
                if entry.file_name().to_string_lossy().starts_with('.') {
                    continue;
                }
                if kind.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    files.push(Self::named(&path, path.strip_prefix(above).unwrap_or(&path))?);
                }
            }
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl ReadAt for OnDisk {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, offset: u64, out_p: &mut [u8]) -> io::Result<()> {
        let mut file = std::fs::File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(out_p)
    }
}

/// Bytes that a [`Cursor`] fetches at a time: a request costs more than what it brings.
const WINDOW: usize = 256 << 10;

/// A place in a file, for libraries that read one byte after another.
pub struct Cursor {
    file: Rc<dyn ReadAt>,
    at: u64,
    end: u64,
    window: Vec<u8>,
    /// Where in the file the window begins.
    from: u64,
}

impl Cursor {
    pub fn new(file: Rc<dyn ReadAt>) -> Self {
        let end = file.size();
        Self::between(file, 0, end)
    }

    /// A cursor at `start` for which the file ends at `end`.
    pub fn between(file: Rc<dyn ReadAt>, start: u64, end: u64) -> Self {
        let end = end.min(file.size());
        Self { file, at: start, end, window: Vec::new(), from: 0 }
    }
}

impl Read for Cursor {
    fn read(&mut self, out_p: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_sub(self.at);
        if left == 0 || out_p.is_empty() {
            return Ok(0);
        }
        let inside = self.at.checked_sub(self.from).filter(|i| *i < self.window.len() as u64);
        let start = match inside {
            Some(start) => start as usize,
            None => {
                let length = left.min(WINDOW as u64) as usize;
                self.window.resize(length, 0);
                self.from = self.at;
                let filled = self.file.read_exact_at(self.at, &mut self.window);
                if filled.is_err() {
                    self.window.clear();
                }
                filled?;
                0
            }
        };
        let n = out_p.len().min(self.window.len() - start);
        out_p[..n].copy_from_slice(&self.window[start..start + n]);
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the file"))?;
        Ok(self.at)
    }
}
