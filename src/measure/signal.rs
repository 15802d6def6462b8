//! Signal and noise of what is drawn several times.

/// `‖E v‖ / √(tr Cov v)` of a random vector that was drawn several times: its squared mean without what the draws' own noise adds to it
/// (`tr Cov / n`), over the sum of the variances. Of one number it is the signal-to-noise ratio `|E v| / σ(v)` of Rainforth et al. 2018 ("Tighter
/// Variational Bounds are Not Necessarily Better", equation 4); over a whole gradient numbers of no size do not count as much as all
/// others. 0 where the mean is less than noise would give; NaN of fewer than two draws, or if nothing varies.
///
/// # Panics
/// If the draws differ in length.
pub fn signal_to_noise(draws: &[Vec<f32>]) -> f64 {
    let (n, width) = (draws.len() as f64, draws.first().map_or(0, Vec::len));
    assert!(draws.iter().all(|draw| draw.len() == width), "the draws differ in length");
    let (mut signal, mut noise) = (0.0, 0.0);
    for j in 0..width {
        let mean = draws.iter().map(|draw| f64::from(draw[j])).sum::<f64>() / n;
        let variance = draws.iter().map(|draw| (f64::from(draw[j]) - mean).powi(2)).sum::<f64>() / (n - 1.0);
        signal += mean * mean - variance / n;
        noise += variance;
    }
    if noise > 0.0 { (signal.max(0.0) / noise).sqrt() } else { f64::NAN }
}
