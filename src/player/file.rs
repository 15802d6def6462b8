//! Weights by name, with messages that name what is missing or does not fit.

use std::collections::HashMap;

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use latent_vocabulary::precision::{SCALE, from_eight};

/// An open safetensors file.
pub struct File<'a> {
    tensors: SafeTensors<'a>,
    metadata: HashMap<String, String>,
}

impl<'a> File<'a> {
    /// # Errors
    /// If it is something else, or not whole.
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let foreign = |e| format!("not a safetensors file: {e}");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(foreign)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        Ok(Self { tensors: SafeTensors::deserialize(bytes).map_err(foreign)?, metadata })
    }

    /// A note beside the tensors.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn note(&self, key: &str) -> Result<&str, String> {
        self.metadata.get(key).map(String::as_str).ok_or_else(|| format!("the model's metadata has no {key:?}"))
    }

    /// Whether the file says how its model is run; one of before does not.
    pub fn has_programs(&self) -> bool {
        ["code", "programs"].iter().all(|key| self.metadata.contains_key(*key))
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// Names and shapes of all weights.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let weight = |name: &str, view: &TensorView| {
            let parts = name.starts_with("examples.") || name.ends_with(SCALE);
            matches!(view.dtype(), Dtype::F32 | Dtype::F16 | Dtype::I8) && !parts
        };
        let all = self.tensors.iter().filter(|(name, view)| weight(name, view));
        all.map(|(name, view)| (name.to_string(), view.shape().to_vec())).collect()
    }

    fn view(&self, name: &str) -> Result<TensorView<'a>, String> {
        self.tensors.tensor(name).map_err(|_| format!("the model has no tensor called {name}"))
    }

    /// The shape of a tensor of `D` dimensions.
    ///
    /// # Errors
    /// If there is no such tensor, or it has another number of dimensions.
    pub fn shape<const D: usize>(&self, name: &str) -> Result<[usize; D], String> {
        let view = self.view(name)?;
        view.shape().try_into().map_err(|_| format!("{name} has shape {:?}: expected {D} dimensions", view.shape()))
    }

    /// The values of a tensor of 8, 16 or 32 bits.
    ///
    /// # Errors
    /// If there is no such tensor, or it has another shape or kind of number.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let view = self.view(name)?;
        if view.shape() != shape {
            return Err(format!("{name} has shape {:?}: expected {shape:?}", view.shape()));
        }
        let data = view.data();
        match view.dtype() {
            Dtype::F32 => Ok(data.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()),
            Dtype::F16 => Ok(data.chunks_exact(2).map(|c| f16::from_le_bytes([c[0], c[1]]).to_f32()).collect()),
            Dtype::I8 => Ok(from_eight(data, &self.values(&format!("{name}{SCALE}"), shape.get(..1).unwrap_or_default())?)),
            other => Err(format!("{name} is stored as {other:?}: expected I8, F16 or F32")),
        }
    }

    /// The bytes of a tensor of bytes, and its shape.
    ///
    /// # Errors
    /// As [`Self::values`].
    pub fn bytes<const D: usize>(&self, name: &str) -> Result<([usize; D], Vec<u8>), String> {
        let view = self.view(name)?;
        match view.dtype() {
            Dtype::U8 => Ok((self.shape(name)?, view.data().to_vec())),
            other => Err(format!("{name} is stored as {other:?}: expected U8")),
        }
    }
}
