//! Streams of bytes, and unpacking with what every browser has: neither the page nor the engine brings a decompressor.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader, ReadableWritablePair, Response};

// web-sys has it among its unstable interfaces only, which a build flag would have to unlock for all crates.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = ReadableWritablePair)]
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// Memory that a file's own word is taken for.
const MOST_AT_ONCE: usize = 256 << 20;

/// The content of a gzip file. A server that has unpacked it on the way is no obstacle: other bytes come back as they are.
///
/// # Errors
/// The browser's, if the file is damaged.
pub async fn gunzip(packed: Vec<u8>) -> Result<Vec<u8>, JsValue> {
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return Ok(packed);
    }
    // The last four bytes say how long the content is, if nobody lies.
    let length = packed.last_chunk().map_or(0, |end| u32::from_le_bytes(*end) as usize);
    let body = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(&packed[..])))?.body().ok_or(JsValue::NULL)?;
    let unpacker = DecompressionStream::new("gzip")?;
    let all = drain(&body.pipe_through(&unpacker), length.min(MOST_AT_ONCE), |_| true).await?;
    Ok(all.unwrap_or_default())
}

/// All bytes of a stream, of which there may be `length`; `progress` hears the size of each piece, and says whether the rest is
/// still wanted: where it is not, the stream is given up, with `None`. Piece by piece, as an array of all of them would stay
/// until somebody collects it.
///
/// # Errors
/// The browser's, if the stream breaks off.
pub async fn drain(
    stream: &ReadableStream,
    length: usize,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Option<Vec<u8>>, JsValue> {
    let reader: ReadableStreamDefaultReader = stream.get_reader().dyn_into()?;
    let mut bytes = Vec::with_capacity(length);
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(Some(bytes));
        }
        let array = Uint8Array::new(&Reflect::get(&piece, &"value".into())?);
        let begin = bytes.len();
        bytes.resize(begin + array.length() as usize, 0);
        array.copy_to(&mut bytes[begin..]);
        if !progress(u64::from(array.length())) {
            // A download ends with its stream.
            let _ = JsFuture::from(reader.cancel()).await;
            return Ok(None);
        }
    }
}
