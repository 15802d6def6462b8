//! What trained weights are worth: `cargo lab measure`; and the classifier that one of the measures asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::file::{Trained, trained, write_whole};
use crate::images::{Given, load, load_for};
use crate::open::{EngineKind, open_trained};
use latent_assess as assess;
use latent_assess::classifier::Classifier;
use latent_assess::{Images, Sizes};
use latent_catalog as catalog;
use latent_data::unit;
use latent_vocabulary::measured::{Measured, Quantity};

/// What to measure, and how.
#[derive(Clone, Debug)]
pub struct MeasureOptions {
    /// A file of weights with its setup.
    pub weights: PathBuf,
    /// Another file of a sparse autoencoder's weights, to compare the features with.
    pub against: Option<PathBuf>,
    /// Other images than those of the setup.
    pub data: Option<Given>,
    pub engine: EngineKind,
    pub sizes: Sizes,
}

/// What trained weights are worth.
#[derive(Clone, Debug, Serialize)]
pub struct MeasureReport {
    pub setup: String,
    /// Training steps behind the weights, as their file says.
    pub step: String,
    pub adapter: String,
    /// Decides which images are drawn; noise follows the seed of the setup.
    pub seed: u64,
    /// Each with its value as one number, or as a list of them.
    #[serde(serialize_with = "plain")]
    pub measures: Vec<Measured>,
}

fn plain<S: Serializer>(measures: &[Measured], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(measures.iter().map(|Measured { name, value, protocol, .. }| {
        let value = match value {
            Quantity::Count(n) => json!(n),
            Quantity::Number(v) => json!(v),
            Quantity::Each(values) => json!(values),
        };
        json!({ "name": name, "value": value, "protocol": protocol })
    }))
}

/// Loads weights into a network of their own setup and takes every measure that applies.
///
/// # Errors
/// Names the file and what is wrong with it, or what is missing.
pub fn measure(options: &MeasureOptions) -> Result<MeasureReport, String> {
    pollster::block_on(measure_async(options))
}

async fn measure_async(options: &MeasureOptions) -> Result<MeasureReport, String> {
    let Trained { setup, step, tensors } = trained(&options.weights)?;
    let data = Arc::new(load_for(&setup, options.data.as_ref())?);
    let (mut engine, adapter) = open_trained(options.engine, &setup, &data, &options.weights, &tensors).await?;
    let images = Images::draw(&data, options.sizes)?;
    let mut measures = assess::assess(&mut engine, &setup, &images, options.sizes.seed).await?;
    if let Some(other) = &options.against {
        let other = trained(other)?;
        measures.extend(assess::beside(&mut engine, &setup, &images, &other.tensors).await?);
    }
    Ok(MeasureReport { setup: setup.to_query(), step, adapter, seed: options.sizes.seed, measures })
}

/// Trains the classifier of digits behind the Fréchet score, writes it to `out`, and reports how good it is.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn classifier(out: &Path, epochs: u32, seed: u32) -> Result<Value, String> {
    let card = catalog::SETS.iter().find(|card| card.classifier.is_some()).ok_or("no data set has a classifier")?;
    let data = load(card.id, None)?;
    let classifier = Classifier::train(&data, epochs, seed);
    let bytes = classifier.to_bytes()?;
    write_whole(out, &bytes)?;
    let test: Vec<f32> = unit(&data.test_images).collect();
    Ok(json!({ "accuracy": classifier.accuracy(&test, &data.test_labels), "epochs": epochs, "seed": seed, "bytes": bytes.len() }))
}
