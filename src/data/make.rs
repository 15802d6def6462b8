//! How the images of a set come about.

use std::sync::Arc;

use super::dataset::Dataset;
use super::render::Render;
use latent_vocabulary::data::DataCard;

/// A registered data set.
#[derive(Clone, Copy)]
pub struct Set {
    pub card: &'static DataCard,
    pub make: Make,
}

/// How the images of a set come about.
#[derive(Clone, Copy)]
pub enum Make {
    /// They ship with the page.
    Files(Files),
    /// Rendered on the spot; the same everywhere.
    Rendered(fn() -> Box<dyn Render>),
    /// Rendered from what its name says.
    Named(fn(&str) -> Box<dyn Render>),
    /// Rendered from images that ship with the page.
    RenderedFrom(Files, fn(Arc<Dataset>) -> Box<dyn Render>),
}

/// Files that ship with the page.
#[derive(Clone, Copy)]
pub struct Files {
    /// In `assets`.
    pub folder: &'static str,
    pub shipped: &'static [Shipped],
    /// The data set from all of them, unpacked; or a sentence that names the file and what is wrong with it.
    pub read: fn(Vec<Vec<u8>>) -> Result<Dataset, String>,
}

/// A file, compressed by gzip.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    pub name: &'static str,
    /// Its size, for progress.
    pub bytes: u64,
    /// Its size when it is unpacked.
    pub unpacked: u64,
}

impl Files {
    /// The data set, its files unpacked by `file` one after the other, each by its name. `file` tells how many bytes of it have
    /// come and hears whether the rest is still wanted, as `progress` says it of all bytes; `None` when it is not.
    ///
    /// # Errors
    /// Those of `file`, and what is wrong with a file.
    pub async fn fetched(
        &self,
        file: impl AsyncFn(&str, &mut dyn FnMut(u64) -> bool) -> Result<Option<Vec<u8>>, String>,
        progress: impl Fn(u64, u64) -> bool,
    ) -> Result<Option<Dataset>, String> {
        // The whole download is known beforehand, so progress is honest from the first byte.
        let total: u64 = self.shipped.iter().map(|f| f.bytes).sum();
        let mut loaded = 0;
        let mut files = Vec::with_capacity(self.shipped.len());
        for f in self.shipped {
            let mut piece = |n| {
                loaded += n;
                progress(loaded, total)
            };
            let Some(bytes) = file(f.name, &mut piece).await? else { return Ok(None) };
            files.push(bytes);
        }
        (self.read)(files).map(Some)
    }

    /// The data set from a folder with the files, packed by gzip or not.
    ///
    /// # Errors
    /// A sentence that names the file and what is wrong with it.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn from_folder(&self, folder: &std::path::Path) -> Result<Dataset, String> {
        (self.read)(self.shipped.iter().map(|file| file.in_folder(folder)).collect::<Result<_, _>>()?)
    }
}

impl Shipped {
    /// The unpacked file of a folder. Some copies write a dot for the dash before `idx`.
    #[cfg(not(target_arch = "wasm32"))]
    fn in_folder(&self, folder: &std::path::Path) -> Result<Vec<u8>, String> {
        let plain = self.name.trim_end_matches(".gz");
        let names = [self.name.to_owned(), plain.to_owned(), plain.replace("-idx", ".idx"), self.name.replace("-idx", ".idx")];
        let Some(path) = names.iter().map(|name| folder.join(name)).find(|path| path.is_file()) else {
            return Err(format!("{}: there is neither {} nor {plain} in this folder", folder.display(), self.name));
        };
        let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        // By its first bytes: some browsers unpack what they save and leave the name.
        if bytes.starts_with(&[0x1f, 0x8b]) || !bytes.starts_with(&[0, 0]) { self.unpack(&bytes) } else { Ok(bytes) }
    }

    /// Unpacks the file. In browsers that is the work of `latent_platform::gunzip`.
    ///
    /// # Errors
    /// If it is no gzip stream, or a damaged one.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn unpack(&self, gzip: &[u8]) -> Result<Vec<u8>, String> {
        use std::io::Read;

        let mut bytes = Vec::with_capacity(self.unpacked as usize + 1);
        // One byte more than there should be tells a longer file from a right one, and a bomb is cut short.
        let mut unpacked = flate2::read::GzDecoder::new(gzip).take(self.unpacked + 1);
        unpacked.read_to_end(&mut bytes).map_err(|e| format!("{}: the gzip stream is damaged: {e}", self.name))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use crate::mnist::FILES;

    /// A download that nobody wants any more ends with the piece that has come: no other file is asked for.
    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn a_superseded_download_stops() {
        use std::cell::{Cell, RefCell};

        let asked = RefCell::new(Vec::new());
        let pieces = Cell::new(0);
        let file = async |name: &str, piece: &mut dyn FnMut(u64) -> bool| {
            asked.borrow_mut().push(name.to_owned());
            for _ in 0..4 {
                pieces.set(pieces.get() + 1);
                if !piece(1000) {
                    return Ok(None);
                }
            }
            Ok(Some(Vec::new()))
        };
        let ended = pollster::block_on(FILES.fetched(file, |loaded, _| loaded < 6000));
        assert_eq!(ended, Ok(None));
        assert_eq!(*asked.borrow(), [FILES.shipped[0].name, FILES.shipped[1].name]);
        assert_eq!(pieces.get(), 6, "pieces that came");
    }
}
