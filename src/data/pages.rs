//! Training images that stay where they are packed until they are asked for.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use latent_packed::{Files, shard_name};

/// Bytes of other images that are read along rather than asking anew for what lies behind them.
const GAP: usize = 1 << 20;

/// What becomes of a request for images.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + 'a>>;

/// The training images of a set, in its order, read some at a time.
pub trait Pages {
    /// Images `range`, `[n, channels, height, width]`, one byte a value; an error names the file.
    fn read(&self, range: Range<usize>) -> Reading<'_>;
}

/// The training images of a packed set.
pub struct Shelf<F> {
    files: F,
    image_bytes: usize,
    shards: Vec<ShardImages>,
}

/// The training images of one shard, which others lie between.
struct ShardImages {
    /// Number of the first of them.
    first: usize,
    /// Which images of the shard they are.
    rows: Vec<u16>,
    /// Where the shard's images begin in the file.
    at: u64,
}

impl<F: Files> Shelf<F> {
    pub fn new(files: F, image_bytes: usize) -> Self {
        Self { files, image_bytes, shards: Vec::new() }
    }

    /// Adds the next shard: where its images begin, and which of them are training images.
    pub fn push(&mut self, at: u64, rows: impl Iterator<Item = usize>) {
        let first = self.shards.last().map_or(0, |s| s.first + s.rows.len());
        self.shards.push(ShardImages { first, rows: rows.map(|row| row as u16).collect(), at });
    }

    async fn images(&self, range: Range<usize>) -> Result<Vec<u8>, String> {
        let mut out = Vec::with_capacity(range.len() * self.image_bytes);
        for (name, shard) in (0..).map(shard_name).zip(&self.shards) {
            let here = |n: usize| n.saturating_sub(shard.first).min(shard.rows.len());
            let rows: Vec<usize> = shard.rows[here(range.start)..here(range.end)].iter().copied().map(usize::from).collect();
            read_rows(&self.files, &name, shard.at, self.image_bytes, &rows, &mut out).await?;
        }
        Ok(out)
    }
}

/// Adds the images at `rows` of a shard, in ascending order, whose images of `len` bytes begin at `at`. Neighbours come in one
/// piece, with what lies in short gaps between them.
///
/// # Errors
/// Names the file.
pub(super) async fn read_rows(
    files: &impl Files,
    name: &str,
    at: u64,
    len: usize,
    rows: &[usize],
    out: &mut Vec<u8>,
) -> Result<(), String> {
    for rows in rows.chunk_by(|a, b| (b - a - 1) * len <= GAP) {
        let (first, last) = (rows[0], rows[rows.len() - 1]);
        let range = at + (first * len) as u64..at + ((last + 1) * len) as u64;
        let block = files.part(name, range).await?.unwrap_or_default().bytes;
        for row in rows {
            let image_p = block.get((row - first) * len..(row - first + 1) * len);
            out.extend_from_slice(image_p.ok_or_else(|| format!("{}: ends before its images do", files.place(name)))?);
        }
    }
    Ok(())
}

impl<F: Files> Pages for Shelf<F> {
    fn read(&self, range: Range<usize>) -> Reading<'_> {
        Box::pin(self.images(range))
    }
}
