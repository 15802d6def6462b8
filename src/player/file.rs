//! Weights by name, with messages that name what is missing or does not fit.

use latent_small::number;
use std::ops::Range;

use half::f16;

use latent_vocabulary::precision::{SCALE, from_eight};

use super::header::Value;

/// Names and notes of a file of a model take kilobytes.
const HEADER: usize = 16 << 20;

/// An open safetensors file: eight bytes that say how long its header is, the header as JSON, and the values. A figure downloads this, which is
/// why the format's own crate does not read it: that is a tenth of the player.
pub struct File<'a> {
    tensors: Vec<(String, Tensor<'a>)>,
    metadata: Vec<(String, String)>,
}

/// A tensor as it lies in the file.
struct Tensor<'a> {
    /// What its numbers are: `F32` and so on.
    dtype: String,
    shape: Vec<usize>,
    data: &'a [u8],
}

impl<'a> File<'a> {
    /// # Errors
    /// If it is something else, or not whole.
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let foreign = |what: &str| format!("not a safetensors file: {what}");
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| foreign("it is too short"))?;
        let size = usize::try_from(u64::from_le_bytes(*size)).ok().filter(|size| *size <= HEADER.min(rest.len()));
        let (header, values) = rest.split_at(size.ok_or_else(|| foreign("its header is longer than it is"))?);
        let header = std::str::from_utf8(header).ok().and_then(Value::read);
        let Some(Value::Object(header)) = header else { return Err(foreign("its header is not of that kind")) };
        let (mut tensors, mut metadata) = (vec![], vec![]);
        for (name, entry) in header {
            if name == "__metadata__" {
                let Value::Object(notes) = entry else { return Err(foreign("its metadata has no names")) };
                metadata.extend(notes.into_iter().filter_map(|(key, note)| match note {
                    Value::Text(note) => Some((key, note)),
                    _ => None,
                }));
                continue;
            }
            let tensor = Tensor::of(&entry, values).ok_or_else(|| foreign(&format!("the tensor {name:?} is not in it")))?;
            tensors.push((name, tensor));
        }
        Ok(Self { tensors, metadata })
    }

    /// A note beside the tensors.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn note(&self, key: &str) -> Result<&str, String> {
        self.metadata
            .iter()
            .find(|(own, _)| own == key)
            .map(|(_, note)| note.as_str())
            .ok_or_else(|| format!("the model's metadata has no {key:?}"))
    }

    /// Channels, height and width of an image.
    ///
    /// # Errors
    /// If the file does not say them.
    pub fn image(&self) -> Result<[usize; 3], String> {
        let note = self.note("image")?;
        numbers(note, |v| v.parse().ok())?.try_into().map_err(|_| format!("the model's image has {note:?}: expected three numbers"))
    }

    /// Training steps behind the weights; zero where the file does not say.
    pub fn step(&self) -> f32 {
        self.note("step").ok().and_then(float).unwrap_or(0.0)
    }

    /// Whether the file says how its model is run; one of before does not.
    pub fn has_programs(&self) -> bool {
        ["code", "programs"].iter().all(|key| self.note(key).is_ok())
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.iter().any(|(own, _)| own == name)
    }

    /// Names and shapes of all weights.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let weight = |name: &str, tensor: &Tensor<'_>| {
            let parts = name.starts_with("examples.") || name.ends_with(SCALE);
            ["F32", "F16", "I8"].contains(&tensor.dtype.as_str()) && !parts
        };
        let all = self.tensors.iter().filter(|(name, tensor)| weight(name, tensor));
        all.map(|(name, tensor)| (name.clone(), tensor.shape.clone())).collect()
    }

    fn tensor(&self, name: &str) -> Result<&Tensor<'a>, String> {
        let found = self.tensors.iter().find(|(own, _)| own == name);
        found.map(|(_, tensor)| tensor).ok_or_else(|| format!("the model has no tensor called {name}"))
    }

    /// The shape of a tensor of `D` dimensions.
    ///
    /// # Errors
    /// If there is no such tensor, or it has another number of dimensions.
    pub fn shape<const D: usize>(&self, name: &str) -> Result<[usize; D], String> {
        let Tensor { shape, .. } = self.tensor(name)?;
        shape[..].try_into().map_err(|_| format!("{name} has shape {shape:?}: expected {D} dimensions"))
    }

    /// The values of a tensor of 8, 16 or 32 bits.
    ///
    /// # Errors
    /// If there is no such tensor, or it has another shape or kind of number.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let Tensor { dtype, shape: own, data } = self.tensor(name)?;
        if own != shape {
            return Err(format!("{name} has shape {own:?}: expected {shape:?}"));
        }
        match dtype.as_str() {
            "F32" => Ok(data.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()),
            "F16" => Ok(data.chunks_exact(2).map(|c| f16::from_le_bytes([c[0], c[1]]).to_f32()).collect()),
            "I8" => Ok(from_eight(data, &self.values(&format!("{name}{SCALE}"), shape.get(..1).unwrap_or_default())?)),
            other => Err(format!("{name} is stored as {other}: expected I8, F16 or F32")),
        }
    }

    /// The bytes of a tensor of bytes, and its shape.
    ///
    /// # Errors
    /// As [`Self::values`].
    pub fn bytes<const D: usize>(&self, name: &str) -> Result<([usize; D], Vec<u8>), String> {
        let Tensor { dtype, data, .. } = self.tensor(name)?;
        match dtype.as_str() {
            "U8" => Ok((self.shape(name)?, data.to_vec())),
            other => Err(format!("{name} is stored as {other}: expected U8")),
        }
    }
}

pub(super) fn float(text: &str) -> Option<f32> {
    number(text).map(|v| v as f32)
}

/// Numbers with commas between them, from a file's note.
pub(super) fn numbers<T>(note: &str, read: fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let number = |v: &str| read(v.trim()).ok_or_else(|| format!("the model's metadata has {v:?}: expected a number"));
    note.split(',').map(number).collect()
}

impl<'a> Tensor<'a> {
    /// What the header's entry says, if `values` have all of it.
    fn of(entry: &Value, values: &'a [u8]) -> Option<Self> {
        let Value::Text(dtype) = entry.get("dtype")? else { return None };
        let (shape, offsets) = (entry.get("shape")?.numbers()?, entry.get("data_offsets")?.numbers()?);
        let [from, until] = offsets[..] else { return None };
        let data = values.get(Range { start: from, end: until })?;
        let size = match dtype.as_str() {
            "F32" => 4,
            "F16" => 2,
            "I8" | "U8" => 1,
            // Whoever asks for it hears what it is.
            _ => return Some(Self { dtype: dtype.clone(), shape, data }),
        };
        let count = shape.iter().try_fold(size, |n: usize, dim| n.checked_mul(*dim))?;
        (count == data.len()).then(|| Self { dtype: dtype.clone(), shape, data })
    }
}
