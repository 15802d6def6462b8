//! NumPy's arrays: the header of an `.npy` file (NEP 1, versions 1 to 3).

use std::io::Read;

/// Type of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    Bool,
    Unsigned,
    Signed,
    Float,
    /// bfloat16: the upper half of a float of 32 bits.
    Brain,
    /// Text of a fixed length, four bytes a character (`U`).
    Text,
    /// Text of a fixed length, a byte a character (`S`).
    Ascii,
}

/// What a header says.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyHeader {
    pub kind: NumberKind,
    /// Bytes of a value.
    pub width: usize,
    big_endian: bool,
    /// Stored column by column.
    pub fortran: bool,
    pub shape: Vec<usize>,
    /// Bytes before the first value.
    pub length: u64,
}

/// What a written header is padded to a multiple of, so that its values lie aligned.
const ALIGNMENT: usize = 64;
/// Longest header that is read: real ones have a few hundred bytes.
const LONGEST: usize = 64 << 10;
/// Longest text of one value, in bytes.
const TEXT: usize = 4096;
/// Most dimensions.
const DIMENSIONS: usize = 32;

impl NpyHeader {
    /// That of numbers which begin at `length` in a file that is no NumPy array, the least byte first.
    pub fn of_values(kind: NumberKind, width: usize, shape: Vec<usize>, length: u64) -> Self {
        Self { kind, width, big_endian: false, fortran: false, shape, length }
    }

    /// Refuses what is stored column by column.
    ///
    /// # Errors
    /// That it is, and the remedy, without the file's name.
    pub fn by_rows(self) -> Result<Self, String> {
        if self.fortran && self.shape.len() > 1 {
            return Err("is stored column by column (Fortran order); save numpy.ascontiguousarray of it".into());
        }
        Ok(self)
    }

    /// Reads a header, and leaves the reader at the first value.
    ///
    /// # Errors
    /// What is wrong with it, without the file's name.
    pub fn read(reader: &mut dyn Read) -> Result<Self, String> {
        let short = |_| "ends within its header".to_string();
        let mut start = [0; 8];
        reader.read_exact(&mut start).map_err(short)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err("is no NumPy array".into());
        }
        let (front, length) = match start[6] {
            1 => {
                let mut bytes = [0; 2];
                reader.read_exact(&mut bytes).map_err(short)?;
                (10, usize::from(u16::from_le_bytes(bytes)))
            }
            2 | 3 => {
                let mut bytes = [0; 4];
                reader.read_exact(&mut bytes).map_err(short)?;
                (12, u32::from_le_bytes(bytes) as usize)
            }
            other => return Err(format!("has version {other} of NumPy's format, 1 to 3 are known")),
        };
        if length > LONGEST {
            return Err(format!("has a header of {length} bytes"));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(short)?;
        let header = Self::parse(&String::from_utf8_lossy(&text))?;
        Ok(Self { length: front + length as u64, ..header })
    }

    /// Reads the header's dictionary, such as `{'descr': '|u1', 'fortran_order': False, 'shape': (10, 28, 28), }`.
    fn parse(text: &str) -> Result<Self, String> {
        let descr = value(text, "descr")?.trim_start();
        let quote = descr.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or("has values of several types at once")?;
        let descr = descr[1..].split(quote).next().unwrap_or_default();
        let (order, kind) = descr.split_at_checked(1).ok_or("has values of an unknown type")?;
        let (kind, width) = kind.split_at_checked(1).ok_or("has values of an unknown type")?;
        let unknown = || match kind {
            "O" => "holds Python objects; save an array of numbers or of text".to_owned(),
            _ => format!(
                "has values of type {descr:?}; truth values, whole numbers of 1, 2, 4 or 8 bytes and floats of 2, 4 or 8 are understood"
            ),
        };
        let kind = match kind {
            "b" => NumberKind::Bool,
            "u" => NumberKind::Unsigned,
            "i" => NumberKind::Signed,
            "f" => NumberKind::Float,
            "U" => NumberKind::Text,
            "S" => NumberKind::Ascii,
            // What `ml_dtypes` writes for bfloat16.
            "V" if width == "2" => NumberKind::Brain,
            _ => return Err(unknown()),
        };
        let width: usize = width.parse().map_err(|_| unknown())?;
        let width = if kind == NumberKind::Text { width.saturating_mul(4) } else { width };
        let known = match kind {
            NumberKind::Bool => width == 1,
            NumberKind::Brain => width == 2,
            NumberKind::Float => matches!(width, 2 | 4 | 8),
            NumberKind::Text | NumberKind::Ascii => (1..=TEXT).contains(&width),
            NumberKind::Unsigned | NumberKind::Signed => matches!(width, 1 | 2 | 4 | 8),
        };
        if !known || !matches!(order, "<" | ">" | "|" | "=") {
            return Err(unknown());
        }
        let fortran = value(text, "fortran_order")?.trim_start().starts_with("True");
        let shape = value(text, "shape")?.trim_start();
        let inside = shape.strip_prefix('(').and_then(|s| s.split(')').next()).ok_or("has no shape")?;
        let sizes = inside.split(',').map(str::trim).filter(|s| !s.is_empty()).take(DIMENSIONS + 1);
        let shape: Vec<usize> =
            sizes.map(|s| s.parse().map_err(|_| format!("has {s:?} in its shape"))).collect::<Result<_, String>>()?;
        let total = shape.iter().try_fold(width as u64, |n, s| n.checked_mul(*s as u64));
        if shape.len() > DIMENSIONS || total.is_none_or(|n| n > 1 << 50) {
            return Err("has an impossible shape".into());
        }
        Ok(Self { kind, width, big_endian: order == ">", fortran, shape, length: 0 })
    }

    /// Bytes of all values.
    pub fn bytes(&self) -> u64 {
        self.shape.iter().map(|s| *s as u64).product::<u64>() * self.width as u64
    }

    /// NumPy's name of the values' type, such as `float32`.
    pub fn type_name(&self) -> String {
        let bits = 8 * self.width;
        match self.kind {
            NumberKind::Bool => "bool".into(),
            NumberKind::Unsigned => format!("uint{bits}"),
            NumberKind::Signed => format!("int{bits}"),
            NumberKind::Float => format!("float{bits}"),
            NumberKind::Brain => "bfloat16".into(),
            NumberKind::Text | NumberKind::Ascii => "text".into(),
        }
    }

    /// Whether the values are numbers.
    pub fn is_numeric(&self) -> bool {
        !matches!(self.kind, NumberKind::Text | NumberKind::Ascii)
    }

    /// Values in one entry of the first dimension.
    pub fn row(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// The values as text, where they are that.
    pub fn texts(&self, bytes: &[u8]) -> impl Iterator<Item = String> {
        let (kind, big) = (self.kind, self.big_endian);
        bytes.chunks_exact(self.width).map(move |value| {
            let text: String = match kind {
                NumberKind::Text => value.as_chunks::<4>().0.iter().map(|c| character(*c, big)).collect(),
                _ => String::from_utf8_lossy(value).into_owned(),
            };
            text.trim_end_matches('\0').to_owned()
        })
    }

    /// The values as numbers.
    ///
    /// # Panics
    /// If they are text.
    pub fn numbers(&self, bytes: &[u8]) -> impl Iterator<Item = f64> {
        let (kind, width, big) = (self.kind, self.width, self.big_endian);
        bytes.chunks_exact(width).map(move |chunk| {
            let mut word = [0; 8];
            word[..width].copy_from_slice(chunk);
            if big {
                word[..width].reverse();
            }
            let bits = u64::from_le_bytes(word);
            let unused = 64 - 8 * width as u32;
            match (kind, width) {
                (NumberKind::Bool, _) => f64::from(u8::from(bits != 0)),
                (NumberKind::Unsigned, _) => bits as f64,
                (NumberKind::Signed, _) => ((bits << unused) as i64 >> unused) as f64,
                (NumberKind::Float, 2) => half::f16::from_bits(bits as u16).to_f64(),
                (NumberKind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
                (NumberKind::Float, _) => f64::from_bits(bits),
                (NumberKind::Brain, _) => f64::from(f32::from_bits((bits as u32) << 16)),
                (NumberKind::Text | NumberKind::Ascii, _) => unreachable!("text is no number"),
            }
        })
    }
}

/// The header of an array, version 1: its type as NumPy writes it (`<f4`, `|u1`), and its shape.
pub fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
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

/// A character of UCS-4.
fn character(bytes: [u8; 4], big_endian: bool) -> char {
    let code = if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// What follows a key of the dictionary.
fn value<'a>(text: &'a str, key: &str) -> Result<&'a str, String> {
    let found = ["'", "\""].iter().find_map(|quote| text.split_once(&format!("{quote}{key}{quote}")));
    let rest = found.and_then(|(_, rest)| rest.trim_start().strip_prefix(':'));
    rest.ok_or_else(|| format!("has no {key} in its header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 1 with that dictionary.
    fn file(dictionary: &str) -> Vec<u8> {
        let mut out = b"\x93NUMPY\x01\0".to_vec();
        out.extend((dictionary.len() as u16).to_le_bytes());
        out.extend(dictionary.as_bytes());
        out
    }

    #[test]
    fn headers_are_read() {
        let bytes = file("{'descr': '>i2', 'fortran_order': False, 'shape': (3, 2), }");
        let header = NpyHeader::read(&mut &bytes[..]).unwrap();
        assert_eq!((header.kind, header.width, &header.shape[..], header.row()), (NumberKind::Signed, 2, &[3, 2][..], 2));
        assert_eq!(header.numbers(&[0xff, 0xfe, 0, 3]).collect::<Vec<_>>(), [-2.0, 3.0]);
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}";
        let header = NpyHeader::read(&mut &file(text)[..]).unwrap();
        assert_eq!(header.numbers(&1.5f32.to_le_bytes()).collect::<Vec<_>>(), [1.5]);
        let text = "{'descr': '<f2', 'fortran_order': False, 'shape': (5,)}";
        let header = NpyHeader::read(&mut &file(text)[..]).unwrap();
        // One, minus two, the largest, the least above zero, and infinity.
        let halves = [0x3c00u16, 0xc000, 0x7bff, 0x0001, 0x7c00].map(u16::to_le_bytes).concat();
        assert_eq!(header.numbers(&halves).collect::<Vec<_>>(), [1.0, -2.0, 65504.0, 2f64.powi(-24), f64::INFINITY]);
        let header = NpyHeader::read(&mut &file("{'descr': '<U2', 'fortran_order': False, 'shape': (2,)}")[..]).unwrap();
        let letters: Vec<u8> = [u32::from('a'), 0, u32::from('é'), u32::from('b')].iter().flat_map(|c| c.to_le_bytes()).collect();
        assert_eq!(header.texts(&letters).collect::<Vec<_>>(), ["a", "éb"]);
        for n in 0..bytes.len() {
            assert!(NpyHeader::read(&mut &bytes[..n]).is_err(), "{n} bytes");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, words) in [
            ("{'descr': '<c8', 'fortran_order': False, 'shape': (3,)}", "<c8"),
            ("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (3,)}", "several types"),
            ("{'descr': '|u1', 'fortran_order': True, 'shape': (3, 2)}", "column by column"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (3, x)}", "\"x\""),
            ("{'descr': '<u8', 'fortran_order': False, 'shape': (99999999999, 99999999999)}", "impossible"),
            ("{'fortran_order': False, 'shape': (3,)}", "descr"),
        ] {
            let error = NpyHeader::read(&mut &file(text)[..]).and_then(NpyHeader::by_rows).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

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
