//! MNIST (Yann LeCun and Corinna Cortes, CC BY-SA 3.0) in its four original IDX files, gzip-compressed.

use latent_vocabulary::data::{DataCard, Origin};
use latent_vocabulary::frames::Frames;

#[cfg(feature = "images")]
pub use engine::{FILES, MAKE};

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

pub const CARD: DataCard = DataCard {
    id: "mnist",
    label: "Handwritten digits",
    summary: "70,000 digits written by hand, the field's common ground.",
    channels: 1,
    height: 28,
    width: 28,
    frames: Frames::One,
    train: 60_000,
    test: 10_000,
    classes: DIGITS,
    factors: &[],
    attributes: &[],
    planted: 0,
    classifier: Some("classifier/digits.safetensors"),
    credit: "Digits: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.",
    origin: Origin::Files,
}
.shown();

#[cfg(feature = "images")]
mod engine {
    use std::fmt;

    use super::CARD;
    use crate::dataset::Dataset;
    use crate::make::{Files, Make, Shipped};
    use latent_vocabulary::shape::SampleShape;

    pub const MAKE: Make = Make::Files(FILES);

    /// The four files.
    pub const FILES: Files = Files { folder: "mnist", shipped: SHIPPED, read: from_files };

    /// Test images first: views can be shown before the training images are there.
    const SHIPPED: &[Shipped] = &[
        Shipped { name: "t10k-images-idx3-ubyte.gz", bytes: 1_616_508, unpacked: 16 + 10_000 * 784 },
        Shipped { name: "t10k-labels-idx1-ubyte.gz", bytes: 4_517, unpacked: 8 + 10_000 },
        Shipped { name: "train-images-idx3-ubyte.gz", bytes: 9_719_438, unpacked: 16 + 60_000 * 784 },
        Shipped { name: "train-labels-idx1-ubyte.gz", bytes: 28_857, unpacked: 8 + 60_000 },
    ];

    /// What is wrong with an IDX file, and where.
    #[derive(Clone, Debug, PartialEq)]
    pub enum IdxError {
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

    /// The images or labels of an IDX file of so many items.
    fn read(name: &str, mut bytes: Vec<u8>, items: usize, images: bool) -> Result<Vec<u8>, String> {
        let dims = if images { vec![items as u32, 28, 28] } else { vec![items as u32] };
        let checked = parse_idx(&bytes, &dims).and_then(|values| match values.iter().copied().enumerate().find(|(_, l)| *l > 9) {
            Some((at, got)) if !images => Err(IdxError::Label { at, got }),
            _ => Ok(()),
        });
        checked.map_err(|e| format!("{name}: {e}"))?;
        bytes.drain(..4 + 4 * dims.len());
        Ok(bytes)
    }

    /// The data set from its four files, unpacked, in the order of [`SHIPPED`].
    ///
    /// # Errors
    /// A sentence that names the file and what is wrong with it.
    pub fn from_files(files: Vec<Vec<u8>>) -> Result<Dataset, String> {
        let of = [(CARD.test, true), (CARD.test, false), (CARD.train, true), (CARD.train, false)];
        let mut read =
            SHIPPED.iter().zip(files).zip(of).map(|((file, bytes), (items, images))| read(file.name, bytes, items, images));
        let mut next = || read.next().unwrap_or_else(|| Err("MNIST has four files".into()));
        let (test_images, test_labels, train_images, train_labels) = (next()?, next()?, next()?, next()?);
        Ok(Dataset {
            id: CARD.id.into(),
            shape: SampleShape::MNIST,
            classes: 10,
            train_images,
            train_labels,
            test_images,
            test_labels,
            class_names: CARD.classes.iter().map(ToString::to_string).collect(),
            ..Dataset::default()
        })
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
            let error = SHIPPED[0].unpack(page).unwrap_err();
            assert!(error.contains("the gzip stream is damaged"), "{error}");
        }

        /// The real files, as they are shipped.
        #[test]
        fn the_real_thing() {
            let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("assets/mnist");
            let data = FILES.from_folder(&folder).unwrap();
            assert_eq!((data.train_labels.len(), data.test_labels.len()), (60_000, 10_000));
            assert_eq!(&data.train_labels[..5], [5, 0, 4, 1, 9]);
            assert_eq!(&data.test_labels[..5], [7, 2, 1, 0, 4]);
            let mean = data.train_images.iter().map(|b| f64::from(*b)).sum::<f64>() / data.train_images.len() as f64 / 255.0;
            assert!((mean - 0.1307).abs() < 1e-4, "mean grey {mean}");
            for (file, size) in SHIPPED.iter().map(|f| (f, std::fs::metadata(folder.join(f.name)).unwrap().len())) {
                assert_eq!(file.bytes, size, "{}", file.name);
            }
        }

        /// Any damage to the compressed bytes is an error or, at worst, the same data: never a panic, never other data.
        #[test]
        fn damage_is_noticed() {
            let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("assets/mnist");
            let file = &SHIPPED[1];
            let good = std::fs::read(folder.join(file.name)).unwrap();
            let read = |gzip: &[u8]| file.unpack(gzip).and_then(|idx| read(file.name, idx, 10_000, false));
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
}
