//! The one thing that EXIF data decides here: which way up a picture is.

/// How the stored rows and columns become those on show: first transposed, then mirrored, in terms of the stored picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Rows on show are stored columns.
    pub transposed: bool,
    /// Stored columns count from the right.
    pub mirrored_x: bool,
    /// Stored rows count from below.
    pub mirrored_y: bool,
}

/// Tag of the orientation in the first directory (CIPA DC-008, "Exif 2.32", 4.6.4).
const TAG: u16 = 0x0112;
/// Directories have a handful of entries; what says otherwise is damaged.
const ENTRIES: u16 = 1000;

impl Orientation {
    /// Reads it from EXIF data, which begin as a TIFF file does. What cannot be read leaves the picture as it is stored.
    pub fn read(exif: &[u8]) -> Self {
        Self::of_tag(tag(exif).unwrap_or(1))
    }

    /// The orientation that the tag's values 1 to 8 stand for.
    fn of_tag(value: u16) -> Self {
        let (transposed, mirrored_x, mirrored_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, false, true),
            7 => (true, true, true),
            8 => (true, true, false),
            _ => (false, false, false),
        };
        Self { transposed, mirrored_x, mirrored_y }
    }
}

fn tag(exif: &[u8]) -> Option<u16> {
    let big = match exif.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = [*exif.get(at)?, *exif.get(at + 1)?];
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let (high, low) = (short(if big { 4 } else { 6 })?, short(if big { 6 } else { 4 })?);
    let directory = (usize::from(high) << 16) | usize::from(low);
    let entries = short(directory).filter(|n| *n <= ENTRIES)?;
    let entry = (0..usize::from(entries)).map(|i| directory + 2 + 12 * i).find(|at| short(*at) == Some(TAG))?;
    short(entry + 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both byte orders, and every truncation.
    #[test]
    fn the_tag_is_found_or_the_picture_stays() {
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        for exif in [big, little] {
            assert_eq!(Orientation::read(exif), Orientation { transposed: true, mirrored_x: false, mirrored_y: true });
            for n in 0..20 {
                assert_eq!(Orientation::read(&exif[..n]), Orientation::default(), "{n} bytes");
            }
        }
    }
}
