//! Gives files of before what figures need. A figure fetches it when it meets such a file: see `assets/embed/model.js`.

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

fn main() {}

/// The file of weights with programs beside them; throws a sentence if nobody can write them.
#[wasm_bindgen]
pub fn upgrade(bytes: &[u8]) -> Result<Vec<u8>, JsError> {
    latent_older::upgrade(bytes).map_err(|e| JsError::new(&e))
}
