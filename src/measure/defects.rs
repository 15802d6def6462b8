//! Defects: what is drawn onto sound pictures, and how well scores tell it.

use super::rng::Rng;

/// Length of a scratch as a share of a picture's shorter side, and half its width.
const LENGTH: f64 = 0.4;
const HALF_WIDTH: f64 = 0.03;
/// A value that changes by less is not damaged.
const SEEN: f32 = 0.2;

/// Draws a straight scratch onto a picture, bright where the picture is dark there on the whole, else dark, and returns which pixels it has
/// changed, shape `[height * width]`. Values lie in `[0, 1]`; `x` has shape `[channels, height, width]`.
pub fn scratch(x: &mut [f32], [channels, height, width]: [usize; 3], rng: &mut Rng) -> Vec<bool> {
    let side = height.min(width) as f64;
    let (half, radius) = (side * LENGTH / 2.0, (side * HALF_WIDTH).max(0.75));
    // All of it lies within the picture.
    let mut middle = |size: usize| half + rng.unit() * (size as f64 - 1.0 - 2.0 * half).max(0.0);
    let (row, column) = (middle(height), middle(width));
    let (dy, dx) = (std::f64::consts::PI * rng.unit()).sin_cos();
    let covered = |p: usize| {
        let (y, x) = ((p / width) as f64 - row, (p % width) as f64 - column);
        let along = (y * dy + x * dx).clamp(-half, half);
        (y - along * dy).hypot(x - along * dx) <= radius
    };
    let plane = height * width;
    let under: Vec<usize> = (0..plane).filter(|p| covered(*p)).collect();
    let mean = under.iter().map(|p| x[*p]).sum::<f32>() / under.len().max(1) as f32;
    let ink = if mean < 0.5 { 1.0 } else { 0.0 };
    let mut changed = vec![false; plane];
    for p in under {
        let mut most = 0.0f32;
        for c in 0..channels {
            let value = &mut x[c * plane + p];
            most = most.max((*value - ink).abs());
            *value = ink;
        }
        changed[p] = most >= SEEN;
    }
    changed
}

/// Each pixel's mean over itself and its neighbours, shape `[height * width]`.
pub fn smoothed(map: &[f64], [height, width]: [usize; 2]) -> Vec<f64> {
    let near = |at: usize, size: usize| at.saturating_sub(1)..(at + 2).min(size);
    let mean = |p: usize| {
        let (rows, columns) = (near(p / width, height), near(p % width, width));
        let n = rows.len() * columns.len();
        rows.flat_map(|y| columns.clone().map(move |x| y * width + x)).map(|q| map[q]).sum::<f64>() / n as f64
    };
    (0..map.len()).map(mean).collect()
}

/// Numbers of the scores from the highest to the lowest.
fn falling(score_n: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..score_n.len()).collect();
    order.sort_by(|a, b| score_n[*b].total_cmp(&score_n[*a]));
    order
}

/// Area under the receiver operating characteristic: how often one that is meant has the higher score of two, ties counting half. ½ is chance.
/// `None` where all or none are meant.
pub fn auroc(score_n: &[f64], meant_n: &[bool]) -> Option<f64> {
    let meant = meant_n.iter().filter(|meant| **meant).count();
    let others = meant_n.len() - meant;
    if meant == 0 || others == 0 {
        return None;
    }
    let order = falling(score_n);
    let (mut above, mut pairs, mut at) = (0usize, 0.0, 0);
    while at < order.len() {
        let tied = order[at..].iter().take_while(|i| score_n[**i] == score_n[order[at]]).count();
        let of_tied = order[at..at + tied].iter().filter(|i| meant_n[**i]).count();
        // Others of the tie are beaten by all that are meant above it, and half by those within.
        pairs += (tied - of_tied) as f64 * (above as f64 + of_tied as f64 / 2.0);
        above += of_tied;
        at += tied;
    }
    Some(pairs / (meant as f64 * others as f64))
}

/// The best Dice coefficient, 2·|A ∩ B| / (|A| + |B|), of what is meant with what scores at least some threshold. 0 where none is meant.
pub fn best_dice(score_n: &[f64], meant_n: &[bool]) -> f64 {
    let meant = meant_n.iter().filter(|meant| **meant).count();
    let order = falling(score_n);
    let (mut best, mut both) = (0.0f64, 0usize);
    for (taken, i) in order.iter().enumerate() {
        both += usize::from(meant_n[*i]);
        let last_of_tie = order.get(taken + 1).is_none_or(|next| score_n[*next] < score_n[*i]);
        if last_of_tie {
            best = best.max(2.0 * both as f64 / (taken + 1 + meant) as f64);
        }
    }
    best
}

/// |A ∩ B| / |A ∪ B| of what is meant with as many of the highest scores. 0 where none is meant.
pub fn overlap_of_highest(score_n: &[f64], meant_n: &[bool]) -> f64 {
    let meant = meant_n.iter().filter(|meant| **meant).count();
    let both = falling(score_n).iter().take(meant).filter(|i| meant_n[**i]).count();
    if meant == 0 { 0.0 } else { both as f64 / (2 * meant - both) as f64 }
}
