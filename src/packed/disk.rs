//! Packed sets in folders on disk.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use super::files::{Excerpt, Files};

/// The folder of one set.
pub struct OnDisk {
    pub folder: PathBuf,
}

impl Files for OnDisk {
    async fn part(&self, name: &str, range: Range<u64>) -> Result<Option<Excerpt>, String> {
        let mut file = match File::open(self.folder.join(name)) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|e| format!("{}: {e}", self.place(name)))?,
        };
        let mut read = || {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(range.start))?;
            file.by_ref().take(range.end - range.start).read_to_end(&mut bytes)?;
            Ok(Excerpt { bytes, of: file.metadata()?.len() })
        };
        read().map(Some).map_err(|e: std::io::Error| format!("{}: {e}", self.place(name)))
    }

    fn place(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}
