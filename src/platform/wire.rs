//! Messages between the page and its workers: plain data as one array of bytes, which changes hands without being copied.
//!
//! Page and workers are built together, so nothing has to be called by name on the way: that saves both sides the names, and
//! the code that looks for them.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A message as bytes.
///
/// # Panics
/// If it is no plain data: a map, say, that does not know how long it is.
pub fn to_bytes(message: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(message).expect("messages are plain data")
}

/// The message that bytes are.
///
/// # Errors
/// What is wrong with them.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|e| e.to_string())
}

mod js {
    use js_sys::{Array, ArrayBuffer, Uint8Array};
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use wasm_bindgen::{JsCast, JsValue};

    /// A message as it is posted, and what is handed over with it.
    pub fn packed(message: &impl Serialize) -> (Uint8Array, Array) {
        packed_into(message, None)
    }

    /// [`packed`], in the memory of a message that has come where it is large enough. Between workers that talk much nothing
    /// then has to be collected; collectors look for such memory late, and hundreds of megabytes pile up.
    pub fn packed_into(message: &impl Serialize, spare: Option<ArrayBuffer>) -> (Uint8Array, Array) {
        let bytes = super::to_bytes(message);
        let length = bytes.len() as u32;
        let memory = match spare {
            Some(spare) if spare.byte_length() >= length => spare,
            Some(_) => ArrayBuffer::new(length.next_power_of_two()),
            None => ArrayBuffer::new(length),
        };
        let array = Uint8Array::new_with_byte_offset_and_length(&memory, 0, length);
        array.copy_from(&bytes);
        (array, Array::of1(&memory))
    }

    /// The message that was posted, and the memory that it came in.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn unpacked_from<T: DeserializeOwned>(posted: &JsValue) -> Result<(T, ArrayBuffer), String> {
        let array = posted.dyn_ref::<Uint8Array>().ok_or("no bytes")?;
        Ok((super::from_bytes(&array.to_vec())?, array.buffer()))
    }

    /// The message that was posted.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn unpacked<T: DeserializeOwned>(posted: &JsValue) -> Result<T, String> {
        unpacked_from(posted).map(|(message, _)| message)
    }
}

pub use js::{packed, packed_into, unpacked, unpacked_from};
