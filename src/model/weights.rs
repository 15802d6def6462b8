//! Parameters as safetensors, names as in the Burn module.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, TensorInfo, TensorView};

use latent_engine::Weight;
use latent_small as small;
use latent_vocabulary::Precision;
use latent_vocabulary::precision::{SCALE, eight, from_eight, takes_eight};

/// What is no parameter has a name that begins like one of these: what a run needs to go on, and what figures show.
pub(super) const APART: &str = "checkpoint.";
pub(super) const EXAMPLES: &str = "examples.";

/// A tensor as a file has it.
pub(super) struct Raw<'a> {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Row-major, little-endian: those of the parameter itself where nothing is rounded.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Raw<'a> {
    /// 32-bit floats.
    pub fn full(w: &'a Weight) -> Self {
        let bytes = bytemuck::cast_slice(&w.values).into();
        Self { name: w.name.clone(), dtype: Dtype::F32, shape: w.shape.clone(), bytes }
    }

    /// 16-bit floats.
    fn half(w: &Weight) -> Self {
        let bytes = w.values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect::<Vec<u8>>().into();
        Self { name: w.name.clone(), dtype: Dtype::F16, shape: w.shape.clone(), bytes }
    }

    /// Whole numbers of eight bits, and their scales.
    fn quarter(w: &Weight) -> [Self; 2] {
        let (whole, scales) = eight(&w.values, w.values.len() / w.shape[0]);
        let bytes = whole.iter().map(|q| q.cast_unsigned()).collect::<Vec<u8>>().into();
        let scales = Self {
            name: format!("{}{SCALE}", w.name),
            dtype: Dtype::F32,
            shape: vec![scales.len()],
            bytes: bytemuck::cast_slice(&scales).to_vec().into(),
        };
        [Self { name: w.name.clone(), dtype: Dtype::I8, shape: w.shape.clone(), bytes }, scales]
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

/// Writes parameters in a precision, with metadata. A tensor with larger numbers than there are of 16 bits, such as counts of
/// inputs, keeps its 32.
///
/// # Errors
/// If two parameters have the same name.
pub fn write_as(precision: Precision, weights: &[Weight], metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    write_raw(rounded(precision, weights), metadata)
}

/// Parameters in a precision, see [`write_as`].
pub(super) fn rounded(precision: Precision, weights: &[Weight]) -> Vec<Raw<'_>> {
    let fits = |w: &Weight| !w.values.iter().any(|v| v.is_finite() && half::f16::from_f32(*v).is_infinite());
    let raw = weights.iter().flat_map(|w| match precision {
        Precision::Quarter if takes_eight(&w.shape) && w.values.iter().all(|v| v.is_finite()) => Raw::quarter(w).into(),
        Precision::Half | Precision::Quarter if fits(w) => vec![Raw::half(w)],
        _ => vec![Raw::full(w)],
    });
    raw.collect()
}

/// The file. It is written as the library would, but for the metadata, whose order there is another each time: the same run
/// makes the same bytes.
///
/// # Errors
/// Names a tensor that is there twice, or does not fill its shape.
pub(super) fn write_raw(mut tensors: Vec<Raw>, metadata: &[(&str, String)]) -> Result<Vec<u8>, String> {
    let words = |e: serde_json::Error| e.to_string();
    // The widest first, so that each begins at a multiple of its width.
    small::sort_by(&mut tensors, |a, b| b.dtype.cmp(&a.dtype).then_with(|| a.name.cmp(&b.name)));
    let metadata: BTreeMap<&str, &str> = metadata.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let mut header = format!("{{\"__metadata__\":{}", serde_json::to_string(&metadata).map_err(words)?);
    let (mut end, mut names) = (0, BTreeSet::new());
    for t in &tensors {
        TensorView::new(t.dtype, t.shape.clone(), &t.bytes).map_err(|e| format!("{}: {e}", t.name))?;
        if !names.insert(&t.name) {
            return Err(format!("two parameters are called {}", t.name));
        }
        let info = TensorInfo { dtype: t.dtype, shape: t.shape.clone(), data_offsets: (end, end + t.bytes.len()) };
        end = info.data_offsets.1;
        let (name, info) = (serde_json::to_string(&t.name).map_err(words)?, serde_json::to_string(&info).map_err(words)?);
        header += &format!(",{name}:{info}");
    }
    header.push('}');
    let length = header.len().next_multiple_of(8);
    let mut out = Vec::with_capacity(8 + length + end);
    out.extend((length as u64).to_le_bytes());
    out.extend(header.into_bytes());
    out.resize(8 + length, b' ');
    tensors.iter().for_each(|t| out.extend_from_slice(&t.bytes));
    Ok(out)
}

/// Files of zip, and pickles of before: how PyTorch saves by itself.
const PICKLES: [&[u8]; 2] = [b"PK\x03\x04", b"\x80\x02"];

/// Tells the owner of a pickle how it becomes a file that is only numbers.
fn no_pickle(bytes: &[u8]) -> Result<(), String> {
    // A header of 640 bytes begins as a pickle does.
    if bytes.get(8) != Some(&b'{') && PICKLES.iter().any(|first| bytes.starts_with(first)) {
        return Err(
            "this is a pickle, which may run code when it is opened; where you trust it, have PyTorch save it as safetensors:\n\
                    import torch, safetensors.torch;\n\
                    safetensors.torch.save_file(torch.load(\"model.pt\", weights_only=True), \"model.safetensors\")"
                .into(),
        );
    }
    Ok(())
}

pub(super) fn open(bytes: &[u8]) -> Result<SafeTensors<'_>, String> {
    no_pickle(bytes)?;
    SafeTensors::deserialize(bytes).map_err(|e| format!("this is not a whole safetensors file: {e}"))
}

/// Reads parameters of 8, 16 or 32 bits, by name.
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
        let parameter = |rest: &&str| ![APART, EXAMPLES].iter().any(|apart| rest.starts_with(apart));
        let Some(rest) = name.strip_prefix(prefix).filter(parameter) else { continue };
        let of_eight = |name: &str| file.tensor(name).is_ok_and(|view| view.dtype() == Dtype::I8);
        if name.strip_suffix(SCALE).is_some_and(of_eight) {
            continue;
        }
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => floats(view.data()),
            Dtype::F16 => view.data().chunks_exact(2).map(|c| half::f16::from_le_bytes([c[0], c[1]]).to_f32()).collect(),
            Dtype::I8 => from_eight(view.data(), &scales(file, name, view.shape())?),
            other => return Err(format!("{name} holds {other:?}, expected F32, F16, or I8 with scales")),
        };
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(format!("{name}[{at}] is {}", values[at]));
        }
        out.push(Weight { name: rest.to_string(), shape: view.shape().to_vec(), values });
    }
    small::sort_by(&mut out, |a, b| a.name.cmp(&b.name));
    Ok(out)
}

/// The scales of a tensor of eight bits.
fn scales(file: &SafeTensors, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let view = file.tensor(&format!("{name}{SCALE}")).map_err(|_| format!("{name} holds I8, and there is no {name}{SCALE}"))?;
    if view.dtype() != Dtype::F32 || view.shape() != shape.get(..1).unwrap_or_default() {
        return Err(format!("{name}{SCALE} is {:?} {:?}, expected one F32 for each row of {shape:?}", view.dtype(), view.shape()));
    }
    Ok(floats(view.data()))
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
    no_pickle(bytes)?;
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
    fn round_trip_in_every_width() {
        let metadata = [("setup", "method=vae".to_string())];
        for precision in Precision::ALL {
            let file = write_as(precision, &weights(), &metadata).unwrap();
            assert_eq!(read(&file).unwrap(), weights(), "so few numbers are kept to the last bit of 16");
            assert_eq!(super::metadata(&file).unwrap()["setup"], "method=vae");
        }
    }

    /// Saving takes no copy of what it does not round.
    #[test]
    fn full_precision_is_written_where_it_lies() {
        for weight in &weights() {
            assert_eq!(Raw::full(weight).bytes.as_ptr(), weight.values.as_ptr().cast::<u8>(), "{}", weight.name);
        }
    }

    #[test]
    fn the_same_weights_are_the_same_file() {
        let metadata: Vec<(&str, String)> =
            ["setup", "step", "draws", "kernels", "kl", "image"].map(|k| (k, k.to_uppercase())).into();
        let file = write(&weights(), &metadata).unwrap();
        for _ in 0..8 {
            assert_eq!(write(&weights(), &metadata).unwrap(), file);
        }
        assert_eq!(super::metadata(&file).unwrap().len(), metadata.len());
    }

    #[test]
    fn eight_bits_halve_sixteen() {
        let values: Vec<f32> = (0..64 * 100).map(|i| (i as f32).sin() * (1.0 + (i / 100) as f32)).collect();
        let large = vec![Weight { name: "w".into(), shape: vec![64, 100], values }];
        let file = write_as(Precision::Quarter, &large, &[]).unwrap();
        assert!(file.len() < 64 * 100 + 64 * 4 + 300, "{} bytes", file.len());
        let back = read(&file).unwrap();
        assert_eq!((back.len(), &back[0].name, &back[0].shape), (1, &large[0].name, &large[0].shape));
        for (row, (got, want)) in back[0].values.chunks(100).zip(large[0].values.chunks(100)).enumerate() {
            let most = want.iter().fold(0.0f32, |most, v| most.max(v.abs()));
            assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() <= 0.501 * most / 127.0), "row {row}");
        }
        for n in (0..file.len()).step_by(97) {
            assert!(read(&file[..n]).is_err(), "{n} bytes");
        }
        // Scales that are missing, or of another shape, are named.
        let [whole, mut scale] = Raw::quarter(&large[0]);
        let alone = Raw { bytes: whole.bytes.clone(), shape: whole.shape.clone(), dtype: whole.dtype, name: whole.name.clone() };
        assert!(read(&write_raw(vec![alone], &[]).unwrap()).unwrap_err().contains("w.scale"));
        (scale.shape, scale.bytes) = (vec![1], scale.bytes[..4].to_vec().into());
        assert!(read(&write_raw(vec![whole, scale], &[]).unwrap()).unwrap_err().contains("w.scale is F32 [1]"));
    }

    #[test]
    fn a_header_as_long_as_a_pickle_begins_is_none() {
        let lengths = (0..640).map(|n| write(&weights(), &[("setup", "x".repeat(n))]).unwrap());
        let file = lengths.into_iter().find(|file| file.starts_with(b"\x80\x02")).expect("some header has 640 bytes");
        assert_eq!(read(&file).unwrap(), weights());
        assert!(no_pickle(b"\x80\x02}q\x00").is_err() && no_pickle(b"PK\x03\x04archive/data.pkl").is_err());
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
        assert_eq!(read(&write_as(Precision::Half, &bad[..1], &[]).unwrap()).unwrap()[0].values[0], 70_000.0);
    }
}
