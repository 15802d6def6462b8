//! Opening what was brought as it is understood without being told.

use latent_vocabulary::plan::Wishes;

use super::plan::read;
use super::read::Named;
use super::source::Source;

/// Opens what a visitor brought. `tile` cuts a single picture into tiles so many pixels wide and high.
///
/// # Errors
/// Names the file, and what is wrong with it or what else would do.
pub fn open(files: &[Named], tile: Option<(u32, u32)>) -> Result<Box<dyn Source>, String> {
    read(files, &Wishes { tile, ..Wishes::default() })
}
