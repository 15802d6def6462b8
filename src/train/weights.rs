//! Parameters as safetensors, names as in the Burn module.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use super::Weight;

/// Writes parameters as 32-bit floats, with metadata.
///
/// # Errors
/// If two parameters have the same name.
pub fn write(weights: &[Weight], metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    let bytes: Vec<Vec<u8>> = weights.iter().map(|w| bytemuck::cast_slice(&w.values).to_vec()).collect();
    write_bytes(weights, &bytes, Dtype::F32, metadata)
}

/// Writes parameters as 16-bit floats: half the size, about three digits.
///
/// # Errors
/// If two parameters have the same name.
pub fn write_half(weights: &[Weight], metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    // Counts, such as how long a feature has been silent, may be larger than such a number can be.
    let most = half::f16::MAX.to_f32();
    let half = |w: &Weight| w.values.iter().flat_map(|v| half::f16::from_f32(v.clamp(-most, most)).to_le_bytes()).collect();
    let bytes: Vec<Vec<u8>> = weights.iter().map(half).collect();
    write_bytes(weights, &bytes, Dtype::F16, metadata)
}

fn write_bytes(weights: &[Weight], bytes: &[Vec<u8>], dtype: Dtype, metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    let mut views = Vec::with_capacity(weights.len());
    for (w, b) in weights.iter().zip(bytes) {
        if views.iter().any(|(name, _)| *name == w.name.as_str()) {
            return Err(format!("two parameters are called {}", w.name));
        }
        let view = TensorView::new(dtype, w.shape.clone(), b).map_err(|e| format!("{}: {e}", w.name))?;
        views.push((w.name.as_str(), view));
    }
    let metadata: HashMap<String, String> = metadata.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect();
    serialize(views, Some(metadata)).map_err(|e| e.to_string())
}

/// Reads parameters of 16 or 32 bits.
///
/// # Errors
/// A sentence that names the tensor, if the file is damaged or has something else in it.
pub fn read(bytes: &[u8]) -> Result<Vec<Weight>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| format!("this is not a whole safetensors file: {e}"))?;
    let mut out = Vec::new();
    for (name, view) in file.iter() {
        let data = view.data();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => data.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect(),
            Dtype::F16 => data.chunks_exact(2).map(|c| half::f16::from_le_bytes([c[0], c[1]]).to_f32()).collect(),
            other => return Err(format!("{name} holds {other:?}, expected F32 or F16")),
        };
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(format!("{name}[{at}] is {}", values[at]));
        }
        out.push(Weight { name: name.to_string(), shape: view.shape().to_vec(), values });
    }
    Ok(out)
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
            Weight { name: "a.weight".into(), shape: vec![2, 3], values: (0..6).map(|i| i as f32 / 8.0).collect() },
            Weight { name: "a.bias".into(), shape: vec![3], values: vec![1.0, -2.0, 0.5] },
        ]
    }

    fn sorted(mut w: Vec<Weight>) -> Vec<Weight> {
        w.sort_by(|a, b| a.name.cmp(&b.name));
        w
    }

    #[test]
    fn round_trip_in_both_widths() {
        let metadata = [("setup", "method=vae".to_string())];
        assert_eq!(sorted(read(&write(&weights(), &metadata).unwrap()).unwrap()), sorted(weights()));
        let half = write_half(&weights(), &metadata).unwrap();
        assert_eq!(sorted(read(&half).unwrap()), sorted(weights()));
        assert_eq!(super::metadata(&half).unwrap()["setup"], "method=vae");
    }

    #[test]
    fn damage_is_an_error() {
        let good = write(&weights(), &[]).unwrap();
        for n in 0..good.len() {
            assert!(read(&good[..n]).is_err(), "{n} bytes");
        }
        let mut bad = weights();
        bad[0].values[4] = f32::NAN;
        let error = read(&write(&bad, &[]).unwrap()).unwrap_err();
        assert!(error.contains("a.weight[4]"), "{error}");
        bad[1].name = "a.weight".into();
        assert!(write(&bad, &[]).is_err());
    }
}
