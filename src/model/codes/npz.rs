//! NumPy's archive of arrays: a zip file of `.npy` files (NEP 1), uncompressed, as `numpy.savez` writes it.

use std::io::Write;

use rawzip::{CompressionMethod, ZipArchiveWriter};

/// What an array's header is padded to a multiple of, so that its values lie aligned.
const ALIGNMENT: usize = 64;

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

/// The header of an array, version 1.
fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    // A tuple of one has a comma behind it.
    let shape: String = shape.iter().map(|n| format!("{n},")).collect();
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let start = b"\x93NUMPY\x01\0".len() + size_of::<u16>();
    // Spaces, and the newline that ends it.
    let padded = (start + text.len() + 1).next_multiple_of(ALIGNMENT) - start - 1;
    text.extend(std::iter::repeat_n(' ', padded - text.len()));
    text.push('\n');
    let length = (text.len() as u16).to_le_bytes();
    [&b"\x93NUMPY\x01\0"[..], &length, text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_aligned_and_say_what_follows() {
        let bytes = header("<f4", &[10_000, 20]);
        assert_eq!(bytes.len() % ALIGNMENT, 0);
        assert_eq!(usize::from(u16::from_le_bytes([bytes[8], bytes[9]])), bytes.len() - 10);
        let text = std::str::from_utf8(&bytes[10..]).unwrap();
        assert_eq!(text.trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (10000,20,), }");
        assert!(text.ends_with('\n') && header("|u1", &[3]).windows(4).any(|w| w == b"(3,)"));
    }
}
