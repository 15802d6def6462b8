//! The test digits that the page itself holds, for the panels that work without the engine.

use latent_view::Tests;
use latent_vocabulary::shape::SampleShape;

/// Size of the header of an IDX file of images.
const HEADER: usize = 16;
/// Magic number of an IDX file of unsigned bytes in three dimensions.
const MAGIC: u32 = 0x0803;

/// Images and labels of the test set.
pub struct Digits {
    pub width: usize,
    pub height: usize,
    pixels_np: Vec<u8>,
    labels_n: Vec<u8>,
}

impl Digits {
    /// Reads an uncompressed IDX pair.
    ///
    /// # Errors
    /// A sentence, when a file is truncated, foreign, or does not go with the other.
    pub fn read(images: &[u8], labels: &[u8]) -> Result<Self, String> {
        let word = |bytes: &[u8], i: usize| bytes.get(4 * i..4 * i + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
        if word(images, 0) != Some(MAGIC) {
            return Err("the test images are not an IDX file".into());
        }
        let dim = |i| word(images, i).map_or(0, |v| v as usize);
        let (n, height, width) = (dim(1), dim(2), dim(3));
        let pixels = images.get(HEADER..).unwrap_or_default();
        let labels = labels.get(8..).unwrap_or_default();
        if n == 0 || Some(pixels.len()) != n.checked_mul(height * width) || labels.len() != n {
            return Err(format!("the test set is damaged: {n} images announced, {} labels", labels.len()));
        }
        Ok(Self { width, height, pixels_np: pixels.to_vec(), labels_n: labels.to_vec() })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels_n.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels_n.is_empty()
    }

    /// All of them.
    pub fn all(&self) -> Tests<'_> {
        let shape = SampleShape { channels: 1, height: self.height, width: self.width };
        Tests { shape, images: &self.pixels_np, labels: &self.labels_n, factors: &[], beside: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idx(n: u32) -> (Vec<u8>, Vec<u8>) {
        let mut images: Vec<u8> = [MAGIC, n, 2, 3].iter().flat_map(|v| v.to_be_bytes()).collect();
        images.extend((0..n * 6).map(|i| i as u8));
        let mut labels: Vec<u8> = [0x0801, n].iter().flat_map(|v| v.to_be_bytes()).collect();
        labels.extend((0..n).map(|i| (i % 10) as u8));
        (images, labels)
    }

    #[test]
    fn a_whole_pair_reads_and_a_damaged_one_says_so() {
        let (images, labels) = idx(4);
        let digits = Digits::read(&images, &labels).unwrap();
        assert_eq!((digits.len(), digits.width, digits.height), (4, 3, 2));
        let all = digits.all();
        assert_eq!((all.images(&[1]).as_slice(), all.labels(&[3]).as_slice()), (&[6, 7, 8, 9, 10, 11][..], &[3][..]));

        for (i, l) in [(&images[..20], &labels[..]), (&images[..], &labels[..9]), (b"hello", &labels[..]), (&[], &[])] {
            assert!(Digits::read(i, l).is_err());
        }
    }
}
