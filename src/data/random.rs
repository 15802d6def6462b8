//! Random numbers for data sets: a stream for each image, so that images can be made in any order and on any thread.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// The stream of image `index` of part `part` of the data set of `seed`.
    pub fn new(seed: u32, part: u32, index: u32) -> Self {
        // Two rounds of the generator's own mixing tell neighbouring images apart.
        let mut key = Self(u64::from(seed) << 32 | u64::from(part));
        let mixed = key.next_u64() ^ u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(Self(mixed).next_u64())
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number below `n`, `n` at most 2³².
    pub fn below(&mut self, n: u64) -> u64 {
        ((self.next_u64() >> 32) * n) >> 32
    }

    /// Uniform on `[0, 1)`, 24 bits.
    pub fn uniform(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / 16_777_216.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_uniform_and_independent() {
        let first: Vec<f32> = (0..20_000).map(|i| SplitMix::new(0, 0, i).uniform()).collect();
        let mean = first.iter().sum::<f32>() / 20_000.0;
        assert!((mean - 0.5).abs() < 5.0 * 0.289 / 20_000f32.sqrt(), "{mean}");
        // Neighbouring streams, other parts and other seeds are uncorrelated, within five standard errors.
        let others: [Vec<f32>; 3] = [
            (1..20_001).map(|i| SplitMix::new(0, 0, i).uniform()).collect(),
            (0..20_000).map(|i| SplitMix::new(0, 1, i).uniform()).collect(),
            (0..20_000).map(|i| SplitMix::new(1, 0, i).uniform()).collect(),
        ];
        for other in others {
            let covariance = first.iter().zip(&other).map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f32>() / 20_000.0;
            assert!(covariance.abs() < 5.0 / 12.0 / 20_000f32.sqrt(), "{covariance}");
        }
    }

    #[test]
    fn below_reaches_every_value_and_no_other() {
        let mut rng = SplitMix::new(7, 0, 0);
        let mut seen = [0; 5];
        (0..1000).for_each(|_| seen[rng.below(5) as usize] += 1);
        assert!(seen.iter().all(|n| (120..280).contains(n)), "{seen:?}");
    }
}
