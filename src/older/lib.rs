//! Files of before programs were in them: they are given the programs that they would have, written from the names and shapes of their
//! tensors. Nothing is added here: a new method's files have their own.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod network;

use latent_compile::stored;
use latent_experiment::Setup;
use latent_player::File;
use latent_vocabulary::code::to_note;
use safetensors::{SafeTensors, serialize};

/// The file with everything that a player needs; its tensors stay as they are, to the bit. A file that has it already stays the same.
///
/// # Errors
/// A sentence, if it is no file of weights, figures did not know its method, or a tensor is missing or does not fit.
pub fn upgrade(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let file = File::open(bytes)?;
    if file.has_programs() {
        return Ok(bytes.to_vec());
    }
    let (setup, notes) = Setup::from_query(file.note("setup")?, &[]);
    if let Some(note) = notes.first() {
        return Err(format!("the model's setup: {note}"));
    }
    let card = latent_catalog::set(&setup.data);
    let image = match (file.note("image"), card) {
        (Ok(_), _) => file.image()?,
        (_, Some(card)) => [card.channels, card.height, card.width],
        _ => return Err(format!("no data set is called {:?}, and the file does not say how large its images are", setup.data)),
    };
    let (code, programs) = network::programs(&file, &setup, image)?;

    let own = |e: safetensors::SafeTensorError| format!("not a safetensors file: {e}");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(own)?;
    let mut notes = header.metadata().clone().unwrap_or_default();
    let written = [
        ("image", image.map(|n| n.to_string()).join(",")),
        ("code", to_note(&code)),
        ("programs", stored::to_text(&stored::write(&programs))),
    ];
    for (key, note) in setup.notes().map_err(|e| e.to_string())?.into_iter().chain(written) {
        notes.insert(key.into(), note);
    }
    if let Some(card) = card {
        notes.entry("classes".into()).or_insert_with(|| card.classes.join("\n"));
    }
    serialize(SafeTensors::deserialize(bytes).map_err(own)?.iter(), Some(notes)).map_err(own)
}

#[cfg(test)]
mod tests;
