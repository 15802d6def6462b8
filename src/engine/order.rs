//! The order in which training images are seen.

use latent_compile::rng;

/// Keeps the shuffle apart from the noise that is keyed by the same seed.
const STREAM: u32 = u32::MAX;

/// The order of one epoch, without replacement: a permutation of `0..n`, the same for every engine.
pub fn epoch_order(seed: u32, epoch: u32, n: u32) -> Vec<u32> {
    permutation(n, STREAM, epoch, seed)
}

/// A permutation of `0..n` by Fisher and Yates' shuffle, driven by the counter-based generator.
pub fn permutation(n: u32, stream: u32, step: u32, seed: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n).collect();
    for i in (1..n).rev() {
        let [high, low] = rng::bits(i, stream, step, seed);
        let word = (u64::from(high) << 32) | u64::from(low);
        // 64 random bits scaled to 0..=i: the bias is below 2⁻³².
        let j = ((u128::from(word) * u128::from(i + 1)) >> 64) as usize;
        order.swap(i as usize, j);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_once_and_each_epoch_anew() {
        let (a, b) = (epoch_order(1, 0, 1000), epoch_order(1, 1, 1000));
        let mut sorted = a.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_eq!(a, epoch_order(1, 0, 1000));
        assert!(a.iter().zip(&b).filter(|(x, y)| x == y).count() < 10);
    }
}
