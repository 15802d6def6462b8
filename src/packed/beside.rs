//! What lies beside the samples of a shard, in files of its own: a text of each, and a small picture.

/// The file with the texts of shard `index`: a JSON array with one for each sample.
pub fn texts_name(index: u32) -> String {
    format!("texts-{index:04}.json")
}

/// The file with the pictures of shard `index`: `[samples, channels, height, width]`, a byte each.
pub fn thumbs_name(index: u32) -> String {
    format!("thumbs-{index:04}.bin")
}

/// The file with the directions that were planted in the samples of a set: row-major `[k, d]`, little-endian `f32`.
pub const PLANTED: &str = "planted.bin";

/// Longest file of texts.
pub const TEXTS_BYTES: u64 = 64 << 20;

/// The file of texts.
///
/// # Panics
/// Never: text can be written.
pub fn texts_json(texts: &[String]) -> Vec<u8> {
    serde_json::to_vec(texts).expect("plain data")
}

/// Reads it.
///
/// # Errors
/// If it has not `samples` texts, without the file's name.
pub fn read_texts(bytes: &[u8], samples: usize) -> Result<Vec<String>, String> {
    let texts: Vec<String> = serde_json::from_slice(bytes).map_err(|e| format!("is no list of texts: {e}"))?;
    if texts.len() != samples {
        return Err(format!("has {} texts of {samples} samples", texts.len()));
    }
    Ok(texts)
}
