//! What methods are written with: the [`Method`] trait and the encoders and decoders that families share.

pub mod method;

pub use method::{Code, Ctx, ImageShape, Method, Noise, Terms};
