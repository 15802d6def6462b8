//! Reading what a visitor brings: archives, pictures, arrays and tables become packed images (`packed`).
//!
//! Every file is read by ranges ([`read::ReadAt`]), so that memory does not grow with it. A [`source::Source`] gives one
//! image after another, a [`frame::Framer`] makes it fit, a [`job::Job`] collects shards; who decodes, and where shards go,
//! is up to [`native`] and to the worker in the browser.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod address;
pub mod archive;
pub mod array;
mod arrays;
pub mod celeba;
mod exif;
pub mod frame;
pub mod idx;
pub mod job;
mod join;
mod kind;
mod known;
mod labels;
mod leaf;
mod letters;
pub mod mirror;
mod names;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
pub mod open;
mod other;
pub mod picture;
mod pictures;
mod pieces;
pub mod plan;
pub mod read;
mod risky;
mod rows;
mod scale;
pub mod sheet;
pub mod source;
pub mod table;
mod text;
mod unite;
mod vectors;
mod wish;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use open::open;
