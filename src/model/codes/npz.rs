//! NumPy's archive of arrays: a zip file of `.npy` files (NEP 1), uncompressed, as `numpy.savez` writes it.

use std::io::Write;

use latent_vocabulary::npy::header;
use rawzip::{CompressionMethod, ZipArchiveWriter};

/// An archive under construction.
pub struct Npz {
    zip: ZipArchiveWriter<Vec<u8>>,
}

impl Default for Npz {
    fn default() -> Self {
        Self { zip: ZipArchiveWriter::new(Vec::new()) }
    }
}

impl Npz {
    /// Adds an array: its type as NumPy writes it (`<f4`, `|u1`), its shape, its values row by row in little-endian bytes.
    ///
    /// # Errors
    /// What the zip writer says.
    pub fn add(&mut self, name: &str, descr: &str, shape: &[usize], bytes: &[u8]) -> Result<(), String> {
        let failed = |e: &dyn std::fmt::Display| format!("{name}.npy: {e}");
        let path = format!("{name}.npy");
        let file = self.zip.new_file(path.as_str()).compression_method(CompressionMethod::STORE);
        let (mut entry, config) = file.start().map_err(|e| failed(&e))?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(&header(descr, shape)).and_then(|()| writer.write_all(bytes)).map_err(|e| failed(&e))?;
        let (_, sums) = writer.finish().map_err(|e| failed(&e))?;
        entry.finish(sums).map_err(|e| failed(&e))?;
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// What the zip writer says.
    pub fn finish(self) -> Result<Vec<u8>, String> {
        self.zip.finish().map_err(|e| e.to_string())
    }
}
