//! Latents of two models that tell the same of images.

use latent_measure::assign;

/// A latent of one model and its partner in the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    pub at: [usize; 2],
    /// Correlation of the two over the images.
    pub r: f64,
}

/// Codes of the same images by two models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matched {
    /// Those that agree most come first.
    pub pairs: Vec<Match>,
    /// Latents without a partner, of either model.
    pub alone: [Vec<usize>; 2],
    /// Standard deviation of each latent, of either model.
    pub spread: [Vec<f64>; 2],
}

/// Columns of codes, less their means, and their deviations.
fn columns(z_nd: &[f32], d: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let n = (z_nd.len() / d.max(1)).max(1) as f64;
    let column = |k: usize| -> Vec<f64> {
        let values: Vec<f64> = z_nd.iter().skip(k).step_by(d).map(|v| f64::from(*v)).collect();
        let mean = values.iter().sum::<f64>() / n;
        values.into_iter().map(|v| v - mean).collect()
    };
    let all: Vec<Vec<f64>> = (0..d).map(column).collect();
    let spread = all.iter().map(|c| (c.iter().map(|v| v * v).sum::<f64>() / n).sqrt()).collect();
    (all, spread)
}

/// Gives each latent of the model that has fewer a partner of its own, so that the sum of absolute correlations is as large as possible
/// ([`assign::maximum`]). `codes` are row-major `[images, latents]`, with the number of latents of either model.
pub fn matched(codes: [&[f32]; 2], latents: [usize; 2]) -> Matched {
    let [(a, spread_a), (b, spread_b)] = [0, 1].map(|k| columns(codes[k], latents[k]));
    let n = a.first().map_or(1, Vec::len).max(1) as f64;
    let r = |i: usize, j: usize| {
        let r = a[i].iter().zip(&b[j]).map(|(x, y)| x * y).sum::<f64>() / n / (spread_a[i] * spread_b[j]);
        // A latent that never changes agrees with nothing.
        if r.is_finite() { r } else { 0.0 }
    };
    // Rows are of the model that has fewer.
    let turned = latents[0] > latents[1];
    let [rows, columns] = if turned { [latents[1], latents[0]] } else { latents };
    let mut found = Matched { spread: [spread_a.clone(), spread_b.clone()], ..Matched::default() };
    if rows == 0 {
        return found;
    }
    let of = |row: usize, column: usize| if turned { [column, row] } else { [row, column] };
    let gain: Vec<f64> = (0..rows).flat_map(|i| (0..columns).map(move |j| of(i, j))).map(|[i, j]| r(i, j).abs()).collect();
    let partner = assign::maximum(&gain, columns);
    found.pairs = (0..rows).map(|i| of(i, partner[i])).map(|at| Match { at, r: r(at[0], at[1]) }).collect();
    found.pairs.sort_unstable_by(|x, y| y.r.abs().total_cmp(&x.r.abs()).then(x.at.cmp(&y.at)));
    found.alone = [0, 1].map(|k| (0..latents[k]).filter(|i| found.pairs.iter().all(|pair| pair.at[k] != *i)).collect());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latents_find_those_that_tell_the_same() {
        // The second model has the first's latents in another order, one upside down, and one that says something else.
        let codes: Vec<[f32; 2]> = (0..50u8).map(|i| [f32::from(i % 7), f32::from(i % 5)]).collect();
        let a: Vec<f32> = codes.iter().flat_map(|z| [z[0], z[1]]).collect();
        let b: Vec<f32> = codes.iter().enumerate().flat_map(|(i, z)| [3.0 * z[1], f32::from((i % 3) as u8), -z[0]]).collect();
        let both = matched([&a, &b], [2, 3]);
        let mut at: Vec<([usize; 2], f64)> = both.pairs.iter().map(|p| (p.at, p.r.round())).collect();
        at.sort_by_key(|(at, _)| *at);
        assert_eq!(at, [([0, 2], -1.0), ([1, 0], 1.0)]);
        assert_eq!(both.alone, [vec![], vec![1]]);
        assert!((both.spread[1][0] - 3.0 * both.spread[0][1]).abs() < 1e-6);
        let turned = matched([&b, &a], [3, 2]);
        assert!(turned.alone == [vec![1], vec![]] && turned.pairs.iter().any(|p| p.at == [2, 0] && p.r < -0.99));
        let still = matched([&[1.0, 1.0], &[0.0, 1.0]], [1, 1]);
        assert_eq!(still.pairs, [Match { at: [0, 0], r: 0.0 }]);
    }
}
