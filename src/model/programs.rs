//! A model's programs in its file of weights, so that whoever has the file can run it.
//!
//! They stand in the metadata, as text: whoever reads the tensors in Python gets the parameters alone, and nothing that a `state_dict` does
//! not know. A file without them is one of before.

use std::collections::HashMap;

use latent_compile::stored::given::{NO_OBJECTIVE, OBJECTIVE};
use latent_compile::stored::to_text;
use latent_engine::{Entry, stored};
use latent_experiment::Setup;
use latent_vocabulary::code::to_note;
use latent_vocabulary::shape::DataShape;

use crate::checkpoint::setup;
use crate::weights::{self, Raw};

/// Entries of the metadata, with their keys.
pub type Notes = Vec<(&'static str, String)>;

/// What whoever runs the network of a setup needs besides its weights: the shape of an image, what a code is, the programs, and what they are
/// given.
///
/// # Errors
/// Names the operation that cannot be recorded or is not known.
pub fn notes(entry: &dyn Entry, setup: &Setup, data: DataShape) -> Result<Notes, String> {
    let (code, programs) = stored::programs(entry, &setup.params()?, data)?;
    let image = data.image;
    let image = [image.channels, image.height, image.width].map(|n| n.to_string()).join(",");
    let own = [("image", image), ("code", to_note(&code)), ("programs", to_text(&programs))];
    let frames = data.frames.to_note().map(|note| ("frames", note));
    Ok(own.into_iter().chain(frames).chain(setup.notes().map_err(|e| e.to_string())?).collect())
}

/// A file of weights of before with programs of `entry`, for images of such classes; its tensors stay as they are, to the bit.
///
/// # Errors
/// If it is no file of weights, says no setup, or cannot be recorded.
pub fn add(file: &[u8], entry: &dyn Entry, data: DataShape, classes: &[&str]) -> Result<Vec<u8>, String> {
    note(file, |setup, metadata| {
        for (key, note) in notes(entry, setup, data)? {
            metadata.insert(key.into(), note);
        }
        metadata.entry("classes".into()).or_insert_with(|| classes.join("\n"));
        Ok(())
    })
}

/// A file of weights with the objective of its setup besides its programs, for who trains on elsewhere; or with the reason why there is none.
///
/// # Errors
/// If it is no file of weights, or says no setup.
pub fn add_objective(file: &[u8], entry: &dyn Entry, data: DataShape) -> Result<Vec<u8>, String> {
    note(file, |setup, metadata| {
        let (key, note) = match stored::objectives(entry, &setup.params()?, data) {
            Ok(programs) => (OBJECTIVE, to_text(&programs)),
            Err(why) => (NO_OBJECTIVE, why),
        };
        metadata.insert(key.into(), note);
        Ok(())
    })
}

/// The file with other metadata.
fn note(file: &[u8], change: impl FnOnce(&Setup, &mut HashMap<String, String>) -> Result<(), String>) -> Result<Vec<u8>, String> {
    let mut metadata = weights::metadata(file)?;
    let own = setup(metadata.get("setup").ok_or("the file's metadata has no setup")?)?;
    change(&own, &mut metadata)?;
    let keys = {
        let mut keys: Vec<&String> = metadata.keys().collect();
        keys.sort_unstable();
        keys
    };
    let notes: Vec<(&str, String)> = keys.into_iter().map(|key| (key.as_str(), metadata[key].clone())).collect();
    let tensors = weights::open(file)?;
    let raw = tensors.iter().map(|(name, view)| Raw {
        name: name.into(),
        dtype: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec().into(),
    });
    weights::write_raw(raw.collect(), &notes)
}
