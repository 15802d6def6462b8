//! Random numbers of the measures that sample: SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
//! generators"). Independent of the generator that training draws from.

use std::f64::consts::TAU;

/// A generator whose whole state is its seed.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Uniform on `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A standard normal number (Box & Muller).
    pub fn normal(&mut self) -> f32 {
        // In (0, 1], so that the logarithm is finite.
        let mut unit = || ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64;
        let radius = (-2.0 * unit().ln()).sqrt();
        (radius * (TAU * unit()).cos()) as f32
    }

    /// The numbers below `n` in random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}
