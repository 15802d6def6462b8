//! Packed sets in the browser's own storage: the folder `data`, in it one folder a set.

use std::ops::Range;

use super::files::{Excerpt, Files};
use super::shard::HEADER;
use latent_platform::opfs::{Folder, OpfsError, Writer, room};

/// The folder in the browser's storage.
const FOLDER: &str = "data";
/// Kept open by whoever writes a set.
const LOCK: &str = "lock";

/// What happened, in words for the visitor.
fn words(error: OpfsError) -> String {
    match error {
        OpfsError::Full => "the browser's storage is full: delete a set, or make room on the disk".into(),
        OpfsError::Taken => "another tab is writing this set: wait for it, or close it".into(),
        other => other.to_string(),
    }
}

/// The same, of a file.
fn named(name: &str) -> impl Fn(OpfsError) -> String {
    move |error| format!("{name}: {}", words(error))
}

/// `None` for what is not there.
fn there<T>(found: Result<T, OpfsError>) -> Result<Option<T>, OpfsError> {
    match found {
        Err(OpfsError::Missing) => Ok(None),
        other => other.map(Some),
    }
}

/// Bytes that the browser would still let this page store.
pub async fn free() -> Option<f64> {
    room().await.map(|(used, quota)| quota - used)
}

/// All packed sets.
pub struct Store {
    root: Folder,
}

impl Store {
    /// Opens the folder, which is made where there is none.
    ///
    /// # Errors
    /// Why the browser does not give it.
    pub async fn open() -> Result<Self, String> {
        Ok(Self { root: Folder::open(FOLDER).await.map_err(words)? })
    }

    /// Names of the sets, in order.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn names(&self) -> Result<Vec<String>, String> {
        let mut names = self.root.names().await.map_err(words)?;
        names.sort();
        Ok(names)
    }

    /// The folder of a set; `None` where there is none and none is made.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn set(&self, id: &str, create: bool) -> Result<Option<SetFolder>, String> {
        let folder = there(self.root.folder(id, create).await).map_err(words)?;
        Ok(folder.map(|folder| SetFolder { folder }))
    }

    /// Deletes a set.
    ///
    /// # Errors
    /// If somebody is using it.
    pub async fn delete(&self, id: &str) -> Result<(), String> {
        self.root.remove(id).await.map_err(|e| format!("{id} cannot be deleted: {}", words(e)))
    }
}

/// The folder of one set.
pub struct SetFolder {
    folder: Folder,
}

impl SetFolder {
    /// A whole file; `None` where there is none.
    ///
    /// # Errors
    /// Names the file.
    pub async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        there(self.folder.read(name).await).map_err(named(name))
    }

    /// Writes a file; its first bytes come last, so that one that was cut short is known for it.
    ///
    /// # Errors
    /// If there is no room; what was begun is taken back.
    pub async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let file = self.folder.writer(name).await.map_err(named(name))?;
        let (head, rest) = bytes.split_at(bytes.len().min(HEADER));
        let written = file.clear().and_then(|()| file.write(rest, head.len() as u64)).and_then(|()| file.write(head, 0));
        drop(file);
        if written.is_err() {
            // A file that is gone cannot be mistaken for a shard.
            let _ = self.folder.remove(name).await;
        }
        written.map_err(words)
    }

    /// Keeps other tabs from writing the set for as long as the lock lives.
    ///
    /// # Errors
    /// If another tab is writing it.
    pub async fn lock(&self) -> Result<Writer, String> {
        self.folder.writer(LOCK).await.map_err(words)
    }
}

impl Files for SetFolder {
    async fn part(&self, name: &str, range: Range<u64>) -> Result<Option<Excerpt>, String> {
        let part = self.folder.read_range(name, range).await;
        Ok(there(part).map_err(named(name))?.map(|(bytes, of)| Excerpt { bytes, of }))
    }

    fn place(&self, name: &str) -> String {
        name.into()
    }
}
