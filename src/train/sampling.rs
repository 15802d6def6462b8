//! New images from a learnt prior over tokens: drawn place by place, then decoded.

use crate::compile::rng;
use crate::spec::protocol::CodeKind;
use crate::train::{Engine, Program, Rows};

/// Draws token grids from the method's prior, `n` at a time, row-major `[n, places]`.
///
/// Each token is drawn from `softmax(logits / temperature)`, given those before it in raster order; at temperature 0 it is
/// the likeliest one. The same seed gives the same grids.
///
/// # Errors
/// If the method has no learnt prior over tokens, or the device is lost.
pub async fn draw_tokens<E: Engine>(engine: &mut E, n: usize, temperature: f32, seed: u32) -> Result<Vec<f32>, String> {
    let group = engine.info().code.iter().find(|g| g.places().is_some()).copied().ok_or("the method's code has no tokens")?;
    let CodeKind::Grid { codes, .. } = group.kind else { unreachable!("only grids have places") };
    let (places, codes) = (group.places().unwrap_or(0) as usize, codes as usize);
    let mut token_np = vec![0.0; n * places];
    for place in 0..places {
        let outputs = engine.run(Program::TokenLogits, Rows::of(&token_np)).await?;
        let logit_npk = outputs.and_then(|o| o.into_iter().next()).ok_or("the method has no learnt prior over its tokens")?;
        for i in 0..n {
            let from = (i * places + place) * codes;
            token_np[i * places + place] =
                draw(&logit_npk[from..from + codes], temperature, rng::uniform(i as u32, place as u32, 0, seed)) as f32;
        }
    }
    Ok(token_np)
}

/// Images of [`draw_tokens`], row-major `[n, pixels]`, values in `[0, 1]`.
///
/// # Errors
/// As there.
pub async fn draw_images<E: Engine>(engine: &mut E, n: usize, temperature: f32, seed: u32) -> Result<Vec<f32>, String> {
    let token_np = draw_tokens(engine, n, temperature, seed).await?;
    decode_tokens(engine, &token_np).await
}

/// Images that token grids stand for, row-major `[n, pixels]`, values in `[0, 1]`.
///
/// # Errors
/// If the method has no codebook, or the device is lost.
pub async fn decode_tokens<E: Engine>(engine: &mut E, token_np: &[f32]) -> Result<Vec<f32>, String> {
    let outputs = engine.run(Program::FromTokens, Rows::of(token_np)).await?;
    let z_nd = outputs.and_then(|o| o.into_iter().next()).ok_or("the method has no codebook")?;
    engine.decode(&z_nd).await
}

/// The first index at which the cumulative softmax of `logits / temperature` passes `u`, a number on `[0, 1)`.
fn draw(logits: &[f32], temperature: f32, u: f32) -> usize {
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
            counts[draw(&logits, 1.0, rng::uniform(i, 0, 0, 1))] += 1.0 / 20_000.0;
        }
        for (got, want) in counts.iter().zip([0.0900, 0.6652, 0.0, 0.2447]) {
            assert!(f64::abs(got - want) < 0.01, "{counts:?}");
        }
        assert_eq!(draw(&logits, 0.0, 0.999), 1, "the likeliest at temperature 0");
        assert_eq!(draw(&logits, 1.0, 1.0), 3, "never an impossible one");
    }
}
