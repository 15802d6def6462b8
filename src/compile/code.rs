//! Text of kernels: its lines, their indentation, and what it needs in front of it.

use std::fmt::{Arguments, Write};
use std::ops::BitOrAssign;

/// What must stand in front of a kernel that names it, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses(u16);

impl Uses {
    /// `shaders/shared/math.wgsl`.
    pub const MATH: Self = Self(1);
    /// `shaders/shared/rng.wgsl`.
    pub const RNG: Self = Self(1 << 1);
    /// The optimiser's `opt_step`.
    pub const OPTIMIZER: Self = Self(1 << 2);
    /// Subgroup operations.
    pub const QUADS: Self = Self(1 << 3);
    /// Workgroup memory for what a product's tile is computed of.
    pub const TILES: Self = Self(1 << 4);
    /// Workgroup memory for what lanes have found that walk along one row together.
    pub const FOUND: Self = Self(1 << 5);
    /// For a second number beside it.
    pub const FOUND_BEST: Self = Self(1 << 6);
    /// Workgroup memory to count digits in.
    pub const BINS: Self = Self(1 << 7);
    /// Values of 16 bits, and the buffer in which they lie.
    pub const HALVES: Self = Self(1 << 8);

    /// Whether all of `other` is in it.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOrAssign for Uses {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Lines of WGSL.
#[derive(Debug, Default)]
pub struct Code(String);

impl Code {
    /// Adds a line.
    pub fn line(&mut self, line: Arguments) {
        self.0.write_fmt(line).expect("writing to a string");
        self.0.push('\n');
    }

    /// Adds whole lines.
    pub fn lines(&mut self, lines: &str) {
        self.0 += lines;
    }

    /// Takes the lines written so far.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

/// Text with every line indented by the braces around it, without empty lines but for one behind each function.
#[derive(Debug)]
pub struct Indented {
    out: String,
    depth: usize,
}

impl Indented {
    /// Text that goes on behind `out`.
    pub fn behind(out: String) -> Self {
        Self { out, depth: 0 }
    }

    /// Adds lines.
    pub fn lines(&mut self, text: &str) {
        for line in text.lines().map(str::trim_ascii).filter(|l| !l.is_empty()) {
            // Braces within a line are in pairs.
            self.depth = self.depth.saturating_sub(usize::from(line.starts_with('}')));
            for _ in 0..self.depth {
                self.out += "    ";
            }
            self.out += line;
            self.out.push('\n');
            self.depth += usize::from(line.ends_with('{'));
            if self.depth == 0 && line == "}" {
                self.out.push('\n');
            }
        }
    }

    /// The text.
    pub fn text(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_indented_by_the_braces_around_them() {
        let text = "fn f() {\nfor (;;) {\n\nif (x) { y(); }\n}\n}\nfn g() {\n}\n";
        let want = "fn f() {\n    for (;;) {\n        if (x) { y(); }\n    }\n}\n\nfn g() {\n}\n\n";
        for written in [text, want] {
            let mut indented = Indented::behind(String::new());
            indented.lines(written);
            assert_eq!(indented.text(), want);
        }
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let mut uses = Uses::default();
        uses |= Uses::RNG;
        uses |= Uses::TILES;
        assert!(uses.contains(Uses::RNG) && uses.contains(Uses::TILES) && !uses.contains(Uses::MATH));
    }
}
