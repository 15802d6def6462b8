//! What sets are made of, in numbers: equal names and sizes do not make two sets one.

use std::fmt;

/// The file of a set that has the sum of each shard, a line each.
pub const SUMS: &str = "sums.txt";
/// Longest such file.
pub const SUMS_BYTES: u64 = 4 << 20;
/// The line of a shard whose sum nobody knows.
const UNKNOWN: &str = "?";

/// Tells contents apart that differ by accident: 64 bits, the same everywhere. After FNV-1a, eight bytes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum(u64);

impl Default for Sum {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Sum {
    fn word(self, word: u64) -> Self {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(mixed ^ mixed >> 32)
    }

    /// With these bytes behind those before. How they are divided counts as well.
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        let mut words = bytes.chunks_exact(8);
        let sum =
            words.by_ref().fold(self, |sum, w| sum.word(u64::from_le_bytes([w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]])));
        let rest = words.remainder().iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        sum.word(rest).word(bytes.len() as u64)
    }

    /// With that of a part.
    #[must_use]
    pub fn and(self, part: Self) -> Self {
        self.word(part.0)
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// [`SUMS`] as it is written.
pub fn sums_text(sums: &[Option<Sum>]) -> String {
    sums.iter().map(|sum| sum.map_or_else(|| UNKNOWN.into(), |sum| sum.to_string()) + "\n").collect()
}

/// Reads [`SUMS`]; nothing where it is damaged.
pub fn read_sums(text: &[u8]) -> Vec<Option<Sum>> {
    let line = |line: &str| match line {
        UNKNOWN => Some(None),
        _ if line.len() == 16 => u64::from_str_radix(line, 16).ok().map(|sum| Some(Sum(sum))),
        _ => None,
    };
    std::str::from_utf8(text).ok().and_then(|text| text.lines().map(line).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_tell_contents_apart_and_travel() {
        let sum = |parts: &[&[u8]]| parts.iter().fold(Sum::default(), |sum, part| sum.with(part));
        let all: [&[&[u8]]; 9] =
            [&[], &[b""], &[b"", b""], &[b"\0"], &[b"\0\0"], &[b"12345678"], &[b"12345678\0"], &[b"1234", b"5678"], &[b"87654321"]];
        for (i, one) in all.iter().enumerate() {
            for other in &all[..i] {
                assert_ne!(sum(one), sum(other), "{one:?} and {other:?}");
            }
        }
        let mut large = vec![0u8; 1 << 20];
        let before = sum(&[&large]);
        large[700_001] = 1;
        assert_ne!(sum(&[&large]), before);

        let sums = [Some(before), None, Some(Sum(1))];
        assert_eq!(read_sums(sums_text(&sums).as_bytes()), sums);
        // One that was cut short, or overwritten, says nothing rather than something else.
        for damaged in [&sums_text(&sums).as_bytes()[..10], &[0; 40], b"?\nnothing\n", &[0xff]] {
            assert_eq!(read_sums(damaged), []);
        }
    }
}
