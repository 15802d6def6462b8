//! What the numbers of an array mean as grey levels, told by the least and the largest of all of them.

use std::io::Read;

use latent_vocabulary::plan::{Understood, Values};

use latent_vocabulary::npy::{NpyHeader, NumberKind};

/// The values that become black and white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub black: f64,
    pub white: f64,
}

impl Scale {
    /// The grey level of a value; what is no number is black.
    pub fn level(self, v: f64) -> u8 {
        ((v - self.black) / (self.white - self.black) * 255.0).clamp(0.0, 255.0).round() as u8
    }
}

/// What values were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
    /// Finite ones, their sum and the sum of their squares.
    n: f64,
    sum: f64,
    squares: f64,
    /// Values that are no finite numbers.
    pub nan: u64,
}

impl Default for Range {
    fn default() -> Self {
        Self { low: f64::INFINITY, high: f64::NEG_INFINITY, n: 0.0, sum: 0.0, squares: 0.0, nan: 0 }
    }
}

impl Range {
    /// Reads all values of an array.
    ///
    /// # Errors
    /// If it ends before it should: with the number of the image.
    pub fn read(header: &NpyHeader, reader: &mut dyn Read) -> Result<Self, String> {
        let mut bytes = vec![0; header.row() * header.width];
        let mut range = Self::default();
        for i in 0..header.shape.first().copied().unwrap_or(0) {
            reader.read_exact(&mut bytes).map_err(|e| format!("image {i}: {e}"))?;
            if header.kind == NumberKind::Unsigned && header.width == 1 {
                // Bytes are the commonest by far, and of them the ends say all.
                for v in &bytes {
                    (range.low, range.high) = (range.low.min(f64::from(*v)), range.high.max(f64::from(*v)));
                }
                continue;
            }
            header.numbers(&bytes).for_each(|v| range.add(v));
        }
        Ok(range)
    }

    fn add(&mut self, v: f64) {
        if v.is_finite() {
            (self.low, self.high) = (self.low.min(v), self.high.max(v));
            (self.n, self.sum, self.squares) = (self.n + 1.0, self.sum + v, self.squares + v * v);
        } else {
            self.nan += 1;
        }
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: &Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            n: self.n + other.n,
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
            nan: self.nan + other.nan,
        }
    }

    /// Whether the mean is about 0 and the deviation about 1, as networks are fed.
    fn is_standardised(&self) -> bool {
        let mean = self.sum / self.n;
        let deviation = (self.squares / self.n - mean * mean).max(0.0).sqrt();
        self.n > 1.0 && mean.abs() < 0.5 && (0.5..2.0).contains(&deviation) && self.low < -1.0 / 8.0 && self.high < 100.0
    }
}

/// Part of a range by which interpolation and rounding overshoot it.
const OVERSHOOT: f64 = 0.1;
/// Values between 1 and this are nobody's bytes: so dark are no pictures.
const DARK: f64 = 63.0;

/// The scale of values of a kind in a range; and what is to be said of it.
pub fn understood(name: &str, header: &NpyHeader, range: &Range, wish: Option<Values>) -> (Scale, Understood) {
    let Range { low, high, nan, .. } = *range;
    let own = if high > low { Scale { black: low, white: high } } else { Scale { black: low.min(0.0), white: low.max(0.0) + 1.0 } };
    let own = if low > high { Scale { black: 0.0, white: 1.0 } } else { own };
    let known = match wish {
        Some(Values::Range(black, white)) => Some(Scale { black, white }),
        Some(Values::Own) => None,
        None => usual(header.kind, low, high),
    };
    let Scale { black, white } = known.unwrap_or(own);
    // Numbers that a file cannot have would be no JSON either.
    let (low, high) = if low > high { (0.0, 0.0) } else { (low, high) };
    let (standardised, usual) = (range.is_standardised(), known.is_some() || wish.is_some());
    let kind = header.type_name();
    (Scale { black, white }, Understood { name: name.into(), kind, low, high, black, white, standardised, usual, nan })
}

/// Whether values are in a range that pictures have, or standardised.
pub fn is_usual(header: &NpyHeader, range: &Range) -> bool {
    usual(header.kind, range.low, range.high).is_some() || range.is_standardised()
}

/// Said of values that are in no usual range.
pub fn note(of: &Understood) -> Option<String> {
    let nan = (of.nan > 0).then(|| format!("{} values in {} are no numbers: they become black.", of.nan, of.name));
    let standardised = if of.standardised { " (standardised: mean about 0, deviation about 1)" } else { "" };
    let range = (!of.usual).then(|| {
        let Understood { name, low, high, .. } = of;
        format!("Values in {name} run from {low:.4} to {high:.4}{standardised}: these become black and white.")
    });
    match (range, nan) {
        (Some(range), Some(nan)) => Some(format!("{range} {nan}")),
        (range, nan) => range.or(nan),
    }
}

/// The usual range that values from `low` to `high` are of: `[0, 1]`, bytes, other unsigned numbers, `[-1, 1]`, `[-0.5, 0.5]`
/// and signed bytes; `None` where it is none of them.
fn usual(kind: NumberKind, low: f64, high: f64) -> Option<Scale> {
    if low > high {
        // Not one number: any range does.
        return Some(Scale { black: 0.0, white: 1.0 });
    }
    let float = kind == NumberKind::Float;
    let over = if float { 1.0 + OVERSHOOT } else { 1.0 };
    let within = |from: f64, to: f64| low >= from * over && high <= to * over;
    if low >= 0.0 || float && -low <= OVERSHOOT * high {
        let white = match high {
            v if v <= over => 1.0,
            v if v <= DARK => return None,
            v if v <= 255.0 * over => 255.0,
            // Floats of more than that are no numbers of bits.
            _ if float && high.fract() != 0.0 => return None,
            // Sixteen bits, or fewer of them.
            v => f64::from(1u32 << (v.log2().floor() as u32 + 1).min(31)) - 1.0,
        };
        return Some(Scale { black: 0.0, white });
    }
    match kind {
        NumberKind::Float if within(-0.5, 0.5) => Some(Scale { black: -0.5, white: 0.5 }),
        _ if within(-1.0, 1.0) => Some(Scale { black: -1.0, white: 1.0 }),
        NumberKind::Signed if within(-128.0, 127.0) => Some(Scale { black: -128.0, white: 127.0 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ranges_are_known() {
        let scale = |kind, low, high| usual(kind, low, high).map(|s| (s.black, s.white));
        for (kind, low, high, expected) in [
            (NumberKind::Float, -1e-7, 1.0, Some((0.0, 1.0))),
            (NumberKind::Float, 0.0, 255.0, Some((0.0, 255.0))),
            (NumberKind::Float, -1.0, 1.0, Some((-1.0, 1.0))),
            (NumberKind::Float, -2.1, 2.6, None),
            (NumberKind::Float, 0.0, 16.0, None),
            (NumberKind::Unsigned, 0.0, 1.0, Some((0.0, 1.0))),
            (NumberKind::Unsigned, 0.0, 16.0, None),
            (NumberKind::Unsigned, 0.0, 200.0, Some((0.0, 255.0))),
            (NumberKind::Unsigned, 0.0, 4000.0, Some((0.0, 4095.0))),
            (NumberKind::Unsigned, 0.0, 65535.0, Some((0.0, 65535.0))),
            (NumberKind::Float, 0.0, 812.7, None),
            (NumberKind::Signed, -128.0, 127.0, Some((-128.0, 127.0))),
            (NumberKind::Signed, -900.0, 3000.0, None),
        ] {
            assert_eq!(scale(kind, low, high), expected, "{kind:?} from {low} to {high}");
        }
    }
}
