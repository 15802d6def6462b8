//! IDX files (LeCun's format for MNIST), plain or gzip-compressed, presented as NumPy arrays: one reader serves both.

use std::io::{Chain, Cursor as Bytes, Read};

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

/// An IDX file as an `.npy` file would have it: a header, then the values.
///
/// # Errors
/// What is wrong with it, without its name.
pub fn as_npy(mut reader: Box<dyn Read>) -> Result<Box<dyn Read>, String> {
    let header = header(&mut *reader)?;
    let whole: Chain<Bytes<Vec<u8>>, Box<dyn Read>> = Bytes::new(header).chain(reader);
    Ok(Box::new(whole))
}

/// NumPy's header for the file's own.
fn header(reader: &mut dyn Read) -> Result<Vec<u8>, String> {
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
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::npy::NpyHeader;

    #[test]
    fn a_header_becomes_numpys() {
        let bytes = [&[0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2][..], &[1, 2, 3, 4, 5, 6]].concat();
        let reader = |bytes: &[u8]| as_npy(Box::new(Bytes::new(bytes.to_vec())));
        let mut reader_of_all = reader(&bytes).unwrap();
        assert_eq!(NpyHeader::read(&mut *reader_of_all).unwrap().shape, [3, 2]);
        let mut values = Vec::new();
        reader_of_all.read_to_end(&mut values).unwrap();
        assert_eq!(values, [1, 2, 3, 4, 5, 6]);
        for n in 0..12 {
            assert!(reader(&bytes[..n]).is_err(), "{n} bytes");
        }
    }
}
