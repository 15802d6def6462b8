//! One shard: a header, the split and the factors of its images, and the images.

use super::meta::{Meta, SHARD_IMAGES};

/// Bytes before the first image's split.
pub const HEADER: usize = 40;
const MAGIC: &[u8; 8] = b"LLPACK1\0";

/// The file name of shard `index`.
pub fn shard_name(index: u32) -> String {
    format!("shard-{index:04}.bin")
}

/// The part of a data set that an image belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    #[default]
    Train,
    Valid,
    Test,
}

impl Split {
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// The split of a number, 0 to 2.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }
}

/// What stands before a shard's images, all numbers little-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub images: u32,
    /// Bytes of each image.
    pub image_bytes: u32,
    /// Factors of each image.
    pub factors: u32,
    /// No shard comes after this one.
    pub last: bool,
    /// Place in the source after this shard's images: where an interrupted import goes on.
    pub next: u64,
    /// Images left out so far because they could not be read.
    pub skipped: u64,
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[..8].copy_from_slice(MAGIC);
        for (i, word) in [self.images, self.image_bytes, self.factors, u32::from(self.last)].into_iter().enumerate() {
            out[8 + 4 * i..12 + 4 * i].copy_from_slice(&word.to_le_bytes());
        }
        out[24..32].copy_from_slice(&self.next.to_le_bytes());
        out[32..40].copy_from_slice(&self.skipped.to_le_bytes());
        out
    }

    /// Reads a header; `None` where the shard was never finished.
    ///
    /// # Errors
    /// If it does not belong to the set that `meta` describes.
    pub fn read(bytes: &[u8], meta: &Meta) -> Result<Option<Self>, String> {
        if bytes.len() < HEADER || bytes[..8] != *MAGIC {
            return Ok(None);
        }
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let header = Self {
            images: word(8),
            image_bytes: word(12),
            factors: word(16),
            last: word(20) != 0,
            next: long(24),
            skipped: long(32),
        };
        if header.image_bytes as usize != meta.image_bytes() || header.factors as usize != meta.factors.len() {
            return Err("belongs to another set of images".into());
        }
        if header.images as usize > SHARD_IMAGES {
            return Err(format!("promises {} images, more than the {SHARD_IMAGES} of a shard", header.images));
        }
        Ok(Some(header))
    }

    /// Length of the whole shard, in bytes.
    pub fn bytes(&self) -> usize {
        self.image_at(self.images as usize)
    }

    /// Where image `i` begins.
    pub fn image_at(&self, i: usize) -> usize {
        HEADER + self.images as usize * (1 + self.factors as usize) + i * self.image_bytes as usize
    }
}

/// Most bytes in front of a shard's images, where each has `factors` factors.
pub fn front_bytes(factors: usize) -> u64 {
    (HEADER + SHARD_IMAGES * (1 + factors)) as u64
}

/// A shard as it lies in its file.
#[derive(Clone, Copy, Debug)]
pub struct Shard<'a> {
    pub header: Header,
    bytes: &'a [u8],
}

impl<'a> Shard<'a> {
    /// Checks a shard of the set that `meta` describes; `None` where it was never finished.
    ///
    /// # Errors
    /// What is wrong with it, without the file's name.
    pub fn read(bytes: &'a [u8], meta: &Meta) -> Result<Option<Self>, String> {
        Self::front(bytes, bytes.len() as u64, meta)
    }

    /// [`Shard::read`] from the first bytes of a file of `of` bytes: those in front of the images at least, which are all that
    /// it takes to know splits and factors.
    ///
    /// # Errors
    /// As there.
    pub fn front(bytes: &'a [u8], of: u64, meta: &Meta) -> Result<Option<Self>, String> {
        let Some(header) = Header::read(bytes, meta)? else { return Ok(None) };
        if of != header.bytes() as u64 || bytes.len() < header.image_at(0) {
            return Err(format!("has {of} bytes, its header promises {}", header.bytes()));
        }
        let shard = Self { header, bytes };
        for i in 0..header.images as usize {
            if bytes[HEADER + i] > 2 {
                return Err(format!("image {i} is of split {}", bytes[HEADER + i]));
            }
            for (value, factor) in shard.factors(i).iter().zip(&meta.factors) {
                if usize::from(*value) >= factor.values.len() {
                    return Err(format!("image {i} has value {value} of {}, which has {}", factor.name, factor.values.len()));
                }
            }
        }
        Ok(Some(shard))
    }

    pub fn split(&self, i: usize) -> Split {
        Split::from_byte(self.bytes[HEADER + i]).expect("checked when it was read")
    }

    /// Values of the factors of image `i`.
    pub fn factors(&self, i: usize) -> &'a [u8] {
        let (n, k) = (self.header.images as usize, self.header.factors as usize);
        &self.bytes[HEADER + n + i * k..][..k]
    }

    /// Image `i`, `[channels * height * width]`.
    ///
    /// # Panics
    /// If only the front of the shard was read.
    pub fn image(&self, i: usize) -> &'a [u8] {
        &self.bytes[self.header.image_at(i)..self.header.image_at(i + 1)]
    }
}

/// A shard in the making.
#[derive(Debug, Default)]
pub struct ShardBuilder {
    split_n: Vec<u8>,
    factors_nk: Vec<u8>,
    images_np: Vec<u8>,
}

impl ShardBuilder {
    pub fn push(&mut self, split: Split, factors_k: &[u8], image_p: &[u8]) {
        if self.is_empty() {
            // All at once, with what will stand in front: growing would need it twice.
            self.images_np.reserve_exact(HEADER + SHARD_IMAGES * (1 + factors_k.len() + image_p.len()));
        }
        self.split_n.push(split as u8);
        self.factors_nk.extend_from_slice(factors_k);
        self.images_np.extend_from_slice(image_p);
    }

    pub fn len(&self) -> usize {
        self.split_n.len()
    }

    pub fn is_empty(&self) -> bool {
        self.split_n.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.len() == SHARD_IMAGES
    }

    /// The file's bytes, after which the builder is empty.
    pub fn finish(&mut self, meta: &Meta, last: bool, next: u64, skipped: u64) -> Vec<u8> {
        let header = Header {
            images: self.len() as u32,
            image_bytes: meta.image_bytes() as u32,
            factors: meta.factors.len() as u32,
            last,
            next,
            skipped,
        };
        let mut out = std::mem::take(&mut self.images_np);
        out.splice(0..0, header.to_bytes().into_iter().chain(self.split_n.drain(..)).chain(self.factors_nk.drain(..)));
        debug_assert_eq!(out.len(), header.bytes());
        out
    }
}
