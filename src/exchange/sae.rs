//! Sparse autoencoders of other libraries as ours, and ours for SAELens.
//!
//! ```text
//! safetensors, .npz, a zip of them, cfg.json ─▶ tensors ─▶ read ─▶ Dictionary ─▶ ours ─▶ a file of weights
//! a file of weights ─▶ saelens ─▶ cfg.json, sae_weights.safetensors
//! ```
//!
//! Which library a file is of follows from what its tensors are called and from their shapes, never from its own name. All of them compute
//! `f = g((x − b) W + b′)` and `x̂ = f D + b`; they differ in `g`, in whether `b` is taken away first, and in what length the rows of `D`
//! have. Here rows have length one, so a feature of a row of length ℓ is ℓ times as large, and the sum is the same: what SAELens calls
//! `fold_W_dec_norm`.

mod dictionary;
mod ours;
mod read;
mod saelens;
mod tensors;

pub use ours::{Brought, recognise};
pub use saelens::{folder, write};
