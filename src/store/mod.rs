//! Runs in the browser's storage: each the latest checkpoint of a run, under a name that the visitor gives.
//!
//! A run `id` is a file `id.N.safetensors`, and `id.name` once it has a name. A new checkpoint is written whole as number
//! N + 1 before the old one goes, so that whatever ends a write halfway (a crash, a closed tab, a full disk) leaves the old
//! one behind.

mod head;
#[cfg(all(feature = "worker", target_arch = "wasm32"))]
mod opfs;

use std::fmt;

pub use head::Head;
#[cfg(all(feature = "worker", target_arch = "wasm32"))]
pub use opfs::Opfs;

use crate::small;
use crate::spec::protocol::KeptRun;

/// Why something could not be stored.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreError {
    /// There is no room for it.
    Full,
    /// The storage's own words.
    Other(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the browser's storage for this site is full; deleting kept runs makes room"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl From<StoreError> for String {
    fn from(e: StoreError) -> Self {
        e.to_string()
    }
}

/// A file in the storage.
#[derive(Clone, Debug, PartialEq)]
pub struct FileInfo {
    pub name: String,
    pub bytes: u64,
    /// When it was last written, in milliseconds since 1970.
    pub written_ms: f64,
}

/// A flat folder of files that tabs share, with locks.
#[allow(async_fn_in_trait, reason = "a worker has one thread: no future needs to be `Send`")]
pub trait Disk {
    /// Held until dropped, and at most by one tab.
    type Lock;

    /// # Errors
    /// The storage's words, here and below.
    async fn list(&self) -> Result<Vec<FileInfo>, StoreError>;

    /// The file, or its first `at_most` bytes.
    async fn read(&self, name: &str, at_most: Option<u64>) -> Result<Vec<u8>, StoreError>;

    /// Writes a file; what an error leaves of it is shorter than `bytes`.
    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    async fn remove(&self, name: &str) -> Result<(), StoreError>;

    /// `None` if another tab holds the lock of that name.
    async fn lock(&self, name: &str) -> Option<Self::Lock>;

    /// Names of the locks that any tab holds.
    async fn locked(&self) -> Vec<String>;

    /// Bytes used by this site, and bytes that it may use, by the browser's estimate.
    async fn room(&self) -> (f64, f64);
}

/// One checkpoint's file.
struct Found {
    id: String,
    number: u64,
    file: FileInfo,
}

fn file_name(id: &str, number: u64) -> String {
    format!("{id}.{number}.safetensors")
}

fn label_name(id: &str) -> String {
    format!("{id}.name")
}

/// Takes `id.N.safetensors` apart.
fn found(file: FileInfo) -> Option<Found> {
    let (id, number) = file.name.strip_suffix(".safetensors")?.rsplit_once('.')?;
    Some(Found { id: id.to_string(), number: number.parse().ok()?, file })
}

/// The kept runs on a disk.
pub struct Store<D> {
    pub disk: D,
}

impl<D: Disk> Store<D> {
    pub fn new(disk: D) -> Self {
        Self { disk }
    }

    /// Checkpoints of `id`, or of all runs, the latest number first.
    async fn found(&self, id: Option<&str>) -> Result<Vec<Found>, StoreError> {
        let mut all: Vec<_> = self.disk.list().await?.into_iter().filter_map(found).collect();
        all.retain(|f| id.is_none_or(|id| f.id == id));
        small::sort_by(&mut all, |a, b| (&a.id, b.number).cmp(&(&b.id, a.number)));
        Ok(all)
    }

    /// What a file says of itself; `None` if it is not whole.
    async fn head(&self, file: &FileInfo) -> Result<Option<Head>, StoreError> {
        let start = self.disk.read(&file.name, Some(head::START)).await?;
        let Some(length) = head::length(&start) else { return Ok(None) };
        let bytes = self.disk.read(&file.name, Some(length)).await?;
        Ok(Head::read(&bytes).filter(|head| head.whole == file.bytes))
    }

    /// The latest whole checkpoint of each run, the run last kept first.
    ///
    /// # Errors
    /// The storage's words.
    pub async fn runs(&self) -> Result<Vec<KeptRun>, StoreError> {
        let locked = self.disk.locked().await;
        let mut out: Vec<KeptRun> = Vec::new();
        for Found { id, file, .. } in self.found(None).await? {
            if out.last().is_some_and(|run| run.id == id) {
                continue;
            }
            let Some(Head { setup, step, .. }) = self.head(&file).await? else { continue };
            let name = self.disk.read(&label_name(&id), None).await.unwrap_or_default();
            out.push(KeptRun {
                name: String::from_utf8_lossy(&name).into_owned(),
                open: locked.contains(&id),
                id,
                setup,
                step,
                bytes: file.bytes,
                kept_ms: file.written_ms,
            });
        }
        small::sort_by(&mut out, |a, b| b.kept_ms.total_cmp(&a.kept_ms));
        Ok(out)
    }

    /// Writes a run's checkpoint in place of its last one.
    ///
    /// # Errors
    /// If there is no room, or the storage refuses; the last one is still there then.
    pub async fn keep(&self, id: &str, checkpoint: &[u8]) -> Result<(), StoreError> {
        let old = self.found(Some(id)).await?;
        let name = file_name(id, old.first().map_or(0, |f| f.number + 1));
        if let Err(e) = self.disk.write(&name, checkpoint).await {
            // What is left of it takes room; if it cannot go, it does no other harm.
            let _ = self.disk.remove(&name).await;
            return Err(e);
        }
        for Found { file, .. } in old {
            self.disk.remove(&file.name).await?;
        }
        Ok(())
    }

    /// The latest whole checkpoint of a run; `None` if it is gone.
    ///
    /// # Errors
    /// The storage's words.
    pub async fn load(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        for Found { file, .. } in self.found(Some(id)).await? {
            if self.head(&file).await?.is_some() {
                return self.disk.read(&file.name, None).await.map(Some);
            }
        }
        Ok(None)
    }

    /// Gives a run a name.
    ///
    /// # Errors
    /// The storage's words.
    pub async fn rename(&self, id: &str, name: &str) -> Result<(), StoreError> {
        self.disk.write(&label_name(id), name.trim().as_bytes()).await
    }

    /// Deletes a run.
    ///
    /// # Errors
    /// The storage's words.
    pub async fn delete(&self, id: &str) -> Result<(), StoreError> {
        for file in self.disk.list().await? {
            if file.name == label_name(id) || found(file.clone()).is_some_and(|f| f.id == id) {
                self.disk.remove(&file.name).await?;
            }
        }
        Ok(())
    }
}
