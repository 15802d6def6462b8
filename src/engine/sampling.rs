//! New images: codes drawn from the prior of the method, or tokens drawn place by place from a learnt one, then decoded.

use crate::engine::{Engine, Rows};
use crate::program::Program;
use latent_compile::rng;
use latent_view::draw;
pub use latent_view::step_rows;
use latent_vocabulary::code::{CodeGroup, CodeKind, NO_DECODER, decodes};
use latent_vocabulary::factors::tell;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Draw {
    pub count: usize,
    /// What Gaussian numbers are multiplied with, and what the logits of tokens are divided by; 1 is the prior itself.
    pub temperature: f32,
    /// Decides which tokens are drawn. Numbers are drawn with the seed of the engine's setup.
    pub seed: u32,
    /// The one of a code's choices that all images have, such as their class; `None` draws it as well.
    pub choice: Option<u32>,
    /// Factors that the model is told, by number, and the value that all images have of each; the others are drawn.
    pub told: Vec<(u32, u32)>,
    /// Steps from noise, where the model takes some.
    pub steps: u32,
}

/// Steps from noise that are enough for samples to be judged by.
pub const STEPS: u32 = 32;

/// New images, row-major `[count, pixels]`, values in `[0, 1]`.
///
/// # Errors
/// If the model has no prior to draw from, or not what `draw` asks for, or the device is lost.
pub async fn images<E: Engine>(engine: &mut E, draw: &Draw) -> Result<Vec<f32>, String> {
    Ok(way(engine, draw, false).await?.pop().unwrap_or_default())
}

/// The same after each step from noise, the noise itself first; the images alone where the model takes no steps.
///
/// # Errors
/// As there.
pub async fn films<E: Engine>(engine: &mut E, draw: &Draw) -> Result<Vec<Vec<f32>>, String> {
    way(engine, draw, true).await
}

/// The images, behind those of `every` step before where they are wanted.
async fn way<E: Engine>(engine: &mut E, draw: &Draw, every: bool) -> Result<Vec<Vec<f32>>, String> {
    let code = engine.info().code.clone();
    if code.iter().any(|group| group.features().is_some()) {
        return Err("a sparse autoencoder takes images apart; it has no prior from which new ones could be drawn".into());
    }
    if !decodes(&code) {
        return Err(NO_DECODER.into());
    }
    let choice = choice(&code, draw)?;
    told(&code, draw)?;
    if let Some(group) = code.iter().find(|group| group.places().is_some()) {
        return match group.kind {
            CodeKind::Grid { drawn: true, .. } => Ok(vec![draw_images(engine, draw.count, draw.temperature, draw.seed).await?]),
            _ => Err("this model learnt no prior over its tokens; one trained with prior=pixelcnn draws new images".into()),
        };
    }
    let tempered = |group: &CodeGroup| matches!(group.kind, CodeKind::Gaussian | CodeKind::Flow);
    if draw.temperature != 1.0 && !code.iter().any(tempered) {
        return Err("only tokens and codes with a Gaussian prior have a temperature, and this model's are neither".into());
    }
    let latent = engine.info().latent as usize;
    let outputs = engine.run(Program::Prior, Rows::of(&vec![0.0; draw.count])).await?;
    let mut z_nd = outputs.and_then(|o| o.into_iter().next()).ok_or("the method has no prior")?;
    for z_d in z_nd.chunks_exact_mut(latent) {
        let mut rest = z_d;
        for group in &code {
            let (own, behind) = rest.split_at_mut(group.count as usize);
            match group.kind {
                CodeKind::Gaussian | CodeKind::Flow => own.iter_mut().for_each(|z| *z *= draw.temperature),
                CodeKind::Choice { .. } => {
                    if let Some(choice) = choice {
                        own.fill(0.0);
                        own[choice] = 1.0;
                    }
                }
                CodeKind::Factor { index, size, .. } => {
                    if let Some((_, value)) = draw.told.iter().find(|(factor, _)| *factor == index) {
                        tell(own, *value as usize, size as usize);
                    }
                }
                _ => {}
            }
            rest = behind;
        }
    }
    let steps = if code.iter().any(|group| group.kind == CodeKind::Flow) { draw.steps } else { 0 };
    let mut images = Vec::new();
    for taken in 0..steps {
        if every {
            images.push(engine.decode(&z_nd).await?);
        }
        z_nd = step(engine, &z_nd, taken, steps).await?;
    }
    images.push(engine.decode(&z_nd).await?);
    Ok(images)
}

/// Codes, row-major `[n, latent]`, one of `steps` steps further from noise, of which they have taken `taken`.
///
/// # Errors
/// If the method takes none, or the device is lost.
pub async fn step<E: Engine>(engine: &mut E, z_nd: &[f32], taken: u32, steps: u32) -> Result<Vec<f32>, String> {
    let rows = step_rows(z_nd, engine.info().latent as usize, taken, steps);
    let outputs = engine.run(Program::SampleStep, Rows::of(&rows)).await?;
    outputs.and_then(|o| o.into_iter().next()).ok_or_else(|| "the method takes no steps from noise".into())
}

/// Whether the code has the factors that `draw` asks for.
///
/// # Errors
/// Names the first that it has not, or not so many values of.
fn told(code: &[CodeGroup], draw: &Draw) -> Result<(), String> {
    let size = |factor: u32| {
        code.iter().find_map(|group| match group.kind {
            CodeKind::Factor { index, size, .. } if index == factor => Some(size),
            _ => None,
        })
    };
    draw.told.iter().try_for_each(|(factor, value)| match size(*factor) {
        None => Err("this model is not told such a factor".into()),
        Some(size) if *value >= size => Err(format!("value {value} of factor {factor}: expected 0 to {}", size - 1)),
        Some(_) => Ok(()),
    })
}

/// The choice that `draw` asks for.
///
/// # Errors
/// If the code has none, or not so many.
fn choice(code: &[CodeGroup], draw: &Draw) -> Result<Option<usize>, String> {
    let Some(choice) = draw.choice else { return Ok(None) };
    let group = code.iter().find(|group| matches!(group.kind, CodeKind::Choice { .. }));
    let count = group.ok_or("this model draws no class or choice that could be asked for")?.count;
    if choice < count { Ok(Some(choice as usize)) } else { Err(format!("class {choice}: expected 0 to {}", count - 1)) }
}

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
