//! All native tests in one program, so that Burn and wgpu are linked once: `cargo lab test` runs it with every feature.
//!
//! One module alone: `cargo test --profile suite --features all --test native plan::`.
#![cfg(feature = "all")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alike;
mod cards;
mod cli;
mod clips;
mod colour;
mod cpu;
mod data;
mod exchange;
mod flow;
mod golden;
mod golden_line;
mod golden_sae;
mod golden_vq;
mod gradient;
mod half;
mod import;
mod keep;
mod kept;
mod measures;
mod paging;
mod places;
mod plan;
mod presets;
mod programs;
mod rules;
mod sae;
mod saved;
mod session;
mod shaders;
mod siamese;
mod sweep;
mod terms;
mod views;
mod walls;
mod weights;
mod wgsl;
