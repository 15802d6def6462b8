//! IDX files (LeCun's format for MNIST), plain or gzip-compressed, presented as NumPy arrays: one reader serves both.

use std::io::{Chain, Cursor as Bytes, Read};

use flate2::read::GzDecoder;

use super::archive::most_unpacked;
use super::read::{Cursor, Named};

/// What the beginning of an IDX file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub dimensions: usize,
    /// Size of the first dimension.
    pub items: u32,
}

/// Whether a file begins as an IDX file does: two zeros, a known type, and 1 to 4 dimensions.
pub fn is_idx(head: &[u8]) -> Option<usize> {
    match *head {
        [0, 0, kind, dimensions @ 1..=4, ..] if descr(kind).is_some() => Some(usize::from(dimensions)),
        _ => None,
    }
}

/// NumPy's name for an IDX type.
fn descr(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0x08 => "|u1",
        0x09 => "|i1",
        0x0b => ">i2",
        0x0c => ">i4",
        0x0d => ">f4",
        0x0e => ">f8",
        _ => return None,
    })
}

/// How a file begins, unpacked if it is compressed; `None` if it is no IDX file.
pub fn head(file: &Named) -> Option<Head> {
    let mut head = [0; 8];
    plain(file).ok()?.0.read_exact(&mut head).ok()?;
    let [.., a, b, c, d] = head;
    Some(Head { dimensions: is_idx(&head)?, items: u32::from_be_bytes([a, b, c, d]) })
}

/// The unpacked bytes, and how many there can be.
fn plain(file: &Named) -> Result<(Box<dyn Read>, u64), String> {
    let (cursor, size) = (Cursor::new(file.file.clone()), file.file.size());
    Ok(if file.head(2)? == [0x1f, 0x8b] {
        (Box::new(GzDecoder::new(cursor)), most_unpacked(size))
    } else {
        (Box::new(cursor), size)
    })
}

/// The file as an `.npy` file would have it: a header, then the values; and how many bytes of values there can be.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn stream(file: &Named) -> Result<(Box<dyn Read>, u64), String> {
    let (mut reader, bytes) = plain(file)?;
    let (header, own) = header(&mut *reader).map_err(|e| format!("{} {e}", file.name))?;
    let whole: Chain<Bytes<Vec<u8>>, Box<dyn Read>> = Bytes::new(header).chain(reader);
    Ok((Box::new(whole), bytes.saturating_sub(own)))
}

/// NumPy's header, and the length of the file's own.
fn header(reader: &mut dyn Read) -> Result<(Vec<u8>, u64), String> {
    let short = |e: std::io::Error| format!("ends within its header: {e}");
    let mut magic = [0; 4];
    reader.read_exact(&mut magic).map_err(short)?;
    let dimensions = is_idx(&magic).ok_or_else(|| format!("begins with {magic:02x?}, which no IDX file does"))?;
    let mut shape = String::new();
    for _ in 0..dimensions {
        let mut size = [0; 4];
        reader.read_exact(&mut size).map_err(short)?;
        shape += &format!("{}, ", u32::from_be_bytes(size));
    }
    let descr = descr(magic[2]).expect("checked above");
    let dictionary = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let mut out = b"\x93NUMPY\x01\0".to_vec();
    out.extend((dictionary.len() as u16).to_le_bytes());
    out.extend(dictionary.as_bytes());
    Ok((out, 4 + 4 * dimensions as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npy::NpyHeader;

    #[test]
    fn a_header_becomes_numpys() {
        let bytes = [&[0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2][..], &[1, 2, 3, 4, 5, 6]].concat();
        let (mut reader, there) = stream(&Named::new("a", bytes.clone())).unwrap();
        assert_eq!(there, 6);
        assert_eq!(NpyHeader::read(&mut *reader).unwrap().shape, [3, 2]);
        let mut values = Vec::new();
        reader.read_to_end(&mut values).unwrap();
        assert_eq!(values, [1, 2, 3, 4, 5, 6]);
        for n in 0..12 {
            assert!(stream(&Named::new("a", bytes[..n].to_vec())).is_err(), "{n} bytes");
        }
    }
}
