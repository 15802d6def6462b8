//! What the head of a safetensors file says, without the tensors behind it.
//!
//! The format: the head's length as a 64-bit little-endian number, the head as JSON, then the tensors without gaps
//! (<https://github.com/huggingface/safetensors>, "Format"). The library itself reads whole files only.

use safetensors::tensor::Metadata;

/// Bytes before the head.
pub const START: u64 = 8;

/// What is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The setup in the metadata, in the form of a link.
    pub setup: String,
    /// Training steps behind the weights.
    pub step: u64,
    /// Bytes of the whole file.
    pub whole: u64,
}

/// Bytes up to the first tensor, from the first [`START`] bytes; `None` if these are no such file's.
pub fn length(start: &[u8]) -> Option<u64> {
    let n = u64::from_le_bytes(start.try_into().ok()?);
    // The format's own limit.
    (n <= 100_000_000).then_some(START + n)
}

impl Head {
    /// Reads the bytes up to the first tensor. `None` if they are damaged or say no setup and step.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let head: Metadata = serde_json::from_slice(bytes.get(START as usize..)?).ok()?;
        let entry = |key: &str| head.metadata().as_ref()?.get(key);
        Some(Self {
            setup: entry("setup")?.clone(),
            step: entry("step")?.parse().ok()?,
            whole: (bytes.len() + head.data_len()) as u64,
        })
    }
}
