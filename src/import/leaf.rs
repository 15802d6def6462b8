//! Everything that was brought, with what lies in archives, and in archives in them.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use flate2::read::GzDecoder;
use latent_packed::Sum;

use super::archive::{Archive, most_unpacked};
use super::kind::{Aside, HEAD, Kind, by_head, by_name};
use super::letters::{Encoding, composed};
use super::read::{Cursor, Mark, Named, PIECES, hidden, range};

/// Files whose names say nothing and that are looked into, of an archive and of those that lie loose.
const LOOKED_INTO: usize = 64;
const LOOSE: usize = 512;

/// An archive that several files are read from.
pub type Shared = Rc<RefCell<Archive>>;

#[derive(Clone)]
enum At {
    File(Named),
    Member(Shared, u32),
}

/// A file, loose or in an archive.
#[derive(Clone)]
pub struct Leaf {
    /// With its folders, and its archive where it lies in one: `drive.zip/faces/a/0.jpg`.
    pub name: String,
    /// Bytes of `name` that its archive takes.
    inside: u16,
    pub kind: Kind,
    /// Unpacked, as far as an index tells.
    pub size: u64,
    at: At,
}

impl Leaf {
    /// For messages.
    pub fn place(&self) -> String {
        match usize::from(self.inside) {
            0 => self.name.clone(),
            n => format!("{}: {}", &self.name[..n], self.inner()),
        }
    }

    /// The archive that it lies in; none of a loose file.
    pub fn archive(&self) -> &str {
        &self.name[..usize::from(self.inside)]
    }

    /// The name without the archive.
    pub fn inner(&self) -> &str {
        self.name[usize::from(self.inside)..].trim_start_matches('/')
    }

    /// Folders, the archive among them.
    pub fn folders(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(folders, _)| folders)
    }

    /// The file itself, where it is loose.
    pub fn loose(&self) -> Option<&Named> {
        if let At::File(file) = &self.at { Some(file) } else { None }
    }

    /// The whole file.
    ///
    /// # Errors
    /// Names the file.
    pub fn bytes(&self, limit: u64) -> Result<Vec<u8>, String> {
        match &self.at {
            At::File(file) => file.whole(limit),
            At::Member(archive, index) => {
                let mut archive = archive.borrow_mut();
                let entry = archive.entry(*index as usize).ok_or_else(|| format!("{}: it is gone", self.name))?;
                archive.read(&entry, limit)
            }
        }
    }

    /// Its unpacked bytes from the first on, without gzip about them.
    ///
    /// # Errors
    /// Names the file.
    pub fn stream(&self) -> Result<Box<dyn Read>, String> {
        let mut start = [0; 2];
        let short = self.plain()?.read_exact(&mut start).is_err();
        let plain = self.plain()?;
        Ok(if !short && start == [0x1f, 0x8b] { Box::new(GzDecoder::new(plain)) } else { plain })
    }

    fn plain(&self) -> Result<Box<dyn Read>, String> {
        match &self.at {
            At::File(file) => Ok(Box::new(Cursor::new(file.file.clone()))),
            At::Member(archive, index) => {
                let mut archive = archive.borrow_mut();
                let entry = archive.entry(*index as usize).ok_or_else(|| format!("{}: it is gone", self.name))?;
                archive.stream(&entry)
            }
        }
    }

    /// Most bytes that [`Leaf::stream`] can give.
    pub fn room(&self) -> u64 {
        let mut start = [0; 2];
        let packed = self.plain().is_ok_and(|mut reader| reader.read_exact(&mut start).is_ok()) && start == [0x1f, 0x8b];
        if packed { most_unpacked(self.size) } else { self.size }
    }

    /// The first bytes of [`Leaf::stream`], `length` at most.
    pub fn head(&self, length: usize) -> Vec<u8> {
        let mut head = Vec::new();
        if let Ok(stream) = self.stream() {
            // What cannot be read is said by whoever reads on.
            let _ = stream.take(length as u64).read_to_end(&mut head);
        }
        head
    }

    /// As a file that any range can be read from.
    ///
    /// # Errors
    /// Names the file.
    pub fn file(&self) -> Result<Named, String> {
        match &self.at {
            At::File(file) => Ok(file.clone()),
            At::Member(archive, index) => {
                let mut archive = archive.borrow_mut();
                let entry = archive.entry(*index as usize).ok_or_else(|| format!("{}: it is gone", self.name))?;
                archive.inner(&entry)
            }
        }
    }

    /// Tells the file from others by what its archive has of it; `None` of a loose one.
    pub fn told(&self) -> Option<Sum> {
        let At::Member(archive, index) = &self.at else { return None };
        Some(archive.borrow().entry(*index as usize)?.told())
    }

    /// Tells its content from others'.
    ///
    /// # Errors
    /// Names the file.
    pub fn mark(&self) -> Result<Mark, String> {
        match &self.at {
            At::File(file) => file.mark(PIECES),
            At::Member(archive, index) => {
                let entry = archive.borrow().entry(*index as usize).ok_or_else(|| format!("{}: it is gone", self.name))?;
                Ok(Mark::default().with(&entry.size.to_le_bytes()).with(&entry.sum.to_le_bytes()))
            }
        }
    }
}

/// What was brought, taken apart.
#[derive(Default)]
pub struct Leaves {
    /// By name.
    pub all: Vec<Leaf>,
    /// Archives by the name that their leaves begin with.
    pub archives: Vec<(String, Shared, Named)>,
    /// Why files could not be opened, the first first.
    pub faults: Vec<String>,
    /// What was assumed, in sentences.
    pub notes: Vec<String>,
}

impl Leaves {
    /// Takes what was brought apart: archives, and archives in them, one level.
    pub fn of(files: &[Named]) -> Self {
        let (mut leaves, mut looked) = (Self::default(), 0);
        for file in files {
            let name = composed(file.name.trim_start_matches('/').to_owned());
            looked += usize::from(by_name(&name).is_none());
            let known = by_name(&name).is_some() || hidden(&name) || looked <= LOOSE;
            let kind = Kind::Aside(Aside::Unknown);
            let leaf = Leaf { name, inside: 0, kind, size: file.file.size(), at: At::File(file.clone()) };
            if known { leaves.add(leaf, 0) } else { leaves.all.push(leaf) }
        }
        leaves.all.sort_by(|a, b| a.name.cmp(&b.name));
        leaves
    }

    fn add(&mut self, leaf: Leaf, depth: u32) {
        let kind = match by_name(&leaf.name) {
            _ if hidden(&leaf.name) => Kind::Aside(Aside::Hidden),
            // Servers send pages in place of what was asked for, whatever it is called.
            Some(kind) if leaf.loose().is_some() && !matches!(kind, Kind::Picture | Kind::Aside(_)) => genuine(&leaf, kind),
            Some(kind) => kind,
            None => by_head(&leaf.head(HEAD)),
        };
        let leaf = Leaf { kind, ..leaf };
        // Office documents are archives as well, of nothing that is wanted.
        let archive = kind == Kind::Archive && (by_name(&leaf.name).is_some() || !leaf.name.contains('.'));
        if !archive {
            let kind = if kind == Kind::Archive { Kind::Aside(Aside::Unknown) } else { kind };
            return self.all.push(Leaf { kind, ..leaf });
        }
        if depth > 1 {
            let why = "an archive in an archive in an archive: unpack it first";
            return self.all.push(Leaf { kind: Kind::Aside(Aside::Why(why)), ..leaf });
        }
        match leaf.file().and_then(|file| Ok((Archive::open(&file)?, file))) {
            Ok((archive, file)) => self.open(&leaf.name, archive, file, depth),
            Err(why) => {
                self.faults.push(why);
                self.all.push(Leaf { kind: Kind::Aside(Aside::Why("this archive cannot be read")), ..leaf });
            }
        }
    }

    fn open(&mut self, name: &str, archive: Archive, file: Named, depth: u32) {
        if archive.encoding != Encoding::Utf8 {
            self.notes.push(format!("Names in {name} are no UTF-8: they are read as {}.", archive.encoding.name()));
        }
        let shared = Rc::new(RefCell::new(archive));
        self.archives.push((name.to_owned(), shared.clone(), file));
        // One after another: an archive of many files has a long index.
        let (mut index, mut looked) = (0, 0);
        let count = shared.borrow().len();
        while index < count {
            let entry = shared.borrow().entry(index);
            index += 1;
            let Some(entry) = entry else { continue };
            let whole = format!("{name}/{}", entry.name.trim_start_matches('/'));
            let known = hidden(&entry.name) || by_name(&whole).is_some();
            let at = At::Member(shared.clone(), entry.index as u32);
            let inside = u16::try_from(name.len()).unwrap_or(0);
            let leaf = Leaf { name: whole, inside, kind: Kind::Aside(Aside::Unknown), size: entry.size, at };
            looked += usize::from(!known);
            if known || looked <= LOOKED_INTO { self.add(leaf, depth + 1) } else { self.all.push(leaf) }
        }
    }
}

/// The kind of a file, or why it is none.
fn genuine(leaf: &Leaf, kind: Kind) -> Kind {
    let head = leaf.loose().and_then(|f| range(&*f.file, 0, HEAD.min(f.file.size() as usize)).ok());
    match head.map(|head| by_head(&head)) {
        Some(Kind::Aside(Aside::Why(why))) if why.contains("not the file itself") => Kind::Aside(Aside::Why(why)),
        // Arrays may be packed once more, and IDX files be called anything.
        Some(found) if matches!(kind, Kind::Text) && !matches!(found, Kind::Aside(_)) => found,
        _ => kind,
    }
}

/// Reads a stream to its end, which may not come after more than `limit` bytes.
///
/// # Errors
/// If it does, or cannot be read.
pub fn read_all(stream: Box<dyn Read>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("more than {} MB", limit >> 20)));
    }
    Ok(bytes)
}
