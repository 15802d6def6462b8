//! Parameters as safetensors, names as in the Burn module.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use super::Weight;

/// What is no parameter has a name that begins like this.
pub(super) const APART: &str = "checkpoint.";

/// A tensor as a file has it.
pub(super) struct Raw {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Row-major, little-endian.
    pub bytes: Vec<u8>,
}

impl Raw {
    /// 32-bit floats.
    pub fn full(w: &Weight) -> Self {
        let bytes = bytemuck::cast_slice(&w.values).to_vec();
        Self { name: w.name.clone(), dtype: Dtype::F32, shape: w.shape.clone(), bytes }
    }

    /// 16-bit floats.
    fn half(w: &Weight) -> Self {
        let bytes = w.values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect();
        Self { name: w.name.clone(), dtype: Dtype::F16, shape: w.shape.clone(), bytes }
    }

    pub fn called(self, name: String) -> Self {
        Self { name, ..self }
    }
}

/// Writes parameters as 32-bit floats, with metadata.
///
/// # Errors
/// If two parameters have the same name.
pub fn write(weights: &[Weight], metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    write_raw(weights.iter().map(Raw::full).collect(), metadata)
}

/// Writes parameters as 16-bit floats: half the size, about three digits. A tensor with larger numbers than there are of 16
/// bits, such as counts of inputs, keeps its 32.
///
/// # Errors
/// If two parameters have the same name.
pub fn write_half(weights: &[Weight], metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    let fits = |w: &Weight| !w.values.iter().any(|v| v.is_finite() && half::f16::from_f32(*v).is_infinite());
    write_raw(weights.iter().map(|w| if fits(w) { Raw::half(w) } else { Raw::full(w) }).collect(), metadata)
}

pub(super) fn write_raw(tensors: Vec<Raw>, metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    let mut views: BTreeMap<&str, TensorView> = BTreeMap::new();
    for t in &tensors {
        let view = TensorView::new(t.dtype, t.shape.clone(), &t.bytes).map_err(|e| format!("{}: {e}", t.name))?;
        if views.insert(&t.name, view).is_some() {
            return Err(format!("two parameters are called {}", t.name));
        }
    }
    let metadata: HashMap<String, String> = metadata.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect();
    serialize(views, Some(metadata)).map_err(|e| e.to_string())
}

pub(super) fn open(bytes: &[u8]) -> Result<SafeTensors<'_>, String> {
    SafeTensors::deserialize(bytes).map_err(|e| format!("this is not a whole safetensors file: {e}"))
}

/// Reads parameters of 16 or 32 bits, by name.
///
/// # Errors
/// A sentence that names the tensor, if the file is damaged or has something else in it.
pub fn read(bytes: &[u8]) -> Result<Vec<Weight>, String> {
    read_those(&open(bytes)?, "")
}

/// The tensors whose names begin with `prefix`, without it, by name. What is set apart comes only when `prefix` says so.
pub(super) fn read_those(file: &SafeTensors, prefix: &str) -> Result<Vec<Weight>, String> {
    let mut out = Vec::new();
    for (name, view) in file.iter() {
        let Some(rest) = name.strip_prefix(prefix).filter(|rest| !rest.starts_with(APART)) else { continue };
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => floats(view.data()),
            Dtype::F16 => view.data().chunks_exact(2).map(|c| half::f16::from_le_bytes([c[0], c[1]]).to_f32()).collect(),
            other => return Err(format!("{name} holds {other:?}, expected F32 or F16")),
        };
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(format!("{name}[{at}] is {}", values[at]));
        }
        out.push(Weight { name: rest.to_string(), shape: view.shape().to_vec(), values });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(out)
}

/// Little-endian 32-bit floats.
pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
}

/// Reads what was written beside the parameters.
///
/// # Errors
/// If the file is damaged.
pub fn metadata(bytes: &[u8]) -> Result<HashMap<String, String>, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| format!("this is not a whole safetensors file: {e}"))?;
    Ok(header.metadata().clone().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Vec<Weight> {
        vec![
            Weight { name: "a.bias".into(), shape: vec![3], values: vec![1.0, -2.0, 0.5] },
            Weight { name: "a.weight".into(), shape: vec![2, 3], values: (0..6).map(|i| i as f32 / 8.0).collect() },
        ]
    }

    #[test]
    fn round_trip_in_both_widths() {
        let metadata = [("setup", "method=vae".to_string())];
        assert_eq!(read(&write(&weights(), &metadata).unwrap()).unwrap(), weights());
        let half = write_half(&weights(), &metadata).unwrap();
        assert_eq!(read(&half).unwrap(), weights());
        assert_eq!(super::metadata(&half).unwrap()["setup"], "method=vae");
    }

    #[test]
    fn damage_is_an_error() {
        let good = write(&weights(), &[]).unwrap();
        for n in 0..good.len() {
            assert!(read(&good[..n]).is_err(), "{n} bytes");
        }
        let mut bad = weights();
        bad[1].values[4] = f32::NAN;
        let error = read(&write(&bad, &[]).unwrap()).unwrap_err();
        assert!(error.contains("a.weight[4]"), "{error}");
        bad[0].name = "a.weight".into();
        assert!(write(&bad, &[]).is_err());
        bad[0].values[0] = 70_000.0;
        // Beyond what 16 bits can say, a tensor keeps its 32.
        assert_eq!(read(&write_half(&bad[..1], &[]).unwrap()).unwrap()[0].values[0], 70_000.0);
    }
}
