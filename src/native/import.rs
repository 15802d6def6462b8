//! Weights of others as files of ours: `cargo lab import`.

use latent_engine::Program;
use latent_experiment::Setup;
use latent_model::foreign::recognise;
use latent_model::{programs, weights};
use latent_registry::fetch_entry;
use latent_vocabulary::shape::DataShape;

/// What a `state_dict` is of, `otherwise` if that fits, and a file of weights with its setup and its programs.
///
/// # Errors
/// What does not fit, a sentence each.
pub fn import(file: &[u8], otherwise: &Setup) -> Result<(Setup, Vec<u8>), String> {
    pollster::block_on(import_async(file, otherwise))
}

async fn import_async(file: &[u8], otherwise: &Setup) -> Result<(Setup, Vec<u8>), String> {
    if weights::metadata(file)?.contains_key("setup") {
        return Err("this file says its setup: the page and the other commands take it as it is".into());
    }
    let card = latent_catalog::set(&otherwise.data).ok_or_else(|| format!("no data set is called {:?}", otherwise.data))?;
    let data = DataShape::of(card);
    let parameters = async |setup: &Setup| {
        let recording = fetch_entry(&setup.method).await?.record(&setup.params()?, data, Program::Evaluate, 1)?;
        Ok(recording.params.into_iter().map(|p| (p.name, p.shape)).collect())
    };
    let (setup, tensors) = recognise(file, otherwise, data, parameters).await?;
    let entry = fetch_entry(&setup.method).await?;
    let own = [("setup", setup.to_query()), ("step", "0".to_string()), ("classes", card.classes.join("\n"))];
    let notes: Vec<_> = own.into_iter().chain(programs::notes(entry, &setup, data)?).collect();
    Ok((setup, weights::write(&tensors, &notes)?))
}
