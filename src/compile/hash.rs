//! A map for keys that nobody chooses so that they collide: its hash is a fraction of the standard one's work.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map of the compiler's own keys.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Multiply>>;

/// Rotates, adds a word and multiplies by an odd number, for each word.
#[derive(Default)]
pub(super) struct Multiply(u64);

impl Multiply {
    fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Multiply {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            self.word(part.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.word(n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.word(n.into());
    }

    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.word(n as u64);
    }

    fn write_i64(&mut self, n: i64) {
        self.word(n as u64);
    }

    fn finish(&self) -> u64 {
        // The map takes its places from the low bits, which multiplication mixes least.
        self.0.rotate_left(26)
    }
}
