//! What runs are kept on.

use std::fmt;

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
