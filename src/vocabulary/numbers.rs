//! Numbers as bytes, for messages.

use serde_bytes::ByteBuf;

/// Packs numbers for a message.
pub fn f32_bytes(values: &[f32]) -> ByteBuf {
    ByteBuf::from(values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
}

/// Unpacks numbers from a message; a trailing partial number is dropped.
pub fn bytes_f32(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
}
