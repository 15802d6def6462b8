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

/// A file on disk.
#[cfg(not(target_arch = "wasm32"))]
pub struct OnDisk {
    file: std::fs::File,
    size: u64,
}

#[cfg(not(target_arch = "wasm32"))]
impl OnDisk {
    /// Opens a file under the name of its path.
    ///
    /// # Errors
    /// Names the file.
    pub fn open(path: &std::path::Path) -> Result<Named, String> {
        let open = || -> io::Result<Self> {
            let file = std::fs::File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_dir() {
                return Err(io::Error::other("this is a folder"));
            }
            Ok(Self { size: metadata.len(), file })
        };
        let file = open().map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Named::new(path.to_string_lossy().replace('\\', "/"), file))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl ReadAt for OnDisk {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, offset: u64, out_p: &mut [u8]) -> io::Result<()> {
        let mut file = &self.file;
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
