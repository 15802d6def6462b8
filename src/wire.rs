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

#[cfg(any(feature = "page", feature = "worker", feature = "packer"))]
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

#[cfg(any(feature = "page", feature = "worker", feature = "packer"))]
pub use js::{packed, packed_into, unpacked, unpacked_from};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Setup;
    use crate::spec::protocol::{Command, Event, Measured, MetricRow, Quantity, Speed, View, f32_bytes};
    use crate::view::Decode;

    #[test]
    fn messages_survive_the_way() {
        let mut hosted = Setup::new("mnist", "sae");
        hosted.host = Some(Box::new(Setup::new("faces", "vae")));
        let weights = Some(f32_bytes(&[1.5, f32::MIN, f32::NAN]));
        for command in [
            Command::Watch { slot: 3, query: Decode { z_nd: f32_bytes(&[0.5, -1.0]) }.into() },
            Command::Start { run: 300, setup: Setup::new("mnist", "vae"), weights: None },
            Command::Start { run: 1, setup: hosted, weights },
            Command::Runs,
        ] {
            assert_eq!(from_bytes::<Command>(&to_bytes(&command)).unwrap(), command);
        }
        let row = MetricRow { step: 1 << 40, terms: vec![1.0, f32::INFINITY], kl_d: vec![0.1] };
        let measured = |value| Measured { name: "m".into(), label: "M".into(), value, protocol: "p".into() };
        let measures = [Quantity::Count(7), Quantity::Number(-0.5), Quantity::Each(vec![1.0, 2.0])].map(measured).to_vec();
        for event in [
            Event::Metrics { run: 1, rows: vec![row], speed: Speed::default() },
            Event::Viewed { run: 1, slot: 2, step: 3, view: View::Measures(measures) },
        ] {
            assert_eq!(from_bytes::<Event>(&to_bytes(&event)).unwrap(), event);
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let whole = to_bytes(&Command::Rename { id: "a".into(), name: "b".into() });
        assert!(from_bytes::<Command>(&whole[..whole.len() - 1]).is_err());
        assert!(from_bytes::<Command>(&[200, 1]).is_err());
    }
}
