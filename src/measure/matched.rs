//! Which parts of two models' codes tell the same of the same inputs.

use super::{Rows, assign};

/// Parts of a code that are compared at most: of more, those that vary most. The assignment is of third order in their number.
pub const MOST: usize = 512;

/// A part of one code and its partner in the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    pub at: [usize; 2],
    /// How well the two agree; never zero.
    pub agreement: f64,
}

/// Parts of two codes that go together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matched {
    /// Those that agree most come first.
    pub pairs: Vec<Match>,
    /// Parts without a partner, of either code.
    pub alone: [Vec<usize>; 2],
    /// How much each part varies, of either code: of numbers their standard deviation, of tokens how often each stands.
    pub spread: [Vec<f64>; 2],
    /// Parts that were compared, of either code.
    pub compared: [usize; 2],
}

/// Columns of codes, less their means, and their deviations.
fn columns(z_nd: Rows<'_>) -> (Vec<Vec<f64>>, Vec<f64>) {
    let n = z_nd.len().max(1) as f64;
    let column = |k: usize| -> Vec<f64> {
        let values: Vec<f64> = z_nd.values().iter().skip(k).step_by(z_nd.width()).map(|v| f64::from(*v)).collect();
        let mean = values.iter().sum::<f64>() / n;
        values.into_iter().map(|v| v - mean).collect()
    };
    let all: Vec<Vec<f64>> = (0..z_nd.width()).map(column).collect();
    let spread = all.iter().map(|c| (c.iter().map(|v| v * v).sum::<f64>() / n).sqrt()).collect();
    (all, spread)
}

/// The parts that vary, in order; of more than [`MOST`] those that vary most.
fn alive(spread: &[f64]) -> Vec<usize> {
    let mut at: Vec<usize> = (0..spread.len()).filter(|i| spread[*i] > 0.0).collect();
    at.sort_by(|a, b| spread[*b].total_cmp(&spread[*a]));
    at.truncate(MOST);
    at.sort_unstable();
    at
}

/// Gives each part of the code that has fewer a partner of its own, so that the sum of absolute agreements is as large as possible
/// ([`assign::maximum`]). Partners that do not agree at all are none.
fn assigned(spread: [Vec<f64>; 2], agreement: impl Fn(usize, usize) -> f64) -> Matched {
    let there = [0, 1].map(|k| alive(&spread[k]));
    // Rows are of the code that has fewer.
    let turned = there[0].len() > there[1].len();
    let [rows, columns] = if turned { [&there[1], &there[0]] } else { [&there[0], &there[1]] };
    let of = |row: usize, column: usize| if turned { [column, row] } else { [row, column] };
    let mut pairs: Vec<Match> = vec![];
    if !rows.is_empty() {
        let all: Vec<f64> =
            rows.iter().flat_map(|i| columns.iter().map(move |j| of(*i, *j))).map(|[i, j]| agreement(i, j)).collect();
        let gain: Vec<f64> = all.iter().map(|r| r.abs()).collect();
        let partner = assign::maximum(&gain, columns.len());
        let found = partner
            .iter()
            .enumerate()
            .map(|(row, column)| Match { at: of(rows[row], columns[*column]), agreement: all[row * columns.len() + column] });
        pairs = found.filter(|pair| pair.agreement != 0.0).collect();
    }
    pairs.sort_unstable_by(|x, y| y.agreement.abs().total_cmp(&x.agreement.abs()).then(x.at.cmp(&y.at)));
    let compared = [0, 1].map(|k| there[k].len());
    let cut = |k: usize| spread[k].iter().filter(|s| **s > 0.0).count() > compared[k];
    let alone = [0, 1].map(|k| {
        let candidates = if cut(k) { there[k].clone() } else { (0..spread[k].len()).collect() };
        candidates.into_iter().filter(|i| pairs.iter().all(|pair| pair.at[k] != *i)).collect()
    });
    Matched { pairs, alone, spread, compared }
}

/// Numbers of codes that go together, by their correlation over the same inputs.
///
/// # Panics
/// If the codes are of different numbers of inputs.
pub fn by_correlation(a_nd: Rows<'_>, b_nd: Rows<'_>) -> Matched {
    assert_eq!(a_nd.len(), b_nd.len(), "the codes are of different inputs");
    let [(a, spread_a), (b, spread_b)] = [columns(a_nd), columns(b_nd)];
    let n = a_nd.len().max(1) as f64;
    let (sd_a, sd_b) = (spread_a.clone(), spread_b.clone());
    assigned([spread_a, spread_b], |i, j| {
        let r = a[i].iter().zip(&b[j]).map(|(x, y)| x * y).sum::<f64>() / n / (sd_a[i] * sd_b[j]);
        if r.is_finite() { r } else { 0.0 }
    })
}

/// Tokens that go together, by the places where they stand: the Jaccard index, places where both stand over places where one does.
/// `a_n` and `b_n` are the tokens of the same places, below `codes`.
///
/// # Panics
/// If there are different numbers of places, or a token is not below its `codes`.
pub fn by_place(a_n: &[u32], b_n: &[u32], codes: [usize; 2]) -> Matched {
    assert_eq!(a_n.len(), b_n.len(), "the tokens are of different places");
    let mut both = vec![0u32; codes[0] * codes[1]];
    let mut count = [vec![0.0; codes[0]], vec![0.0; codes[1]]];
    for (a, b) in a_n.iter().zip(b_n) {
        let [a, b] = [*a as usize, *b as usize];
        both[a * codes[1] + b] += 1;
        count[0][a] += 1.0;
        count[1][b] += 1.0;
    }
    let [one, other] = count.clone();
    assigned(count, |i, j| {
        let shared = f64::from(both[i * codes[1] + j]);
        shared / (one[i] + other[j] - shared)
    })
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
        let both = by_correlation(Rows::new(&a, 2), Rows::new(&b, 3));
        let mut at: Vec<([usize; 2], f64)> = both.pairs.iter().map(|p| (p.at, p.agreement.round())).collect();
        at.sort_by_key(|(at, _)| *at);
        assert_eq!(at, [([0, 2], -1.0), ([1, 0], 1.0)]);
        assert_eq!((&both.alone, both.compared), (&[vec![], vec![1]], [2, 3]));
        assert!((both.spread[1][0] - 3.0 * both.spread[0][1]).abs() < 1e-6);
        let turned = by_correlation(Rows::new(&b, 3), Rows::new(&a, 2));
        assert!(turned.alone == [vec![1], vec![]] && turned.pairs.iter().any(|p| p.at == [2, 0] && p.agreement < -0.99));
        let still = by_correlation(Rows::new(&[1.0, 1.0], 1), Rows::new(&[0.0, 1.0], 1));
        assert_eq!((still.pairs.len(), still.alone), (0, [vec![0], vec![0]]), "what never changes agrees with nothing");
    }

    #[test]
    fn tokens_find_those_that_stand_at_the_same_places() {
        // 0 is 2 there, but for one place in four; 1 is 0; 2 was never chosen, and neither was the other's 1.
        let both = by_place(&[0, 0, 0, 0, 1, 1], &[2, 2, 2, 0, 0, 0], [3, 3]);
        let at: Vec<([usize; 2], f64)> = both.pairs.iter().map(|p| (p.at, p.agreement)).collect();
        assert_eq!(at, [([0, 2], 0.75), ([1, 0], 2.0 / 3.0)]);
        assert_eq!((both.alone, both.compared), ([vec![2], vec![1]], [2, 2]));
    }

    #[test]
    fn of_too_many_those_that_vary_most_are_compared() {
        let width = MOST + 10;
        let row = |sign: f32| (0..width).map(move |i| sign * (i + 1) as f32);
        let z: Vec<f32> = row(1.0).chain(row(-1.0)).collect();
        let both = by_correlation(Rows::new(&z, width), Rows::new(&z, width));
        assert_eq!((both.pairs.len(), both.compared, &both.alone), (MOST, [MOST; 2], &[vec![], vec![]]));
        assert!(both.pairs.iter().all(|p| p.at.iter().all(|i| *i >= 10)), "the first ten vary least");
    }
}
