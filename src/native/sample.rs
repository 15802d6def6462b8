//! New images from trained weights: `cargo lab sample`.

use std::path::PathBuf;
use std::sync::Arc;

use crate::file::{Trained, trained};
use crate::images::{Given, load_for};
use crate::open::{EngineKind, open_trained};
use latent_data::{Dataset, Factors};
use latent_engine::sampling;
use latent_engine::sampling::Draw;
use latent_vocabulary::data::{DataCard, label_id};
use latent_vocabulary::factors::FactorName;
use latent_vocabulary::shape::SampleShape;

/// What to draw, and from which weights.
#[derive(Clone, Debug)]
pub struct SampleOptions {
    /// A file of weights with its setup.
    pub weights: PathBuf,
    /// The images that the weights were trained on, where no card tells their shape.
    pub data: Option<Given>,
    pub engine: EngineKind,
    pub draw: Draw,
    /// Factors that the model is told, by name, and the value that all images have of each, by name or number; the others are drawn.
    pub factors: Vec<(String, String)>,
    /// The images after each step from noise are wanted as well.
    pub film: bool,
}

/// New images of a trained model.
pub struct Samples {
    pub setup: String,
    pub shape: SampleShape,
    /// Row-major `[count, pixels]`, values in `[0, 1]`: the images, in a film behind those before the first step from noise and after each.
    pub frames: Vec<Vec<f32>>,
}

/// Draws new images from trained weights.
///
/// # Errors
/// Names the file and what is wrong with it, or why the model draws no images.
pub fn sample(options: &SampleOptions) -> Result<Samples, String> {
    pollster::block_on(sample_async(options))
}

async fn sample_async(options: &SampleOptions) -> Result<Samples, String> {
    let name = |e: String| format!("{}: {e}", options.weights.display());
    let Trained { mut setup, tensors, .. } = trained(&options.weights)?;
    let query = setup.to_query();
    // The engine draws with the setup's seed.
    setup.set("seed", f64::from(options.draw.seed)).map_err(|e| name(e.to_string()))?;
    let data = match latent_catalog::set(&setup.data) {
        Some(card) => blank(card),
        None => load_for(&setup, options.data.as_ref())?,
    };
    let data = Arc::new(data);
    let named = options.factors.iter().map(|(factor, value)| told(&data.factors.names, factor, value));
    let told = named.collect::<Result<Vec<_>, _>>().map_err(name)?;
    let (mut engine, _) = open_trained(options.engine, &setup, &data, &options.weights, &tensors).await?;
    let draw = Draw { told: [options.draw.told.clone(), told].concat(), ..options.draw.clone() };
    let frames = if options.film {
        sampling::films(&mut engine, &draw).await
    } else {
        sampling::images(&mut engine, &draw).await.map(|x| vec![x])
    };
    Ok(Samples { setup: query, shape: data.shape, frames: frames.map_err(name)? })
}

/// A factor's number, and that of one of its values.
fn told(names: &[FactorName], factor: &str, value: &str) -> Result<(u32, u32), String> {
    let known = || names.iter().map(|of| of.name.as_str()).collect::<Vec<_>>().join(", ");
    let i = names.iter().position(|of| of.name == factor || label_id(&of.name) == factor);
    let i = i.ok_or_else(|| match names {
        [] => format!("{factor}: of these images no factors are known"),
        _ => format!("there is no factor {factor:?}; there are {}", known()),
    })?;
    let number = names[i].values.iter().position(|own| own == value).map(|v| v as u32).or_else(|| value.parse().ok());
    let number = number.ok_or_else(|| match &names[i].values[..] {
        [] => format!("{factor} = {value:?}: expected a number"),
        values => format!("{factor} = {value:?}: expected a number, or one of {}", values.join(", ")),
    })?;
    Ok((i as u32, number))
}

/// One dark image in a registered data set's shape: all that an engine needs which does not train.
fn blank(card: &DataCard) -> Dataset {
    let shape = SampleShape::of(card);
    Dataset { factors: Factors::of(card), ..Dataset::of(shape, card.classes.len(), vec![0; shape.bytes()], vec![0]) }
}
