//! Tensors in safetensors files: the index in front, and where the values lie.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::numbers::Numbers;
use crate::leaf::Leaf;
use crate::read::range;
use latent_vocabulary::npy::{NpyHeader, NumberKind};

/// Longest index.
const INDEX: u64 = 16 << 20;
/// Names of tensors that are a dictionary's weights, and no activations.
const WEIGHTS: [&str; 6] = ["W_enc", "W_dec", "encoder.weight", "decoder.weight", "encoder.bias", "b_dec"];

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// The tensors `[n, d]` of a file, with their names, largest first.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn rectangles(leaf: &Leaf) -> Result<Vec<(String, Numbers)>, String> {
    let place = leaf.place();
    let file = leaf.file()?;
    let size = file.file.size();
    let read = |from: u64, n: usize| range(&*file.file, from, n).map_err(|e| format!("{place}: {e}"));
    let head = read(0, 8)?;
    let length = u64::from_le_bytes(head.try_into().expect("eight bytes were read"));
    if length > INDEX || 8 + length > size {
        return Err(format!("{place}: is no safetensors file: its index would have {length} bytes"));
    }
    let mut entries: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&read(8, length as usize)?).map_err(|e| format!("{place}: its index cannot be read: {e}"))?;
    entries.remove("__metadata__");
    if entries.keys().any(|name| WEIGHTS.contains(&name.as_str())) {
        return Err(format!("{place}: these are the weights of a model; “Open a file” beside “Save” takes them"));
    }
    let (mut found, mut kinds) = (Vec::new(), Vec::new());
    for (name, entry) in entries {
        let Entry { dtype, shape, data_offsets: [start, end] } =
            serde_json::from_value(entry).map_err(|e| format!("{place}: {name}: {e}"))?;
        kinds.push(format!("{name} {shape:?} of {dtype}"));
        let kind = match dtype.as_str() {
            "F16" => (NumberKind::Float, 2),
            "F32" => (NumberKind::Float, 4),
            "F64" => (NumberKind::Float, 8),
            "BF16" => (NumberKind::Brain, 2),
            _ => continue,
        };
        let ((kind, width), 2) = (kind, shape.len()) else { continue };
        let bytes = shape.iter().try_fold(width as u64, |n, s| n.checked_mul(*s as u64));
        if bytes.is_none() || bytes != end.checked_sub(start) || 8 + length + end > size {
            return Err(format!("{place}: {name} {shape:?} does not lie within the file; is it complete?"));
        }
        let header = NpyHeader::of_values(kind, width, shape, 8 + length + start);
        found.push((name.clone(), Numbers::of_tensor(leaf, &file, &name, header)));
    }
    if found.is_empty() {
        kinds.truncate(4);
        return Err(format!(
            "{place}: has no tensor [n, d] of floats, but {}",
            if kinds.is_empty() { "nothing".into() } else { kinds.join(", ") }
        ));
    }
    use super::numbers::Table;
    found.sort_by_key(|(_, numbers)| std::cmp::Reverse(numbers.rows() * numbers.dims() as u64));
    Ok(found)
}
