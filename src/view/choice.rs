//! A choice among kinds, as a learnt prior makes it.

/// The first index at which the cumulative softmax of `logits / temperature` passes `u`, a number on `[0, 1)`.
pub fn draw(logits: &[f32], temperature: f32, u: f32) -> usize {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if temperature <= 0.0 {
        return logits.iter().position(|l| *l == largest).unwrap_or(0);
    }
    let weights: Vec<f64> = logits.iter().map(|l| f64::from((l - largest) / temperature).exp()).collect();
    let mut left = f64::from(u) * weights.iter().sum::<f64>();
    for (i, w) in weights.iter().enumerate() {
        left -= w;
        if left < 0.0 {
            return i;
        }
    }
    // Rounding alone gets here: the last that is possible at all.
    weights.iter().rposition(|w| *w > 0.0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_softmax() {
        let logits = [1.0, 3.0, f32::NEG_INFINITY, 2.0];
        let mut counts = [0.0; 4];
        for i in 0..20_000 {
            counts[draw(&logits, 1.0, (0.5 + i as f32) / 20_000.0)] += 1.0 / 20_000.0;
        }
        for (got, want) in counts.iter().zip([0.0900, 0.6652, 0.0, 0.2447]) {
            assert!(f64::abs(got - want) < 0.01, "{counts:?}");
        }
        assert_eq!(draw(&logits, 0.0, 0.999), 1, "the likeliest at temperature 0");
        assert_eq!(draw(&logits, 1.0, 1.0), 3, "never an impossible one");
    }
}
