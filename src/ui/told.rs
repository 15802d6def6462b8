//! Factors that the encoder is told, in the code on show.

use std::ops::Range;

use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::factors::{said, tell};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Told {
    /// Its first number in the code, and how many it has.
    at: usize,
    count: usize,
    /// Its place among the data set's factors.
    pub index: usize,
    /// Its values are `0 .. size`.
    pub size: usize,
    /// The encoder is told it; otherwise it finds it.
    pub given: bool,
}

impl Told {
    /// All that a code has.
    pub fn all(code: &[CodeGroup]) -> Vec<Self> {
        let mut at = 0;
        let told = code.iter().filter_map(|group| {
            let count = group.count as usize;
            at += count;
            let CodeKind::Factor { index, size, given } = group.kind else { return None };
            Some(Self { at: at - count, count, index: index as usize, size: size as usize, given })
        });
        told.collect()
    }

    /// Where its numbers stand.
    pub fn range(self) -> Range<usize> {
        self.at..self.at + self.count
    }

    /// One number says how much of it there is; otherwise there is one for each kind.
    pub fn is_amount(self) -> bool {
        self.count == 1
    }

    /// The value that a code says, or nearly says.
    pub fn read(self, z_d: &[f32]) -> usize {
        z_d.get(self.range()).map_or(0, |numbers| said(numbers, self.size))
    }

    /// Has a code say one value.
    pub fn make(self, z_d: &mut [f32], value: usize) {
        if let Some(numbers) = z_d.get_mut(self.range()) {
            tell(numbers, value, self.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_made() {
        let factor = |index, size, count| CodeGroup { kind: CodeKind::Factor { index, size, given: true }, count };
        let code = [CodeGroup { kind: CodeKind::Gaussian, count: 2 }, factor(0, 3, 3), factor(1, 5, 1), factor(2, 2, 1)];
        let told = Told::all(&code);
        assert_eq!(told.iter().map(|t| t.range()).collect::<Vec<_>>(), [2..5, 5..6, 6..7]);
        let mut z = vec![0.5, -3.0, 0.1, 0.2, 0.7, 0.6, 0.0];
        assert_eq!([0, 1, 2].map(|i| told[i].read(&z)), [2, 2, 0]);
        for (told, value) in told.iter().zip([1, 3, 1]) {
            told.make(&mut z, value);
            assert_eq!(told.read(&z), value);
        }
        assert_eq!(z, [0.5, -3.0, 0.0, 1.0, 0.0, 0.75, 1.0]);
        assert_eq!(told[1].read(&[]), 0, "no code is there yet");
    }
}
