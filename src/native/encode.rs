//! Codes of a data set's images: `cargo lab encode`.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::file::{Trained, trained, write_whole};
use crate::images::{Given, load_for};
use crate::open::{EngineKind, open_trained};
use latent_engine::{Engine, Rows};
use latent_model::codes::Codes;
use latent_protocol::Table;

/// What to encode, and where the codes go.
#[derive(Clone, Debug)]
pub struct EncodeOptions {
    /// A file of weights with its setup.
    pub weights: PathBuf,
    /// Other images than those of the setup.
    pub data: Option<Given>,
    /// The training images instead of the test images.
    pub training: bool,
    pub engine: EngineKind,
    pub out: PathBuf,
    pub table: Table,
}

/// Encodes the images and writes the file; returns the report that the command prints.
///
/// # Errors
/// Names the file and what is wrong with it, or what is missing; nothing has been written then.
pub fn encode(options: &EncodeOptions) -> Result<Value, String> {
    pollster::block_on(encode_async(options))
}

async fn encode_async(options: &EncodeOptions) -> Result<Value, String> {
    let Trained { setup, tensors, .. } = trained(&options.weights)?;
    let data = Arc::new(load_for(&setup, options.data.as_ref())?);
    let (mut engine, adapter) = open_trained(options.engine, &setup, &data, &options.weights, &tensors).await?;
    let (images, labels, factors) = if options.training {
        (&data.train_images, &data.train_labels, &data.factors.train_nk)
    } else {
        (&data.test_images, &data.test_labels, &data.factors.test_nk)
    };
    let images = data.shape.floats(images);
    let (mean_nd, logvar_nd) = engine.encode(Rows::labelled(&images, labels).told(factors)).await?;
    let codes = Codes { latent: engine.info().latent as usize, mean_nd, logvar_nd, labels };
    let file = codes.write(options.table)?;
    write_whole(&options.out, &file)?;
    Ok(json!({
        "setup": setup.to_query(),
        "adapter": adapter,
        "images": labels.len(),
        "latent": codes.latent,
        "clouds": !codes.logvar_nd.is_empty(),
        "bytes": file.len(),
    }))
}
