//! Runs in the browser's storage: each the latest checkpoint of a run, under a name that the visitor gives.
//!
//! A run `id` is a file `id.N.safetensors`, and `id.name` once it has a name. A new checkpoint is written whole as number
//! N + 1 before the old one goes, so that whatever ends a write halfway (a crash, a closed tab, a full disk) leaves the old
//! one behind.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod disk;
mod head;
#[cfg(target_arch = "wasm32")]
mod opfs;

pub use disk::{Disk, FileInfo, StoreError};
pub use head::Head;
#[cfg(target_arch = "wasm32")]
pub use opfs::Opfs;

use latent_protocol::KeptRun;
use latent_small as small;

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
