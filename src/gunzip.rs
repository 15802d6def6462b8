//! Unpacking with what every browser has, so that neither the page nor the engine brings a decompressor.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableWritablePair, Response};

// web-sys has it among its unstable interfaces only, which a build flag would have to unlock for all crates.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = ReadableWritablePair)]
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// The content of a gzip file. A server that has unpacked it on the way is no obstacle: other bytes come back as they are.
///
/// # Errors
/// The browser's, if the file is damaged.
pub async fn gunzip(packed: Vec<u8>) -> Result<Vec<u8>, JsValue> {
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return Ok(packed);
    }
    let body = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(&packed[..])))?.body().ok_or(JsValue::NULL)?;
    let unpacker = DecompressionStream::new("gzip")?;
    let stream = body.pipe_through(&unpacker);
    let unpacked = Response::new_with_opt_readable_stream(Some(&stream))?.array_buffer()?;
    Ok(Uint8Array::new(&JsFuture::from(unpacked).await?).to_vec())
}
