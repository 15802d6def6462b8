//! What a panel wants to see of a codebook.

use super::{Pictured, TestSet};
use crate::measure::codebook::Usage;
use crate::spec::protocol::{CodeGroup, CodeKind, View, f32_bytes};
use crate::train::{Engine, Program, Rows, sampling};

/// Tokens of an image, places of their grid (each may have several), and kinds of tokens.
struct Alphabet {
    tokens: usize,
    places: usize,
    codes: usize,
}

fn alphabet(engine: &impl Engine) -> Result<Alphabet, String> {
    let grid = |group: &CodeGroup| match group.kind {
        CodeKind::Grid { codes, height, width, .. } => {
            Some(Alphabet { tokens: group.places()? as usize, places: (height * width) as usize, codes: codes as usize })
        }
        _ => None,
    };
    engine.info().code.iter().find_map(grid).ok_or_else(|| "the method's code has no tokens".into())
}

/// The only output of a program.
async fn table(engine: &mut impl Engine, what: Program, rows: Rows<'_>) -> Result<Vec<f32>, String> {
    let outputs = engine.run(what, rows).await?;
    outputs.and_then(|o| o.into_iter().next()).ok_or_else(|| format!("the method lacks {}", what.name()))
}

/// The pictures that token grids stand for.
///
/// # Errors
/// If a token is none of the codebook's, or the device is lost.
pub async fn untokenise(engine: &mut impl Engine, token_bn: &[f32]) -> Result<Vec<f32>, String> {
    let Alphabet { tokens, codes, .. } = alphabet(engine)?;
    if token_bn.is_empty() || !token_bn.len().is_multiple_of(tokens) {
        return Err(format!("{} tokens are no whole number of grids of {tokens}", token_bn.len()));
    }
    if let Some(bad) = token_bn.iter().find(|t| t.fract() != 0.0 || **t < 0.0 || **t >= codes as f32) {
        return Err(format!("the token {bad} is none of the codebook's {codes}"));
    }
    sampling::decode_tokens(engine, token_bn).await
}

/// Tokens with their pictures.
async fn tokens(engine: &mut impl Engine, token_bn: Vec<f32>) -> Result<View, String> {
    let x = untokenise(engine, &token_bn).await?;
    let Pictured { n, width, height, channels, pixels } = Pictured::new(engine.info(), &x);
    Ok(View::Tokens { n, token_bn: f32_bytes(&token_bn), width, height, channels, pixels })
}

/// Tokens of images.
///
/// # Errors
/// If the method has no codebook, the images do not fit, or the device is lost.
pub async fn tokenise(engine: &mut impl Engine, images: &[f32]) -> Result<View, String> {
    let token_bn = table(engine, Program::Tokens, Rows::of(images)).await?;
    tokens(engine, token_bn).await
}

/// Token grids from the learnt prior.
///
/// # Errors
/// If the method has none, or the device is lost.
pub async fn draw(engine: &mut impl Engine, n: usize, temperature: f32, seed: u32) -> Result<View, String> {
    let token_bn = sampling::draw_tokens(engine, n, temperature, seed).await?;
    tokens(engine, token_bn).await
}

/// The pictures of `token_n` with each of `codes` in turn at all of the places `at`.
///
/// # Errors
/// If there is no such place or code, or the device is lost.
pub async fn each_code(engine: &mut impl Engine, token_n: &[f32], at: &[u32], codes: &[u32]) -> Result<Vec<f32>, String> {
    if let Some(bad) = at.iter().find(|place| **place as usize >= token_n.len()) {
        return Err(format!("there is no place {bad} among {} tokens", token_n.len()));
    }
    let with = |code: &u32| {
        let mut token_n = token_n.to_vec();
        at.iter().for_each(|place| token_n[*place as usize] = *code as f32);
        token_n
    };
    untokenise(engine, &codes.iter().flat_map(with).collect::<Vec<f32>>()).await
}

/// The codebook, and its use on the first `count` test images.
///
/// # Errors
/// If the method has no codebook, or the device is lost.
pub async fn codebook(engine: &mut impl Engine, test: &TestSet, count: usize) -> Result<View, String> {
    let Alphabet { tokens, places, codes } = alphabet(engine)?;
    let (images, labels) = test.first(count);
    let token_bn = table(engine, Program::Tokens, Rows::labelled(&images, labels)).await?;
    let mut usage = Usage::new(codes);
    usage.add(&token_bn.iter().map(|token| *token as u32).collect::<Vec<u32>>())?;
    let fill: Vec<f32> = (0..codes).flat_map(|code| std::iter::repeat_n(code as f32, tokens)).collect();
    let z_kd = table(engine, Program::FromTokens, Rows::of(&fill)).await?;
    // All places of a grid filled with one code are alike: the first tells.
    let (latent, dim) = (z_kd.len() / codes, z_kd.len() / codes / places);
    let vector_kd: Vec<f32> = z_kd.chunks_exact(latent).flat_map(|z| z[..dim].to_vec()).collect();
    let age_k = table(engine, Program::CodeAges, Rows::of(&[0.0])).await?;
    Ok(View::Codebook {
        images: labels.len() as u32,
        count_k: usage.count_k().iter().map(|n| *n as u32).collect(),
        perplexity: usage.perplexity() as f32,
        age_k: age_k.into_iter().map(|age| if age < 0.0 { f32::INFINITY } else { age }).collect(),
        vector_kd: f32_bytes(&vector_kd),
    })
}
