//! How many bits a saved weight has.
//!
//! Eight bits are whole numbers in −127…127 with one scale a row, the row being everything that has the same first index:
//! `w = scale · q`, `scale = max|row| / 127` (symmetric, "absmax" quantisation). A tensor `NAME` is then stored as `I8`, and its
//! scales, one 32-bit float a row, as `NAME.scale`.

use serde::{Deserialize, Serialize};

/// What the name of a tensor's scales ends with.
pub const SCALE: &str = ".scale";
/// Tensors with fewer numbers keep 16 bits: they weigh nothing, and a code or a bias counts more than one weight of thousands.
const FEWEST: usize = 4096;
/// Largest whole number.
const LARGEST: f32 = 127.0;

/// Bits of a saved weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// 32-bit floats: the weights themselves.
    #[default]
    Full,
    /// 16-bit floats, about three digits.
    Half,
    /// Eight bits where there are many weights, 16 elsewhere.
    Quarter,
}

impl Precision {
    /// Every precision, most bits first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Half, Self::Quarter];

    /// Bits of most of the weights.
    pub fn bits(self) -> u8 {
        match self {
            Self::Full => 32,
            Self::Half => 16,
            Self::Quarter => 8,
        }
    }

    /// The precision of so many bits.
    pub fn of_bits(bits: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.bits() == bits)
    }
}

/// Whether a tensor of that shape is stored in eight bits when a file of them is asked for.
pub fn takes_eight(shape: &[usize]) -> bool {
    shape.len() > 1 && shape.iter().product::<usize>() >= FEWEST
}

/// Rows of `width` numbers as whole numbers and scales, see the module. A row of zeros has scale zero.
pub fn eight(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let largest = |row: &[f32]| row.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    let scales: Vec<f32> = values.chunks_exact(width).map(|row| largest(row) / LARGEST).collect();
    let rows = values.chunks_exact(width).zip(&scales);
    // Zero over zero is no number, which the cast makes zero.
    (rows.flat_map(|(row, scale)| row.iter().map(move |v| (v / scale).round() as i8)).collect(), scales)
}

/// The numbers that bytes and scales stand for; `bytes` is `[scales, width]`, row-major.
pub fn from_eight(bytes: &[u8], scales: &[f32]) -> Vec<f32> {
    let width = (bytes.len() / scales.len().max(1)).max(1);
    let rows = bytes.chunks_exact(width).zip(scales);
    rows.flat_map(|(row, scale)| row.iter().map(move |b| scale * f32::from(b.cast_signed()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bits_are_off_by_half_a_step_of_their_row() {
        let values = [0.5, -1.27, 0.004, 1e-9, 0.0, -3e-10, 0.0, 0.0, 0.0];
        let (whole, scales) = eight(&values, 3);
        assert_eq!(whole, [50, -127, 0, 127, 0, -38, 0, 0, 0]);
        assert_eq!(scales.len(), 3);
        let bytes: Vec<u8> = whole.iter().map(|q| q.cast_unsigned()).collect();
        for (i, (got, want)) in from_eight(&bytes, &scales).iter().zip(&values).enumerate() {
            assert!((got - want).abs() <= 0.501 * scales[i / 3], "{got} for {want}");
        }
        assert_eq!(from_eight(&[], &[]), Vec::<f32>::new());
    }

    #[test]
    fn bits_name_a_precision() {
        for precision in Precision::ALL {
            assert_eq!(Precision::of_bits(precision.bits()), Some(precision));
        }
        assert_eq!(Precision::of_bits(4), None);
        assert!(takes_eight(&[784, 200]) && takes_eight(&[64, 4, 4, 4]));
        assert!(!takes_eight(&[1 << 20]) && !takes_eight(&[64, 8]));
    }
}
