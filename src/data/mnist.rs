//! MNIST (Yann LeCun and Corinna Cortes, CC BY-SA 3.0) in its four original IDX files, gzip-compressed.

use std::fmt;

use super::{Dataset, Factors};
use crate::nn::ImageShape;
use crate::spec::data::MNIST;

/// One of the four files.
#[derive(Clone, Copy, Debug)]
pub struct File {
    pub name: &'static str,
    /// Compressed size, for progress.
    pub bytes: u64,
    items: usize,
    images: bool,
}

/// Test images first: views can be shown before the training images are there.
pub const FILES: [File; 4] = [
    File { name: "t10k-images-idx3-ubyte.gz", bytes: 1_616_508, items: 10_000, images: true },
    File { name: "t10k-labels-idx1-ubyte.gz", bytes: 4_517, items: 10_000, images: false },
    File { name: "train-images-idx3-ubyte.gz", bytes: 9_719_438, items: 60_000, images: true },
    File { name: "train-labels-idx1-ubyte.gz", bytes: 28_857, items: 60_000, images: false },
];

/// What is wrong with an IDX file, and where.
#[derive(Clone, Debug, PartialEq)]
pub enum IdxError {
    /// Not a gzip stream, or a damaged one.
    Gzip(String),
    /// Shorter than its header.
    NoHeader { len: usize },
    /// The first four bytes are not those of unsigned bytes with that many dimensions.
    Magic { got: u32, want: u32 },
    /// A dimension differs from what the data set has.
    Dimension { axis: usize, got: u32, want: u32 },
    /// More or fewer values than the header promises.
    Length { got: usize, want: usize },
    /// A label above nine.
    Label { at: usize, got: u8 },
}

impl fmt::Display for IdxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gzip(e) => write!(f, "the gzip stream is damaged: {e}"),
            Self::NoHeader { len } => write!(f, "{len} bytes are too few for an IDX header"),
            Self::Magic { got, want } => write!(f, "starts with {got:#010x}, an IDX file of this kind with {want:#010x}"),
            Self::Dimension { axis, got, want } => write!(f, "dimension {axis} is {got}, expected {want}"),
            Self::Length { got, want } => write!(f, "holds {got} values, its header promises {want}"),
            Self::Label { at, got } => write!(f, "label {at} is {got}, expected 0 to 9"),
        }
    }
}

/// Values of an IDX file of unsigned bytes whose dimensions must be `dims`.
///
/// # Errors
/// What is wrong, and where.
pub fn parse_idx<'a>(bytes: &'a [u8], dims: &[u32]) -> Result<&'a [u8], IdxError> {
    let header = 4 + 4 * dims.len();
    if bytes.len() < header {
        return Err(IdxError::NoHeader { len: bytes.len() });
    }
    let word = |i: usize| u32::from_be_bytes([bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]]);
    // 0x08 stands for unsigned bytes.
    let want = 0x0800 + dims.len() as u32;
    if word(0) != want {
        return Err(IdxError::Magic { got: word(0), want });
    }
    for (axis, want) in dims.iter().enumerate() {
        let got = word(1 + axis);
        if got != *want {
            return Err(IdxError::Dimension { axis, got, want: *want });
        }
    }
    let (got, want) = (bytes.len() - header, dims.iter().map(|d| *d as usize).product());
    if got != want {
        return Err(IdxError::Length { got, want });
    }
    Ok(&bytes[header..])
}

impl File {
    fn dims(&self) -> Vec<u32> {
        let items = self.items as u32;
        if self.images { vec![items, 28, 28] } else { vec![items] }
    }

    /// Unpacks the file. In browsers that is [`crate::gunzip`]'s work.
    ///
    /// # Errors
    /// If it is damaged, or something else.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn unpack(&self, gzip: &[u8]) -> Result<Vec<u8>, IdxError> {
        use std::io::Read;

        let dims = self.dims();
        let want = 4 + 4 * dims.len() + dims.iter().map(|d| *d as usize).product::<usize>();
        let mut bytes = Vec::with_capacity(want + 1);
        // One byte more than there should be tells a longer file from a right one, and a bomb is cut short.
        let mut unpacked = flate2::read::GzDecoder::new(gzip).take(want as u64 + 1);
        unpacked.read_to_end(&mut bytes).map_err(|e| IdxError::Gzip(e.to_string()))?;
        Ok(bytes)
    }

    /// Checks the file, unpacked; its values.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, IdxError> {
        let dims = self.dims();
        let values = parse_idx(&bytes, &dims)?;
        if !self.images
            && let Some((at, got)) = values.iter().copied().enumerate().find(|(_, l)| *l > 9)
        {
            return Err(IdxError::Label { at, got });
        }
        bytes.drain(..4 + 4 * dims.len());
        Ok(bytes)
    }
}

/// The data set from its four files, unpacked, in the order of [`FILES`].
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub fn from_files(files: Vec<Vec<u8>>) -> Result<Dataset, String> {
    let mut read = FILES.iter().zip(files).map(|(f, bytes)| f.read(bytes).map_err(|e| format!("{}: {e}", f.name)));
    let mut next = || read.next().unwrap_or_else(|| Err("MNIST has four files".into()));
    let (test_images, test_labels, train_images, train_labels) = (next()?, next()?, next()?, next()?);
    Ok(Dataset {
        id: MNIST.id.into(),
        shape: ImageShape::MNIST,
        classes: 10,
        train_images,
        train_labels,
        test_images,
        test_labels,
        class_names: MNIST.classes.iter().map(ToString::to_string).collect(),
        factors: Factors::default(),
    })
}

/// The data set, its files unpacked by `file` one after the other, each by its name. `file` tells how many bytes of it have come
/// and hears whether the rest is still wanted, as `progress` says it of all bytes; `None` when it is not.
///
/// # Errors
/// Those of `file`, and those of [`from_files`].
pub async fn fetched(
    file: impl AsyncFn(&str, &mut dyn FnMut(u64) -> bool) -> Result<Option<Vec<u8>>, String>,
    progress: impl Fn(u64, u64) -> bool,
) -> Result<Option<Dataset>, String> {
    // The whole download is known beforehand, so progress is honest from the first byte.
    let total: u64 = FILES.iter().map(|f| f.bytes).sum();
    let mut loaded = 0;
    let mut files = Vec::with_capacity(FILES.len());
    for f in &FILES {
        let mut piece = |n| {
            loaded += n;
            progress(loaded, total)
        };
        let Some(bytes) = file(f.name, &mut piece).await? else { return Ok(None) };
        files.push(bytes);
    }
    from_files(files).map(Some)
}

/// The data set from a folder with the four files.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
#[cfg(not(target_arch = "wasm32"))]
pub fn from_folder(folder: &std::path::Path) -> Result<Dataset, String> {
    let read = |f: &File| {
        let path = folder.join(f.name);
        let gzip = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        f.unpack(&gzip).map_err(|e| format!("{}: {e}", f.name))
    };
    from_files(FILES.iter().map(read).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idx(dims: &[u32], values: usize) -> Vec<u8> {
        let mut out = (0x0800 + dims.len() as u32).to_be_bytes().to_vec();
        out.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
        out.extend((0..values).map(|i| (i % 10) as u8));
        out
    }

    #[test]
    fn every_truncation_is_an_error() {
        let whole = idx(&[3, 2, 2], 12);
        assert_eq!(parse_idx(&whole, &[3, 2, 2]).unwrap().len(), 12);
        for n in 0..whole.len() {
            assert!(parse_idx(&whole[..n], &[3, 2, 2]).is_err(), "{n} bytes");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(parse_idx(&longer, &[3, 2, 2]), Err(IdxError::Length { got: 13, want: 12 }));
    }

    #[test]
    fn foreign_files_are_told_apart() {
        assert_eq!(parse_idx(&idx(&[12], 12), &[3, 2, 2]), Err(IdxError::Magic { got: 0x0801, want: 0x0803 }));
        assert_eq!(parse_idx(&idx(&[3, 2, 4], 24), &[3, 2, 2]), Err(IdxError::Dimension { axis: 2, got: 4, want: 2 }));
        let page = b"<html>not found</html>";
        let error = from_files(vec![page.to_vec()]).unwrap_err();
        assert!(error.starts_with("t10k-images-idx3-ubyte.gz: starts with 0x3c68746d"), "{error}");
        assert!(matches!(FILES[0].unpack(page), Err(IdxError::Gzip(_))));
    }

    /// The real files, as they are shipped.
    #[test]
    fn the_real_thing() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist");
        let data = from_folder(&folder).unwrap();
        assert_eq!((data.train_labels.len(), data.test_labels.len()), (60_000, 10_000));
        assert_eq!(&data.train_labels[..5], [5, 0, 4, 1, 9]);
        assert_eq!(&data.test_labels[..5], [7, 2, 1, 0, 4]);
        let mean = data.train_images.iter().map(|b| f64::from(*b)).sum::<f64>() / data.train_images.len() as f64 / 255.0;
        assert!((mean - 0.1307).abs() < 1e-4, "mean grey {mean}");
        for (file, size) in FILES.iter().map(|f| (f, std::fs::metadata(folder.join(f.name)).unwrap().len())) {
            assert_eq!(file.bytes, size, "{}", file.name);
        }
    }

    /// A download that nobody wants any more ends with the piece that has come: no other file is asked for.
    #[cfg(feature = "native")]
    #[test]
    fn a_superseded_download_stops() {
        use std::cell::{Cell, RefCell};

        let asked = RefCell::new(Vec::new());
        let pieces = Cell::new(0);
        let file = async |name: &str, piece: &mut dyn FnMut(u64) -> bool| {
            asked.borrow_mut().push(name.to_owned());
            for _ in 0..4 {
                pieces.set(pieces.get() + 1);
                if !piece(1000) {
                    return Ok(None);
                }
            }
            Ok(Some(Vec::new()))
        };
        let ended = pollster::block_on(fetched(file, |loaded, _| loaded < 6000));
        assert_eq!(ended, Ok(None));
        assert_eq!(*asked.borrow(), FILES.map(|f| f.name.to_owned())[..2]);
        assert_eq!(pieces.get(), 6, "pieces that came");
    }

    /// Any damage to the compressed bytes is an error or, at worst, the same data: never a panic, never other data.
    #[test]
    fn damage_is_noticed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist");
        let file = FILES[1];
        let good = std::fs::read(folder.join(file.name)).unwrap();
        let read = |gzip: &[u8]| file.unpack(gzip).and_then(|idx| file.read(idx));
        let labels = read(&good).unwrap();
        for i in (0..good.len()).step_by(97) {
            let mut bad = good.clone();
            bad[i] ^= 1 << (i % 8);
            if let Ok(values) = read(&bad) {
                assert_eq!(values, labels, "byte {i}");
            }
            assert!(read(&good[..i]).is_err(), "{i} bytes");
        }
    }
}
