//! What methods are written with: the [`Method`] trait and the encoders and decoders that families share.

pub mod conv;
pub mod method;
pub mod mlp;
pub mod net;
pub mod params;

pub use method::{Code, Ctx, ImageShape, Method, Noise, Terms};
