//! What a part of a code stands for: the first tokens of each place, or the strongest features.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Answer, Pictures};
use super::coder::{Alphabet, Coder, Frame, Rows, Size, Tests};
use super::question::Question;
use latent_measure::sparse::fraction_unexplained;
use latent_measure::{Rows as Matrix, codebook};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Most lengths that are tried.
const TRIED: usize = 14;

/// Test images decoded from parts of their codes: where places have several tokens from the first 1, 2, … of each, where a code is made of features from
/// the 1, 2, … strongest of each input. The answer is [`Shortened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shorten {
    /// Those on show.
    pub at: Vec<u32>,
    /// The first test images, as many, of which the numbers are.
    pub count: u32,
}

/// As in [`Images`](crate::Images) the pictures on show: the samples themselves, then all of them at the first length, at the second and so on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortened {
    /// Pictures of each length.
    pub shown: u32,
    /// Images of which the numbers are.
    pub images: u32,
    /// Of each length, little-endian `f32`, shape `[lengths, 4]`: see [`Self::lengths`].
    pub told_l4: ByteBuf,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
}

impl Shortened {
    /// Of each length: tokens of a place, or features of an input, rising, of which the last are all; what that costs, in bits of a sample by how often
    /// codes are chosen or in features that are active on an input on average; the squared error of a value; and the fraction of the variance unexplained,
    /// each value of a sample about its own mean.
    pub fn lengths(&self) -> Vec<[f32; 4]> {
        bytes_f32(&self.told_l4).chunks_exact(4).map(|row| [row[0], row[1], row[2], row[3]]).collect()
    }
}

impl Answer for Shortened {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

/// The code that the first `depth` tokens of each place stand for: their vectors added up.
///
/// # Shapes
/// - `token_n`: `[samples * places, levels]`; `vector_kd`: `[codes, dim]`; output: `[samples * places, dim]`
fn first(token_n: &[f32], levels: usize, depth: usize, vector_kd: &[f32], dim: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(token_n.len() / levels * dim);
    for place in token_n.chunks_exact(levels) {
        let mut sum = vec![0.0f32; dim];
        for token in &place[..depth] {
            let code = *token as usize;
            sum.iter_mut().zip(&vector_kd[code * dim..(code + 1) * dim]).for_each(|(s, v)| *s += v);
        }
        out.extend(sum);
    }
    out
}

/// The code where it is among the `k` largest of its input by size, else zero; of equals the first stay. Inputs have `features` numbers each.
fn strongest(z_nd: &[f32], features: usize, k: usize) -> Vec<f32> {
    let mut out = vec![0.0f32; z_nd.len()];
    for (input, kept) in z_nd.chunks_exact(features).zip(out.chunks_exact_mut(features)) {
        let mut active: Vec<usize> = (0..features).filter(|f| input[*f] != 0.0).collect();
        active.sort_by(|a, b| input[*b].abs().total_cmp(&input[*a].abs()));
        active.iter().take(k).for_each(|f| kept[*f] = input[*f]);
    }
    out
}

/// Features of an input that are not zero.
fn active(input: &[f32]) -> usize {
    input.iter().filter(|a| **a != 0.0).count()
}

/// Numbers up to `most`: all of them at first, then in growing steps.
fn tried(most: usize) -> Vec<usize> {
    let mut all: Vec<usize> = vec![];
    for i in 0..TRIED {
        let k = (most as f64).powf(i as f64 / (TRIED - 1) as f64).round() as usize;
        let k = k.max(all.last().map_or(1, |last| last + 1)).min(most);
        if all.last() != Some(&k) {
            all.push(k);
        }
    }
    all
}

/// Parts of a code: how long, of the images on show, of the others, and at what cost.
type Part = (usize, [Vec<f32>; 2], f32);

/// Parts of codes that are written in several tokens a place.
async fn by_tokens(coder: &mut impl Coder, alphabet: Alphabet, rows: [Rows<'_>; 2]) -> Result<Vec<Part>, String> {
    let (Alphabet { tokens, places, codes, .. }, levels, latent) = (alphabet, alphabet.levels(), coder.frame().latent);
    // A place that has one code throughout is that code as often as it has tokens.
    let fill: Vec<f32> = (0..codes).flat_map(|code| std::iter::repeat_n(code as f32, tokens)).collect();
    let (z_kd, dim) = (coder.from_tokens(&fill).await?, latent / places);
    let vector_kd: Vec<f32> = z_kd.chunks_exact(latent).flat_map(|z| &z[..dim]).map(|v| v / levels as f32).collect();
    let of = [coder.tokens(rows[0]).await?, coder.tokens(rows[1]).await?];
    let part = |depth: usize| {
        let z = of.each_ref().map(|token_n| first(token_n, levels, depth, &vector_kd, dim));
        let chosen: Vec<u32> = of[1].chunks_exact(levels).flat_map(|place| &place[..depth]).map(|t| *t as u32).collect();
        Ok((depth, z, codebook::rate(&chosen, [places, depth, codes])?.used as f32))
    };
    (1..=levels).map(part).collect()
}

/// Parts of codes that are made of so many features an input.
async fn by_features(coder: &mut impl Coder, features: usize, rows: [Rows<'_>; 2]) -> Result<Vec<Part>, String> {
    let of = [coder.encode(rows[0]).await?.0, coder.encode(rows[1]).await?.0];
    let most = of.iter().flat_map(|z_nd| z_nd.chunks_exact(features)).map(active).max().unwrap_or(0);
    let inputs = (of[1].len() / features).max(1) as f32;
    let part = |k: usize| {
        let z = of.each_ref().map(|z_nd| strongest(z_nd, features, k));
        let l0 = active(&z[1]) as f32 / inputs;
        (k, z, l0)
    };
    // Where none is active there is nothing to leave out.
    Ok(if most == 0 { vec![] } else { tried(most).into_iter().map(part).collect() })
}

impl Question for Shorten {
    type Answer = Shortened;

    const OF_TESTS: bool = true;

    fn fits(&self, frame: &Frame) -> bool {
        frame.features.is_some() || frame.alphabet.is_some_and(|alphabet| alphabet.levels() > 1)
    }

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Shortened, String> {
        let Frame { size, alphabet, features, .. } = coder.frame();
        let (at, batch) = (tests.known(&self.at), tests.range(0, self.count));
        let rows = [Rows::tests(tests, &at), Rows::tests(tests, &batch)];
        let parts = match (alphabet, features) {
            (Some(alphabet), _) => by_tokens(coder, alphabet, rows).await?,
            (_, Some(grid)) => by_features(coder, grid.features, rows).await?,
            _ => return Err("the method's code has neither tokens nor features".into()),
        };
        let (x, width) = (tests.values(&batch), tests.shape.len());
        let Size { width: across, height, channels } = size;
        let (mut told, mut pixels) = (vec![], tests.pictures(&at));
        for (length, [shown, others], cost) in parts {
            pixels.extend(coder.pictures(&shown).await?);
            let y = coder.decode(&others).await?;
            let error: f64 = x.iter().zip(&y).map(|(a, b)| f64::from(a - b).powi(2)).sum();
            let fvu = fraction_unexplained(Matrix::new(&x, width), Matrix::new(&y, width));
            told.extend([length as f32, cost, (error / x.len().max(1) as f64) as f32, fvu as f32]);
        }
        let (shown, images) = (at.len() as u32, batch.len() as u32);
        let (told_l4, pixels) = (f32_bytes(&told), ByteBuf::from(pixels));
        Ok(Shortened { shown, images, told_l4, width: across, height, channels, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_a_place_add_up() {
        let vector_kd = [1.0, 0.0, 0.0, 10.0, 100.0, 100.0];
        assert_eq!(first(&[0.0, 1.0, 2.0, 2.0], 2, 1, &vector_kd, 2), [1.0, 0.0, 100.0, 100.0]);
        assert_eq!(first(&[0.0, 1.0, 2.0, 2.0], 2, 2, &vector_kd, 2), [1.0, 10.0, 200.0, 200.0]);
    }

    #[test]
    fn the_largest_of_each_input_stay() {
        let z = [0.0, 3.0, -4.0, 1.0, 2.0, 2.0, 0.0, 0.0];
        assert_eq!(strongest(&z, 4, 2), [0.0, 3.0, -4.0, 0.0, 2.0, 2.0, 0.0, 0.0]);
        assert_eq!(strongest(&z, 4, 1), [0.0, 0.0, -4.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
        assert_eq!((strongest(&z, 4, 9), strongest(&z, 4, 0)), (z.to_vec(), vec![0.0; 8]));
    }

    #[test]
    fn few_are_tried_one_by_one_and_many_in_steps() {
        assert_eq!((tried(1), tried(4)), (vec![1], vec![1, 2, 3, 4]));
        let all = tried(500);
        assert_eq!((all.len(), all[0], all[1], all[13]), (TRIED, 1, 2, 500));
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
