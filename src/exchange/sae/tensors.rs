//! Named tensors, and what is said beside them, out of whatever files hold them.

use std::collections::BTreeMap;
use std::io::Read;

use latent_vocabulary::npy::NpyHeader;
use rawzip::{CompressionMethod, ZipArchive};
use safetensors::tensor::{Dtype, SafeTensors};
use serde_json::{Map, Value};

/// How archives begin.
const ZIP: &[u8] = b"PK\x03\x04";
/// What PyTorch's archives have in them.
const PICKLE: &str = "data.pkl";
/// Where the name of an archive's first file stands.
const FRONT: usize = 256;
/// Most bytes that are unpacked.
const MOST: u64 = 4 << 30;
/// Archives within archives.
const DEPTH: usize = 2;

/// Whether a file begins with how long its header is, and then with that. As a number, the letters of a text are longer than any file.
fn is_safetensors(bytes: &[u8]) -> bool {
    let Some((size, rest)) = bytes.split_first_chunk::<8>() else { return false };
    rest.first() == Some(&b'{') && u64::from_le_bytes(*size) <= rest.len() as u64
}

/// A tensor, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Its sizes; none of a single number.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Vec<f32>,
}

/// What files hold.
#[derive(Debug, Default)]
pub struct Tensors {
    /// By name.
    pub all: BTreeMap<String, Tensor>,
    /// What was said beside them: the objects of JSON, in their order.
    pub said: Vec<Map<String, Value>>,
}

impl Tensors {
    /// Reads files, each by its first bytes; what is none of tensors or JSON is passed over.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn of(files: &[(&str, &[u8])]) -> Result<Self, String> {
        let mut found = Self::default();
        let mut left = MOST;
        for (name, bytes) in files {
            found.add(name, bytes, DEPTH, &mut left).map_err(|e| format!("{name}: {e}"))?;
        }
        Ok(found)
    }

    fn add(&mut self, name: &str, bytes: &[u8], depth: usize, left: &mut u64) -> Result<(), String> {
        let first = bytes.iter().copied().find(|b| !b.is_ascii_whitespace());
        match () {
            () if bytes.starts_with(ZIP) && depth > 0 => self.unpack(bytes, depth - 1, left),
            () if bytes.starts_with(b"\x93NUMPY") => self.array(name, bytes),
            () if is_safetensors(bytes) => self.safetensors(bytes),
            () if first == Some(b'{') => {
                let said = serde_json::from_slice(bytes).map_err(|e| format!("this JSON cannot be read: {e}"))?;
                self.said.push(said);
                Ok(())
            }
            () => Ok(()),
        }
    }

    /// The files of an archive: of `numpy.savez`, or a folder that somebody has packed. PyTorch's are left alone.
    fn unpack(&mut self, bytes: &[u8], depth: usize, left: &mut u64) -> Result<(), String> {
        let words = |e: &dyn std::fmt::Display| format!("the archive cannot be read: {e}");
        let archive = match ZipArchive::from_slice(bytes) {
            Ok(archive) => archive,
            // Whose business that is says what it is.
            Err(_) if bytes[..bytes.len().min(FRONT)].windows(PICKLE.len()).any(|w| w == PICKLE.as_bytes()) => return Ok(()),
            Err(e) => return Err(words(&e)),
        };
        let mut places = vec![];
        let mut entries = archive.entries();
        while let Some(entry) = entries.next_entry().map_err(|e| words(&e))? {
            let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            if name.rsplit('/').next() == Some(PICKLE) {
                return Ok(());
            }
            if !entry.is_dir() {
                places.push((name, entry.compression_method(), entry.wayfinder()));
            }
        }
        for (name, method, place) in places {
            let entry = archive.get_entry(place).map_err(|e| words(&e))?;
            let mut inside = Vec::new();
            let reader: Box<dyn Read + '_> = match method {
                CompressionMethod::STORE => Box::new(entry.data()),
                CompressionMethod::DEFLATE => Box::new(flate2::bufread::DeflateDecoder::new(entry.data())),
                _ => return Err(format!("{name} is packed in a way that is not known here")),
            };
            let read = entry.verifying_reader(reader).take(*left).read_to_end(&mut inside).map_err(|e| format!("{name}: {e}"))?;
            *left -= read as u64;
            if *left == 0 {
                return Err(format!("it unpacks to more than {} GB", MOST >> 30));
            }
            self.add(&name, &inside, depth, left).map_err(|e| format!("{name}: {e}"))?;
        }
        Ok(())
    }

    /// An array of NumPy, called as the archive has it.
    fn array(&mut self, name: &str, mut bytes: &[u8]) -> Result<(), String> {
        let header = NpyHeader::read(&mut bytes)?;
        if !header.is_numeric() {
            return Ok(());
        }
        if header.bytes() != bytes.len() as u64 {
            return Err(format!("its values take {} bytes, its shape says {}", bytes.len(), header.bytes()));
        }
        let mut values: Vec<f32> = header.numbers(bytes).map(|v| v as f32).collect();
        if let ([rows, columns], true) = (&header.shape[..], header.fortran) {
            values = (0..rows * columns).map(|i| values[i % columns * rows + i / columns]).collect();
        }
        let name = name.rsplit('/').next().unwrap_or(name);
        self.put(name.strip_suffix(".npy").unwrap_or(name), Tensor { shape: header.shape, values })
    }

    fn safetensors(&mut self, bytes: &[u8]) -> Result<(), String> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| format!("this is not a whole safetensors file: {e}"))?;
        for (name, view) in file.iter() {
            let (data, half) = (view.data(), |c: &[u8]| u16::from_le_bytes([c[0], c[1]]));
            let values: Vec<f32> = match view.dtype() {
                Dtype::F32 => data.as_chunks::<4>().0.iter().map(|c| f32::from_le_bytes(*c)).collect(),
                Dtype::F16 => data.chunks_exact(2).map(|c| half::f16::from_bits(half(c)).to_f32()).collect(),
                Dtype::BF16 => data.chunks_exact(2).map(|c| half::bf16::from_bits(half(c)).to_f32()).collect(),
                Dtype::F64 => data.as_chunks::<8>().0.iter().map(|c| f64::from_le_bytes(*c) as f32).collect(),
                Dtype::I32 => data.as_chunks::<4>().0.iter().map(|c| i32::from_le_bytes(*c) as f32).collect(),
                Dtype::I64 => data.as_chunks::<8>().0.iter().map(|c| i64::from_le_bytes(*c) as f32).collect(),
                _ => continue,
            };
            self.put(name, Tensor { shape: view.shape().to_vec(), values })?;
        }
        Ok(())
    }

    fn put(&mut self, name: &str, tensor: Tensor) -> Result<(), String> {
        if let Some(at) = tensor.values.iter().position(|v| !v.is_finite()) {
            return Err(format!("{name}[{at}] is {}", tensor.values[at]));
        }
        match self.all.insert(name.into(), tensor) {
            Some(_) => Err(format!("two tensors are called {name}: bring one dictionary at a time")),
            None => Ok(()),
        }
    }
}
