//! Two models side by side: what of one's code goes with what of the other's.

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::coder::{Coder, Tests};
use super::question::Question;
use super::spell::{Parts, Spelt, spelt};
use latent_measure::Rows as Matrix;
use latent_measure::matched::{self, Matched};
use latent_vocabulary::numbers::bytes_f32;

/// Rows over which features are compared at most: places of a grid are rows each.
const ROWS: usize = 2_000;

/// What of this model's code goes with a part of the other's, which has written the same first `count` test images: [`Partners`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub count: u32,
    pub other: Spelt,
}

/// Parts of the other's code and of this one that go together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partners {
    pub parts: Parts,
    /// The other's part, this one's, and how well they agree: a correlation, of tokens a Jaccard index. The best come first.
    pub pairs: Vec<([u32; 2], f64)>,
    /// Parts of either without a partner.
    pub alone: [Vec<u32>; 2],
    /// How much each part of either varies: of numbers their standard deviation, of tokens how often each stands.
    pub spread: [Vec<f64>; 2],
    /// Parts of either that were compared: not all where there are very many.
    pub compared: [u32; 2],
}

impl Answer for Partners {}

impl Partners {
    fn of(parts: Parts, matched: Matched) -> Self {
        let small = |i: &usize| *i as u32;
        Self {
            parts,
            pairs: matched.pairs.iter().map(|pair| ([small(&pair.at[0]), small(&pair.at[1])], pair.agreement)).collect(),
            alone: matched.alone.map(|all| all.iter().map(small).collect()),
            spread: matched.spread,
            compared: matched.compared.map(|n| n as u32),
        }
    }
}

impl Question for Pair {
    type Answer = Partners;

    const OF_TESTS: bool = true;

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Partners, String> {
        let own = spelt(coder, tests, self.count).await?;
        pair(&self.other, &own)
    }
}

/// What of two codes of the same images goes together.
fn pair(other: &Spelt, own: &Spelt) -> Result<Partners, String> {
    if (other.parts == Parts::Tokens) != (own.parts == Parts::Tokens) {
        return Err("one of the two codes is written in tokens and the other in numbers: their parts cannot be matched".into());
    }
    let kinds = [other.kinds as usize, own.kinds as usize];
    let [a, b] = [&other.values, &own.values].map(|values| bytes_f32(values));
    let matched = if own.parts == Parts::Tokens {
        if a.len() != b.len() {
            return Err("the two codes have tokens at different places: these cannot be matched".into());
        }
        let [a, b] = [a, b].map(|tokens| tokens.iter().map(|t| *t as u32).collect::<Vec<u32>>());
        if [&a, &b].iter().zip(kinds).any(|(all, kinds)| all.iter().any(|t| *t as usize >= kinds)) {
            return Err("a token is not in the codebook".into());
        }
        matched::by_place(&a, &b, kinds)
    } else {
        if kinds.contains(&0) || [&a, &b].iter().zip(kinds).any(|(z, kinds)| !z.len().is_multiple_of(kinds)) {
            return Err("the codes are no whole rows".into());
        }
        let rows = a.len() / kinds[0];
        if rows != b.len() / kinds[1] {
            return Err("the two codes have features at different places: these cannot be matched".into());
        }
        let every = rows.div_ceil(ROWS).max(1);
        let thin = |z: Vec<f32>, kinds: usize| -> Vec<f32> { z.chunks_exact(kinds).step_by(every).flatten().copied().collect() };
        let [a, b] = [thin(a, kinds[0]), thin(b, kinds[1])];
        matched::by_correlation(Matrix::new(&a, kinds[0]), Matrix::new(&b, kinds[1]))
    };
    let parts = if other.parts == own.parts { own.parts } else { Parts::Latents };
    Ok(Partners::of(parts, matched))
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::numbers::f32_bytes;

    fn spelt(parts: Parts, kinds: u32, values: &[f32]) -> Spelt {
        Spelt { parts, kinds, values: f32_bytes(values) }
    }

    #[test]
    fn codes_of_one_sort_are_matched() {
        let a = spelt(Parts::Features, 2, &[0.0, 1.0, 2.0, 0.0, 4.0, 1.0]);
        let b = spelt(Parts::Features, 3, &[3.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 0.0, 2.0]);
        let both = pair(&a, &b).unwrap();
        let mut pairs: Vec<([u32; 2], f64)> = both.pairs.iter().map(|(at, r)| (*at, r.round())).collect();
        pairs.sort_by_key(|(at, _)| *at);
        assert_eq!(pairs, [([0, 2], 1.0), ([1, 0], 1.0)]);
        assert_eq!((both.parts, both.alone, both.compared), (Parts::Features, [vec![], vec![1]], [2, 2]));
        let tokens = pair(&spelt(Parts::Tokens, 4, &[3.0, 1.0]), &spelt(Parts::Tokens, 2, &[0.0, 1.0])).unwrap();
        assert_eq!(tokens.pairs, [([1, 1], 1.0), ([3, 0], 1.0)]);
    }

    #[test]
    fn what_cannot_be_matched_says_why() {
        let tokens = spelt(Parts::Tokens, 4, &[3.0, 1.0]);
        for (a, b, why) in [
            (spelt(Parts::Latents, 2, &[0.0, 1.0]), tokens.clone(), "written in tokens"),
            (tokens.clone(), spelt(Parts::Tokens, 4, &[0.0]), "different places"),
            (tokens, spelt(Parts::Tokens, 1, &[0.0, 1.0]), "not in the codebook"),
            (spelt(Parts::Features, 2, &[0.0, 1.0]), spelt(Parts::Features, 1, &[0.0, 1.0]), "different places"),
            (spelt(Parts::Latents, 2, &[0.0]), spelt(Parts::Latents, 1, &[0.0]), "whole rows"),
        ] {
            let said = pair(&a, &b).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }
}
