//! Where the files of a packed set lie.

use std::ops::Range;

/// What a file has of the bytes asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Excerpt {
    pub bytes: Vec<u8>,
    /// Bytes of the whole file.
    pub of: u64,
}

/// The files of a packed set, wherever they lie.
#[allow(async_fn_in_trait, reason = "a worker has one thread: no future needs to be `Send`")]
pub trait Files {
    /// What a file has of the bytes in `range`; `None` where there is no such file.
    ///
    /// # Errors
    /// Names the file.
    async fn part(&self, name: &str, range: Range<u64>) -> Result<Option<Excerpt>, String>;

    /// How messages call a file.
    fn place(&self, name: &str) -> String;
}
