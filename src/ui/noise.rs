//! Random codes of the page.

/// `n` standard normal numbers that depend on `seed` alone: SplitMix64 and the Box–Muller transform.
pub fn normals(seed: u32, n: usize) -> Vec<f32> {
    let mut state = u64::from(seed) << 32 | 0x9e37;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = state;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..n).map(|_| ((-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_standard_normal_and_repeatable() {
        let z = normals(1, 20_000);
        assert_eq!(z[..5], normals(1, 5));
        assert_ne!(z[..5], normals(2, 5));
        let mean = z.iter().sum::<f32>() / 20_000.0;
        let variance = z.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "mean {mean}, variance {variance}");
    }
}
