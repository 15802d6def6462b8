//! Samples packed for training, pictures or vectors: a folder with one description and numbered shards of bytes.
//!
//! Written by `import` in the browser's own storage and by `cargo lab pack` on disk, read by `data`. A shard is whole or not
//! there: its first bytes are written last, so whatever ends a tab or a program in the middle costs at most one shard, and
//! the last whole one says where to go on.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod beside;
#[cfg(not(target_arch = "wasm32"))]
mod disk;
mod files;
mod meta;
mod shard;
#[cfg(target_arch = "wasm32")]
pub mod store;
mod sum;

pub use beside::{PLANTED, TEXTS_BYTES, read_texts, texts_json, texts_name, thumbs_name};
#[cfg(not(target_arch = "wasm32"))]
pub use disk::OnDisk;
pub use files::{Excerpt, Files};
pub use meta::{FORMAT, MAX_DIMS, MAX_SIDE, META, Meta, PackedFactor, PackedVectors, SHARD_IMAGES, shape_fits};
pub use shard::{HEADER, Header, Shard, ShardBuilder, Split, front_bytes, shard_name};
pub use sum::{SUMS, SUMS_BYTES, Sum, read_sums, sums_text};
